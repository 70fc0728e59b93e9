// A line that a board cannot run: what is said of the board, and what to write instead.
import type { DeviceFacts, DisabledDevice, Machine } from '@dmalab/api'
import { isInputError } from '@dmalab/api'
import { shippedBoard } from '@dmalab/machine'
import { describe, expect, it, test } from 'vitest'
import { bindPipeline, parsePipeline, type Overrides } from '../../src/index.ts'

const xu4 = shippedBoard('odroid-xu4-2017')
const one = (name: string, kind: DeviceFacts['class'], compatible?: string): DeviceFacts => ({
  name,
  class: kind,
  coherent: false,
  maskBits: 32,
  pools: [],
  ...(compatible === undefined ? {} : { compatible }),
})
const having = (devices: readonly DeviceFacts[], facts: Partial<Machine> = {}): Machine => ({
  ...xu4,
  name: 'b',
  bindings: {},
  devices,
  ...facts,
})
const complaint = (line: string, machine: Machine = xu4, overrides: Overrides = {}) => {
  try {
    bindPipeline(parsePipeline(line), machine, overrides)
  } catch (e) {
    if (isInputError(e))
      return {
        message: e.message.split('\n')[0],
        hint: e.hint?.split('\n'),
        column: e.place.column,
        instead: e.instead,
      }
    throw e
  }
  return undefined
}
const JPEG = one('jpg', 'jpeg', 'samsung,exynos5420-jpeg')
const MFC = one('mfc', 'codec', 'samsung,mfc-v8')

