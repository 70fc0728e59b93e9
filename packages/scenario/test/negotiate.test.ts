// Pictures of a line: sizes, formats and rates, and from where each of them came.
import { describe, expect, it } from 'vitest'
import { isInputError } from '@dmalab/api'
import type { InputError, PipelineScenario } from '@dmalab/api'
import { shippedBoard } from '@dmalab/machine'
import { bindPipeline, parsePipeline } from '../src/index.ts'
import type { PictureWishes } from '../src/index.ts'

const xu4 = shippedBoard('odroid-xu4-2017')
const board = {
  ...xu4,
  devices: [
    ...xu4.devices,
    {
      ...xu4.devices[0]!,
      name: 'jpeg',
      class: 'jpeg' as const,
      compatible: 'samsung,exynos5420-jpeg',
      driver: 's5p-jpeg',
    },
    { ...xu4.devices[0]!, name: 'cam', class: 'camera' as const, compatible: 'brcm,bcm2835-unicam', driver: 'unicam' },
  ],
}
const bind = (line: string, wishes: PictureWishes = {}): PipelineScenario =>
  bindPipeline(parsePipeline(line), board, {}, wishes)
const refused = (line: string, wishes: PictureWishes = {}): InputError => {
  try {
    bind(line, wishes)
  } catch (e) {
    if (isInputError(e)) return e
    throw e
  }
  throw new Error('accepted')
}
/** `format widthxheight`, of each hop. */
const shown = (line: string, wishes: PictureWishes = {}): readonly string[] =>
  bind(line, wishes).hops.map(
    ({ picture: { media, format, width, height } }) => `${format?.value ?? media} ${width.value}x${height.value}`,
  )
const first = (line: string, wishes: PictureWishes = {}) => bind(line, wishes).hops[0]!.picture
const YUY2 = 'v4l2src ! video/x-raw,format=YUY2,width=3840,height=2160'

describe('what caps filters say of pictures', () => {
  it('decides size, format, planes and code of a camera', () => {
    const { picture } = bind(`${YUY2},framerate=30/1 ! kmssink`).hops[0]!
    expect(picture).toEqual({
      media: 'video/x-raw',
      format: { value: 'YUY2', by: 'caps filter capsfilter0' },
      fourcc: 'YUYV',
      width: { value: 3840, by: 'caps filter capsfilter0' },
      height: { value: 2160, by: 'caps filter capsfilter0' },
      framerate: { value: '30/1', by: 'caps filter capsfilter0' },
      features: [],
      planes: [{ bytesperline: 7680, bytes: 16588800, sizeimage: 16588800 }],
    })
    expect(bind(`${YUY2} ! kmssink`).assumptions.filter(({ kind }) => kind === 'format')).toEqual([])
  })

  it('the property of a capsfilter element and of appsrc count as well', () => {
    expect(shown('v4l2src ! capsfilter caps=video/x-raw,width=640,height=480,format=NV21 ! kmssink')).toEqual([
      'NV21 640x480',
    ])
    expect(shown('appsrc caps=video/x-raw,width=640,height=480,format=I420 ! v4l2convert ! kmssink')[0]).toBe(
      'I420 640x480',
    )
  })

  it.each([
    ['v4l2src ! video/x-raw,width=[16,640],height=[16,480] ! kmssink', 'NV12 640x480'],
    ['v4l2src ! video/x-raw,width=[2000,4000],height=[16,4000] ! kmssink', 'NV12 2000x1080'],
    ['v4l2src ! video/x-raw,format={YUY2,UYVY},width={640,1920} ! kmssink', 'YUY2 1920x1080'],
    ['v4l2src ! video/x-raw,format={YUY2,NV12} ! kmssink', 'NV12 1920x1080'],
    ['v4l2src ! video/x-raw,width=640 ! queue ! video/x-raw,height=480 ! kmssink', 'NV12 640x480'],
  ])('a choice is made as near to the default as may be: %s', (line, picture) => {
    expect(shown(line)).toEqual([picture])
  })
})

