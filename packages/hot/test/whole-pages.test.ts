// Whole pages at a time: what their summaries say, and what their lines hold once a summary is set again.
import { describe, expect, it } from 'vitest'
import { pfn, phys } from '@dmalab/api'
import { Hot } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'

const PAGE = 4096
const SECTION = 32768
/** On both sides of words of 64 pages, of 64 of those, and of a section. */
const PAGES = [0, 1, 62, 63, 64, 65, 127, 128, 4095, 4096, SECTION - 1, SECTION, SECTION + 64]

describe.each(BUILDS)('%s build', (build) => {
  const machines = [
    { lineSize: 64, outer: false },
    { lineSize: 32, outer: false },
    { lineSize: 16, outer: true },
  ] as const
  it.each(machines)('what was invalidated stays so: lines of $lineSize, outer cache $outer', (config) => {
    const hot = new Hot(moduleOf(build), { ...config, poison: 0 })
    for (const [first, end] of [
      [0, 2],
      [62, 66],
      [1, 129],
      [63, 4097],
      [SECTION - 1, SECTION + 65],
      [0, SECTION + 65],
    ] as const) {
      hot.reset()
      for (const n of PAGES) hot.set('cpu', phys(n * PAGE), PAGE, 1)
      hot.invalidate(phys(first * PAGE), (end - first) * PAGE)
      hot.outerInvalidate(phys(first * PAGE), (end - first) * PAGE)
      // One line of each page is cached again: no other one comes back with it.
      for (const n of PAGES) hot.set('cpu', phys(n * PAGE + 256), 64, 2)
      for (const n of PAGES) {
        const others = hot.compareSet('snoop', phys(n * PAGE + 320), PAGE - 320, n >= first && n < end ? 0 : 1)
        expect([n, others.wrong]).toEqual([n, 0])
        expect(hot.compareSet('snoop', phys(n * PAGE + 256), 64, 2).wrong).toBe(0)
      }
      // Nor is one written back.
      for (const n of PAGES.filter((n) => n >= first && n < end)) {
        expect(hot.clean(phys(n * PAGE), PAGE).writtenBack).toBe(64 / config.lineSize)
        hot.outerClean(phys(n * PAGE), PAGE)
        expect(hot.compareSet('memory', phys(n * PAGE + 320), PAGE - 320, 0).wrong).toBe(0)
      }
    }
  })

  it.each(machines)(
    'a write of a part of a line keeps the others: lines of $lineSize, outer cache $outer',
    (config) => {
      const hot = new Hot(moduleOf(build), { ...config, poison: 0 })
      const pages = 2 * PAGE
      for (let off = 0; off < 2 * config.lineSize; off++)
        for (const len of [1, config.lineSize - 1, config.lineSize, config.lineSize + 1]) {
          hot.reset()
          hot.set('memory', phys(0), pages, 7)
          const at = PAGE - config.lineSize + off
          hot.set('cpu', phys(at), len, 9)
          const wrong = [
            hot.compareSet('cpu', phys(0), at, 7).wrong,
            hot.compareSet('cpu', phys(at), len, 9).wrong,
            hot.compareSet('cpu', phys(at + len), pages - at - len, 7).wrong,
          ]
          expect([off, len, ...wrong]).toEqual([off, len, 0, 0, 0])
        }
    },
  )

  it('cleans sections far apart in one call', () => {
    const hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })
    const sections = [0, 1, 62, 63, 64, 65, 127, 128, 129, 200]
    const end = 201 * SECTION * PAGE
    for (const [from, to] of [
      [0, 201],
      [63, 66],
      [64, 129],
      [1, 128],
    ] as const) {
      hot.reset()
      for (const n of sections) hot.set('cpu', phys((n * SECTION + 7) * PAGE), PAGE, 1)
      const cleaned = sections.filter((n) => n >= from && n < to)
      const len = Math.min((to - from) * SECTION * PAGE, end)
      // A call has less than 4 GiB: pieces, as an architecture gives them.
      let writtenBack = 0
      for (let at = 0; at < len; at += 2 ** 31)
        writtenBack += hot.clean(phys(from * SECTION * PAGE + at), Math.min(2 ** 31, len - at)).writtenBack
      expect(writtenBack).toBe(cleaned.length * 64)
      for (const n of sections)
        expect(hot.compareSet('memory', phys((n * SECTION + 7) * PAGE), PAGE, cleaned.includes(n) ? 1 : 0).wrong).toBe(
          0,
        )
    }
  })

  it('a checksum depends on every part of a long range', () => {
    const hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })
    const len = 3 * 2 ** 16 + 100
    const sums = [0, 2 ** 16 - 1, 2 ** 16, 2 ** 17, 2 ** 17 + 5, len - 101, len - 1].map((at) => {
      hot.fill('memory', phys(2 ** 20), len, 1)
      hot.set('memory', phys(2 ** 20 + at), 1, 0x5a)
      const sum = hot.checksum('memory', phys(2 ** 20), len)
      hot.set('memory', phys(2 ** 20 + at), 1, 0x5b)
      expect(hot.checksum('memory', phys(2 ** 20), len)).not.toBe(sum)
      return sum
    })
    expect(new Set(sums).size).toBe(sums.length)
    // What is behind the range, and in front of it, is not in it.
    for (const at of [2 ** 20 - 1, 2 ** 20 + len]) hot.set('memory', phys(at), 1, 0x77)
    hot.set('memory', phys(2 ** 20 + len - 1), 1, 0x5a)
    expect(hot.checksum('memory', phys(2 ** 20), len)).toBe(sums.at(-1))
  })

  it('counts frames that wait for reuse', () => {
    const hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })
    // A section of which some pages have a struct page takes a frame, and gives it back when all have one.
    for (let n = 0; n < 3; n++) hot.setPages(pfn(n * SECTION), 100, true)
    expect(hot.stats()).toMatchObject({ frames: 3, freeFrames: 0 })
    for (let n = 0; n < 3; n++) hot.setPages(pfn(n * SECTION), SECTION, true)
    expect(hot.stats()).toMatchObject({ frames: 3, freeFrames: 3 })
    hot.setPages(pfn(0), 1, false)
    expect(hot.stats()).toMatchObject({ frames: 3, freeFrames: 2 })
    expect([0, 1, SECTION].map((n) => hot.hasPage(pfn(n)))).toEqual([false, true, true])
  })
})
