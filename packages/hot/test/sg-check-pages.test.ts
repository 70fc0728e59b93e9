// Lists of whole pages, which maps, unmaps and syncs take in loops of their own, against the walk's twin.
import { describe, expect, it } from 'vitest'
import { dma, type Pfn, pfn, phys, type SgPage, vaddr } from '@dmalab/api'
import { Hot } from '../src/index.ts'
import type { SgMapOptions } from '../src/sg-walk.ts'
import { BUILDS, moduleOf } from './builds.ts'
import { MemoryTwin } from './twin/memory-twin.ts'
import { type TwinEntry, walk } from './twin/sg-walk-twin.ts'

const PAGE = 4096
const SECTION = 2 ** 15
/** On both sides of a section's end, and of the end of 64 pages. */
const FIRST = SECTION - 70
const PAGES = 130
const STEP = 13
const ENTRIES = 10
const TAG = 1024
const MOVED = 0x10_0000
const moved = { firstPfn: FIRST, endPfn: FIRST + PAGES, busOffset: MOVED }

const whole = (n: number, bus: number): TwinEntry => {
  const page = FIRST + n * STEP
  const at = page * PAGE + bus
  return {
    page: { kind: 'page', pfn: pfn(page) },
    length: PAGE,
    offset: 0,
    attrs: 0,
    dmaAddress: dma(at),
    dmaLength: PAGE,
    dma: BigInt(at),
  }
}
const busAt = (at: number): Partial<TwinEntry> => ({ dmaAddress: dma(at), dma: BigInt(at) })
const pageAt = (page: SgPage): Partial<TwinEntry> => ({ page })
const odd: Record<string, (usual: TwinEntry) => Partial<TwinEntry>> = {
  'like the others': () => ({}),
  'with two lines': () => ({ length: 128, dmaLength: 128 }),
  'up to the end of its page': ({ dmaAddress }) => ({ offset: 64, length: PAGE - 64, ...busAt(dmaAddress + 64) }),
  'with a part of a line': () => ({ length: 100, dmaLength: 100 }),
  'from within a line': ({ dmaAddress }) => ({ offset: 32, length: 64, dmaLength: 64, ...busAt(dmaAddress + 32) }),
  'over the end of its page': ({ dmaAddress }) => ({ offset: 64, ...busAt(dmaAddress + 64) }),
  'behind its page': () => ({ offset: PAGE }),
  'of two pages': () => ({ length: 2 * PAGE, dmaLength: 2 * PAGE }),
  empty: () => ({ length: 0, dmaLength: 0 }),
  tagged: () => ({ attrs: TAG }),
  'tagged otherwise': () => ({ attrs: 1 }),
  'without a page': () => pageAt({ kind: 'vaddr', at: vaddr(0xf000_1000n) }),
  'in front of the range': () => ({ ...pageAt({ kind: 'page', pfn: pfn(FIRST - 1) }), ...busAt((FIRST - 1) * PAGE) }),
  'behind the range': () => ({
    ...pageAt({ kind: 'page', pfn: pfn(FIRST + PAGES) }),
    ...busAt((FIRST + PAGES) * PAGE + MOVED),
  }),
  'beyond all memory': () => busAt(2 ** 52),
}

