// What of tables, lists and bus addresses goes the long way, by the engine's own count: what has a short way takes it.
import { compileHotSync, DmaLists, Hot, IovaDomain, type LongWays, type PageTable, PGTABLE_QUIRK } from '@dmalab/hot'
import { pfn } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { type IoPgtableConfig, openIoPgtable } from '../src/index.ts'

const PAGE = 4096
const READ_WRITE = 3
const TABLE = 512 * PAGE
const hot = new Hot(compileHotSync(), { lineSize: 64, poison: 0 })
const LPAE: IoPgtableConfig = {
  format: 'ARM_64_LPAE_S1',
  pageSizes: 0x40201000,
  ias: 48,
  oas: 48,
  quirks: 0,
  coherentWalk: true,
}
const V7S: IoPgtableConfig = { ...LPAE, format: 'ARM_V7S', pageSizes: 0x1111000, ias: 32, oas: 32 }
const open = (config: IoPgtableConfig): PageTable => {
  const table = openIoPgtable(hot.io, config)
  if (table === undefined) throw new Error('no such table')
  return table
}
const waysOf = (work: () => void): LongWays => {
  hot.longWays()
  work()
  return hot.longWays()
}

describe('tables', () => {
  it.each([7, READ_WRITE])(
    'entries of the long format are looked at in sixteens and written in eights: permissions %i',
    (prot) => {
      const table = open(LPAE)
      table.mapPages(0, 0, PAGE, 1, READ_WRITE)
      for (const count of [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 100, 496, 511]) {
        const maps = () => expect(table.mapPages(PAGE, 0x8000_0000, PAGE, count, prot)).toMatchObject({ ret: 0 })
        const expected = (few: number) => (few === 0 ? {} : { tableEntry: few })
        expect([count, waysOf(maps)]).toEqual([count, expected((count % 16) + (count % 8))])
        for (let i = 1; i <= count; i++) expect(table.iovaToPhys(i * PAGE)).toBe(0x8000_0000 + (i - 1) * PAGE)
        expect(table.iovaToPhys((count + 1) * PAGE)).toBe(0)
        const unmaps = () => expect(table.unmapPages(PAGE, PAGE, count, 1)).toBe(count * PAGE)
        expect([count, waysOf(unmaps)]).toEqual([count, expected(count % 16)])
      }
      table.close()
    },
  )

  it('pages and large pages of the short format go in runs of a table', () => {
    const table = open(V7S)
    // A table comes with the first page, which is alone.
    expect(waysOf(() => table.mapPages(0, 0, PAGE, 1, READ_WRITE))).toEqual({ pages: 1 })
    for (const count of [1, 2, 15, 16, 17, 32, 33, 255]) {
      const few = count % 16
      const maps = () => expect(table.mapPages(PAGE, 0x8000_0000, PAGE, count, READ_WRITE)).toMatchObject({ ret: 0 })
      const expected = (entries: number) => (entries === 0 ? {} : { tableEntry: entries })
      // Those behind the last sixteen are looked at, and written.
      expect([count, waysOf(maps)]).toEqual([count, expected(2 * few)])
      for (const i of [1, count]) expect(table.iovaToPhys(i * PAGE)).toBe(0x8000_0000 + (i - 1) * PAGE)
      const unmaps = () => expect(table.unmapPages(PAGE, PAGE, count, 1)).toBe(count * PAGE)
      expect([count, waysOf(unmaps)]).toEqual([count, expected(few)])
    }
    const large = 16 * PAGE
    for (const count of [1, 2, 15]) {
      expect(waysOf(() => table.mapPages(large, 0x8000_0000, large, count, READ_WRITE))).toEqual({})
      expect(table.mappedBytes()).toBe(count * large + PAGE)
      expect(waysOf(() => table.unmapPages(large, large, count, 1))).toEqual({})
    }
    // Each further table is one that its first page brings.
    expect(waysOf(() => table.mapPages(0x10_0000, 0, PAGE, 768, READ_WRITE)).pages).toBe(3)
    expect(waysOf(() => table.unmapPages(0x10_0000, PAGE, 768, 1)).pages).toBeUndefined()
    // Sections are no run, and neither is a page of a group, which is split.
    expect(waysOf(() => table.mapPages(0x100_0000, 0, 0x10_0000, 2, READ_WRITE)).pages).toBe(2)
    expect(waysOf(() => table.unmapPages(0x100_0000, 0x10_0000, 2, 1)).pages).toBe(2)
    table.mapPages(large, 0x8000_0000, large, 1, READ_WRITE)
    expect(waysOf(() => expect(table.unmapPages(large, PAGE, 4, 1)).toBe(4 * PAGE)).pages).toBe(1)
    expect(table.mappedBytes()).toBe(13 * PAGE)
    table.close()
  })

  it('runs of the short format do not cross 4 GiB, and go on above', () => {
    // QUIRK_MTK_EXT: bits above 32 stand elsewhere in an entry.
    const table = open({ ...V7S, quirks: PGTABLE_QUIRK.MTK_EXT + PGTABLE_QUIRK.NO_PERMS, oas: 35 })
    table.mapPages(0, 0, PAGE, 1, READ_WRITE)
    for (const [phys, pages] of [
      [2 ** 32 - 2 * PAGE, 2],
      [2 ** 32, undefined],
      [2 ** 33 - 4 * PAGE, undefined],
      [2 ** 33 - PAGE, 1],
      [2 ** 34 + PAGE, undefined],
    ] as const) {
      expect([phys, waysOf(() => table.mapPages(PAGE, phys, PAGE, 4, READ_WRITE)).pages]).toEqual([phys, pages])
      expect([1, 2, 3, 4].map((i) => table.iovaToPhys(i * PAGE) - phys)).toEqual([0, 1, 2, 3].map((i) => i * PAGE))
      table.unmapPages(PAGE, PAGE, 4, 1)
    }
    table.close()
  })

  it.each([LPAE, V7S])('a range takes bigger pages as soon as they fit: %o', (config) => {
    const big = config === LPAE ? 2 ** 21 : 2 ** 20
    const level = config === LPAE ? 2 : 1
    for (const [before, behind] of [
      [0, 0],
      [1, 0],
      [3, 5],
      [0, 1],
    ] as const) {
      const table = open(config)
      const first = 4 * big - before * PAGE
      const size = before * PAGE + big + behind * PAGE
      expect(table.map(first, first, size, READ_WRITE)).toBe(0)
      expect([before, behind, table.walk(4 * big)?.level]).toEqual([before, behind, level])
      for (const at of [first, 4 * big + big / 2, first + size - PAGE])
        expect(table.walk(at)).toMatchObject({ phys: at, level: at >= 4 * big && at < 5 * big ? level : level + 1 })
      expect(table.unmap(first, size, 1)).toBe(size)
      // Where physical address and bus address are not alike, none fits.
      expect(table.map(first, first + PAGE, size, READ_WRITE)).toBe(0)
      expect(table.walk(4 * big)?.level).toBe(level + 1)
      table.close()
    }
  })
})

