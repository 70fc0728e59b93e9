// Blobs that no compiler makes: what is small in bytes must not become large in work. Each took many seconds once.
import { describe, expect, it } from 'vitest'
import { describeBoard } from '../src/describe-board.ts'
import { dmaFacts } from '../src/facts/dma-facts.ts'
import { importBoard } from '../src/import/board.ts'
import { lintDtb } from '../src/lint/lint.ts'
import { CORPUS, corpusBytes, corpusIsHere, corpusJson } from './corpus.ts'
import { writeDtb, type BlobOptions, type Tree } from './dtb-writer.ts'

const COUNT = 2000
const cells: Tree = { '#address-cells': 1, '#size-cells': 1 }
const board: Tree = {
  ...cells,
  cpus: { 'cpu@0': { device_type: 'cpu', compatible: 'arm,cortex-a9', reg: 0 } },
  'memory@40000000': { device_type: 'memory', reg: [0x4000_0000, 0x4000_0000] },
}
const many = <T>(make: (index: number) => T, count = COUNT): T[] => Array.from({ length: count }, (_, i) => make(i))
const children = (make: (index: number) => Tree): Tree =>
  Object.fromEntries(many((i): [string, Tree] => [`d@${i.toString(16)}`, make(i)]))

function read(tree: Tree, options: BlobOptions = {}) {
  const blob = writeDtb({ ...board, ...tree }, options)
  const by = { file: 'b.dtb', arch: 'armhf' } as const
  const imported = importBoard(blob, by)
  return { facts: dmaFacts(blob, by), findings: lintDtb(blob, by), shown: describeBoard(imported.machine) }
}

describe('a damaged blob takes no longer than its size', () => {
  it('with thousands of reservations in one place: the first 4096 pairs are named', () => {
    const reservations = many((i): [bigint, bigint] => [
      BigInt((i * 7919) % 65_536) << 12n,
      BigInt(1 + (i % 97)) << 20n,
    ])
    const { facts, findings, shown } = read({}, { reservations })
    expect(facts.overlaps).toHaveLength(4096)
    expect(findings.filter(({ code }) => code === 'region-overlap')).toHaveLength(4096)
    expect(shown.map.map(({ what }) => what).join('\n')).toMatch(/memreserve-\d+ \+ \d+ more/)
  })

  it('with a reg of thousands of entries, of memory and of a region', () => {
    const reg = many((i) => (i % 2 === 1 ? 0x10_0000 : 0x4000_0000 + i * 4096), 2 * COUNT)
    const { facts, findings } = read({
      'memory@0': { device_type: 'memory', reg },
      'reserved-memory': { ...cells, ranges: true, 'x@1': { reg } },
    })
    expect(facts.overlaps).toHaveLength(4096)
    expect(findings.filter(({ code }) => code === 'memory-overlap')).toHaveLength(COUNT)
  })

  it('with dma-ranges of thousands of entries below others as long', () => {
    const ranges = (offset: number) => many((i) => (i % 3 === 2 ? 16 : i * 64 + offset), 3 * COUNT)
    const inner: Tree = { ...cells, 'dma-ranges': ranges(0), 'c@1': { compatible: 'x', 'dma-coherent': true } }
    const { facts } = read({ outer: { ...cells, 'dma-ranges': ranges(0x1000), inner } })
    expect(facts.dma_buses.map((bus) => bus.entries.length)).toEqual([COUNT, COUNT])
    expect(facts.dma_buses[1]?.result).toBe('ok')
  })

  it('with thousands of nested buses: Linux makes nothing of what lies deeper than 62 levels', () => {
    let nest: Tree = { leaf: { compatible: 'x', 'dma-coherent': true } }
    for (let depth = COUNT; depth > 0; depth--)
      nest = { [`n${depth}`]: { ...cells, compatible: 'y', 'dma-ranges': [0, 0, 0x1000], ...nest } }
    const { facts } = read(nest)
    expect(facts.counts.max_depth).toBe(COUNT + 1)
    expect(facts.dma_buses).toHaveLength(62)
    expect(facts.devices).toEqual([])
  })

  it('with a chain of thousands of DMA parents, and a ring of them', () => {
    const chain = (last: number) =>
      children((i) => ({
        compatible: 'y',
        phandle: i + 1,
        '#interconnect-cells': 0,
        'interconnect-names': 'dma-mem',
        interconnects: i === COUNT - 1 ? last : i + 2,
        ...(i === COUNT - 1 && last !== 1 && { 'dma-coherent': true }),
      }))
    const open = read({ soc: { ...cells, ...chain(0) } })
    expect(open.facts.devices.every((device) => device.coherent)).toBe(true)
    expect(open.findings.map(({ code }) => code)).not.toContain('dma-parent-cycle')
    const ring = read({ soc: { ...cells, ...chain(1) } })
    const [told, ...more] = ring.findings.filter(({ code }) => code === 'dma-parent-cycle')
    expect(more).toEqual([])
    expect(told?.message).toContain(`/soc/d@0 -> /soc/d@1 -> `)
    expect(told?.message).toContain(`${COUNT - 16} more`)
  })

  it('with thousands of users of one region, and an iommu-map of thousands of entries', () => {
    const soc = children((i) => ({
      compatible: 'samsung,mfc-v7',
      phandle: i + 2,
      '#iommu-cells': 0,
      ...(i > 0 && { 'memory-region': 1 }),
      ...(i === 0 && { 'iommu-map': many((at) => (at % 4 === 1 ? COUNT : 0), 4 * COUNT) }),
    }))
    const pool: Tree = { compatible: 'shared-dma-pool', 'no-map': true, reg: [0x5000_0000, 4096], phandle: 1 }
    const { facts } = read({
      'reserved-memory': { ...cells, ranges: true, 'p@50000000': pool },
      soc: { ...cells, ...soc },
    })
    expect(facts.reserved_memory?.regions[0]?.users).toHaveLength(COUNT - 1)
  })
})

describe.skipIf(!corpusIsHere)(`boards of ${CORPUS} with bytes flipped`, () => {
  const boards = corpusIsHere ? corpusJson<{ dtb: string; arch: 'armhf' | 'arm64' | 'riscv64' }[]>('index.json') : []

  it.each(boards)('$dtb is read or refused, header and all', ({ dtb, arch }) => {
    const good = corpusBytes(dtb)
    let state = good.length
    const next = (below: number): number => (state = (state * 69_069 + 1) % 2 ** 32) % below
    for (let round = 0; round < 12; round++) {
      const blob = Uint8Array.from(good)
      // Every third time only the header: where the blocks lie, and how long they are.
      for (let flips = 1 + next(24); flips > 0; flips--)
        blob[round % 3 === 0 ? 8 + next(32) : next(blob.length)] = [0, 255, next(256)][next(3)] ?? 0
      const by = { file: dtb, arch, memorySize: 2 ** 31 }
      for (const work of [dmaFacts, lintDtb, importBoard] as const) {
        const outcome = attempt(() => work(blob, by))
        expect(outcome === undefined || outcome.name === 'InputError' ? undefined : outcome).toBeUndefined()
      }
    }
  })
})

function attempt(work: () => unknown): Error | undefined {
  try {
    work()
    return undefined
  } catch (e) {
    return e instanceof Error ? e : new Error(String(e))
  }
}
