// What a name says of an element beside its family: kinds of stream, what passes it, what it asks of a driver. From end to end, as families.
import { describe, expect, it, test } from 'vitest'
import type { BoundElement } from '@dmalab/api'
import { needOf } from '../../src/bind/needs.ts'
import { streamKindOfElement, streamKindOfPad } from '../../src/elements/stream-elements.ts'
import { codedMedia, keeps, makesPictures } from '../../src/negotiate/element-rules.ts'
import { isMixer } from '../../src/negotiate/mixer-size.ts'

const words = (text: string): readonly string[] => text.trim().split(/\s+/)
/** A name that only begins or ends like another. */
const around = (name: string): readonly string[] => [`x-${name}`, `${name}-x`]

describe('streams', () => {
  test.each([
    [
      'audio',
      `audioconvert aacparse ac3parse alacdec flacparse opusdec vorbisdec speexdec faad faac fdkaacenc voaacenc lamemp3enc mpg123audiodec
       mad mpegaudioparse wavparse alsasink pulsesrc jackaudiosink autoaudiosink volume pitch scaletempo avdec_aac avdec_ac3 avdec_eac3
       avdec_mp3 avdec_dts avdec_pcm_s16le avdec_adpcm_ms avenc_aac avenc_flac rtpmp4apay rtpmpapay rtpopusdepay rtpL16pay rtpl24pay rtpg722pay`,
    ],
    [
      'video',
      `v4l2src h263parse h264parse h265parse mpegvideoparse mpeg4videoparse mpeg2enc vp8dec vp9enc av1parse jpegdec pngenc theoradec
       videoconvert kmssink waylandsink glupload xvimagesink ximagesink autovideosink x264enc x265enc openh264dec avdec_h264 avdec_mpeg4
       avdec_vp9 avdec_mjpeg avdec_av1 rtph264pay rtpvp8pay rtpjpegpay rtpmp4vpay rtpav1pay rtprawpay rtpvrawpay deinterlace`,
    ],
    [
      'text',
      'text textrender textoverlay subparse subtitleoverlay ssaparse dvbsubenc dvdspu closedcaptionoverlay ccextractor',
    ],
  ] as const)('%s, by the start of an element’s name', (kind, factories) => {
    for (const factory of words(factories)) {
      expect([factory, streamKindOfElement(factory)]).toEqual([factory, kind])
      expect([factory, streamKindOfElement(`q-${factory}`)]).toEqual([factory, undefined])
    }
  })

  it.each([
    'h266parse',
    'vp7dec',
    'x266enc',
    'sub',
    'subx',
    'avdec_x',
    'avenc_x',
    'rtpx',
    'openh265enc',
    'filesrc',
    'queue',
  ])('%s is for any', (factory) => {
    expect(streamKindOfElement(factory)).toBeUndefined()
  })

  test.each([
    ['video', 'video video_0 video_aux_0'],
    ['audio', 'audio audio_0'],
    ['rtcp', 'rtcp_sink send_rtcp_src_0 recv_rtcp_sink_%u recv_fec_sink_0_0 send_fec_src_%u_%u'],
    ['text', 'text_0 subtitle_%u subpicture_00 caption_0 private_1'],
    [undefined, 'src sink_0 track_0 stream_0 x_text x_video x_audio fec fec_0 x_private'],
  ] as const)('%s, by a pad’s name', (kind, names) => {
    for (const name of words(names)) expect([name, streamKindOfPad(name)]).toEqual([name, kind])
  })
})