describe('lists', () => {
  const lists = new DmaLists(hot.io)
  /** Maps pages from `iova` on; each page is a number, in order. */
  const mapped = (table: PageTable, pages: readonly number[], iova: number, length = PAGE): LongWays => {
    const list = hot.sg.alloc(pages.length)
    pages.forEach((page, i) => hot.sg.setPage(list, i, { kind: 'page', pfn: pfn(page) }, length, 0))
    const ways = waysOf(() => expect(lists.map(table, list, pages.length, iova, READ_WRITE, 'pages')).toBe(0))
    pages.forEach((page, i) => expect(table.iovaToPhys(iova + i * length)).toBe(page * PAGE))
    hot.sg.free(list)
    table.unmap(iova, pages.length * length, 0)
    return ways
  }
  const scattered = (count: number): number[] => Array.from({ length: count }, (_, i) => 1000 + 2 * i)
  const ready = (config = LPAE): PageTable => {
    const table = open(config)
    // Two neighbouring tables are there, and the next one is not.
    table.map(0, 0, PAGE, READ_WRITE)
    table.map(2 * TABLE - PAGE, 0, PAGE, READ_WRITE)
    return table
  }

  it.each([LPAE, { ...LPAE, format: 'ARM_64_LPAE_S2', ias: 40 }, { ...LPAE, coherentWalk: false }] as const)(
    'pages that are no neighbours go into the table at hand: %o',
    (config) => {
      const table = ready(config)
      // The first goes alone, and finds the table; the last goes the general way.
      expect(mapped(table, scattered(1), PAGE)).toEqual({ tableEntry: 2 })
      expect(mapped(table, scattered(2), PAGE)).toEqual({ leaf: 1, table: 1, tableEntry: 2 })
      for (const count of [3, 4, 100, 510, 511])
        expect([count, mapped(table, scattered(count), PAGE)]).toEqual([count, { leaf: 1, table: 1, tableEntry: 2 }])
      // Over the end of a table: there the next one is found.
      expect(mapped(table, scattered(20), TABLE - 10 * PAGE)).toEqual({ leaf: 2, table: 2, tableEntry: 2 })
      // A missing table is made the general way, once.
      const made = { leaf: 1, chunk: 1, table: 2, tableEntry: 4 }
      expect(mapped(table, scattered(8), 4 * TABLE)).toEqual(made)
      expect(mapped(table, scattered(8), 4 * TABLE)).toEqual({ leaf: 1, table: 1, tableEntry: 2 })
      table.close()
    },
  )

  it('neighbours go together, and those behind them go on in the same table', () => {
    const table = ready()
    const pages = [100, 101, 102, 200, 300, 301, 400, 500]
    // Three chunks on their own: what is behind each goes as a run, up to the next neighbours.
    expect(mapped(table, pages, PAGE)).toEqual({ leaf: 2, table: 1, tableEntry: 3 + 3 + 2 + 2 + 2 })
    table.close()
  })
})

