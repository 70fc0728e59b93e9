// Random sequences of maps and unmaps against the twins: every page where the definition has it.
import { describe, expect, it } from 'vitest'
import type { Pfn } from '@dmalab/api'
import { Hot, IO_LOG, IovaDomain, LOG_CALLS, logMask, type PageTable } from '@dmalab/hot'
import { DmaDomain, type IoPgtableConfig, IovaCache, openIoPgtable } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'
import { layOut } from './twin/dma-iommu-twin.ts'
import { PgtableTwin } from './twin/io-pgtable-twin.ts'
import { seeded } from './seeded.ts'

const base = { oas: 40, quirks: 0, coherentWalk: true } as const
const SHAPES: readonly (IoPgtableConfig & { readonly sizes: readonly number[] })[] = [
  { ...base, format: 'ARM_64_LPAE_S1', pageSizes: 0x40201000, ias: 48, sizes: [0x1000, 0x200000] },
  { ...base, format: 'ARM_64_LPAE_S2', pageSizes: 0x40201000, ias: 40, sizes: [0x1000, 0x200000] },
  { ...base, format: 'ARM_64_LPAE_S1', pageSizes: 0x2004000, ias: 44, sizes: [0x4000, 0x2000000] },
  { ...base, format: 'ARM_64_LPAE_S1', pageSizes: 0x20010000, ias: 42, sizes: [0x10000, 0x20000000] },
  { ...base, format: 'ARM_V7S', pageSizes: 0x1111000, ias: 32, oas: 32, sizes: [0x1000, 0x10000, 0x100000] },
]

describe.each(BUILDS)('%s build', (build) => {
  it.each(SHAPES)('keeps pages as the twin does: $format, sizes $sizes', ({ sizes, ...config }) => {
    const hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })
    for (let seed = 1; seed <= 2; seed++) {
      const random = seeded(seed)
      const table = openIoPgtable(hot.io, config)!
      const granule = sizes[0]!
      const twin = new PgtableTwin(granule)
      const live: [number, number][] = []
      const window = sizes[1]! * 4
      for (let step = 0; step < 250; step++) {
        if (live.length > 0 && random(3) === 0) {
          const [iova, size] = live.splice(random(live.length), 1)[0]!
          unmapAll(table, iova, size, granule)
          twin.unmap(iova, size)
          continue
        }
        const size = sizes[random(6) === 0 ? random(sizes.length) : 0]!
        const count = size === granule ? 1 + random(40) : 1
        const iova = random(window / size) * size
        if (iova + size * count > window || twin.overlaps(iova, size * count)) continue
        const phys = random(1000) * size
        const writable = random(2) === 0
        mapAll(table, iova, phys, size, count, writable ? 3 : 1)
        twin.map(iova, phys, size * count, writable)
        for (let i = 0; i < count; i++) live.push([iova + i * size, size])
      }
      const wrong: number[] = []
      for (let iova = 0; iova < window; iova += granule) {
        const leaf = table.walk(iova)
        const expected = twin.at(iova)
        if (leaf?.phys !== expected?.phys || leaf?.writable !== expected?.writable) wrong.push(iova)
      }
      expect(wrong).toEqual([])
      expect(hot.io.takeWarnings()).toBe(0)
      table.close()
    }
  })

  const SEGMENTS = [
    { boundary: 0xffff_ffff, maxSize: 0x10000 },
    { boundary: 0xffff, maxSize: 0x1000_0000 },
    { boundary: 0xf_ffff, maxSize: 0x3000 },
  ]
  it.each(SEGMENTS)('lays lists out as the twin does: boundary $boundary, segments of $maxSize', (segments) => {
    const random = seeded(segments.maxSize)
    const hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })
    const table = openIoPgtable(hot.io, { ...base, format: 'ARM_64_LPAE_S1', pageSizes: 0x40201000, ias: 48 })!
    const domain = strictDomain(hot, table)
    for (let round = 0; round < 40; round++) {
      const entries = Array.from({ length: 1 + random(50) }, () => {
        const within = random(3) === 0 ? random(4096) : 0
        const most = Math.min(segments.maxSize, 0x8000)
        return { phys: 0x8000_0000 + random(40) * 4096 + within, length: random(2) === 0 ? 4096 : 1 + random(most) }
      })
      const list = fillList(hot, entries)
      const count = domain.mapSg(list, entries.length, 3, LIMITS(), segments)
      const expected = layOut(entries, 4096, segments.boundary, segments.maxSize)
      const got = Array.from({ length: count }, (_, i) => hot.sg.entry(list, i))
      const start = got[0]!.dmaAddress - expected.segments[0]![0]
      expect(got.map(({ dmaAddress, dmaLength }) => [dmaAddress - start, dmaLength])).toEqual(expected.segments)
      expect(expected.pages.map((_, i) => table.iovaToPhys(start + i * 4096))).toEqual(expected.pages)
      expect(table.iovaToPhys(start + expected.total)).toBe(0)
      domain.unmapSg(list, entries.length)
      expect(expected.pages.some((_, i) => table.iovaToPhys(start + i * 4096) !== 0)).toBe(false)
      hot.sg.free(list)
    }
  })

  it('writes the same tables on the short way for scattered pages as call by call', () => {
    const dumps = [0, LOG_CALLS].map((mask) => {
      const random = seeded(11)
      const hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })
      const table = openIoPgtable(hot.io, { ...base, format: 'ARM_64_LPAE_S1', pageSizes: 0x40201000, ias: 48 })!
      const domain = strictDomain(hot, table)
      hot.io.logMask = mask
      for (let round = 0; round < 12; round++) {
        const length = 200 + random(500)
        const entries = Array.from({ length }, () => ({
          phys: 0x8000_0000 + random(5000) * 4096,
          length: 4096 * (random(20) === 0 ? 1 + random(600) : 1),
        }))
        domain.mapSg(fillList(hot, entries), length, 3, LIMITS(), { boundary: 0xffff_ffff, maxSize: 0x10000 })
      }
      return tree(table)
    })
    expect(dumps[0]!.length).toBeGreaterThan(1000)
    expect(dumps[0]).toEqual(dumps[1])
  })

  it('writes short-descriptor pages in runs as page after page', () => {
    // Who wants to hear of each entry's cache clean gets the kernel's loop; without such a listener there is no difference.
    const histories = [0, logMask(IO_LOG.TABLE_SYNC)].map((more) => {
      const random = seeded(23)
      const hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })
      const config = {
        ...base,
        format: 'ARM_V7S',
        pageSizes: 0x1111000,
        ias: 32,
        oas: 32,
        coherentWalk: false,
      } as const
      const table = openIoPgtable(hot.io, config)!
      hot.io.logMask = logMask(IO_LOG.FLUSH_WALK) + more
      const results: unknown[] = []
      for (let step = 0; step < 300; step++) {
        const size = [0x1000, 0x1000, 0x10000, 0x100000][random(4)]!
        const iova = random(0x80_0000 / size) * size
        const count = 1 + random(size === 0x1000 ? 700 : 40)
        const phys = random(4) === 0 ? 0xffff_0000 - random(16) * size : random(2 ** 14) * size
        if (random(5) < 3)
          results.push(table.mapPages(iova, phys - (phys % size), size, count, random(2) === 0 ? 3 : 5))
        else results.push(table.unmapPages(iova, size, count, random(2) === 0 ? 1 : 2))
      }
      const pages = Array.from({ length: 0x80_0000 / 0x1000 }, (_, i) => table.walk(i * 0x1000))
      const flushed = hot.io.takeLog().filter(({ kind }) => kind === IO_LOG.FLUSH_WALK)
      return { results, pages, flushed, warnings: hot.io.takeWarnings() }
    })
    expect(histories[0]!.pages.filter((page) => page !== undefined).length).toBeGreaterThan(300)
    expect(histories[0]).toEqual(histories[1])
  })
})

