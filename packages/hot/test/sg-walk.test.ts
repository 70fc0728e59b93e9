// Map, unmap and sync over lists: the engine against its twin, on random lists.
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { dma, type LineSize, type Pfn, pfn, phys, type SgPage, vaddr } from '@dmalab/api'
import { Hot } from '../src/index.ts'
import type { SgMapOptions } from '../src/sg-walk.ts'
import { BUILDS, moduleOf } from './builds.ts'
import { MemoryTwin } from './twin/memory-twin.ts'
import { pattern } from './twin/pattern-twin.ts'
import { type TwinEntry, walk } from './twin/sg-walk-twin.ts'

const PAGE = 4096
/** Eight pages around a section's end; some have a struct page, some do not; highmem starts in the middle. */
const FIRST = 2 ** 15 - 4
const PAGES = 8

const page: fc.Arbitrary<SgPage> = fc.oneof(
  { weight: 12, arbitrary: fc.nat(PAGES - 1).map((n) => ({ kind: 'page' as const, pfn: pfn(FIRST + n) })) },
  { weight: 1, arbitrary: fc.constant({ kind: 'vaddr' as const, at: vaddr(0xf000_1000n) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'null' as const }) },
)
const entry: fc.Arbitrary<TwinEntry> = fc
  .record({
    page,
    offset: fc.oneof(fc.constant(0), fc.nat(2 * PAGE)),
    length: fc.oneof(fc.constant(PAGE), fc.nat(2 * PAGE)),
    attrs: fc.constantFrom(0, 0, 0, 1024, 1),
    dmaLength: fc.constantFrom(0, 100, PAGE),
    bus: fc.oneof(
      { weight: 20, arbitrary: fc.integer({ min: 0, max: PAGES * PAGE }).map((n) => FIRST * PAGE + n) },
      { weight: 1, arbitrary: fc.constantFrom(2 ** 44 - 1, 2 ** 52) },
    ),
    moved: fc.boolean(),
  })
  .map(({ bus, moved, ...rest }) => {
    const at = moved ? bus - 0x80_0000 : bus
    return { ...rest, dmaAddress: dma(at), dma: BigInt(at) }
  })

const window = { firstPfn: FIRST, endPfn: FIRST + PAGES + 4, busOffset: 0 }
const ranges = fc.constantFrom(
  [],
  [window],
  [{ ...window, busOffset: -0x80_0000 }],
  [{ ...window, busOffset: -0x1000_0000 }],
  [{ ...window, busOffset: 0xf000_0000 }],
  [
    { ...window, endPfn: FIRST + 3 },
    { ...window, firstPfn: FIRST + 4, busOffset: 2 ** 40 },
  ],
)
const options: fc.Arbitrary<Omit<SgMapOptions, 'from' | 'count'>> = fc.record(
  {
    maintain: fc.constantFrom('none' as const, 'clean' as const, 'invalidate' as const, 'flush' as const),
    side: fc.constantFrom('device' as const, 'cpu' as const),
    skipAttrs: fc.constantFrom(0, 1024),
    needPage: fc.boolean(),
    ranges,
    busBits: fc.constantFrom(32 as const, 64 as const),
    highmemPfn: fc.constantFrom(0xffff_ffff, FIRST + 2, FIRST + 5),
    innerOnHighmem: fc.boolean(),
    byBusAddress: fc.boolean(),
    byDmaLength: fc.boolean(),
    markPagesClean: fc.boolean(),
    code: fc.constantFrom('old' as const, 'new' as const),
    maskBits: fc.constantFrom(64, 40, 32, 27),
    limit: fc.constantFrom(FIRST * PAGE + 5 * PAGE - 1, 2 ** 45),
  },
  { requiredKeys: ['maintain', 'side'] },
)

vi.setConfig({ testTimeout: 30_000 })

