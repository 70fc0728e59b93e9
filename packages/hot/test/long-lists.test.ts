// Which entries of a list go the long way: the engine counts them there. What has a short way takes it, up to the last page it is for.
import { describe, expect, it } from 'vitest'
import { dma, pfn, phys } from '@dmalab/api'
import { Hot } from '../src/index.ts'
import type { SgMapOptions } from '../src/sg-walk.ts'
import { BUILDS, moduleOf } from './builds.ts'

const PAGE = 4096
const SECTION = 2 ** 15
/** Four pages on both sides of a section's end. */
const FIRST = SECTION - 4
const PAGES = 8
const BUS = 0x10_0000
const RANGE = { firstPfn: FIRST, endPfn: FIRST + PAGES, busOffset: BUS }
const map = { maintain: 'clean', side: 'device', ranges: [RANGE] } as const
const sync = { maintain: 'invalidate', side: 'cpu', ranges: [RANGE] } as const
const byBus = { ...sync, byBusAddress: true, byDmaLength: true } as const

interface Entry {
  readonly page: number
  readonly offset?: number
  readonly length?: number
  readonly attrs?: number
}
type Pass = Omit<SgMapOptions, 'from' | 'count'>

describe.each(BUILDS)('%s build', (build) => {
  const module = moduleOf(build)
  const hot = new Hot(module, { lineSize: 64, poison: 0 })
  const start = (): void => {
    hot.reset()
    hot.setPages(pfn(0), 2 * SECTION, true)
    // Tables of both sections.
    for (const page of [FIRST, SECTION]) hot.set('memory', phys(page * PAGE), 1, 7)
  }
  /** What goes the long way, of a map or of anything else. */
  const waysOf = (entries: readonly Entry[], pass: Pass, on: Hot = hot) => {
    const list = on.sg.alloc(entries.length)
    entries.forEach(({ page, offset = 0, length = PAGE, attrs = 0 }, i) => {
      on.sg.setPage(list, i, { kind: 'page', pfn: pfn(page) }, length, offset)
      on.sg.setAttrs(list, i, attrs)
      on.sg.setDma(list, i, dma(page * PAGE + offset + BUS), length)
    })
    const options = { from: 0, count: entries.length, ...pass }
    on.longWays()
    const came = pass === map || 'limit' in pass ? on.sg.map(list, options) : on.sg.maintain(list, options)
    const { pass: general = 0, entry = 0, single = 0, ...others } = on.longWays()
    on.sg.free(list)
    return { general, entry, single, others, stopped: came.stopped }
  }
  const short = { general: 0, entry: 0, single: 0, stopped: 'done', others: {} }

  const nearby = (count: number): Entry[] => Array.from({ length: count }, (_, n) => ({ page: FIRST + ((n * 3) % 4) }))

  it('whole pages are mapped in fours, and what is left of them one at a time', () => {
    start()
    for (let count = 1; count <= 13; count++)
      expect(waysOf(nearby(count), map)).toEqual({ ...short, single: count % 4 })
    // Fours of each section.
    const both = Array.from({ length: 16 }, (_, n): Entry => ({ page: n < 8 ? FIRST + (n % 4) : SECTION + (n % 4) }))
    expect(waysOf(both, map)).toEqual(short)
  })

  it('one entry that goes alone takes those before and behind it in its four along', () => {
    const of = (entry: Partial<Entry>, at: number): Entry[] =>
      nearby(16).map((usual, n) => (n === at ? { ...usual, ...entry } : usual))
    start()
    for (let at = 0; at < 16; at++) {
      // From here on no more fours: the loop for single ones goes to the end of what it is for.
      const rest = 16 - (at - (at % 4))
      expect(waysOf(of({ offset: 64, length: 64 }, at), map)).toEqual({ ...short, single: rest })
      expect(waysOf(of({ length: 128 }, at), map)).toEqual(short)
      expect(waysOf(of({ attrs: 0xffff_ffff }, at), map)).toEqual(short)
      expect(waysOf(of({ attrs: 2 }, at), { ...map, limit: Infinity, skipAttrs: 4 })).toEqual(short)
      // Tagged, it stops both loops; behind it they begin anew.
      const before = at % 4
      const behind = (15 - at) % 4
      expect(waysOf(of({ attrs: 4 }, at), { ...map, limit: Infinity, skipAttrs: 4 })).toEqual({
        ...short,
        general: 1,
        single: before + behind,
      })
    }
  })

  /** Of one entry: is it for the loops of short entries, for that of entries without a second look, or for neither? */
  const alone = (entry: Entry, pass: Pass): 'short' | 'entry' | 'general' => {
    const { general, entry: looked } = waysOf([entry], pass)
    return general > 0 ? 'general' : looked > 0 ? 'entry' : 'short'
  }

  it.each([
    ['a map', map],
    ['a sync', { ...sync, maintain: 'clean' }],
    ['a sync by bus address', { ...byBus, maintain: 'clean' }],
  ] as const)('%s: entries up to the end of their page are short', (_, pass) => {
    start()
    for (const offset of [0, 1, 63, 64, 100, PAGE - 64, PAGE - 1])
      for (const length of [1, 2, 63, 64, 65, PAGE - offset - 1, PAGE - offset, PAGE - offset + 1, PAGE, PAGE + 1]) {
        if (length === 0) continue
        const way = alone({ page: FIRST, offset, length }, pass)
        expect([offset, length, way]).toEqual([offset, length, offset + length <= PAGE ? 'short' : 'entry'])
      }
    expect(alone({ page: FIRST, length: 0 }, pass)).toBe('general')
  })

  it('an invalidate is short where it drops whole lines', () => {
    start()
    for (const offset of [0, 1, 32, 63, 64])
      for (const length of [1, 32, 63, 64, 65, 128]) {
        const isShort = offset % 64 === 0 && length % 64 === 0
        for (const pass of [sync, byBus])
          expect(alone({ page: FIRST, offset, length }, pass)).toBe(isShort ? 'short' : 'general')
      }
  })

  it.each([
    ['a map', map],
    ['a sync', sync],
    ['a sync by bus address', byBus],
  ] as const)('%s: pages of the range are short from its first to its last', (_, pass) => {
    start()
    for (let page = FIRST; page < FIRST + PAGES; page++) expect(alone({ page }, pass)).toBe('short')
    // Low memory ends within the range, or in front of it.
    for (let highmemPfn = FIRST - 1; highmemPfn <= FIRST + PAGES + 1; highmemPfn++)
      for (const page of [FIRST, FIRST + 3, SECTION, FIRST + PAGES - 1])
        expect(alone({ page }, { ...pass, highmemPfn, ...(pass === map && { limit: Infinity }) })).toBe(
          page < highmemPfn ? 'short' : 'general',
        )
  })

  it('a map is short up to the last page in reach', () => {
    start()
    for (let page = FIRST; page < FIRST + PAGES; page++) {
      const end = (page + 1) * PAGE + BUS
      expect(alone({ page }, { ...map, limit: end - 1 })).toBe('short')
      expect(alone({ page }, { ...map, limit: end })).toBe('short')
      expect(waysOf([{ page }], { ...map, limit: end - 2 })).toMatchObject({ general: 1, stopped: 'unreachable' })
      // The page that is in reach in part has entries that are.
      expect(alone({ page, length: 64 }, { ...map, limit: end - 2 })).toBe('entry')
    }
    // An address wraps in the range: it is short up to there.
    const wraps = {
      ...map,
      limit: Infinity,
      busBits: 32,
      ranges: [{ ...RANGE, busOffset: 2 ** 32 - SECTION * PAGE }],
    } as const
    const ways = Array.from({ length: PAGES }, (_, n) => alone({ page: FIRST + n }, wraps))
    expect(ways).toEqual([...Array<string>(4).fill('short'), ...Array<string>(4).fill('entry')])
  })

  it.each([
    ['a map', { ...map, limit: Infinity, needPage: true }],
    ['a sync', { ...sync, needPage: true }],
    ['a sync by bus address', { ...byBus, needPage: true }],
  ] as const)('%s: sections that are all RAM are short where pages must be there', (_, pass) => {
    start()
    hot.setPages(pfn(SECTION + 100), 1, false)
    for (let page = FIRST; page < FIRST + PAGES; page++)
      expect(alone({ page }, pass)).toBe(page < SECTION ? 'short' : 'entry')
  })

  it('pages with a cached line that the operation would change are for the general loop, and their neighbours are not', () => {
    for (const cached of [FIRST, FIRST + 3, SECTION, SECTION + 3]) {
      start()
      hot.set('cpu', phys(cached * PAGE), 64, 1)
      for (const pass of [map, sync, byBus])
        for (let page = FIRST; page < FIRST + PAGES; page++) {
          expect(alone({ page }, pass)).toBe(page === cached ? 'general' : 'short')
          // The clean has made the line clean, the invalidate has dropped it.
          if (page === cached) hot.set('cpu', phys(cached * PAGE), 64, 1)
        }
      // A clean line is nothing to a clean.
      hot.clean(phys(cached * PAGE), PAGE)
      expect(alone({ page: cached }, map)).toBe('short')
      expect(alone({ page: cached }, sync)).toBe('general')
    }
  })

  it('pages are marked clean on the short way where tables keep the mark', () => {
    start()
    for (const pass of [sync, byBus]) {
      const marking = { ...pass, markPagesClean: true }
      expect(alone({ page: FIRST }, marking)).toBe('short')
      expect(hot.pageClean(pfn(FIRST))).toBe(true)
      hot.setPageClean(pfn(FIRST), false)
    }
    hot.reset()
    hot.setPages(pfn(0), SECTION, true)
    expect(alone({ page: FIRST }, { ...sync, markPagesClean: true })).toBe('entry')
    expect(alone({ page: FIRST }, { ...sync, markPagesClean: true })).toBe('short')
  })

  it('long entries need no second look where no page of theirs has such a line', () => {
    start()
    const long = (page: number, pages: number, offset = 0): Entry => ({ page, offset, length: pages * PAGE - offset })
    for (const [entry, way] of [
      [long(0, 2), 'entry'],
      [long(0, 64), 'entry'],
      [long(1, 64), 'entry'],
      [long(FIRST, 4), 'entry'],
      // Of more than one section, or more than its bytes.
      [long(FIRST, 5), 'general'],
      [long(0, SECTION), 'entry'],
      [long(0, SECTION, 1), 'entry'],
    ] as const)
      expect(alone(entry, { ...map, ranges: [] })).toBe(way)
    // It is looked for in words of 64 pages.
    hot.set('cpu', phys(130 * PAGE), 64, 1)
    const there = { maintain: 'flush', side: 'cpu', ranges: [] } as const
    for (const [first, pages, way] of [
      [0, 128, 'entry'],
      [64, 64, 'entry'],
      [64, 65, 'general'],
      [192, 64, 'entry'],
      [191, 2, 'general'],
    ] as const) {
      expect([first, pages, alone(long(first, pages), there)]).toEqual([first, pages, way])
      hot.set('cpu', phys(130 * PAGE), 64, 1)
    }
  })

  it('lines of another size, an outer cache, a log and bus addresses of two meanings have other loops', () => {
    const two = { ...byBus, ranges: [RANGE, { firstPfn: 0, endPfn: 1, busOffset: 0 }] }
    start()
    expect(alone({ page: FIRST }, two)).toBe('general')
    expect(alone({ page: FIRST }, { ...byBus, ranges: [] })).toBe('short')
    // Two ranges serve pages one after the other: the one that was found last is short.
    const far = { firstPfn: 5, endPfn: 9, busOffset: 0 }
    const entries = [FIRST, FIRST + 1, 5, 6, 7, FIRST].map((page) => ({ page }))
    expect(waysOf(entries, { ...map, limit: Infinity, ranges: [far, RANGE] })).toMatchObject({
      general: 3,
      entry: 0,
      single: 3,
    })
    expect(hot.lineLog(() => expect(alone({ page: FIRST }, map)).toBe('general'))).toHaveLength(64)
    for (const [lineSize, outer, general, entry] of [
      [32, false, 0, 5],
      [16, false, 0, 5],
      [64, true, 5, 0],
    ] as const) {
      const other = new Hot(module, { lineSize, outer, poison: 0 })
      for (const pass of [map, sync, byBus])
        expect(waysOf(nearby(5), pass, other)).toMatchObject({ general, entry, single: 0, stopped: 'done' })
    }
    // Nothing is maintained: no short loop, and no second look.
    expect(alone({ page: FIRST }, { ...map, limit: Infinity, maintain: 'none' })).toBe('entry')
  })
})
