// What elements are, by their names: families, what they ask of a driver, what they do with pictures.
import type { BoundElement } from '@dmalab/api'
import { describe, expect, it, test } from 'vitest'
import { isOfMaker, needOf } from '../../src/bind/needs.ts'
import { elementFacts, unknownFacts } from '../../src/elements/catalogue.ts'
import { familyOf } from '../../src/elements/device-families.ts'
import { streamKindOfPad } from '../../src/elements/stream-elements.ts'
import { properties } from '../../src/elements/property-table.ts'
import { codedMedia, follows, keeps, makesPictures, sourceDefault } from '../../src/negotiate/element-rules.ts'

test.each([
  ['v4l2jpegdec', 'V4L2 JPEG decoder', 'decoder', ''],
  ['v4l2video12jpegenc', 'V4L2 JPEG encoder', 'encoder', 'presets'],
  ['v4l2slh264dec', 'V4L2 stateless decoder', 'decoder', 'exports'],
  ['v4l2slvideo12vp8alphadec', 'V4L2 stateless decoder', 'decoder', 'exports'],
  ['v4l2h264dec', 'V4L2 decoder', 'decoder', ''],
  ['v4l2video4dec', 'V4L2 decoder', 'decoder', ''],
  ['v4l2video11h265enc', 'V4L2 encoder', 'encoder', 'presets'],
  ['v4l2convert', 'V4L2 converter', 'converter', ''],
  ['v4l2video31convert', 'V4L2 converter', 'converter', ''],
  ['v4l2src', 'V4L2 capture', 'source', ''],
  ['v4l2sink', 'V4L2 output', 'sink', ''],
  ['kmssink', 'DRM display', 'sink', 'imports'],
  ['waylandsink', 'Wayland display', 'sink', 'imports'],
  ['fbdevsink', 'frame buffer device', 'sink', 'optional open'],
  ['fbdev2sink', 'frame buffer device', 'sink', 'optional open'],
  ['autovideosink', 'desktop display', 'sink', 'imports optional open'],
  ['glimagesink', 'desktop display', 'sink', 'imports optional open'],
  ['glsinkelem', 'desktop display', 'sink', 'imports optional open'],
  ['glimagesinkelem', 'desktop display', 'sink', 'imports optional open'],
  ['libcamerasrc', 'libcamera', 'source', 'optional open vendor'],
  ['mppvideodec', 'vendor decoder', 'decoder', 'optional open vendor'],
  ['imxvpudec_h264', 'vendor decoder', 'decoder', 'optional open vendor'],
  ['vah264dec', 'vendor decoder', 'decoder', 'optional open vendor'],
  ['vaapih264dec', 'vendor decoder', 'decoder', 'optional open vendor'],
  ['mpph264enc', 'vendor encoder', 'encoder', 'optional open vendor presets'],
  ['vpuenc_h264', 'vendor encoder', 'encoder', 'optional open vendor presets'],
  ['rgaconvert', '2D engine', 'converter', 'optional open vendor'],
  ['imxvideoconvert_g2d', '2D engine', 'converter', 'optional open vendor'],
  ['nvvidconv', '2D engine', 'converter', 'optional open vendor'],
  ['xv4l2src', undefined, undefined, ''],
  ['v4l2srcx', undefined, undefined, ''],
  ['kmssink2', undefined, undefined, ''],
] as const)('%s is of the family %s', (factory, name, role, traits) => {
  const family = familyOf(factory)
  expect(family?.name).toBe(name)
  expect(family?.role).toBe(role)
  const told = [
    family?.importsDmaBuf === true && 'imports',
    family?.exports === true && 'exports',
    family?.optional === true && 'optional',
    family?.open === true && 'open',
    family?.vendor === true && 'vendor',
    family !== undefined && elementFacts(factory)?.presets === true && 'presets',
  ]
  expect(told.filter((one) => one !== false).join(' ')).toBe(traits)
})