const byBus = { byBusAddress: true, byDmaLength: true, ranges: [moved] } as const
const onCpu = { side: 'cpu', maintain: 'invalidate' } as const
const passes: Record<string, Partial<SgMapOptions> & { readonly map?: boolean }> = {
  'a sync for the device': { maintain: 'clean' },
  'a sync for the CPU': onCpu,
  'a flush': { maintain: 'flush', needPage: true },
  'a sync by bus address': { ...onCpu, byBusAddress: true, needPage: true },
  'a sync by moved bus address': { ...byBus, ...onCpu },
  'a sync of low memory': { ...byBus, maintain: 'clean', highmemPfn: FIRST + 7 * STEP + 1 },
  'an unmap': { ...onCpu, needPage: true, markPagesClean: true },
  'an unmap by bus address': { ...byBus, ...onCpu, markPagesClean: true, busBits: 32 },
  'a map': { map: true, maintain: 'clean', needPage: true },
  'a map up to a limit': { map: true, maintain: 'clean', limit: (FIRST + 7 * STEP + 1) * PAGE - 1 },
  'a map up to the middle of a page': { map: true, maintain: 'invalidate', limit: (FIRST + 7 * STEP + 1) * PAGE + 99 },
  'a map behind a window': {
    map: true,
    maintain: 'clean',
    ranges: [moved],
    limit: (FIRST + 7 * STEP + 1) * PAGE + MOVED,
  },
  'a map that wraps': {
    map: true,
    maintain: 'clean',
    busBits: 32,
    ranges: [{ ...moved, busOffset: 2 ** 32 - SECTION * PAGE }],
  },
}

/** Where the cache holds a written line, and where there is a struct page. */
const machines = {
  'nothing touched': { tables: false, dirty: undefined, missing: undefined },
  'nothing cached': { tables: true, dirty: undefined, missing: undefined },
  'a line written, and a hole in RAM': { tables: true, dirty: FIRST + 6 * STEP, missing: FIRST + 8 * STEP },
} as const

describe.each(BUILDS)('%s build', (build) => {
  const hot = new Hot(moduleOf(build), { lineSize: 64, poison: 7 })
  /** On both sides of the range as well. */
  const pages = Array.from({ length: PAGES + 3 }, (_, n) => FIRST - 1 + n)

  describe.each(Object.entries(machines))('%s', (_, { tables, dirty, missing }) => {
    it.each(Object.entries(passes))('%s', (_pass, { map = false, ...pass }) => {
      const bus = pass.ranges?.[0]?.busOffset ?? 0
      const usual = Array.from({ length: ENTRIES }, (_, n) => whole(n, bus))
      for (const change of Object.values(odd)) {
        const entries = usual.map((entry, n) => (n === 5 ? { ...entry, ...change(entry) } : entry))
        hot.reset()
        // Tables of both sections, where the engine keeps them.
        for (const at of tables ? [FIRST, SECTION] : []) hot.set('memory', phys(at * PAGE), 1, 7)
        expect(pages.filter((page) => hot.pageClean(pfn(page)))).toEqual([])
        hot.setPages(pfn(0), 2 * SECTION, true)
        const twin = new MemoryTwin(64, 7, false)
        if (missing !== undefined) hot.setPages(pfn(missing), 1, false)
        if (dirty !== undefined) {
          hot.write('cpu', phys(dirty * PAGE + 64), Uint8Array.of(1))
          twin.write('cpu', dirty * PAGE + 64, Uint8Array.of(1))
        }
        const list = hot.sg.alloc(ENTRIES)
        for (const [n, { page, length, offset, attrs, dmaAddress, dmaLength }] of entries.entries()) {
          hot.sg.setPage(list, n, page, length, offset)
          hot.sg.setAttrs(list, n, attrs)
          hot.sg.setDma(list, n, dmaAddress, dmaLength)
        }
        const all: SgMapOptions = {
          side: 'device',
          maintain: 'clean',
          skipAttrs: TAG,
          ...pass,
          from: 0,
          count: ENTRIES,
        }
        const has = (n: Pfn | number): boolean => n !== missing && n < 2 * SECTION
        const want = walk(twin, entries, has, all, map)
        expect(map ? hot.sg.map(list, all) : hot.sg.maintain(list, all)).toEqual(want.result)
        expect(entries.map((_, n) => hot.sg.entry(list, n).dmaAddress)).toEqual(
          entries.map(({ dmaAddress }, n) => Number(want.written.get(n) ?? dmaAddress)),
        )
        expect(pages.filter((page) => hot.pageClean(pfn(page)))).toEqual(
          pages.filter((page) => want.cleanPages.has(page)),
        )
      }
      hot.reset()
    })
  })
})