describe('a device that a line needs and the board lacks', () => {
  it('is told with what the media devices offer, and elements of the same kind', () => {
    expect(complaint('videotestsrc ! v4l2vp9enc ! fakesink', having([one('nic', 'network'), MFC]))).toMatchObject({
      message:
        'pipeline:1:16: element v4l2vp9enc0 (V4L2 encoder) needs a driver that encodes vp9, and board b has none',
      column: 16,
      hint: [
        expect.stringMatching(/^its media devices are mfc \(s5p-mfc decodes .*encodes .*\)$/),
        expect.stringMatching(/^elements that its drivers serve: v4l2h264enc(, v4l2\w+enc)*$/),
        '--bind v4l2vp9enc=none leaves its work to user space',
      ],
    })
  })

  it('and with all elements where none is of the kind', () => {
    const { hint } =
      complaint('v4l2src ! fakesink', having([JPEG, one('d', 'display', 'samsung,exynos5420-mixer')])) ?? {}
    expect(hint?.[1]).toContain('kmssink')
    expect(complaint('v4l2src ! fakesink', having([one('nic', 'network')]))?.hint).toEqual([
      'it has no media devices at all',
      expect.stringMatching(/^--bind v4l2src=vivid\S* gives it a device/),
    ])
  })

  it('devices of one driver share its words, four of them by name', () => {
    const many = (count: number) =>
      complaint(
        'v4l2slh264dec ! fakesink',
        having(Array.from({ length: count }, (_, i) => ({ ...MFC, name: `m${i}` }))),
      )?.hint?.[0]
    expect(many(1)).toMatch(/^its media devices are m0 \(/)
    expect(many(4)).toMatch(/^its media devices are m0, m1, m2, m3 \(/)
    expect(many(5)).toMatch(/^its media devices are m0, m1, m2, m3 and others \(/)
    const two = complaint('v4l2slh264dec ! fakesink', having([MFC, one('x', 'gpu'), JPEG]))?.hint?.[0]
    expect(two).toMatch(
      /^its media devices are mfc \(s5p-mfc .*\), x \(class gpu, driver not known\), jpg \(s5p-jpeg .*\)$/,
    )
  })

  it('devices that every board has can be bound where they do the work', () => {
    const last = (line: string) => complaint(line, having([one('nic', 'network')]))?.hint?.at(-1)
    expect(last('v4l2src ! fakesink')).toBe(
      '--bind v4l2src=vivid gives it a device (vivid-vmalloc, usb-camera would do as well); --bind v4l2src=none leaves its work to user space',
    )
    expect(last('fakesrc ! v4l2convert ! fakesink')).toBe(
      '--bind v4l2convert=vim2m gives it a device; --bind v4l2convert=none leaves its work to user space',
    )
    expect(last('v4l2h264dec ! fakesink')).toBe('--bind v4l2h264dec=none leaves its work to user space')
  })

  const off = (name: string, kind: DeviceFacts['class'], compatible?: string): DisabledDevice =>
    ({ name, class: kind, ...(compatible === undefined ? {} : { compatible }) }) as DisabledDevice
  test.each([
    ['no device is switched off', [], /^$/],
    ['one that would do', [off('mfc', 'codec', 'samsung,mfc-v8')], /; mfc \(codec\) (?!and)/],
    ['two that would do', [off('mfc', 'codec', 'samsung,mfc-v8'), off('v', 'codec')], /; mfc \(codec\) and 1 more /],
    ['three', [off('a', 'codec'), off('b', 'codec'), off('c', 'codec')], /; a \(codec\) and 2 more /],
    ['one whose driver does not do it', [off('jpg', 'codec', 'samsung,exynos5420-jpeg')], /^$/],
    ['one of another class', [off('d', 'display')], /^$/],
    ['one of another class whose driver does it', [off('x', 'other', 'samsung,mfc-v8')], /; x \(other\) (?!and)/],
  ] as const)('%s', (_what, disabled, told) => {
    const hint = complaint('v4l2h264dec ! fakesink', having([one('nic', 'network')], { disabled }))?.hint?.[0] ?? ''
    expect(hint.replace('it has no media devices at all', '')).toMatch(told)
  })

  it('a display has no driver’s words where the element asks nothing of one', () => {
    // Optional elements are left to user space.
    expect(complaint('videotestsrc ! autovideosink', having([]))).toBeUndefined()
    expect(complaint('videotestsrc ! fbdevsink', having([]))).toBeUndefined()
    expect(complaint('videotestsrc ! v4l2sink', having([]))?.message).toContain('needs a driver that puts pictures out')
  })
})

describe('a device that is named', () => {
  it('must have a driver that does the work, where the driver is known', () => {
    expect(complaint('videotestsrc ! kmssink', having([MFC, JPEG]), { kmssink: 'mfc' })).toMatchObject({
      message: expect.stringMatching(
        /^pipeline:1:16: kmssink0 needs a driver that shows frame buffers, and that of mfc does not: s5p-mfc decodes/,
      ),
      hint: [expect.stringMatching(/^elements that its drivers serve: /)],
    })
    expect(complaint('videotestsrc ! kmssink', having([MFC], { bindings: { kmssink: 'mfc' } }))?.message).toMatch(
      /that of mfc does not/,
    )
    expect(complaint('videotestsrc ! kmssink', having([one('x', 'other')]), { kmssink: 'x' })).toBeUndefined()
    expect(complaint('videotestsrc ! mppvideodec ! fakesink', having([MFC]), { mppvideodec: 'mfc' })).toBeUndefined()
  })

  it('is one of the board’s, which are listed with media devices first, sixteen at most', () => {
    const others = (count: number) => Array.from({ length: count }, (_, i) => one(`n${i}`, 'network'))
    const told = (devices: readonly DeviceFacts[]) =>
      complaint('videotestsrc ! kmssink', having(devices), { kmssink: 'zzz' })?.hint?.[0]
    const tail = expect.stringMatching(/; vivid.* are on every board; none leaves the work to user space$/)
    expect(told([])).toMatch(/^it has no device that does DMA; /)
    expect(told([...others(2), MFC])).toMatch(/^it has mfc \(codec\), n0 \(network\), n1 \(network\); /)
    expect(told([])).toEqual(tail)
    expect(told([...others(15), MFC])).toMatch(/n14 \(network\); /)
    expect(told([...others(16), MFC])).toMatch(/n14 \(network\), 1 more \(dmalab board show\); /)
  })

  test.each([
    ['source', 'camera'],
    ['sink', 'display'],
    ['converter', 'converter'],
    ['converter', 'isp'],
    ['converter', 'other'],
  ] as const)('makes an unknown element a %s if it is of class %s', (role, kind) => {
    const { elements } = bindPipeline(parsePipeline('fakesrc ! acme name=a ! fakesink'), having([one('x', kind)]), {
      a: 'x',
    })
    expect(elements[1]).toMatchObject({ role, device: 'x', inMode: 'auto', outMode: 'auto' })
  })
})

describe('a whole pipeline in one element', () => {
  const FILE = 'filesrc location=a.mp4 ! qtdemux ! h264parse ! v4l2h264dec capture-io-mode=dmabuf'
  const vp8 = one('vpu', 'codec', 'rockchip,rk3399-vpu')
  test.each<readonly [string, Machine, string]>([
    ['playbin uri=file:///m/a.mp4', having([MFC]), FILE.replace('a.mp4', '/m/a.mp4') + ' ! fakesink'],
    [
      'playbin uri=file:///m/a.webm',
      having([MFC]),
      FILE.replace('a.mp4 ! qtdemux', '/m/a.webm ! matroskademux') + ' ! fakesink',
    ],
    ['playbin uri=file:///m/a.mkv.mp4', having([MFC]), FILE.replace('a.mp4', '/m/a.mkv.mp4') + ' ! fakesink'],
    ['playbin uri=file:///m/a.ts', having([MFC]), FILE.replace('a.mp4 ! qtdemux', '/m/a.ts ! tsdemux') + ' ! fakesink'],
    [
      'playbin uri=file:///m/a.m2ts',
      having([MFC]),
      FILE.replace('a.mp4 ! qtdemux', '/m/a.m2ts ! tsdemux') + ' ! fakesink',
    ],
    [
      'playbin uri=file:///m/a.mts',
      having([MFC]),
      FILE.replace('a.mp4 ! qtdemux', '/m/a.mts ! tsdemux') + ' ! fakesink',
    ],
    ['playbin uri=file:///m/a.ts.avi', having([MFC]), FILE.replace('a.mp4', '/m/a.ts.avi') + ' ! fakesink'],
    [
      'playbin uri=rtsp://file:///x',
      having([MFC]),
      FILE.replace('filesrc location=a.mp4', 'urisourcebin uri=rtsp://file:///x') + ' ! fakesink',
    ],
    [
      'playbin3 uri=file:///a.mp4 video-sink=xvimagesink',
      having([MFC]),
      FILE.replace('a.mp4', '/a.mp4') + ' ! xvimagesink',
    ],
    [
      'playbin uri=file:///a.mp4',
      having([vp8]),
      'filesrc location=/a.mp4 ! qtdemux ! h264parse ! v4l2slvp8dec ! fakesink',
    ],
    [
      'playbin uri=file:///a.mp4',
      having([one('c', 'camera')]),
      'filesrc location=/a.mp4 ! qtdemux ! h264parse ! v4l2h264dec capture-io-mode=dmabuf ! fakesink',
    ],
  ])('%s', (line, machine, instead) => {
    expect(complaint(line, machine)).toMatchObject({
      message: expect.stringMatching(/^pipeline:1:1: playbin3?0?\S*: playbin3? makes a whole pipeline of its own/),
      hint: ['write the elements instead'],
      instead: { line: instead, bind: {} },
    })
  })
  it.each(['playbin', 'camerabin uri=file:///a.mp4', 'uriplaylistbin'])('%s: the line of the board', (line) => {
    expect(complaint(`fakesrc ! fakesink ${line}`, having([MFC]))).toMatchObject({
      column: 20,
      instead: { line: `${FILE} ! fakesink`, bind: {} },
    })
  })
})

describe('properties that a stateless decoder has not', () => {
  const decoder = having([{ ...one('vpu', 'codec'), name: 'vpu' }])
  it.each([
    'capture-io-mode=auto',
    'output-io-mode=mmap',
    'extra-controls=c',
    'device=/dev/video0',
    'device-name=x',
    'device-fd=3',
  ])('%s', (property) => {
    const [name] = property.split('=')
    expect(complaint(`fakesrc ! v4l2slh264dec ${property} ! fakesink`, decoder)).toEqual({
      message: `pipeline:1:11: no property "${name}" in element "v4l2slh264dec"`,
      hint: ['it is a stateless decoder: it exports its buffers as they are'],
      column: 11,
      instead: undefined,
    })
    expect(complaint(`fakesrc ! v4l2h264dec ${property} ! fakesink`, decoder)).toBeUndefined()
  })
  it('qos is one that it has', () => {
    expect(complaint('fakesrc ! v4l2slh264dec qos=false ! fakesink', decoder)).toBeUndefined()
  })
})

describe('what nothing goes into', () => {
  const machine = having([MFC, one('c', 'converter'), JPEG])
  test.each([
    ['v4l2h264dec ! fakesink', 'v4l2h264dec0: GStreamer would wait for ever; a seeded bitstream stands in'],
    ['v4l2h264enc ! fakesink', 'v4l2h264enc0: GStreamer would wait for ever; seeded pictures stand in'],
    ['v4l2jpegenc ! fakesink', 'v4l2jpegenc0: GStreamer would wait for ever; seeded pictures stand in'],
    ['v4l2jpegdec ! fakesink', 'v4l2jpegdec0: GStreamer would wait for ever; a seeded bitstream stands in'],
    ['videoscale ! fakesink', 'videoscale0: GStreamer would wait for ever; seeded pictures stand in'],
    ['decodebin ! fakesink', 'decodebin0: GStreamer would wait for ever; a seeded bitstream stands in'],
    ['h264parse ! fakesink', undefined],
    ['queue ! fakesink', undefined],
    ['fakesrc ! v4l2h264dec ! videoscale ! fakesink', undefined],
  ])('%s', (line, note) => {
    const { notes } = bindPipeline(parsePipeline(line), machine)
    expect(notes).toEqual(note === undefined ? [] : [`nothing goes into ${note}`])
  })
})

describe('pictures that a driver does not take', () => {
  // s5p-jpeg takes what it can; rkvdec 4096x2304 is the largest of all its streams.
  const machine = having([one('vdec', 'codec', 'rockchip,rk3399-vdec'), one('c', 'converter')])
  const line = (front: string, size: string) =>
    `${front} ! video/x-raw,${size} ! v4l2convert ! video/x-raw,width=8000,height=16 ! fakesink`
  it('are those that pass it, on either side', () => {
    expect(complaint(line('v4l2slh264dec', 'width=640,height=480'), machine)).toBeUndefined()
    expect(complaint(line('v4l2slh264dec', 'width=5000,height=480'), machine)).toMatchObject({
      message:
        'pipeline:1:1: v4l2slh264dec0 works on pictures up to 4096x2304 on vdec, and these have 5000x480 (caps filter capsfilter0)',
      column: 1,
    })
    expect(complaint(`fakesrc ! ${line('v4l2slh264dec', 'width=5000,height=480')}`, machine)?.column).toBe(11)
  })
})

it('an element that is not known is told with what it may have meant', () => {
  const notes = (line: string, overrides: Overrides = {}) =>
    bindPipeline(parsePipeline(line), having([MFC]), overrides).notes
  expect(notes('fakesrc ! acmescale ! acmeother ! fakesink', { acmeother: 'mfc' })).toEqual([
    'acmescale0: the element acmescale is not known and is taken to pass buffers on in user space; ' +
      '--bind acmescale=vim2m gives its work to a device; there are mfc (codec)',
  ])
  expect(notes('fakesrc ! videoscal ! fakesink')[0]).toContain(
    'the element videoscal is not known (did you mean videoscale?) and is taken',
  )
})