describe('what elements keep and what they change', () => {
  it.each([
    [
      'a converter makes what comes behind it',
      `${YUY2} ! v4l2convert ! video/x-raw,format=NV12,width=1280,height=720 ! kmssink`,
      ['YUY2 3840x2160', 'NV12 1280x720'],
    ],
    [
      'a converter that is told nothing changes nothing',
      `${YUY2} ! v4l2convert ! kmssink`,
      ['YUY2 3840x2160', 'YUY2 3840x2160'],
    ],
    ['a decoder keeps the size', 'v4l2h264dec ! video/x-raw,width=640,height=480 ! kmssink', ['NV12 640x480']],
    [
      'and so the stream has it',
      'filesrc ! h264parse ! v4l2h264dec ! video/x-raw,width=640,height=480 ! kmssink',
      ['video/x-h264 640x480', 'video/x-h264 640x480', 'NV12 640x480'],
    ],
    [
      'an encoder keeps the size, and makes a stream',
      `${YUY2} ! v4l2h264enc ! fakesink`,
      ['YUY2 3840x2160', 'video/x-h264 3840x2160'],
    ],
    [
      'videoscale keeps the format',
      'videotestsrc ! video/x-raw,format=I420,width=64,height=64 ! videoscale ! video/x-raw,width=128,height=128 ! v4l2convert ! kmssink',
      ['I420 64x64', 'I420 128x128', 'I420 128x128'],
    ],
    [
      'a source makes what a converter of user space would',
      'videotestsrc ! videoconvert ! videoscale ! video/x-raw,width=640,height=480 ! kmssink',
      ['NV12 640x480', 'NV12 640x480', 'NV12 640x480'],
    ],
    ['a test source has its own size', 'videotestsrc ! v4l2convert ! kmssink', ['NV12 320x240', 'NV12 320x240']],
    [
      'a camera may make JPEG',
      'v4l2src ! image/jpeg,width=1280,height=720 ! v4l2jpegdec ! kmssink',
      ['image/jpeg 1280x720', 'NV12 1280x720'],
    ],
  ])('%s', (_, line, pictures) => {
    expect(shown(line)).toEqual(pictures)
  })
})

describe('planes by what shares the buffer', () => {
  it.each([
    [
      'a decoder and a converter: a buffer a plane, whole rows of macroblocks',
      'v4l2h264dec ! v4l2convert output-io-mode=dmabuf-import ! fakesink',
      'NM12',
      [
        [2073600, 2088960],
        [1036800, 1044480],
      ],
    ],
    ['a camera and a display: one buffer, as it is', 'v4l2src ! kmssink', 'NV12', [[3110400, 3110400]]],
    [
      'a camera and a converter: one buffer, whole rows',
      'v4l2src ! v4l2convert ! fakesink',
      'NV12',
      [[3110400, 3133440]],
    ],
    [
      'packed pixels have one plane',
      'v4l2h264dec ! video/x-raw,format=BGRx ! v4l2convert ! fakesink',
      'XR24',
      [[8294400, 8355840]],
    ],
    [
      'three planes',
      'v4l2h264dec ! video/x-raw,format=I420 ! v4l2convert ! fakesink',
      'YM12',
      [
        [2073600, 2088960],
        [518400, 522240],
        [518400, 522240],
      ],
    ],
    [
      '10 bits have no format of several buffers',
      'v4l2h264dec ! video/x-raw,format=P010_10LE ! v4l2convert ! fakesink',
      'P010',
      [[6220800, 6266880]],
    ],
    [
      'tiles',
      'v4l2h264dec ! video/x-raw,format=NV12_64Z32 ! v4l2convert ! fakesink',
      'TM12',
      [
        [2088960, 2088960],
        [1044480, 1044480],
      ],
    ],
    ['one field a buffer', 'v4l2src ! video/x-raw,interlace-mode=alternate ! kmssink', 'NV12', [[1555200, 1555200]]],
  ])('%s', (_, line, fourcc, planes) => {
    const picture = bind(line).hops.find(({ picture: { format } }) => format !== null)!.picture
    expect(picture.fourcc).toBe(fourcc)
    expect(picture.planes.map(({ bytes, sizeimage }) => [bytes, sizeimage])).toEqual(planes)
  })
})

