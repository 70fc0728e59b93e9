// What nothing states is reported, and where it decides the case there is no verdict: both sides of each kind.
import { existsSync, readFileSync } from 'node:fs'
import type { KernelRun, Machine, RunReport } from '@dmalab/api'
import type { RunRequest } from '@dmalab/lab'
import { openLaboratory, run as runWork } from '@dmalab/lab/node'
import { machineFromDtb, readMachine, shippedBoard } from '@dmalab/machine'
import { exitCodeFor } from 'dmalab'
import { describe, expect, it } from 'vitest'

const laboratory = await openLaboratory()
const LINE = 'v4l2src ! kmssink'
const report = (request: RunRequest): Promise<RunReport> =>
  runWork({ work: LINE, kernels: ['arm64@6.12'], size: '64x32', frames: 2, ...request }, { laboratory })
const run = async (request: RunRequest): Promise<KernelRun> => {
  const [first] = (await report(request)).runs
  if (first === undefined) throw new Error('a report has runs')
  return first
}
const kinds = ({ assumptions }: Pick<KernelRun, 'assumptions'>): readonly string[] =>
  assumptions.map(({ kind }) => kind).filter((kind) => kind !== 'format')

/** A board file with what its devices state, and its memory. */
const board = (camera: string, display: string, base = '0x4000_0000'): Machine =>
  readMachine(
    `name: small
title: a small board
arch: arm64
cpu: { lineSize: 64, aliasing: false }
memory:
  - { base: ${base}, len: 256MiB }
devices:
  - { name: camera, class: camera${camera} }
  - { name: panel, class: display${display} }
bindings: { v4l2src: camera, kmssink: panel }
`,
    'small.yaml',
  )
const CAMERA = ', driver: vivid-dma-contig'
const PANEL = ', driver: exynos-drm'
const MASK = ', maskBits: 64'

describe('a driver', () => {
  it('that only the class tells gives no verdict, and the report says how to state it', async () => {
    const all = await report({ board: board(MASK, PANEL + MASK) })
    expect(all.runs[0]).toMatchObject({ verdict: 'unknown', assuming: 'works' })
    expect(all.runs[0]?.assumptions).toMatchObject([
      {
        kind: 'driver',
        what: 'the driver of camera works as vivid-dma-contig does',
        why: 'only its class is known (camera)',
        howToState: '--bind v4l2src0=camera, or driver: vivid-dma-contig at camera in a board file',
      },
    ])
    expect(exitCodeFor(all, 'error')).toBe(3)
  })

  it('that the board states, the user binds, or the user accepts does', async () => {
    for (const request of [
      { board: board(CAMERA + MASK, PANEL + MASK) },
      { board: board(MASK, PANEL + MASK), bind: { v4l2src: 'camera' } },
      { board: board(MASK, PANEL + MASK), assume: ['driver'] },
      { board: board(MASK, PANEL + MASK), assume: ['all'] },
    ] as const)
      expect(await run(request)).toMatchObject({ verdict: 'works', assuming: null })
  })

  it('is not accepted by another word', async () => {
    expect(await run({ board: board(MASK, PANEL + MASK), assume: ['mask', 'memory', 'element'] })).toMatchObject({
      verdict: 'unknown',
    })
  })

  it('does not matter where steps use the DMA API alone, and does where they use its queues', async () => {
    const scenario = (steps: string) => ({ scenario: `name: s\nsteps:\n${steps}`, file: 's.yaml' })
    const machine = board(MASK, PANEL + MASK)
    const mapping = scenario(
      '  - { do: alloc, buffer: b, size: 4KiB, from: pages }\n  - { do: map, buffer: b, device: camera, dir: TO_DEVICE }\n  - { do: unmap, buffer: b, device: camera }\n  - { do: free, buffer: b }\n',
    )
    const queue = scenario('  - { do: reqbufs, device: camera, queue: capture, memory: MMAP, count: 2 }\n')
    expect(await run({ board: machine, work: mapping })).toMatchObject({ verdict: 'works', assumptions: [] })
    expect(await run({ board: machine, work: queue })).toMatchObject({ verdict: 'unknown', assuming: 'works' })
  })
})