const LIMITS = () => ({ mask: 0xffff_ffff, bus: 0, aperture: 0, pci32: false })

const strictDomain = (hot: Hot, table: PageTable): DmaDomain =>
  new DmaDomain(hot.io, table, new IovaCache(new IovaDomain(hot.io, 4096, 1)), {
    syncTlb: () => {},
    flushTlb: () => {},
    notice: () => {},
    injected: () => false,
  })

function fillList(hot: Hot, entries: readonly { readonly phys: number; readonly length: number }[]): number {
  const list = hot.sg.alloc(entries.length)
  for (const [i, { phys, length }] of entries.entries())
    hot.sg.setPage(list, i, { kind: 'page', pfn: Math.floor(phys / 4096) as Pfn }, length, phys % 4096)
  return list
}

/** One call may map less than asked: it never passes the end of a table. */
function mapAll(table: PageTable, iova: number, phys: number, size: number, count: number, prot: number): void {
  for (let done = 0; done < count * size;) {
    const { mapped } = table.mapPages(iova + done, phys + done, size, count - done / size, prot)
    if (mapped === 0) throw new Error(`nothing was mapped at 0x${(iova + done).toString(16)}`)
    done += mapped
  }
}

function unmapAll(table: PageTable, iova: number, size: number, granule: number): void {
  const whole = table.unmapPages(iova, size, 1, 1)
  if (whole !== size) throw new Error(`0x${iova.toString(16)}: ${whole} of ${size} bytes unmapped, granule ${granule}`)
}

/** [iova, entry] of every leaf, ascending. */
function tree(table: PageTable): [number, number][] {
  const found: [number, number][] = []
  const visit = (at: number, level: number, iova: number, bits: number): void => {
    for (const { index, value } of table.entries(at, bits)) {
      const here = iova + index * 2 ** (12 + 9 * (3 - level))
      const address = Number(value & 0x0000_ffff_ffff_f000n)
      if (level < 3 && (value & 3n) === 3n) visit(address, level + 1, here, 9)
      else found.push([here, Number(value)])
    }
  }
  visit(table.pgd, table.shape.startLevel, 0, table.shape.pgdBits)
  return found
}
