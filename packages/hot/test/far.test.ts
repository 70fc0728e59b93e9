// Memory on both sides of 512 GiB, where the place of the first directories ends, and far above.
import { describe, expect, it } from 'vitest'
import { pfn, phys } from '@dmalab/api'
import { Hot } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'

const PAGE = 4096
const SECTION = 2 ** 27
const NEAR_END = 2 ** 39
const PLACES = [0, NEAR_END - SECTION, NEAR_END, NEAR_END + SECTION, 2 ** 43, 2 ** 44 - SECTION]

describe.each(BUILDS)('%s build', (build) => {
  const make = () => new Hot(moduleOf(build), { lineSize: 64, poison: 0 })

  it('struct pages exist where they were given, on both sides', () => {
    const hot = make()
    const end = NEAR_END / PAGE
    hot.setPages(pfn(end + 5), 10, false)
    expect(hot.stats().frames).toBe(0)
    hot.setPages(pfn(end - 3), 40_000, true)
    hot.setPages(pfn(end + 32768), 2, false)
    hot.setPages(pfn(2 ** 32 - 1), 1, true)
    const found = [-4, -3, -1, 0, 1, 32767, 32768, 32769, 32770, 39_996, 39_997].map((i) => hot.hasPage(pfn(end + i)))
    expect(found).toEqual([false, true, true, true, true, true, false, false, true, true, false])
    expect([hot.hasPage(pfn(2 ** 32 - 1)), hot.hasPage(pfn(2 ** 32 - 2))]).toEqual([true, false])
    hot.reset()
    for (const i of [-3, 0, 32767, 39_996]) expect([i, hot.hasPage(pfn(end + i))]).toEqual([i, false])
  })

  it('lines, contents and marks of each place are its own, also in a copy and after a reset', () => {
    const hot = make()
    for (let life = 0; life < 2; life++) {
      for (const [i, at] of PLACES.entries()) {
        hot.fill('cpu', phys(at), 2 * PAGE, i + life)
        hot.setPageClean(pfn(at / PAGE + 1), true)
      }
      const copy = hot.fork()
      for (const machine of [hot, copy])
        for (const [i, at] of PLACES.entries()) {
          expect(machine.compare('memory', phys(at), 2 * PAGE, i + life).wrong).toBeGreaterThan(PAGE)
          expect(machine.clean(phys(at), SECTION)).toEqual({ lines: SECTION / 64, writtenBack: 128 })
          expect(machine.compare('memory', phys(at), 2 * PAGE, i + life).wrong).toBe(0)
          expect([machine.pageClean(pfn(at / PAGE)), machine.pageClean(pfn(at / PAGE + 1))]).toEqual([false, true])
        }
      expect([hot.stats().sections, copy.stats().frames]).toEqual([PLACES.length, hot.stats().frames])
      hot.reset()
      expect(hot.stats()).toMatchObject({ sections: 0, frames: 0 })
      for (const at of PLACES) {
        expect(hot.pageClean(pfn(at / PAGE + 1))).toBe(false)
        expect(hot.compareSet('cpu', phys(at), 2 * PAGE, 0).wrong).toBe(0)
      }
    }
  })

  it('one clean of all that lies around the border finds what is dirty on both sides', () => {
    const hot = make()
    for (const at of PLACES.slice(1, 4)) hot.set('cpu', phys(at + SECTION - PAGE), PAGE, 1)
    expect(hot.clean(phys(NEAR_END - SECTION), 3 * SECTION)).toEqual({ lines: (3 * SECTION) / 64, writtenBack: 192 })
  })

  it('caches are disturbed everywhere', () => {
    const hot = make()
    for (const at of PLACES) hot.set('cpu', phys(at), 16 * PAGE, 1)
    hot.disturb({ seed: 1, purpose: 'test', operation: 1 })
    // About one line in four was evicted, and written back.
    for (const at of PLACES) {
      const { wrong } = hot.compareSet('memory', phys(at), 16 * PAGE, 1)
      expect([at, wrong > 8 * PAGE, wrong < 15 * PAGE]).toEqual([at, true, true])
    }
  })

  it.each([NEAR_END - PAGE, NEAR_END, 2 ** 43])('a list of pages from %d on goes the short ways', (at) => {
    const hot = make()
    const count = 64
    const first = pfn(at / PAGE)
    const sections = Math.floor(at / SECTION) * (SECTION / PAGE)
    hot.setPages(pfn(sections), (2 * SECTION) / PAGE, true)
    hot.compare('cpu', phys(at), count * PAGE, 0)
    const list = hot.sg.alloc(count)
    hot.sg.setPages(
      list,
      0,
      Array.from({ length: count }, (_, i) => first + i),
    )
    const ranges = [{ firstPfn: first, endPfn: first + count, busOffset: -at }]
    const options = { from: 0, count, maintain: 'clean', side: 'device', needPage: true, ranges, skipAttrs: 0 } as const
    hot.longWays()
    expect(hot.sg.map(list, { ...options, limit: 2 ** 32 - 1 })).toMatchObject({ stopped: 'done', lines: count * 64 })
    // Four entries on both sides of a border are taken one by one, as everywhere.
    expect(hot.longWays()).toEqual(at % SECTION === 0 ? {} : { single: 4 })
    hot.setPages(pfn(first + 5), 1, false)
    expect(hot.sg.map(list, { ...options, limit: 2 ** 32 - 1 })).toMatchObject({ stopped: 'bad-page', next: 5 })
  })
})

it('a machine without memory up there pays nothing for it', () => {
  const hot = new Hot(moduleOf('release'), { lineSize: 64, poison: 0 })
  hot.setPages(pfn(0), NEAR_END / PAGE, true)
  for (let gib = 0; gib < 2 ** 14; gib += 64) {
    expect(hot.hasPage(pfn(gib * 2 ** 18))).toBe(gib * 2 ** 30 < NEAR_END)
    hot.clean(phys(gib * 2 ** 30), SECTION)
  }
  expect([hot.stats().frames, hot.stats().linearBytes]).toEqual([0, 2 ** 18])
})
