// Cache maintenance, contents, bounce slots and resets: what of them goes the long way, by the engine's own count.
import { describe, expect, it } from 'vitest'
import { pfn, phys } from '@dmalab/api'
import { Hot } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'

const PAGE = 4096
const SECTION = 2 ** 15
const pages = (n: number) => phys(n * PAGE)

describe.each(BUILDS)('%s build', (build) => {
  const module = moduleOf(build)
  const hot = new Hot(module, { lineSize: 64, poison: 0 })
  /** A line of pages that DRAM has a frame for. */
  const dirty = (...which: readonly number[]): void =>
    which.forEach((page) => {
      hot.set('memory', pages(page), 64, 0)
      hot.set('cpu', pages(page), 64, 1)
    })
  const waysOf = (work: () => void, on = hot) => {
    on.longWays()
    work()
    return on.longWays()
  }

  it('a clean of whole pages looks into sections with a dirty line, and no further', () => {
    hot.reset()
    for (const where of [0, 1, 62, 63, 64, 65, 130]) {
      dirty(where * SECTION + 5)
      for (const [first, count, looked] of [
        [where, 1, 1],
        [where - 1, 1, 0],
        [where + 1, 1, 0],
        [0, 200, 1],
        [where + 1, 80, 0],
        [0, where, 0],
      ] as const) {
        if (first < 0 || count === 0) continue
        const ways = waysOf(() => {
          for (let n = first; n < first + count; n += 16)
            hot.clean(pages(n * SECTION), Math.min(16, first + count - n) * SECTION * PAGE)
        })
        expect([where, first, ways]).toEqual([where, first, looked > 0 ? { section: looked } : {}])
        if (looked > 0) dirty(where * SECTION + 5)
      }
      hot.clean(pages(where * SECTION), SECTION * PAGE)
    }
  })

  it('a section stays one with a dirty line until the last of them is gone', () => {
    for (const other of [4, 63, 64, 4095, 4096, SECTION / 2, SECTION - 1]) {
      hot.reset()
      dirty(3, other)
      const clean = () => waysOf(() => hot.clean(pages(0), 4 * PAGE))
      expect(clean()).toEqual({ section: 1 })
      expect(clean()).toEqual({ section: 1 })
      hot.clean(pages(other), PAGE)
      expect(clean()).toEqual({})
    }
  })

  it('only whole pages are cleaned at once', () => {
    hot.reset()
    for (const [at, len, ways] of [
      [0, PAGE, {}],
      [0, 3 * PAGE, {}],
      [0, 2 ** 31, {}],
      [0, 64, { maintenance: 1 }],
      [64, PAGE, { maintenance: 1 }],
      [0, 0, { maintenance: 1 }],
      [0, PAGE - 1, { maintenance: 1 }],
      [1, PAGE, { maintenance: 1 }],
    ] as const)
      expect([at, len, waysOf(() => hot.clean(phys(at), len))]).toEqual([at, len, ways])
    expect(waysOf(() => hot.invalidate(phys(0), PAGE))).toEqual({ maintenance: 1 })
    expect(waysOf(() => hot.flush(phys(0), PAGE))).toEqual({ maintenance: 1 })
    for (const config of [
      { lineSize: 32, poison: 0 },
      { lineSize: 64, outer: true, poison: 0 },
    ] as const) {
      const other = new Hot(module, config)
      expect(waysOf(() => other.clean(phys(0), PAGE), other)).toEqual({ maintenance: 1 })
    }
    expect(waysOf(() => void hot.lineLog(() => hot.clean(phys(0), PAGE)))).toEqual({ maintenance: 1 })
  })

  it('long ranges look at pages that have a line, in the words of 64 pages that have such a page', () => {
    const words = 4 * 4096
    for (const there of [[1], [64], [63, 64], [4095, 4096], [5, 70, 4097, 8191], [words - 1]])
      for (const [first, end] of [
        [0, words],
        [1, words],
        [64, words],
        [63, 129],
        [65, 4097],
        [4096, 8192],
      ] as const) {
        hot.reset()
        dirty(...there)
        const inside = there.filter((page) => page >= first && page < end)
        const groups = new Set(there.map((page) => Math.floor(page / 64)))
        const inGroups = [...groups].filter(
          (word) => word >= Math.floor(first / 64) && word < Math.ceil(end / 64),
        ).length
        const expected = (count: number) => ({
          ...(inGroups > 0 && { word: inGroups }),
          ...(count > 0 && { page: count }),
        })
        const len = (end - first) * PAGE
        // An invalidate drops masks of pages as they stand.
        const other = waysOf(() => hot.flush(pages(first), len))
        expect([there, first, end, other]).toEqual([there, first, end, { maintenance: 1, ...expected(inside.length) }])
        const left = there.length - inside.length
        dirty(...inside)
        expect(waysOf(() => hot.invalidate(pages(first), len))).toEqual({ maintenance: 1, ...expected(0) })
        const stays = waysOf(() => hot.flush(pages(0), words * PAGE)).page ?? 0
        expect(stays).toBe(left)
      }
  })

  it('parts of pages at both ends of a range are looked at, and whole pages between them as such', () => {
    hot.reset()
    dirty(0, 1, 2, 3)
    const clean = (at: number, len: number) => {
      const ways = waysOf(() => hot.clean(phys(at), len))
      dirty(0, 1, 2, 3)
      return ways
    }
    expect(clean(64, 64)).toEqual({ maintenance: 1, page: 1 })
    expect(clean(64, PAGE)).toEqual({ maintenance: 1, page: 2 })
    expect(clean(64, 3 * PAGE)).toEqual({ maintenance: 1, page: 2 })
    expect(clean(0, 3 * PAGE + 64)).toEqual({ maintenance: 1, page: 1 })
    expect(clean(64, 3 * PAGE - 64)).toEqual({ maintenance: 1, page: 1 })
    expect(clean(PAGE - 64, 64)).toEqual({ maintenance: 1, page: 1 })
  })

  it('up to eight lines of a page are copied one by one', () => {
    for (const lines of [1, 7, 8, 9, 63]) {
      hot.reset()
      hot.set('memory', pages(0), 2 * PAGE, 7)
      // Every other line, then neighbours.
      hot.set('cpu', phys(64), lines * 64, 1)
      expect(waysOf(() => hot.clean(pages(0), PAGE))).toEqual({ section: 1, ...(lines > 8 && { copy: 1 }) })
      hot.set('cpu', phys(64), lines * 64, 2)
      const ways = waysOf(() => hot.clean(phys(64), PAGE - 64))
      expect([lines, ways]).toEqual([lines, { maintenance: 1, page: 1, ...(lines > 8 && { copy: 1 }) }])
      expect(hot.compareSet('memory', phys(64), lines * 64, 2).wrong).toBe(0)
    }
    // A page that is dirty all over gives DRAM its frame; one that DRAM has no frame for takes one.
    hot.set('cpu', pages(0), PAGE, 1)
    expect(waysOf(() => hot.clean(pages(0), PAGE))).toEqual({ section: 1 })
    hot.set('cpu', pages(9), 64, 1)
    expect(waysOf(() => hot.clean(pages(9), PAGE))).toEqual({ section: 1, copy: 1 })
  })

  it('a line is filled once', () => {
    hot.reset()
    hot.set('memory', pages(0), 2 * PAGE, 7)
    const read = (at: number, len: number) => waysOf(() => void hot.checksum('cpu', phys(at), len)).fill ?? 0
    expect([read(0, 64), read(0, 64), read(1, 63), read(32, 64), read(0, 128)]).toEqual([1, 0, 0, 1, 0])
    expect([read(128, PAGE - 128), read(0, PAGE), read(0, 2 * PAGE), read(0, 2 * PAGE)]).toEqual([1, 0, 1, 0])
    // Lines that are written as a whole are not filled, others are at their ends.
    const write = (at: number, len: number) => waysOf(() => hot.set('cpu', phys(at), len, 1)).fill ?? 0
    const fresh = 16 * PAGE
    expect(write(fresh, 64)).toBe(0)
    expect(write(fresh + 128, PAGE - 128)).toBe(0)
    expect(write(fresh + PAGE, PAGE)).toBe(0)
    expect(write(fresh + 2 * PAGE + 1, 64)).toBe(2)
    expect(write(fresh + 2 * PAGE + 128, 63)).toBe(1)
    expect(write(fresh + 2 * PAGE + 193, 63)).toBe(1)
  })

  it('zeros are written where there was something', () => {
    hot.reset()
    const fresh = new Hot(module, { lineSize: 64, poison: 0 })
    for (const view of ['memory', 'cpu', 'snoop'] as const) {
      const at = { memory: 0, cpu: 8, snoop: 16 }[view]
      const set = (byte: number, first = at, len = 2 * PAGE) =>
        waysOf(() => fresh.set(view, pages(first), len, byte), fresh).set ?? 0
      expect([view, set(0), set(0), set(1), set(0)]).toEqual([view, 0, 2 * PAGE, 2 * PAGE, 2 * PAGE])
      expect([set(0, at + 4, 64), set(1, at + 5, 2 * PAGE)]).toEqual([64, 2 * PAGE])
    }
    fresh.reset()
    // What the machine had written before is written again.
    expect(waysOf(() => fresh.set('memory', pages(0), PAGE, 0), fresh)).toEqual({ set: PAGE })
  })

  it('a pattern goes in pieces of 64 bytes, what is left in words of 16, and the rest by bytes', () => {
    hot.reset()
    const head = (from: number) => (4 - (from % 4)) % 4
    for (const from of [0, 1, 2, 3, 4])
      for (const len of [1, 3, 15, 16, 17, 31, 32, 63, 64, 65, 127, 128, 129, 144, 160, 255, 256, 400, PAGE]) {
        const front = Math.min(len, head(from))
        const rest = len - front
        const few = (piece: number) => front + (rest < 16 ? rest : (rest % piece) + (rest % 16))
        const bytes = (work: () => void) => waysOf(work).bytes ?? 0
        const came = [
          bytes(() => hot.fill('memory', phys(0), len, 3, from)),
          bytes(() => expect(hot.compare('memory', phys(0), len, 3, from).wrong).toBe(0)),
          bytes(() => hot.compareSet('memory', phys(0), len, 3)),
        ]
        expect([from, len, ...came]).toEqual([from, len, few(64), few(64), len % 16])
      }
    // More of the pattern behind the range is nothing to a comparison.
    hot.fill('memory', phys(0), PAGE, 3)
    expect(waysOf(() => void hot.compare('memory', phys(0), 256 + 16, 3)).bytes).toBe(16)
    // With a wrong byte all of the page goes in words.
    hot.set('memory', phys(128 + 5), 1, 0)
    expect(waysOf(() => expect(hot.compare('memory', phys(0), 512, 3).firstWrong).toBe(133)).bytes).toBe(512)
  })

  it('a reset cleans groups of 64 pages and segments of slots that were touched', () => {
    const cleaned = (work: () => void) => {
      hot.reset()
      work()
      hot.reset()
      return hot.longWays()
    }
    expect(cleaned(() => {})).toEqual({})
    expect(cleaned(() => hot.set('memory', pages(0), PAGE, 1))).toEqual({ reset: 1 })
    expect(cleaned(() => hot.set('cpu', pages(0), 64 * PAGE, 1))).toEqual({ reset: 1 })
    expect(cleaned(() => hot.set('cpu', pages(63), 2 * PAGE, 1))).toEqual({ reset: 2 })
    expect(cleaned(() => hot.set('memory', pages(5 * SECTION - 1), 2 * PAGE, 1))).toEqual({ reset: 2 })
    expect(cleaned(() => dirty(0, 64 * 7, 64 * 8, 64 * 9, 64 * 511))).toEqual({ reset: 5 })
    expect(cleaned(() => hot.setPageClean(pfn(9 * SECTION + 100), true))).toEqual({ reset: 1 })
    expect(cleaned(() => hot.pageClean(pfn(0)))).toEqual({})
    expect(cleaned(() => hot.clean(pages(0), 2 ** 30))).toEqual({})
    const request = { cpu: 0, base: 0, boundaryBits: 64, orig: phys(0), alignMask: 0, minAlignMask: 0 }
    const taken = (...sizes: readonly number[]) =>
      cleaned(() => {
        const pool = hot.swiotlbSlots(512, 2)
        for (const size of sizes) pool.find({ ...request, size })
      })
    expect([taken(), taken(2048), taken(128 * 2048), taken(127 * 2048, 2048, 2048)]).toEqual([
      {},
      { reset: 1 },
      { reset: 1 },
      { reset: 2 },
    ])
    // Nothing is left to the next life.
    expect(cleaned(() => void hot.swiotlbSlots(512, 2))).toEqual({})
  })

  it('a search for slots looks at each of a run that is taken once, or jumps over it', () => {
    hot.reset()
    const pool = hot.swiotlbSlots(256, 1)
    const request = { cpu: 0, base: 0, boundaryBits: 64, orig: phys(0), alignMask: 0, minAlignMask: 0, size: 2048 }
    const looked = (change: Partial<typeof request> = {}) => {
      let slot: unknown
      const { slots } = waysOf(() => (slot = pool.find({ ...request, ...change })))
      return [slot, slots]
    }
    expect([looked(), looked(), looked({ size: 100 * 2048 })]).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ])
    // 26 slots to the end of the segment are too few: the next run is found at once.
    expect(looked({ size: 27 * 2048 })).toEqual([128, 2])
    // A stride of two slots: an odd one is looked at first.
    expect(looked({ size: 4096 })).toEqual([156, 2])
    expect(looked({ size: 2048, alignMask: 4095 })).toEqual([158, 1])
    expect(looked({ size: 2048, alignMask: 16383 })).toEqual([160, 2])
    expect(looked({ size: 2048, alignMask: 32767 })).toEqual([176, 16])
    // Longer strides go slot by slot, and so do masks with a gap.
    expect(looked({ size: 2048, alignMask: 65535 })).toEqual([192, 16])
    // An odd one, the next, and from the start of the area: there is no such run.
    expect(looked({ size: 64 * 2048 })).toEqual([undefined, 3])
    expect(looked({ size: 257 * 2048 })).toEqual([undefined, undefined])
  })
})