describe('a line that contradicts itself is refused at the place', () => {
  it.each([
    [
      'v4l2src ! video/x-raw,width=640 ! queue ! v4l2h264enc ! video/x-h264,width=1280 ! fakesink',
      57,
      /width cannot be what is asked for here: caps filter capsfilter0/,
    ],
    [
      'v4l2src ! video/x-raw,format=NV12 ! tee name=t ! kmssink t. ! video/x-raw,format=YUY2 ! fakesink',
      61,
      /could not link/,
    ],
    ['v4l2src ! video/x-raw,format=XYZ ! kmssink', 11, /format=XYZ is not a pixel format/],
    ['v4l2src ! video/x-raw,width=0 ! kmssink', 11, /width=0: a picture has 1 to 16384 pixels/],
    ['v4l2src ! video/x-raw ! v4l2h264dec ! kmssink', 11, /v4l2h264dec0 takes coded pictures, and video\/x-raw/],
    ['v4l2src ! v4l2h264enc ! video/x-raw ! fakesink', 25, /v4l2h264enc0 gives coded pictures/],
    ['v4l2h264dec ! video/x-h264 ! fakesink', 15, /v4l2h264dec0 gives pictures that are not coded, and video\/x-h264/],
    ['v4l2src ! video/x-h264 ! v4l2h264enc ! fakesink', 11, /v4l2h264enc0 takes pictures that are not coded/],
    [
      'v4l2src io-mode=mmap ! video/x-raw(memory:DMABuf),width=640 ! kmssink',
      24,
      /v4l2src0 has mode mmap, which exports nothing/,
    ],
    ['videotestsrc ! video/x-raw(memory:DMABuf) ! kmssink', 16, /makes pictures in memory of user space/],
  ])('%s', (line, column, reason) => {
    const { message, place } = refused(line)
    expect(message).toMatch(reason)
    expect(place.column).toBe(column)
  })

  it.each([
    'v4l2src ! video/x-raw(memory:DMABuf) ! kmssink',
    'v4l2src io-mode=dmabuf ! video/x-raw(memory:DMABuf) ! kmssink',
    'v4l2src ! image/jpeg ! v4l2jpegdec ! video/x-raw ! kmssink',
  ])('%s is not one', (line) => {
    expect(bind(line).hops.length).toBeGreaterThan(0)
  })

  it('--format must be a format', () => {
    expect(refused('v4l2src ! kmssink', { format: 'XYZ' }).message).toContain('--format XYZ is not a pixel format')
  })
})

describe('what kind of data a link carries, by what stands at its ends', () => {
  it.each([
    ['filesrc ! fakesink', 'application/octet-stream'],
    ['filesrc ! videoconvert ! fakesink', 'video/x-raw'],
    ['filesrc ! x264enc ! fakesink', 'video/x-raw'],
    ['filesrc ! h264parse ! fakesink', 'video/x-h264'],
    ['filesrc ! v4l2jpegdec ! fakesink', 'image/jpeg'],
    ['filesrc ! opusparse ! fakesink', 'application/octet-stream'],
    ['filesrc ! xvimagesink', 'video/x-raw'],
    ['filesrc ! kmssink', 'video/x-raw'],
    ['videotestsrc ! fakesink', 'video/x-raw'],
    ['uridecodebin uri=file:///a ! fakesink', 'video/x-raw'],
    ['filesrc ! video/x-bayer ! fakesink', 'video/x-bayer'],
  ])('%s: %s', (line, media) => {
    expect(bind(line).pictures[0]?.media).toBe(media)
  })
})

describe('pictures of every link', () => {
  it('are there for all that looks at them', () => {
    const { pictures } = bind('v4l2src ! queue ! video/x-raw,width=640,height=480 ! v4l2convert ! kmssink')
    expect(pictures.map(({ from, to, width }) => [from, to, width.value])).toEqual([
      ['v4l2src0', 'queue0', 640],
      ['queue0', 'capsfilter0', 640],
      ['v4l2convert0', 'kmssink0', 640],
      ['capsfilter0', 'v4l2convert0', 640],
    ])
    expect(first('v4l2src ! kmssink').width.by).toBe('driver default')
  })
})