describe.each(BUILDS)('%s build', (build) => {
  describe.each([
    { lineSize: 32 as LineSize, outer: true },
    { lineSize: 64 as LineSize, outer: false },
  ])('with $lineSize-byte lines, outer cache $outer', ({ lineSize, outer }) => {
    const hot = new Hot(moduleOf(build), { lineSize, outer, poison: 7 })

    it('walks a list as its twin does', () => {
      fc.assert(
        fc.property(
          fc.array(entry, { minLength: 1, maxLength: 12, size: 'max' }),
          options,
          fc.boolean(),
          fc.integer({ min: 0, max: 255 }),
          fc.nat(PAGES * PAGE - 1),
          fc.boolean(),
          (entries, chosen, map, existing, written, logged) => {
            hot.reset()
            const twin = new MemoryTwin(lineSize, 7, outer)
            const pages = new Set<number>()
            for (let n = 0; n < PAGES; n++) if (((existing >> n) & 1) !== 0) pages.add(FIRST + n)
            for (const n of pages) hot.setPages(n as Pfn, 1, true)
            const dirty = pattern(1, 0, Math.min(3 * PAGE, PAGES * PAGE - written))
            hot.write('cpu', phys(FIRST * PAGE + written), dirty)
            twin.write('cpu', FIRST * PAGE + written, dirty)
            const list = hot.sg.alloc(entries.length)
            for (const [i, e] of entries.entries()) {
              hot.sg.setPage(list, i, e.page, e.length, e.offset)
              hot.sg.setAttrs(list, i, e.attrs)
              hot.sg.setDma(list, i, e.dmaAddress, e.dmaLength)
            }
            const from = entries.length > 4 ? 1 : 0
            const all: SgMapOptions = {
              ...chosen,
              from,
              count: entries.length - from,
              ...(map ? { byBusAddress: false } : {}),
            }
            const want = walk(twin, entries, (n) => pages.has(n), all, map)
            const check = (): void =>
              expect(map ? hot.sg.map(list, all) : hot.sg.maintain(list, all)).toEqual(want.result)
            // With a log there are no quick runs.
            const log = logged ? hot.lineLog(check) : (check(), twin.log)
            expect(log).toEqual(twin.log)
            for (const [i, e] of entries.entries()) {
              const bus = want.written.get(i)
              const length = all.byDmaLength === true ? e.dmaLength : e.length
              const fields = bus === undefined ? e : { dmaAddress: Number(bus), dmaLength: length }
              expect(hot.sg.entry(list, i)).toMatchObject({
                dmaAddress: fields.dmaAddress,
                dmaLength: fields.dmaLength,
              })
            }
            for (let n = FIRST; n < FIRST + PAGES + 4; n++) expect(hot.pageClean(pfn(n))).toBe(want.cleanPages.has(n))
            const seen = new Uint8Array(PAGES * PAGE)
            hot.read('memory', phys(FIRST * PAGE), seen)
            expect(Buffer.compare(seen, twin.read('memory', FIRST * PAGE, PAGES * PAGE))).toBe(0)
          },
        ),
        { seed: 4242, numRuns: build === 'release' ? 200 : 30 },
      )
    })
  })

  it('goes on after an entry that stopped it', () => {
    const hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })
    const list = hot.sg.alloc(3)
    hot.sg.setPages(list, 0, [1, 2, 3])
    hot.setPages(pfn(0), 10, true)
    hot.setPages(pfn(2), 1, false)
    const all = { maintain: 'clean', side: 'device', needPage: true } as const
    expect(hot.sg.map(list, { ...all, from: 0, count: 3 })).toMatchObject({
      next: 1,
      stopped: 'bad-page',
      badPfn: 2,
      entries: 1,
    })
    expect(hot.sg.map(list, { ...all, from: 2, count: 1 })).toMatchObject({
      next: 3,
      stopped: 'done',
      entries: 1,
      lines: 64,
    })
    expect([0, 1, 2].map((i) => hot.sg.mapped(list, i))).toEqual([true, false, true])
  })

  it.each([
    { what: 'mask', options: { maskBits: 31 }, last: 2 ** 31 - 1 },
    { what: 'mask of 40 bits', options: { maskBits: 40 }, last: 2 ** 40 - 1 },
    { what: 'bus limit', options: { limit: 0x4000_1233 }, last: 0x4000_1233 },
    { what: 'lower one of mask and bus limit', options: { maskBits: 32, limit: 2 ** 34 }, last: 2 ** 32 - 1 },
  ])('reaches the last byte below the $what and not the next one', ({ options, last }) => {
    const hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })
    const list = hot.sg.alloc(3)
    const pass = { from: 0, count: 3, maintain: 'clean', side: 'device', ...options } as const
    for (const [len, extra] of [
      [100, 0],
      [100, 1],
      [2 * PAGE, 0],
      [2 * PAGE, 1],
    ] as const) {
      const at = last - len + 1 + extra
      hot.sg.setPage(list, 0, { kind: 'page', pfn: pfn(1) }, 1, 0)
      hot.sg.setPage(list, 1, { kind: 'page', pfn: pfn(Math.floor(at / PAGE)) }, len, at % PAGE)
      hot.sg.setPage(list, 2, { kind: 'page', pfn: pfn(2) }, PAGE, 0)
      expect(hot.sg.map(list, pass)).toMatchObject(
        extra === 0 ? { next: 3, stopped: 'done' } : { next: 1, stopped: 'unreachable' },
      )
    }
  })

  it('finds a dirty page where an entry runs over the end of a section', () => {
    const hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })
    const sectionEnd = 2 ** 15
    hot.set('memory', phys((sectionEnd - 1) * PAGE), PAGE, 0) // both sections have tables
    hot.set('cpu', phys(sectionEnd * PAGE), 1, 1)
    const list = hot.sg.alloc(1)
    hot.sg.setPage(list, 0, { kind: 'page', pfn: pfn(sectionEnd - 2) }, 4 * PAGE, 0)
    expect(hot.sg.map(list, { from: 0, count: 1, maintain: 'clean', side: 'device' })).toMatchObject({
      lines: 4 * 64,
      writtenBack: 1,
    })
  })

  it.each([
    ['the last page of a section and the first of the next, which has none', 2 ** 15 - 1, 2, 2 ** 15],
    ['the end of a section and two pages of the next, of which the first has none', 2 ** 15 - 3, 5, 2 ** 15],
    ['a page without one between two that have one', 2 ** 15, 3, 2 ** 15],
    ['three sections, of which the last has none', 2 ** 14, 2 ** 16, 2 ** 15],
    ['pages that all have one', 2 ** 15 - 3, 3, undefined],
  ] as const)('looks for a struct page in %s', (_, first, count, missing) => {
    const stops = [true, false].map((isWhole) => {
      const hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })
      hot.setPages(pfn(0), 2 ** 15, true)
      // A section with one page less is looked at page by page.
      if (!isWhole) hot.setPages(pfn(5), 1, false)
      hot.setPages(pfn(2 ** 15 + 1), 100, true)
      const list = hot.sg.alloc(1)
      hot.sg.setPage(list, 0, { kind: 'page', pfn: pfn(first) }, count * PAGE, 0)
      return hot.sg.map(list, { from: 0, count: 1, maintain: 'clean', side: 'device', needPage: true })
    })
    const want = missing === undefined ? { stopped: 'done' } : { stopped: 'bad-page', badPfn: missing }
    for (const stop of stops) expect(stop).toMatchObject(want)
  })

  it('refuses entries that the list does not have', () => {
    const hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })
    const list = hot.sg.alloc(2)
    expect(() => hot.sg.map(list, { from: 1, count: 2, maintain: 'none', side: 'device' })).toThrow('no entry 2')
  })
})