describe('a mask', () => {
  const above = '0x20_0000_0000'

  it('that nothing states decides where memory lies beyond it: the report says how many bits that takes', async () => {
    const machine = board(CAMERA, PANEL + MASK, above)
    const one = await run({ board: machine })
    expect(one).toMatchObject({ verdict: 'unknown', assuming: 'refused' })
    expect(one.assumptions.map(({ what }) => what)).toEqual([
      'camera drives 32 address bits; this run needs at least 38 bits',
    ])
    expect(await run({ board: machine, assume: ['mask'] })).toMatchObject({ verdict: 'refused', assuming: null })
  })

  it('that is stated is not an assumption, too narrow or not', async () => {
    expect(await run({ board: board(`${CAMERA}, maskBits: 32`, PANEL + MASK, above) })).toMatchObject({
      verdict: 'refused',
      assumptions: [],
    })
    expect(await run({ board: board(`${CAMERA}, maskBits: 38`, PANEL + MASK, above) })).toMatchObject({
      verdict: 'works',
    })
  })

  it('of 32 bits is enough where all memory lies below, and is not mentioned', async () => {
    const all = await report({ board: board(CAMERA, PANEL) })
    expect(all.runs[0]).toMatchObject({ verdict: 'works', assumptions: [] })
    expect(kinds(all)).toEqual([])
  })

  it('that could have mattered and did not is listed, and the verdict stands', async () => {
    const machine = board(CAMERA, PANEL)
    const all = await report({ board: { ...machine, memory: [...machine.memory, { base: 2 ** 33, len: 2 ** 28 }] } })
    expect(kinds(all)).toEqual(['mask', 'mask'])
    expect(all.runs[0]).toMatchObject({ verdict: 'works', assuming: null, assumptions: [] })
  })
})

describe('memory', () => {
  const assumed = (fact: 'cma' | 'line-size' | 'memory'): Machine => {
    const machine = board(CAMERA + MASK, PANEL + MASK)
    const area = { name: 'cma', base: 0x4c00_0000, len: 2 ** 26, compatible: 'shared-dma-pool', noMap: false }
    return {
      ...machine,
      reserved: [{ ...area, reusable: true, default: 'cma' }],
      assumed: [{ fact, why: 'a test' }],
    }
  }

  it('of a CMA area that is a guess decides where more is taken than any area has', async () => {
    expect(await run({ board: assumed('cma'), size: '1920x1080' })).toMatchObject({ verdict: 'works', assumptions: [] })
    const large = await run({ board: assumed('cma'), size: '3840x2160' })
    expect(large).toMatchObject({ verdict: 'unknown', assuming: 'works' })
    expect(large.assumptions[0]?.what).toBe('the default CMA area has 64 MiB')
  })

  it('of a cache line, and where it starts, does not matter to a run whose bytes are right and whose devices reach all', async () => {
    for (const fact of ['line-size', 'memory'] as const) {
      const all = await report({ board: assumed(fact) })
      expect(kinds(all)).toEqual(['memory'])
      expect(all.runs[0]).toMatchObject({ verdict: 'works', assumptions: [] })
    }
  })

  it('where it starts decides for a device that does not reach all of it', async () => {
    const machine = assumed('memory')
    const devices = machine.devices.map((device) => ({ ...device, busLimit: 0x4fff_efff }))
    expect(await run({ board: { ...machine, devices } })).toMatchObject({ verdict: 'unknown' })
  })
})

describe('an element', () => {
  const xu4 = shippedBoard('odroid-xu4-nopool')
  const head = 'filesrc location=none ! h264parse ! v4l2h264dec capture-io-mode=dmabuf'
  const line = (rest: string, more: RunRequest = {}) =>
    run({ board: xu4, kernels: ['arm@4.11'], work: `${head} ! ${rest}`, ...more })

  it.each(['glimagesink', 'nvvidconv ! kmssink', 'acmescale ! kmssink', 'vaapipostproc ! kmssink'])(
    '%s never makes a line zero-copy, and gives no verdict until it is accepted',
    async (rest) => {
      expect(await line(rest)).toMatchObject({ verdict: 'unknown', zeroCopy: false })
      expect((await line(rest, { assume: ['element', 'driver'] })).zeroCopy).toBe(false)
    },
  )

  it('that the kernel serves does', async () => {
    expect(await line('kmssink')).toMatchObject({ verdict: 'works', zeroCopy: true, assumptions: [] })
    expect(await line('glimagesink', { bind: { glimagesink: 'display' } })).toMatchObject({ verdict: 'works' })
  })
})

const TREES = '../shared/boards'
describe.runIf(existsSync(TREES))(`device trees of ${TREES}`, () => {
  const tree = (name: string): Machine =>
    machineFromDtb(readFileSync(`${TREES}/${name}.dtb`), { file: `${name}.dtb`, memorySize: 4 * 2 ** 30 })

  it('have a verdict where their compatible strings tell the drivers, as the shipped board of the same hardware has', async () => {
    const request = { work: 'v4l2slh264dec ! kmssink' }
    const told = { verdict: 'works', assuming: null }
    expect(await run({ ...request, board: tree('rk3399-rockpro64') })).toMatchObject(told)
    expect(await run({ ...request, board: 'rk3399-rockpro64' })).toMatchObject(told)
  })
})
