// The op table `arm` works through lists in one loop where it can. Listening to single pages makes it go entry by entry; both must
// agree on every address, byte, line operation, page flag and fault: with and without outer cache, highmem, aliasing, kmap.
import { ATTR, type Direction, type Lab, type Machine, type Pfn, pfn, physOf, type SgPage, vaddr } from '@dmalab/api'
import { Memory } from '@dmalab/memory'
import { openLab, parseKernel } from '@dmalab/runner'
import { expect, it } from 'vitest'
import { openLaboratory } from '@dmalab/lab/node'

const parts = await openLaboratory()
const RAM = 0x8000_0000
const HIGHMEM = RAM + 0x40_0000
const HOLE = RAM + 0x10_0000
const PAGES = 2048
const NOPAGE = 1024

/** Reproducible numbers in [0, n). */
const seeded = (seed: number) => {
  let state = seed
  return (n: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * n)
  }
}

interface Shape {
  readonly lineSize: 16 | 32 | 64
  readonly outer: boolean
  readonly aliasing: boolean
  /** Of a list's entries, one in this many is tagged or broken. */
  readonly odd: number
  readonly offset?: number
}

const SHAPES: Readonly<Record<string, Shape>> = {
  '64-byte lines': { lineSize: 64, outer: false, aliasing: false, odd: 1000 },
  '32-byte lines and an outer cache': { lineSize: 32, outer: true, aliasing: false, odd: 1000 },
  'an aliasing cache': { lineSize: 32, outer: false, aliasing: true, odd: 1000 },
  'an aliasing cache and an outer cache': { lineSize: 16, outer: true, aliasing: true, odd: 1000 },
  'a bus offset': { lineSize: 64, outer: true, aliasing: false, odd: 1000, offset: 0x2000_0000 },
  'tagged entries, and pages that do not exist': { lineSize: 64, outer: true, aliasing: false, odd: 60 },
}

const machine = ({ lineSize, outer, aliasing, offset }: Shape): Machine => {
  const device = (name: string, coherent: boolean) => ({
    name,
    class: 'other' as const,
    coherent,
    maskBits: 32,
    pools: [],
    ...(offset === undefined ? {} : { dmaRanges: [{ cpu: offset, bus: 0, len: 2 ** 32 - offset }] }),
  })
  return {
    name: 'small',
    title: '8 MiB, half of it highmem, with a hole',
    arch: 'arm',
    cpu: { lineSize, aliasing, ...(outer ? { outer: { model: 'pl310', lineSize: 32 } as const } : {}) },
    memory: [{ base: RAM, len: PAGES * 4096 }],
    reserved: [{ name: 'hole', base: HOLE, len: 0x8000, noMap: true, reusable: false }],
    layout: { lowmemEnd: HIGHMEM },
    iommus: [],
    devices: [device('device', false), device('snooper', true)],
    bindings: {},
  }
}

const open = (shape: Shape): Lab =>
  openLab(parts, { machine: machine(shape), kernel: parseKernel('arm@4.11+nopage-rfc', parts.registry) })

const memoryOf = (lab: Lab): Memory => {
  if (lab.mem instanceof Memory) return lab.mem
  throw new Error('a laboratory keeps its memory in Memory')
}

/** Everything that can be seen of one history of a laboratory; it ends with the first fault. */
const history = (lab: Lab, shape: Shape, seed: number): { out: unknown[]; oops?: unknown } => {
  const random = seeded(seed)
  const dev = lab.device('device')
  const out: unknown[] = []
  lab.listen('op', (event) => {
    if (event.event === 'cache_summary') out.push(event)
  })
  const place = (): { page: SgPage; offset: number; length: number; attrs: number } => {
    const odd = random(shape.odd) === 0
    // A few pages around the ends of low memory and of the hole come up often.
    const near = [RAM + 0x10_0000, HIGHMEM, HOLE, HOLE + 0x8000][random(4)] ?? RAM
    const page = odd || random(3) > 0 ? RAM / 4096 + 0x200 * random(4) + random(80) : near / 4096 - 4 - random(4)
    const what: SgPage =
      odd && random(2) === 0 ? { kind: 'vaddr', at: vaddr(0xf080_0000n) } : { kind: 'page', pfn: pfn(page) }
    const length = random(2) === 0 ? 4096 : 1 + random(9000)
    return { page: what, offset: random(2) === 0 ? 0 : random(5000), length, attrs: odd ? NOPAGE : random(3) * 4 }
  }
  const seen = (): void => {
    const memory = memoryOf(lab)
    const sum = (view: 'memory' | 'cpu' | 'snoop') =>
      [RAM + 0x10_0000 - 0x8000, HIGHMEM - 0x8000, RAM + 0x20_0000].map((at) =>
        memory.hot.checksum(view, physOf((at / 4096) as Pfn), 0x6_0000),
      )
    const clean = Array.from({ length: PAGES }, (_, i) => memory.hot.pageClean(pfn(RAM / 4096 + i)))
    out.push(sum('memory'), sum('snoop'), clean.filter(Boolean).length, clean.indexOf(true), lab.cache.counters())
  }
  try {
    for (let round = 0; round < 5; round++) {
      if (shape.aliasing && random(2) === 0) lab.mem.kmap(pfn(HIGHMEM / 4096 + random(16)))
      const table = lab.sgTable(Array.from({ length: 1 + random(10) }, place))
      for (const { page, offset } of table.entries())
        if (page.kind === 'page')
          lab.userWrite({ phys: physOf(page.pfn, offset), len: 900, kind: 'cached' }, { seed: round }, 700, 'buffer')
      const dir = random(3) as Direction
      const attrs = random(4) === 0 ? ATTR.SKIP_CPU_SYNC : 0
      const mapped = lab.dma.mapSgAttrs(dev, table, dir, attrs)
      out.push(mapped.ok ? mapped.value : mapped.errno, table.entries())
      seen()
      for (const { dmaAddress, dmaLength } of table.entries())
        if (dmaLength > 0) lab.bus(dev).write({ at: dmaAddress, len: Math.min(dmaLength, 500) }, { seed: 50 + round })
      if (random(2) === 0) lab.dma.syncSgForCpu(dev, table, dir)
      if (random(2) === 0) lab.dma.syncSgForDevice(dev, table, dir)
      seen()
      lab.dma.unmapSgAttrs(dev, table, dir, attrs)
      seen()
    }
  } catch (e) {
    if (!(e instanceof Error) || e.name !== 'SimulatedOops') throw e
    return { out, oops: (e as Error & { oops: unknown }).oops }
  }
  return { out }
}

it.each(Object.entries(SHAPES))('with %s, one loop and entry by entry agree', (_name, shape) => {
  let faults = 0
  for (let seed = 1; seed <= 25; seed++) {
    const [quick, slow] = [open(shape), open(shape)]
    slow.listen('page', () => {})
    const found = history(quick, shape, seed)
    expect(found).toEqual(history(slow, shape, seed))
    if (found.oops !== undefined) faults++
    for (const lab of [quick, slow]) lab.close()
  }
  // Both ends are met: histories that stop in a fault, and histories that do not.
  expect(faults).toBeGreaterThan(0)
  expect(faults).toBeLessThan(25)
})