describe('what an element asks of a driver', () => {
  test.each([
    ['v4l2slh264dec', 'decodes h264 (stateless)', ['decoder'], 'h264', 'V4L2'],
    ['v4l2slvideo12mpeg2dec', 'decodes mpeg2 (stateless)', ['decoder'], 'mpeg2', 'V4L2'],
    ['v4l2slvp8alphadec', 'decodes vp8alpha (stateless)', ['decoder'], 'vp8', 'V4L2'],
    ['v4l2dec', 'decodes (stateful)', ['decoder'], null, 'V4L2'],
    ['v4l2video12dec', 'decodes (stateful)', ['decoder'], null, 'V4L2'],
    ['v4l2video12hevcdec', 'decodes hevc (stateful)', ['decoder'], 'h265', 'V4L2'],
    ['v4l2fancydec', 'decodes fancy (stateful)', ['decoder'], 'none', 'V4L2'],
    ['v4l2enc', 'encodes', ['encoder'], null, 'V4L2'],
    ['v4l2video12vp8enc', 'encodes vp8', ['encoder'], 'vp8', 'V4L2'],
    ['v4l2video12convert', 'converts pictures from memory to memory', ['converter'], null, 'V4L2'],
    ['libcamerasrc', 'captures pictures', ['capture'], null, 'V4L2'],
    ['v4l2sink', 'puts pictures out', ['output'], null, 'V4L2'],
    ['kmssink', 'shows frame buffers', ['display'], null, 'V4L2'],
    ['fbdev2sink', 'shows frame buffers', ['display'], null, 'V4L2'],
    ['glimagesink', 'renders or shows', ['gpu', 'display'], null, 'V4L2'],
    ['qmlgl6sink', 'renders or shows', ['gpu', 'display'], null, 'V4L2'],
    ['mppvideodec', "offers Rockchip's MPP service", [], null, 'MPP'],
    ['imxvideoconvert_g2d', "offers NXP's 2D library its device", [], null, 'G2D library'],
    ['vah264dec', 'offers VA-API', [], null, 'VA-API'],
  ] as const)('%s: %s', (factory, words, kinds, codec, way) => {
    expect(needOf(factory)).toMatchObject({
      words,
      kinds,
      codec,
      interface: way,
      stateless: words.includes('stateless'),
    })
  })
  it.each(['xv4l2src', 'identity', 'v4l2srcx', 'videoconvert'])('%s asks nothing', (factory) => {
    expect(needOf(factory)).toBeUndefined()
  })
  test.each([
    ['mppvideodec', 'rockchip,rk3399-vpu', true],
    ['mppvideodec', 'allwinner,cedrus', false],
    ['mppvideodec', undefined, true],
    ['imxvpudec_h264', 'fsl,imx8mq-vpu', true],
    ['imxvpudec_h264', 'rockchip,fsl,x', false],
    ['omxh264dec', 'anything', true],
    ['vah264dec', 'pci8086,1234', true],
  ])('%s of a device %s: %s', (factory, compatible, is) => {
    const asked = needOf(factory)!
    expect(
      isOfMaker(
        { name: 'd', class: 'codec', ...(compatible === undefined ? {} : { compatible }) } as Parameters<
          typeof isOfMaker
        >[0],
        asked,
      ),
    ).toBe(is)
  })
})

describe('pads and properties', () => {
  const padsOf = (factory: string): readonly string[] =>
    (elementFacts(factory)?.pads ?? []).map(({ name, direction, presence }) => `${name} ${direction} ${presence}`)
  test.each([
    ['queue', ['src src always', 'sink sink always']],
    ['fakesrc', ['src src always']],
    ['fakesink', ['sink sink always']],
    ['tee', ['sink sink always', 'src_%u src request']],
    ['funnel', ['sink_%u sink request', 'src src always']],
    ['multiqueue', ['sink_%u sink request', 'src_%u src sometimes']],
    ['bin', []],
    ['playbin', []],
    ['qtdemux', ['sink sink always', 'video_%u src sometimes', 'audio_%u src sometimes', 'subtitle_%u src sometimes']],
    ['mpegtsmux', ['src src always', 'sink_%d sink request']],
    [
      'rtpssrcdemux',
      ['sink sink always', 'rtcp_sink sink always', 'src_%u src sometimes', 'rtcp_src_%u src sometimes'],
    ],
    ['v4l2src', ['src src always']],
    ['kmssink', ['sink sink always']],
  ])('%s has %j', (factory, pads) => {
    expect(padsOf(factory)).toEqual(pads)
  })
  it('an unknown element has one pad each way and more on request, and takes any property', () => {
    expect(unknownFacts('acme2')).toMatchObject({
      autoName: 'acme2-',
      open: true,
      core: false,
      role: 'unknown',
      proxy: false,
    })
    expect(unknownFacts('acme').pads.map(({ name }) => name)).toEqual(['src', 'sink', 'src_%u', 'sink_%u'])
    expect(elementFacts('constructor')).toBeUndefined()
  })
  it('core elements are known in full', () => {
    for (const factory of ['queue', 'tee', 'identity', 'valve', 'capsfilter', 'filesrc', 'fakesink'])
      expect(elementFacts(factory)).toMatchObject({ core: true, open: false, presets: false })
    const proxies = ['queue', 'queue2', 'tee', 'identity', 'valve', 'capsfilter', 'clocksync']
    for (const factory of proxies) expect(elementFacts(factory)?.proxy).toBe(true)
    for (const factory of ['funnel', 'concat', 'filesrc', 'multiqueue'])
      expect(elementFacts(factory)?.proxy).toBe(false)
    expect(elementFacts('input-selector')?.autoName).toBe('inputselector')
    expect(elementFacts('queue2')?.autoName).toBe('queue2-')
    expect(elementFacts('funnel')?.requestName).toBe('funnelpad%u')
    expect(elementFacts('tee')).not.toHaveProperty('requestName')
  })
  it('lists of properties: several names of a type, enums with numbers, nicks and full names', () => {
    expect(properties('a,b:int c:-1=x=Full_name_(with~_comma),20=y', 'd:string')).toEqual({
      a: 'int',
      b: 'int',
      c: { enum: { x: -1, y: 20 }, names: new Map([['Full name (with, comma)', 'x']]) },
      d: 'string',
    })
    expect(properties('m:5=import=GST_V4L2_IO_IMPORT')['m']).toEqual({
      enum: { import: 5 },
      names: new Map([['GST_V4L2_IO_IMPORT', 'import']]),
    })
  })
  test.each([
    ['video_0', 'video'],
    ['audio_1', 'audio'],
    ['send_rtcp_src_0', 'rtcp'],
    ['recv_fec_sink_0_0', 'rtcp'],
    ['subtitle_0', 'text'],
    ['caption_0', 'text'],
    ['private_0', 'text'],
    ['src_0', undefined],
    ['avideo', undefined],
  ])('the pad %s is for %s', (name, kind) => {
    expect(streamKindOfPad(name)).toBe(kind)
  })
})

