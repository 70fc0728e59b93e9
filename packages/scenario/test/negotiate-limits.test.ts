// Sizes at their limits, memory that a line asks for, and pictures that are put together: who is refused, and in which words.
import type { DeviceFacts } from '@dmalab/api'
import { isInputError } from '@dmalab/api'
import { shippedBoard } from '@dmalab/machine'
import { describe, expect, it, test } from 'vitest'
import { bindPipeline, parsePipeline, type Overrides, type PictureWishes } from '../src/index.ts'

const xu4 = shippedBoard('odroid-xu4-2017')
const CAMERA: DeviceFacts = { name: 'cam', class: 'camera', coherent: false, maskBits: 32, pools: [] }
const board = { ...xu4, devices: [...xu4.devices, CAMERA] }
const bind = (line: string, wishes: PictureWishes = {}, overrides: Overrides = {}) =>
  bindPipeline(parsePipeline(line), board, overrides, wishes)
const refusal = (line: string, overrides: Overrides = {}): string | undefined => {
  try {
    bind(line, {}, overrides)
    return undefined
  } catch (e) {
    if (isInputError(e)) return e.message.split('\n')[0]?.replace(/^pipeline:/, '')
    throw e
  }
}
const sizeOf = (line: string, hop = 0, wishes: PictureWishes = {}) => {
  const picture = bind(line, wishes).hops[hop]?.picture
  return [`${picture?.width.value}x${picture?.height.value}`, picture?.width.by]
}

describe('a picture has 1 to 16384 pixels each way', () => {
  test.each([
    ['width=1,height=1', undefined],
    ['width=16384,height=16384', undefined],
    ['width=16385,height=1', '1:16: width=16385: a picture has 1 to 16384 pixels each way'],
    ['width=1,height=16385', '1:16: height=16385: a picture has 1 to 16384 pixels each way'],
    ['width=0,height=1', '1:16: width=0: a picture has 1 to 16384 pixels each way'],
    ['width=1,height=-1', '1:16: height=-1: a picture has 1 to 16384 pixels each way'],
  ])('%s', (size, message) => {
    expect(refusal(`videotestsrc ! video/x-raw,${size} ! fakesink`)).toBe(message)
  })
})

describe('dma-bufs that a line asks for', () => {
  const USER = (name: string): string =>
    `memory:DMABuf is asked for here, and ${name} makes pictures in memory of user space`
  const UNKNOWN = (name: string, factory: string): string =>
    `memory:DMABuf is asked for here, and nothing says where the dma-bufs of ${name} come from: bind it, as in --bind ${factory}=usb-camera`
  test.each([
    ['videotestsrc', USER('videotestsrc0')],
    ['videotestsrc ! videoscale', USER('videoscale0')],
    ['videotestsrc ! x264enc ! avdec_h264', USER('avdec_h264-0')],
    ['pipewiresrc', UNKNOWN('pipewiresrc0', 'pipewiresrc')],
    ['appsrc', UNKNOWN('appsrc0', 'appsrc')],
    ['proxysrc', UNKNOWN('proxysrc0', 'proxysrc')],
    ['libcamerasrc', undefined],
    ['mycamerasrc', UNKNOWN('mycamerasrc0', 'mycamerasrc')],
    ['videotestsrc ! compositor', undefined],
    ['v4l2src', undefined],
    ['v4l2src io-mode=dmabuf', undefined],
    ['v4l2src io-mode=dmabuf-import', undefined],
    ['v4l2src io-mode=mmap', 'memory:DMABuf is asked for here, and v4l2src0 has mode mmap, which exports nothing'],
    ['v4l2src io-mode=rw', 'memory:DMABuf is asked for here, and v4l2src0 has mode rw, which exports nothing'],
    [
      'v4l2src io-mode=userptr',
      'memory:DMABuf is asked for here, and v4l2src0 has mode userptr, which exports nothing',
    ],
  ])('behind %s', (front, message) => {
    const line = `${front} ! video/x-raw(memory:DMABuf) ! kmssink`
    expect(refusal(line)?.replace(/^1:\d+: /, '')).toBe(message)
    expect(refusal(`${front} ! video/x-raw(memory:SystemMemory) ! kmssink`)).toBeUndefined()
  })
  it('of pictures that are coded', () => {
    expect(refusal('videotestsrc ! x264enc ! video/x-h264(memory:DMABuf) ! fakesink')).toContain(USER('x264enc0'))
  })
})

