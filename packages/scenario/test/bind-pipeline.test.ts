import { describe, expect, it } from 'vitest'
import { isInputError, type Machine } from '@dmalab/api'
import type { BufferHop, DeviceClass, InputError, PipelineScenario } from '@dmalab/api'
import { shippedBoard } from '@dmalab/machine'
import { bindPipeline, lineForBoard, parsePipeline } from '../src/index.ts'
import type { Overrides } from '../src/index.ts'

const board = shippedBoard('odroid-xu4-2017')
const bind = (line: string, overrides: Overrides = {}): PipelineScenario =>
  bindPipeline(parsePipeline(line), board, overrides)
const refused = (line: string, overrides: Overrides = {}): InputError => {
  try {
    bind(line, overrides)
  } catch (e) {
    if (isInputError(e)) return e
    throw e
  }
  throw new Error('accepted')
}
const hops = (line: string): readonly string[] =>
  bind(line).hops.map(({ from, to, kind, through }: BufferHop) => `${from} ${kind} ${[...through, to].join(' ')}`)

const FOUNDING =
  'gst-launch-1.0 filesrc location=~/GH3_MOV_HD.mp4 ! qtdemux ! h264parse ! v4l2video4dec capture-io-mode=dmabuf ! ' +
  'v4l2video7convert output-io-mode=dmabuf-import ! kmssink force-modesetting=true'

describe('the line of the original report on its board', () => {
  it('binds decoder, converter and display, and leaves the rest to user space', () => {
    expect(
      bind(FOUNDING).elements.map(({ name, device, by, inMode, outMode }) => [name, device, by, inMode, outMode]),
    ).toEqual([
      ['filesrc0', null, 'user space', null, null],
      ['qtdemux0', null, 'user space', null, null],
      ['h264parse0', null, 'user space', null, null],
      ['v4l2video4dec0', 'codec', 'board', 'auto', 'dmabuf'],
      ['v4l2video7convert0', 'converter', 'board', 'dmabuf-import', 'auto'],
      ['kmssink0', 'display', 'board', null, null],
    ])
  })

  it('copies the stream into the decoder and passes pictures on without a copy', () => {
    expect(hops(FOUNDING)).toEqual([
      'filesrc0 user qtdemux0',
      'qtdemux0 user h264parse0',
      'h264parse0 copy v4l2video4dec0',
      'v4l2video4dec0 export v4l2video7convert0',
      'v4l2video7convert0 export kmssink0',
    ])
  })
})

describe('buffers between two devices', () => {
  it.each([
    ['auto', 'auto', 'copy'],
    ['dmabuf', 'auto', 'copy'],
    ['dmabuf', 'mmap', 'copy'],
    ['auto', 'dmabuf-import', 'export'],
    ['dmabuf', 'dmabuf-import', 'export'],
    ['mmap', 'dmabuf-import', 'impossible'],
    ['mmap', 'userptr', 'userptr'],
    ['dmabuf', 'userptr', 'userptr'],
    ['dmabuf-import', 'dmabuf', 'import'],
    ['dmabuf-import', 'mmap', 'impossible'],
    ['dmabuf-import', 'userptr', 'impossible'],
    ['dmabuf-import', 'dmabuf-import', 'impossible'],
    ['rw', 'auto', 'copy'],
  ])('capture-io-mode=%s into output-io-mode=%s: %s', (out, into, kind) => {
    const line = `v4l2h264dec name=d capture-io-mode=${out} ! v4l2convert name=c output-io-mode=${into}`
    expect(hops(line)).toEqual([`d ${kind} c`])
  })

  it.each([
    ['auto', 'export'],
    ['dmabuf', 'export'],
    ['mmap', 'copy'],
    ['dmabuf-import', 'import'],
  ])('capture-io-mode=%s into a DRM display: %s', (out, kind) => {
    expect(hops(`v4l2h264dec name=d capture-io-mode=${out} ! kmssink name=k`)).toEqual([`d ${kind} k`])
  })

  it('pass queues, tees and caps filters unchanged', () => {
    const line =
      'v4l2h264dec name=d ! queue ! tee name=t t. ! video/x-raw ! kmssink name=k t. ! queue ! fakesink name=f'
    expect(hops(line).toSorted()).toEqual(['d export queue0 t capsfilter0 k', 'd read queue0 t queue1 f'])
  })

  it('cross bins', () => {
    expect(hops('( v4l2h264dec name=d ! identity name=i ) ! kmssink name=k')).toEqual(['d export i k'])
  })
})

