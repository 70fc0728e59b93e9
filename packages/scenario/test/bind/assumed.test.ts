// What is assumed of an element, in full: what, why, and the words that state it.
import type { DeviceFacts, Machine } from '@dmalab/api'
import { shippedBoard } from '@dmalab/machine'
import { describe, expect, it, test } from 'vitest'
import { bindPipeline, parsePipeline, type Overrides } from '../../src/index.ts'
import { likelyDevice } from '../../src/bind/likely-device.ts'

const board = (name: string, facts: Partial<Machine> = {}): Machine => ({ ...shippedBoard(name), ...facts })
const xu4 = board('odroid-xu4-2017')
const rockpro = board('rk3399-rockpro64')
const mustang = board('apm-mustang')
const assumed = (line: string, machine: Machine, overrides: Overrides = {}) =>
  bindPipeline(parsePipeline(line), machine, overrides)
    .assumptions.filter(({ kind }) => kind !== 'format')
    .map(({ kind, what, why, howToState }) => [kind, what, why, howToState])

const bindOr = (factory: string, device: string): string =>
  `--bind ${factory}=${device}, or --bind ${factory}=none for user space`

describe('of an element that chooses another when it runs', () => {
  const chooses = (element: string, factory: string, place: string, such: string) => [
    [
      'element',
      `${element} ${place}`,
      `${factory} chooses the element that does its work when it runs`,
      `the name of that element in place of ${factory}${such}`,
    ],
  ]
  test.each<readonly [string, string, Machine, string, string]>([
    ['autovideosink', 'v4l2h264dec ! autovideosink', xu4, 'works on display', ', such as kmssink'],
    ['autovideosink', 'videotestsrc ! autovideosink', mustang, 'works on pcie', ', such as kmssink'],
    [
      'autovideosink',
      'videotestsrc ! autovideosink',
      board('apm-mustang', { devices: [], bindings: {} }),
      'works in user space',
      ', such as v4l2sink io-mode=dmabuf-import',
    ],
    [
      'autovideosink',
      'v4l2h264dec ! autovideosink',
      board('odroid-xu4-2017', { devices: xu4.devices.slice(0, 1) }),
      'works in user space',
      '',
    ],
    [
      'decodebin',
      'filesrc ! decodebin ! kmssink',
      xu4,
      'works in user space',
      ', such as v4l2h264dec capture-io-mode=dmabuf',
    ],
    ['decodebin', 'filesrc ! decodebin ! fakesink', rockpro, 'works in user space', ', such as v4l2slh264dec'],
    ['decodebin', 'filesrc ! decodebin ! fakesink', mustang, 'works in user space', ''],
    [
      'uridecodebin',
      'uridecodebin uri=file:///a ! fakesink',
      rockpro,
      'works in user space',
      ', such as v4l2slh264dec',
    ],
    ['parsebin', 'filesrc ! parsebin ! fakesink', xu4, 'works in user space', ''],
    ['autovideosrc', 'autovideosrc ! kmssink', xu4, 'works in user space', ''],
  ])('%s: %s on a board', (factory, line, machine, place, such) => {
    expect(assumed(line, machine)).toEqual(chooses(`${factory}0`, factory, place, such))
  })

  it.each(['xdecodebin', 'decodebinx', 'decodebin33', 'autosinkx', 'xautosrc', 'autovideoconvertx'])(
    'not of %s',
    (factory) => {
      const [one] = assumed(`videotestsrc ! ${factory} ! fakesink`, xu4)
      expect(one?.[2]).toBe(`the element ${factory} is not one that dmalab knows`)
    },
  )
  it.each([
    'autosink',
    'autovideosink',
    'autosrc',
    'autovideosrc',
    'decodebin3',
    'uridecodebin3',
    'autoconvert',
    'autovideoconvert',
  ])('of %s', (factory) => {
    const line = /src$|^uri/.test(factory)
      ? `${factory} ! fakesink`
      : `videotestsrc ! ${factory}${factory.endsWith('sink') ? '' : ' ! fakesink'}`
    const whys = assumed(line, xu4).map(([, , why]) => why)
    expect(whys).toContain(`${factory} chooses the element that does its work when it runs`)
  })
})

it('of a source whose pictures another process makes, unless it is bound', () => {
  const camera = { ...xu4.devices[0], name: 'cam', class: 'camera', compatible: 'x,y' } as DeviceFacts
  const why = 'another process makes the pictures of pipewiresrc, and may give them as dma-bufs'
  const what = 'pipewiresrc0 gives pictures in memory of user space'
  const line = 'pipewiresrc ! kmssink'
  expect(assumed(line, xu4)).toEqual([['element', what, why, bindOr('pipewiresrc', 'vivid')]])
  const machine = { ...xu4, devices: [...xu4.devices, camera] }
  expect(assumed(line, machine)).toEqual([['element', what, why, bindOr('pipewiresrc', 'cam')]])
  expect(assumed(line, machine, { pipewiresrc: 'cam' })).toEqual([])
  expect(assumed('xpipewiresrc ! kmssink', xu4)[0]?.[2]).not.toBe(why)
  expect(assumed('pipewiresrcx ! kmssink', xu4)[0]?.[2]).not.toBe(why)
})