describe('what passes an element', () => {
  const bound = (factory: string, role: BoundElement['role'], device: string | null = null): BoundElement => ({
    name: 'e',
    factory,
    role,
    device,
    by: 'user space',
    inMode: null,
    outMode: null,
    props: {},
  })

  const SIZE = `videoconvert videorate deinterlace videobalance textoverlay overlaycomposition glcolorconvert glupload gldownload
    progressreport bayer2rgb`
  const FORMAT = 'videoscale videorate videocrop videoflip deinterlace videobalance textoverlay progressreport'
  test.each([
    ['width', SIZE],
    ['height', SIZE],
    ['format', FORMAT],
  ] as const)(
    '%s is kept by some converters of user space, of no name around theirs, and by none on a device',
    (field, names) => {
      for (const factory of words(names)) {
        const keep = (name: string, device: string | null = null) => keeps(bound(name, 'converter', device), field)
        expect([factory, keep(factory), keep(factory, 'd'), ...around(factory).map((other) => keep(other))]).toEqual([
          factory,
          true,
          false,
          false,
          false,
        ])
      }
      expect(keeps(bound('overlay', 'converter'), field)).toBe(false)
    },
  )

  it('sources that make pictures, by the whole name', () => {
    for (const factory of words(
      'videotestsrc fakesrc appsrc libcamerasrc ximagesrc autovideosrc v4l2src gltestsrc camera nvarguscamerasrc camera2src',
    )) {
      const makes = (name: string) => makesPictures(bound(name, 'source'))
      expect([factory, makes(factory), ...around(factory).map(makes)]).toEqual([factory, true, false, false])
    }
  })

  it('mixers, by the whole name', () => {
    const mixes = (factory: string) => isMixer(bound(factory, 'muxer'))
    for (const factory of words(
      'compositor videomixer glvideomixer videomixerelement glvideomixerelement imxcompositor imxcompositor_g2d',
    ))
      expect([factory, mixes(factory), ...around(factory).map(mixes)]).toEqual([factory, true, false, false])
    expect([mixes('mp4mux'), mixes('imxcompositor_')]).toEqual([false, false])
  })

  it.each([
    ['v4l2h264dec x264enc avcparse', 'video/x-h264'],
    ['h265parse x265enc hevcdec', 'video/x-h265'],
    ['avenc_h263p', 'video/x-h263'],
    ['vp8dec', 'video/x-vp8'],
    ['vp9dec', 'video/x-vp9'],
    ['av1enc dav1ddec', 'video/x-av1'],
    ['jpegdec jpgdec', 'image/jpeg'],
    ['mpegvideoparse', 'video/mpeg'],
    ['x266enc jpeeg h26dec', undefined],
  ])('%s: %s', (factories, media) => {
    for (const factory of words(factories))
      expect([factory, codedMedia(bound(factory, 'decoder'))]).toEqual([factory, media])
  })
})

describe('what is asked of a driver', () => {
  test.each([
    ['decodes h264 (stateless)', 'v4l2slh264dec v4l2slvideo12h264dec'],
    ['decodes (stateful)', 'v4l2dec v4l2video12dec'],
    ['decodes h264 (stateful)', 'v4l2h264dec v4l2video12h264dec'],
    ['encodes', 'v4l2enc v4l2video12enc'],
    ['encodes h264', 'v4l2h264enc v4l2video12h264enc'],
    ['converts pictures from memory to memory', 'v4l2convert v4l2video12convert'],
    ['captures pictures', 'v4l2src libcamerasrc'],
    ['puts pictures out', 'v4l2sink'],
    ['shows frame buffers', 'kmssink fbdevsink fbdev2sink'],
    [
      'renders or shows',
      'waylandsink glsink glimagesink glsinkelem glimagesinkelem gtkglsink gtkwaylandsink qmlsink qmlglsink qmlgl6sink',
    ],
    ['offers VA-API', 'vadec vaenc vah264dec vah264enc vaapidec vaapih264enc'],
  ])('%s, by the whole name', (asked, factories) => {
    for (const factory of words(factories))
      expect([factory, needOf(factory)?.words, ...around(factory).map(needOf)]).toEqual([
        factory,
        asked,
        undefined,
        undefined,
      ])
  })

  test.each([
    ['MPP', 'mppvideodec mpph264enc'],
    ['librga', 'rgaconvert'],
    ['VPU library', 'vpudec vpuenc_h264 imxvpudec_h264'],
    ['G2D library', 'imxvideoconvert_g2d imxg2dvideotransform'],
    ['OpenMAX IL', 'omxh264dec'],
    ['NVIDIA multimedia', 'nvv4l2decoder nvvidconv'],
    ['Amlogic codec', 'amlv4l2h264dec'],
    ['Broadcom codec', 'brcmvideodec'],
    ['VSP manager', 'vspmfilter'],
  ])('%s, by the start of the name', (way, factories) => {
    for (const factory of words(factories))
      expect([factory, needOf(factory)?.interface, needOf(`x-${factory}`)]).toEqual([factory, way, undefined])
  })

  it.each(['imx-videoconvert', 'nvx', 'vax-dec', 'fbdev22sink', 'qml-sink', 'v4l2sldec-'])(
    '%s asks nothing',
    (factory) => {
      expect(needOf(factory)).toBeUndefined()
    },
  )
})