describe('pictures put together', () => {
  const mixed = (...pads: readonly string[]) => {
    const [props, ...inputs] = pads
    return `compositor name=c ${props} ! kmssink ${inputs.map((size) => `videotestsrc ! video/x-raw,${size} ! c.`).join(' ')}`
  }
  test.each([
    ['one at its place', mixed('', 'width=64,height=32'), '64x32'],
    ['the largest of two', mixed('', 'width=64,height=32', 'width=32,height=64'), '64x64'],
    ['moved', mixed('sink_0::xpos=10 sink_0::ypos=20', 'width=64,height=32'), '74x52'],
    ['moved out to the left', mixed('sink_0::xpos=-10', 'width=64,height=32', 'width=16,height=8'), '54x32'],
    ['scaled by its pad', mixed('sink_0::width=100 sink_0::height=50', 'width=64,height=32'), '100x50'],
    ['scaled and moved', mixed('sink_0::width=100 sink_0::xpos=7', 'width=64,height=32'), '107x32'],
    ['of a size of 0, which is its own', mixed('sink_0::width=0', 'width=64,height=32'), '64x32'],
    ['the second moved', mixed('sink_1::xpos=100', 'width=64,height=32', 'width=10,height=10'), '110x32'],
  ])('%s: %s', (_what, line, size) => {
    const picture = bind(line).hops.find(({ from }) => from === 'c')?.picture
    expect(`${picture?.width.value}x${picture?.height.value}`).toBe(size)
    expect(picture?.width.by).toBe('pads of c')
  })
  it('nothing at all has the size of a driver', () => {
    const line = 'compositor name=c ! video/x-raw,format=NV12 ! kmssink'
    expect(bind(line).hops[0]?.picture.width).toEqual({ value: 1920, by: 'driver default' })
  })
})

describe('what is not said', () => {
  test.each([
    ['v4l2src ! kmssink', 0, ['1920x1080', 'driver default']],
    ['videotestsrc ! kmssink', 0, ['320x240', 'default of videotestsrc']],
    [
      'videotestsrc ! videoscale ! video/x-raw,width=64,height=48 ! kmssink',
      0,
      ['64x48', 'caps filter capsfilter0 behind videoscale0'],
    ],
    [
      'videotestsrc ! videoscale ! video/x-raw,width=[64,100],height=48 ! kmssink',
      0,
      ['320x48', 'default of videotestsrc'],
    ],
    [
      'videotestsrc ! v4l2convert ! video/x-raw,width=64,height=48 ! kmssink',
      0,
      ['320x240', 'default of videotestsrc'],
    ],
    ['videotestsrc ! videoscale ! video/x-raw,width=64,height=48 ! kmssink', 1, ['64x48', 'caps filter capsfilter0']],
    ['videotestsrc ! videoscale ! kmssink', 1, ['320x240', 'default of videotestsrc']],
    ['v4l2src ! v4l2convert ! kmssink', 1, ['1920x1080', 'driver default']],
    ['v4l2src ! v4l2convert ! video/x-raw,width=64 ! kmssink', 1, ['64x1080', 'caps filter capsfilter0']],
  ] as const)('%s: of hop %d it is %j', (line, hop, size) => {
    expect(sizeOf(line, hop)).toEqual(size)
  })
  it('the user’s size is that of the source, whatever a converter makes of it', () => {
    const size = { width: 100, height: 50 }
    expect(sizeOf('v4l2src ! v4l2convert ! kmssink', 0, { size })).toEqual(['100x50', '--size'])
    expect(sizeOf('v4l2src ! v4l2convert ! kmssink', 1, { size })).toEqual(['100x50', '--size'])
    expect(sizeOf('videotestsrc ! videoscale ! video/x-raw,width=8,height=8 ! kmssink', 1, { size })).toEqual([
      '8x8',
      'caps filter capsfilter0',
    ])
  })
})

describe('alternatives of caps', () => {
  it('the first that fits is taken, and told where it is not the first', () => {
    const line = (alternatives: string) =>
      bind(
        `videotestsrc ! video/x-raw,width=64,height=48 ! queue ! capsfilter name=f caps="${alternatives}" ! fakesink`,
      )
    expect(line('video/x-raw,width=64;video/x-raw,width=32').notes).toEqual([])
    expect(line('video/x-raw,width=32;video/x-raw,width=64').notes).toEqual([
      'caps of f: of its alternatives, number 2 is the first that fits the line',
    ])
    expect(() => line('video/x-raw,width=32;video/x-raw,width=16')).toThrow(/could not link|width cannot be/)
  })
})

test('a queue that is bounded by nothing holds ten thousand, and other elements none', () => {
  const depth = (element: string): number | undefined =>
    bind(`v4l2src ! video/x-raw,width=16,height=16,format=GRAY8,framerate=10/1 ! ${element} ! kmssink`).hops[0]?.depth
  const NONE = 'max-size-buffers=0 max-size-bytes=0 max-size-time=0'
  expect(depth(`queue ${NONE}`)).toBe(10_000)
  expect(depth('queue max-size-buffers=7')).toBe(7)
  expect(depth('queue')).toBe(10)
  expect(depth('queue2')).toBe(20)
  expect(depth('queue max-size-buffers=0 max-size-time=0 max-size-bytes=1000')).toBe(4)
  expect(depth('identity')).toBe(0)
})
