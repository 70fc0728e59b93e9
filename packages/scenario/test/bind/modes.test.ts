// Every mode of a queue that gives buffers beside every mode of one that takes them: what happens, and in which words it is told.
import type { HopKind, IoMode } from '@dmalab/api'
import { shippedBoard } from '@dmalab/machine'
import { describe, expect, it, test } from 'vitest'
import { bindPipeline, parsePipeline, type Overrides } from '../../src/index.ts'

const xu4 = shippedBoard('odroid-xu4-2017')
const [first] = xu4.devices
if (first === undefined) throw new Error('the board has devices')
const CAMERA = { ...first, name: 'cam', class: 'camera', compatible: 'brcm,bcm2835-unicam', driver: 'unicam' } as const
const board = { ...xu4, devices: [...xu4.devices, CAMERA] }
const lastHop = (line: string, overrides: Overrides = {}) =>
  bindPipeline(parsePipeline(line), board, overrides).hops.at(-1)

const MODES = ['auto', 'rw', 'mmap', 'userptr', 'dmabuf', 'dmabuf-import'] as const satisfies readonly IoMode[]
type Told = readonly [HopKind, string]
const EXPORTS: readonly IoMode[] = ['auto', 'dmabuf']

describe('buffers of a camera', () => {
  test.each<readonly [IoMode, ...Told]>([
    ['auto', 'read', 'fakesink0 works in user space, on the mapped buffers of v4l2src0'],
    ['mmap', 'read', 'fakesink0 works in user space, on the mapped buffers of v4l2src0'],
    ['dmabuf', 'read', 'fakesink0 works in user space, on the mapped buffers of v4l2src0'],
    ['rw', 'copy', 'v4l2src0 has mode rw: read() copies each buffer'],
    ['userptr', 'userptr', 'v4l2src0 has mode userptr: its queue fills memory of user space'],
    ['dmabuf-import', 'impossible', 'v4l2src0 has mode dmabuf-import, and fakesink0 has no dma-bufs to import'],
  ])('in mode %s go to user space by %s', (mode, kind, why) => {
    expect(lastHop(`v4l2src io-mode=${mode} ! fakesink`)).toMatchObject({ kind, why, ifRefused: 'error' })
  })

  const toSink = (mode: IoMode, sink: string): Told => {
    if (mode === 'dmabuf-import')
      return sink === 'kmssink0'
        ? ['import', 'v4l2src0 has mode dmabuf-import: it imports buffers of kmssink0']
        : ['impossible', `v4l2src0 has mode dmabuf-import, and ${sink} offers no dma-bufs: kmssink does`]
    return EXPORTS.includes(mode)
      ? ['export', `v4l2src0 has mode ${mode}: it exports, and ${sink} imports`]
      : ['copy', `v4l2src0 has mode ${mode}, which exports nothing: the CPU copies into buffers of ${sink}`]
  }
  test.each(MODES)('in mode %s go to sinks that import, which copy what they cannot', (mode) => {
    for (const sink of ['kmssink', 'waylandsink']) {
      const [kind, why] = toSink(mode, `${sink}0`)
      expect(lastHop(`v4l2src io-mode=${mode} ! ${sink}`)).toMatchObject({ kind, why, ifRefused: 'copy' })
    }
  })

  it('and a sink behind a filter that asks for dma-bufs does not copy', () => {
    const refusedAt = (line: string) => lastHop(line)?.ifRefused
    expect(refusedAt('v4l2src ! video/x-raw(memory:DMABuf) ! queue ! kmssink')).toBe('error')
    expect(refusedAt('v4l2src ! video/x-raw(memory:DMABuf);video/x-raw ! kmssink')).toBe('copy')
    expect(refusedAt('v4l2src ! video/x-raw ! queue ! kmssink')).toBe('copy')
  })

  const toQueue = (out: IoMode, taken: IoMode): Told => {
    const from = `v4l2src0 has mode ${out}`
    const imports = out === 'dmabuf-import'
    switch (taken) {
      case 'dmabuf-import':
        return EXPORTS.includes(out)
          ? ['export', `${from}: it exports, and v4l2convert0 imports`]
          : ['impossible', `v4l2convert0 only imports dma-bufs, and ${from}`]
      case 'userptr':
        return imports
          ? ['impossible', `${from}, and v4l2convert0 offers no buffers`]
          : ['userptr', 'v4l2convert0 has mode userptr: its queue takes the addresses of the memory it is given']
      case 'dmabuf':
        if (imports) return ['import', 'v4l2convert0 has mode dmabuf: it exports, and v4l2src0 imports']
        break
      case 'auto':
        if (imports) return ['impossible', `${from}, and v4l2convert0 exports only in mode dmabuf`]
        break
      case 'mmap':
      case 'rw':
        if (imports) return ['impossible', `${from}, and v4l2convert0 has mode ${taken}, which exports nothing`]
    }
    return ['copy', `v4l2convert0 has mode ${taken}: the CPU copies into its own buffers`]
  }
  test.each(MODES.flatMap((out) => MODES.map((taken) => [out, taken] as const)))(
    'in mode %s go to a queue in mode %s',
    (out, taken) => {
      const [kind, why] = toQueue(out, taken)
      const hop = lastHop(`v4l2src io-mode=${out} ! v4l2convert output-io-mode=${taken}`)
      expect(hop).toMatchObject({ kind, why, ifRefused: 'error' })
    },
  )
})