describe('of a sink that draws', () => {
  const WHY = (factory: string): string =>
    `${factory} draws with a GPU, or in memory of its own; what it imports and copies is not modelled`
  test.each(['waylandsink', 'glimagesink'])('%s at a display, or without one', (factory) => {
    expect(assumed(`videotestsrc ! ${factory}`, xu4)).toEqual([
      [
        'element',
        `${factory}0 imports buffers into display without a copy`,
        WHY(factory),
        `${bindOr(factory, 'display')}; kmssink imports as a display does`,
      ],
    ])
    // The driver of a GPU says what it imports; who binds it says so as well.
    expect(assumed(`videotestsrc ! ${factory}`, rockpro)).toEqual([])
    expect(assumed(`videotestsrc ! ${factory}`, xu4, { [factory]: 'display' })).toEqual([])
    expect(assumed(`videotestsrc ! ${factory}`, { ...xu4, bindings: { [factory]: 'display' } })).toEqual([])
  })
  it('in user space', () => {
    expect(assumed('videotestsrc ! glimagesink', { ...xu4, devices: [], bindings: {} })).toEqual([
      [
        'element',
        'glimagesink0 works in user space',
        WHY('glimagesink'),
        `${bindOr('glimagesink', 'vivid')}; kmssink imports as a display does`,
      ],
    ])
  })
  it('kmssink does not', () => {
    expect(assumed('videotestsrc ! kmssink', xu4)).toEqual([])
  })
})

describe("of a vendor's element", () => {
  const why = (factory: string, behind: string): string =>
    `${factory} comes from a vendor's tree, with an interface of its own${behind}`
  test.each<readonly [string, Machine, string, string, string]>([
    ['mppvideodec', xu4, 'works in user space', ' (MPP), which no device of this board has', 'codec'],
    ['vah264dec', xu4, 'works in user space', ' (VA-API), which no device of this board has', 'codec'],
    [
      'omxh264dec',
      xu4,
      'works on codec, and takes and gives its buffers as V4L2 elements do',
      ' (OpenMAX IL), which s5p-mfc of Linux v6.12 has not',
      'codec',
    ],
    [
      'mppvideodec',
      rockpro,
      'works on codec, and takes and gives its buffers as V4L2 elements do',
      ' (MPP), which hantro-vpu of Linux v6.12 has not',
      'codec',
    ],
    ['omxh264dec', { ...xu4, devices: [] }, 'works in user space', '', 'vim2m'],
    ['rgaconvert', xu4, 'works in user space', ' (librga), which no device of this board has', 'converter'],
  ])('%s', (factory, machine, place, behind, device) => {
    expect(assumed(`videotestsrc ! ${factory} ! fakesink`, machine)).toEqual([
      ['element', `${factory}0 ${place}`, why(factory, behind), bindOr(factory, device)],
    ])
    expect(assumed(`videotestsrc ! ${factory} ! fakesink`, machine, { [factory]: 'none' })).toEqual([])
  })
  it('libcamerasrc asks no maker', () => {
    expect(assumed('libcamerasrc ! kmssink', xu4)).toEqual([
      ['element', 'libcamerasrc0 works in user space', why('libcamerasrc', ''), bindOr('libcamerasrc', 'vivid')],
    ])
  })
})

it('of a driver that is known by the class of its device', () => {
  const plain = { name: 'vpu', class: 'codec', coherent: false, maskBits: 32, pools: [] } as DeviceFacts
  expect(assumed('v4l2vp8dec ! fakesink', { ...xu4, bindings: {}, devices: [plain] })).toEqual([
    [
      'driver',
      'v4l2vp8dec0 (v4l2vp8dec) works on vpu',
      'the board names no device for v4l2vp8dec; vpu is the first of its class codec',
      '--bind v4l2vp8dec=vpu, or bindings in the board file',
    ],
  ])
})

it('of an unknown element, with the device that its place in the line suggests', () => {
  expect(assumed('videotestsrc ! acme ! fakesink', xu4)).toEqual([
    [
      'element',
      'acme0 passes on the buffers that it gets, unchanged',
      'the element acme is not one that dmalab knows',
      bindOr('acme', 'converter'),
    ],
  ])
  expect(assumed('videotestsrc ! acme', xu4)[0]?.[3]).toBe(bindOr('acme', 'display'))
  expect(assumed('acme ! fakesink', xu4)[0]?.[3]).toBe(bindOr('acme', 'vivid'))
  expect(assumed('videotestsrc ! acme ! fakesink', xu4, { acme: 'none' })).toEqual([])
})

describe('the likeliest device', () => {
  const one = (kind: DeviceFacts['class']): DeviceFacts => ({
    name: `the-${kind}`,
    class: kind,
    coherent: false,
    maskBits: 32,
    pools: [],
  })
  const likely = (role: string, ...kinds: readonly DeviceFacts['class'][]) =>
    likelyDevice({ role }, { ...xu4, devices: kinds.map(one) })
  test.each([
    ['source', 'camera', 'isp', 'vivid'],
    ['sink', 'display', 'gpu', 'vivid'],
    ['decoder', 'codec', 'jpeg', 'vim2m'],
    ['encoder', 'codec', 'jpeg', 'vim2m'],
    ['converter', 'converter', '2d', 'vim2m'],
    ['unknown', 'converter', '2d', 'vim2m'],
  ] as const)('of a %s is a %s, else a %s, else %s', (role, best, next, virtual) => {
    expect(likely(role, 'other', next, best)).toBe(`the-${best}`)
    expect(likely(role, 'other', next)).toBe(`the-${next}`)
    expect(likely(role, 'other', 'storage')).toBe(virtual)
  })
})
