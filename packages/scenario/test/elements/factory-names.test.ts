// Names of factories from end to end: each pattern takes the whole name, every optional part of it in both states, and nothing around it.
import { describe, expect, it, test } from 'vitest'
import { familyOf } from '../../src/elements/device-families.ts'
import { autoNameOf } from '../../src/elements/element-facts.ts'
import { mediaFacts } from '../../src/elements/media-elements.ts'

const words = (text: string): readonly string[] => text.trim().split(/\s+/)
/** A name that only begins or ends like another. */
const around = (name: string): readonly string[] => [`x-${name}`, `${name}-x`]

describe('families that work on a device', () => {
  test.each([
    ['V4L2 JPEG decoder', 'v4l2jpegdec v4l2video12jpegdec v4l2video0jpegdec'],
    ['V4L2 JPEG encoder', 'v4l2jpegenc v4l2video12jpegenc v4l2video0jpegenc'],
    ['V4L2 stateless decoder', 'v4l2slh264dec v4l2slvp9dec v4l2slvideo12h265dec v4l2slvideo0xdec'],
    ['V4L2 decoder', 'v4l2dec v4l2h264dec v4l2video12dec v4l2video12vp9dec v4l2video3h265dec'],
    ['V4L2 encoder', 'v4l2enc v4l2h264enc v4l2video12enc v4l2video12vp8enc'],
    ['V4L2 converter', 'v4l2convert v4l2video12convert v4l2video0convert'],
    ['V4L2 capture', 'v4l2src'],
    ['V4L2 output', 'v4l2sink'],
    ['DRM display', 'kmssink'],
    ['Wayland display', 'waylandsink'],
    ['frame buffer device', 'fbdevsink fbdev2sink'],
    [
      'desktop display',
      'autovideosink glsink glimagesink glsinkelem glimagesinkelem xvsink xvimagesink ximagesink gtksink gtkglsink gtkwaylandsink qmlsink qmlglsink fbsink imxsink imxvideosink',
    ],
    ['libcamera', 'libcamerasrc'],
    [
      'vendor decoder',
      'mppvideodec mppjpegdec vpudec imxvpudec_h264 omxh264dec nvv4l2decoder amlv4l2dec amlv4l2h264dec brcmdec brcmh264dec vadec vah264dec vaapidec vaapih264dec',
    ],
    [
      'vendor encoder',
      'mpph264enc vpuenc_h264 imxvpuenc_h264 omxh264enc nvv4l2enc nvv4l2h264enc vaenc vah264enc vaapienc vaapih264enc',
    ],
    [
      '2D engine',
      'rga rgaconvert rgavideo imxvideoconvert_g2d imxipuvideotransform nvvidconv vspmfilter vspconvert vspmconvert',
    ],
  ])('%s', (family, factories) => {
    for (const factory of words(factories)) {
      expect([factory, familyOf(factory)?.name]).toEqual([factory, family])
      for (const other of around(factory)) expect([other, familyOf(other)]).toEqual([other, undefined])
    }
  })

  it.each([
    'v4l2videojpeg',
    'v4l2videojpegdecx',
    'v4l2h-264dec',
    'v4l2sldec',
    'omxdec',
    'imxvpudec_',
    'vpuenc_',
    'mppenc',
  ])('%s is of none that it resembles', (factory) => {
    expect(familyOf(factory)?.name ?? '').not.toMatch(/JPEG|stateless|vendor/)
  })
})

describe('families of user space', () => {
  test.each([
    ['muxer', 'mux mp4mux matroskamux acme2mux'],
    ['demuxer', 'demux tsdemux acmedemuxer demuxer'],
    ['parser', 'h264parse x2parse rtph264depay rtpvp8depay rtpjitterbuffer rtph264pay rtpmp4vpay'],
    [
      'converter',
      `convert videoconvert audioconvert glconvert d3d11convert videoconvertscale audioconvertscale videoscale videorate videocrop videoflip
       videobox videobalance deinterlace audioresample glupload gldownload glcolorconvert bayer2rgb textoverlay timeoverlay clockoverlay
       overlaycomposition fpsdisplay progressreport volume tensor_filter tensor_converter`,
    ],
    [
      'decoder',
      'avdec_h264 avdec_mp3 openh264dec vp8dec vp9dec jpegdec theoradec dav1ddec opusdec vorbisdec faad mpg123audiodec libde265dec',
    ],
    [
      'encoder',
      'avenc_mpeg4 avenc_h263p x264enc x265enc openh264enc vp8enc vp9enc jpegenc pngenc theoraenc av1enc opusenc vorbisenc voaacenc',
    ],
    ['queue', 'queue queue2 queue23'],
    [
      'sink',
      `fpsdisplaysink appsink udpsink multiudpsink multifilesink tcpserversink tcpclientsink rtmpsink rtmp2sink shmsink hlssink
       souphttpclientsink srtsink alsasink pulsesink pipewiresink autoaudiosink jacksink fakeaudiosink fakevideosink playbacksink
       intervideosink interaudiosink proxysink`,
    ],
    [
      'source',
      `appsrc udpsrc rtmpsrc rtmp2src tcpserversrc tcpclientsrc souphttpsrc curlhttpsrc shmsrc multifilesrc videotestsrc audiotestsrc
       giostreamsrc giosrc giolibsrc alsasrc pulsesrc pipewiresrc autovideosrc autoaudiosrc srtsrc ristsrc intervideosrc interaudiosrc
       proxysrc ximagesrc imagesrc pushsrc splitfilesrc imagesequencesrc`,
    ],
  ])('%s', (role, factories) => {
    for (const factory of words(factories)) {
      expect([factory, mediaFacts(factory)?.role]).toEqual([factory, role])
      for (const other of around(factory)) expect([other, mediaFacts(other)?.role]).toEqual([other, undefined])
    }
  })

  it.each(['x266enc', 'vp7dec', 'vp7enc', 'rtppay', 'parse', 'avdec_', 'avenc_', 'tensor_', 'tensor_2', 'queuex'])(
    '%s is not known',
    (factory) => {
      expect(mediaFacts(factory)).toBeUndefined()
    },
  )

  it('only encoders have presets, and none is a proxy', () => {
    expect(mediaFacts('x264enc')).toMatchObject({ presets: true, core: false, open: true, proxy: false })
    expect(mediaFacts('avdec_h264')).toMatchObject({ presets: false, core: false, open: true, proxy: false })
    expect(mediaFacts('rtmp2sink')?.properties).toEqual({ name: 'string', parent: 'object' })
    expect(['queue2', 'queue23', 'q2x', 'x'].map(autoNameOf)).toEqual(['queue2-', 'queue23-', 'q2x', 'x'])
  })

  it.each([
    ['mp4mux', ['src src always', 'sink_%u sink request']],
    ['acmedemux', ['sink sink always', 'src_%u src sometimes']],
    ['h264parse', ['src src always', 'sink sink always']],
    ['rtph264pay', ['src src always', 'sink sink always']],
    ['videoscale', ['src src always', 'sink sink always']],
    ['faad', ['src src always', 'sink sink always']],
    ['x264enc', ['src src always', 'sink sink always']],
    ['queue5', ['src src always', 'sink sink always']],
    ['appsink', ['sink sink always']],
    ['appsrc', ['src src always']],
  ])('%s has %j', (factory, pads) => {
    expect(mediaFacts(factory)?.pads.map((pad) => `${pad.name} ${pad.direction} ${pad.presence}`)).toEqual(pads)
  })
})