describe('bus addresses', () => {
  const BOUND = 2 ** 20
  const withDomain = (work: (domain: IovaDomain) => void): void => {
    const domain = new IovaDomain(hot.io, PAGE, 1)
    // The window comes with the first one.
    expect(waysOf(() => expect(domain.alloc(1, BOUND - 1, true)).toBe(BOUND - 1))).toEqual({ alloc: 1 })
    work(domain)
    domain.close()
  }

  it('blocks of up to 32 pages are found in the window, and freed in their word', () => {
    withDomain((domain) => {
      let pfn = BOUND - 1
      for (const size of [1, 2, 4, 8, 16, 32, 32, 32, 1]) {
        pfn = Math.floor((pfn - size) / size) * size
        expect(waysOf(() => expect(domain.alloc(size, BOUND - 1, true)).toBe(pfn))).toEqual({})
      }
      for (const size of [1, 2, 32]) {
        const taken = domain.alloc(size, BOUND - 1, true)!
        expect(waysOf(() => expect(domain.free(taken)).toBe(true))).toEqual({})
      }
      // A page needs no alignment.
      expect(waysOf(() => domain.alloc(1, BOUND - 1, false))).toEqual({})
    })
  })

  it('other sizes are searched for entry by entry', () => {
    withDomain((domain) => {
      for (const [size, isAligned] of [
        [3, true],
        [2, false],
        [33, true],
        [64, true],
      ] as const) {
        const ways = waysOf(() => expect(domain.alloc(size, BOUND - 1, isAligned)).toBeGreaterThan(0))
        expect([size, ways]).toEqual([size, { alloc: 1, walk: 1 }])
      }
      expect(waysOf(() => expect(domain.alloc(2 ** 21, BOUND - 1, true)).toBe(undefined))).toMatchObject({ alloc: 1 })
      // Then it is known that nothing so big fits.
      expect(waysOf(() => expect(domain.alloc(2 ** 21, BOUND - 1, true)).toBe(undefined))).toEqual({ alloc: 1 })
    })
  })

  it('where the next range is far away, or a range is not in one word, freeing looks for both', () => {
    withDomain((domain) => {
      const free = (pfn: number) => waysOf(() => expect(domain.free(pfn)).toBe(true))
      domain.reserve(0x1000, 0x1000)
      domain.reserve(0x1002, 0x1002)
      domain.reserve(0x2000 - 2, 0x2000 - 1)
      domain.reserve(0x2000, 0x2003)
      domain.reserve(0x3000 - 2, 0x3000)
      // From within, to the next in its word, to the next word, across words, and with none in the next word.
      domain.reserve(0x4000, 0x4001)
      expect([free(0x4001), free(0x1000), free(0x1002), free(0x2000 - 2), free(0x3000 - 2), free(0x2000)]).toEqual([
        { free: 1 },
        {},
        { free: 1 },
        {},
        { free: 1 },
        { free: 1 },
      ])
    })
  })

  it.each([0, 1, 2, 3, 4, 5])('a block of 2^%i pages that is free again is found wherever it is', (order) => {
    const size = 2 ** order
    for (const word of [0, 1, 63, 64, 65, 127, 4095, 4096, 4097, 8191, 8192, 16320, 16382, 16383]) {
      const domain = new IovaDomain(hot.io, PAGE, 0)
      const first = word * 64 + (64 - 2 * size > 0 ? 64 - 2 * size : 0)
      if (first > 0) domain.reserve(0, first - 1)
      domain.reserve(first, first + size - 1)
      domain.reserve(first + size, BOUND - 1)
      // The window comes, and nothing is free in it.
      expect(domain.alloc(1, BOUND - 1, true)).toBe(undefined)
      for (let again = 0; again < 2; again++) {
        expect(domain.free(first)).toBe(true)
        expect([word, domain.alloc(size, BOUND - 1, true)]).toEqual([word, first])
        expect(domain.find(first)).toEqual({ lo: first, hi: first + size - 1 })
        expect(domain.alloc(size, BOUND - 1, true)).toBe(undefined)
      }
      domain.close()
    }
  })

  it('ranges of any length begin and end where they were laid', () => {
    const edges = [0, 1, 62, 63, 64, 4095, 4096, 4097, 262_143, 262_144, 262_145, 524_288, BOUND - 2, BOUND - 1, BOUND]
    for (const lo of edges)
      for (const hi of edges.filter((edge) => edge >= lo)) {
        const domain = new IovaDomain(hot.io, PAGE, 0)
        // With the window first, or after the range.
        if (hi % 2 === 0) domain.free(domain.alloc(1, BOUND - 1, true)!)
        domain.reserve(lo, hi)
        if (hi % 2 === 1 && lo > 0) domain.free(domain.alloc(1, lo - 1, true)!)
        expect(domain.ranges()).toEqual([{ lo, hi }])
        for (const at of [lo, hi, Math.floor((lo + hi) / 2)]) expect(domain.find(at)).toEqual({ lo, hi })
        expect([domain.find(hi + 1), lo > 0 ? domain.find(lo - 1) : undefined]).toEqual([undefined, undefined])
        // One more on each side, which end it.
        if (hi < BOUND) domain.reserve(hi + 1, hi + 1)
        if (lo > 0) domain.reserve(lo - 1, lo - 1)
        expect(domain.find(hi)).toEqual({ lo, hi })
        expect(domain.free(hi)).toBe(true)
        expect(domain.find(lo)).toBe(undefined)
        expect(domain.ranges()).toHaveLength((hi < BOUND ? 1 : 0) + (lo > 0 ? 1 : 0))
        domain.close()
      }
  })
})