describe('buffers of user space', () => {
  it.each<readonly [string, Overrides, ...Told]>([
    ['videotestsrc ! fakesink', {}, 'user', 'both work in user space'],
    [
      'videotestsrc ! kmssink',
      {},
      'copy',
      'videotestsrc0 has memory of user space, which exports nothing: the CPU copies into buffers of kmssink0',
    ],
    [
      'videotestsrc ! v4l2convert output-io-mode=dmabuf-import',
      {},
      'impossible',
      'v4l2convert0 only imports dma-bufs, and videotestsrc0 has memory of user space',
    ],
    [
      'videotestsrc ! v4l2convert output-io-mode=userptr',
      {},
      'userptr',
      'v4l2convert0 has mode userptr: its queue takes the addresses of the memory it is given',
    ],
    [
      'videotestsrc ! v4l2slh264dec',
      { v4l2slh264dec: 'cam2' },
      'copy',
      'v4l2slh264dec0 imports no dma-bufs: the CPU copies into its own buffers',
    ],
    ['videotestsrc ! fbdevsink', {}, 'copy', 'fbdevsink0 imports no dma-bufs: the CPU copies into its own buffers'],
  ])('%s', (line, overrides, kind, why) => {
    const bare = { ...first, name: 'cam2', class: 'codec' as const, compatible: 'acme,codec', driver: undefined }
    const machine = { ...board, devices: [...board.devices, bare] }
    const hop = bindPipeline(parsePipeline(line), machine as typeof board, overrides).hops.at(-1)
    expect(hop).toMatchObject({ kind, why })
  })
})

it('an unknown element at a display is a frame buffer: it exports to none, and its pool has dumb buffers', () => {
  const hop = (line: string) => lastHop(line, { acmesink: 'display' })
  expect(hop('v4l2src io-mode=dmabuf-import ! acmesink')).toMatchObject({
    kind: 'import',
    why: 'v4l2src0 has mode dmabuf-import: it imports buffers of acmesink0',
  })
  expect(hop('v4l2src ! acmesink')).toMatchObject({ kind: 'export', ifRefused: 'error' })
  expect(lastHop('v4l2src ! acmescale ! fakesink', { acmescale: 'converter' })?.from).toBe('acmescale0')
})

it('a V4L2 output on a display has frame buffers of its own', () => {
  const bare = { ...first, name: 'fb', class: 'display' as const, compatible: 'acme,fb', driver: 'acme-fb' }
  const machine = { ...board, devices: [...board.devices, bare] }
  const hop = (mode: string) =>
    bindPipeline(parsePipeline(`v4l2src ! v4l2sink io-mode=${mode}`), machine, { v4l2sink: 'fb' }).hops[0]
  expect(hop('userptr')).toMatchObject({
    kind: 'copy',
    why: 'v4l2sink0 shows frame buffers, which have memory of their own: the CPU copies into them',
  })
  expect(hop('dmabuf-import')).toMatchObject({ kind: 'export' })
})

it('the words of a hop name what is passed, in order, and what a queue holds', () => {
  const { hops } = bindPipeline(
    parsePipeline('v4l2src ! queue max-size-buffers=3 ! identity ! queue max-size-buffers=2 name=q ! kmssink'),
    board,
  )
  expect(hops.map(({ from, to, through, depth }) => [from, to, through, depth])).toEqual([
    ['v4l2src0', 'kmssink0', ['queue0', 'identity0', 'q'], 5],
  ])
})