describe('who decides', () => {
  it('--bind by name wins over --bind by factory, which wins over the board', () => {
    const line = 'acmedec name=a ! fakesink acmedec name=b ! fakesink v4l2convert ! fakesink'
    const devices = bind(line, { acmedec: 'g2d', b: 'converter' }).elements.map(({ name, device, by }) => [
      name,
      device,
      by,
    ])
    expect(devices).toContainEqual(['a', 'g2d', '--bind'])
    expect(devices).toContainEqual(['b', 'converter', '--bind'])
    expect(devices).toContainEqual(['v4l2convert0', 'converter', 'board'])
  })

  it('what a driver offers decides where neither user nor board does', () => {
    expect(bind('v4l2vp8dec ! waylandsink').elements.map(({ device, by }) => [device, by])).toEqual([
      ['codec', 'driver s5p-mfc'],
      ['display', 'driver exynos-drm'],
    ])
  })

  it('and the class of a device where no driver is known', () => {
    const { compatible: _compatible, driver: _driver, ...plain } = board.devices[0]!
    const machine = { ...board, bindings: {}, devices: [plain] }
    const { elements } = bindPipeline(parsePipeline('v4l2vp8dec ! fakesink'), machine)
    expect(elements[0]).toMatchObject({ device: 'codec', by: 'class codec' })
  })

  it('none leaves the work to user space', () => {
    expect(bind('v4l2h264dec ! kmssink', { kmssink: 'none' }).elements[1]).toMatchObject({ device: null, by: '--bind' })
  })

  it('an unknown element is reported with the way to bind it, and bound when told', () => {
    const line = 'v4l2h264dec name=d ! acmescale ! kmssink name=k'
    expect(bind(line).notes).toEqual([
      'acmescale0: the element acmescale is not known and is taken to pass buffers on in user space; ' +
        '--bind acmescale=converter gives its work to a device; there are codec (codec), converter (converter), display (display), g2d (other)',
      'nothing goes into d: GStreamer would wait for ever; a seeded bitstream stands in',
    ])
    const told = bind(line, { acmescale: 'g2d' })
    expect(told.notes).toEqual(['nothing goes into d: GStreamer would wait for ever; a seeded bitstream stands in'])
    expect(told.elements[1]).toMatchObject({ device: 'g2d', role: 'converter', inMode: 'auto', outMode: 'auto' })
  })
})

describe('a board that lacks what a line needs', () => {
  const { devices: all, ...mustang } = shippedBoard('apm-mustang')
  const server = { ...mustang, bindings: {}, devices: all.filter((device) => device.class === 'network') }
  const complaint = (line: string, machine: Machine = server, overrides: Overrides = {}): InputError => {
    try {
      bindPipeline(parsePipeline(line), machine, overrides)
    } catch (e) {
      if (isInputError(e)) return e
    }
    throw new Error('accepted')
  }

  it('says what it has, and gives a line that it can run', () => {
    const { message, hint, instead } = complaint('v4l2h264dec ! kmssink')
    expect(message).toContain(
      'needs a driver that decodes h264 (stateful), and board apm-mustang has none\n  |\n1 | v4l2h264dec ! kmssink\n  | ^',
    )
    expect(hint).toContain('it has no media devices at all\n')
    expect(complaint('v4l2src ! kmssink').hint).toContain(
      '--bind v4l2src=vivid gives it a device (vivid-vmalloc, usb-camera',
    )
    expect(instead).toEqual({
      line: 'v4l2src io-mode=dmabuf ! v4l2sink io-mode=dmabuf-import',
      bind: { v4l2src: 'vivid-vmalloc', v4l2sink: 'vivid-vmalloc' },
    })
    const pi = shippedBoard('bcm2711-rpi-4-b')
    expect(complaint('v4l2h264dec ! kmssink', { ...pi, devices: pi.devices.slice(2, 3) }).hint).toContain(
      'its media devices are display (vc4-drm shows frame buffers of one piece of DMA memory; takes dma-bufs',
    )
  })

  it('names the first devices, and how many more there are', () => {
    const many = Array.from({ length: 20 }, (_, i) => ({ ...server.devices[0]!, name: `net${i}` }))
    expect(
      complaint('v4l2h264dec ! kmssink', { ...server, devices: many }, { v4l2h264dec: 'none', kmssink: 'x' }).hint,
    ).toMatch(/net15 \(\w+\), 4 more/)
  })

  it('is every board where a line ends in a V4L2 output', () => {
    expect(complaint('v4l2h264dec ! v4l2sink', board).message).toContain('needs a driver that puts pictures out')
  })
})

describe('a line for a board', () => {
  const { compatible: _compatible, driver: _driver, ...unknown } = board.devices[0]!
  const devices = (...classes: readonly DeviceClass[]) =>
    lineForBoard({ ...board, bindings: {}, devices: classes.map((kind) => ({ ...unknown, class: kind })) })

  it('is made of the devices it has', () => {
    expect(devices('codec', 'converter', 'display')).toEqual({
      line:
        'filesrc location=a.mp4 ! qtdemux ! h264parse ! v4l2h264dec capture-io-mode=dmabuf ! ' +
        'v4l2convert output-io-mode=dmabuf-import ! kmssink',
      bind: {},
    })
    expect(devices('isp')).toEqual({ line: 'v4l2src io-mode=dmabuf ! fakesink', bind: {} })
    expect(devices('display')).toEqual({ line: 'v4l2src io-mode=dmabuf ! kmssink', bind: { v4l2src: 'vivid' } })
  })
})

describe('bad bindings are bad input', () => {
  it.each([
    [
      'v4l2h264dec ! kmssink',
      { v4l2h264dec: 'gpu' },
      '--bind v4l2h264dec=gpu: board odroid-xu4-2017 has no device "gpu"',
      'codec (codec)',
    ],
    [
      'v4l2h264dec ! kmssink',
      { v4l2vp9dec: 'codec' },
      '--bind v4l2vp9dec=codec: the pipeline has no element "v4l2vp9dec"',
      'v4l2h264dec0',
    ],
    [
      'v4l2src ! kmssink',
      {},
      'element v4l2src0 (V4L2 capture) needs a driver that captures pictures',
      '--bind v4l2src=vivid',
    ],
    [
      'v4l2h264dec ! acmescale output-io-mode=fast ! kmssink',
      { acmescale: 'g2d' },
      'element acmescale0 has output-io-mode=fast',
      'dmabuf-import',
    ],
  ])('%s with %j', (line, overrides, message, hint) => {
    const error = refused(line, overrides)
    expect(error.message).toContain(message)
    expect(error.hint).toContain(hint)
  })
})