describe('what elements do with pictures', () => {
  const one = (factory: string, role: BoundElement['role'], device: string | null = null): BoundElement =>
    ({ name: 'x', factory, role, device, by: '', inMode: null, outMode: null, props: {} }) as BoundElement
  const kept = (element: BoundElement): string =>
    (['width', 'framerate', 'format'] as const).filter((field) => keeps(element, field)).join(' ')
  test.each([
    [one('v4l2h264dec', 'decoder', 'codec'), 'width framerate', ''],
    [one('h264parse', 'parser'), 'width framerate', ''],
    [one('x264enc', 'encoder'), 'width framerate', ''],
    [one('v4l2convert', 'converter', 'fimc'), 'framerate', 'width framerate format'],
    [one('videoconvert', 'converter'), 'width framerate', 'width framerate format'],
    [one('videoscale', 'converter'), 'framerate format', 'width framerate format'],
    [one('videorate', 'converter'), 'width format', 'width framerate format'],
    [one('textoverlay', 'converter'), 'width framerate format', 'width framerate format'],
    [one('videoconvertscale', 'converter'), 'framerate', 'width framerate format'],
    [one('compositor', 'muxer'), '', 'width framerate'],
    [one('v4l2src', 'source', 'cam'), '', ''],
    [one('qtdemux', 'demuxer'), '', ''],
  ])('%o keeps %s and follows in %s', (element, keptFields, followed) => {
    expect(kept(element)).toBe(keptFields)
    expect((['width', 'framerate', 'format'] as const).filter((field) => follows(element, field)).join(' ')).toBe(
      followed,
    )
  })
  test.each([
    ['x264enc', 'video/x-h264'],
    ['avcparse', 'video/x-h264'],
    ['hevcdec', 'video/x-h265'],
    ['x265enc', 'video/x-h265'],
    ['avenc_h263p', 'video/x-h263'],
    ['vp8enc', 'video/x-vp8'],
    ['v4l2slvp9dec', 'video/x-vp9'],
    ['rav1enc', 'video/x-av1'],
    ['jpegenc', 'image/jpeg'],
    ['jpgdec', 'image/jpeg'],
    ['mpegvideoparse', 'video/mpeg'],
    ['opusenc', undefined],
  ])('%s is for %s', (factory, media) => {
    expect(codedMedia(one(factory, 'encoder'))).toBe(media)
  })
  test.each([
    [one('videotestsrc', 'source'), true],
    [one('mycamera2src', 'source'), true],
    [one('filesrc', 'source'), false],
    [one('udpsrc', 'source', 'cam'), true],
    [one('videotestsrc', 'converter'), false],
    [one('xvideotestsrc', 'source'), false],
  ])('%o makes pictures: %s', (element, makes) => {
    expect(makesPictures(element)).toBe(makes)
  })
  it('a test source has its own defaults, other sources have none', () => {
    const test_ = one('videotestsrc', 'source')
    expect((['width', 'height', 'framerate', 'format'] as const).map((field) => sourceDefault(test_, field))).toEqual([
      '320',
      '240',
      '30/1',
      undefined,
    ])
    expect(sourceDefault(one('v4l2src', 'source'), 'width')).toBeUndefined()
  })
})
