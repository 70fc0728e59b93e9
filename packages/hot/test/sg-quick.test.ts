// Entries that need no second look, against the same ones with a line log, which always looks twice.
import { describe, expect, it } from 'vitest'
import { dma, pfn, phys } from '@dmalab/api'
import { Hot } from '../src/index.ts'
import type { SgMapOptions } from '../src/sg-walk.ts'
import { BUILDS, moduleOf } from './builds.ts'

const PAGE = 4096
/** The last three pages of a section, and three of the next. */
const FIRST = 2 ** 15 - 3
const PAGES = 6
const STARTS = [0, 1, 32, 63, 64, 65, 3000, PAGE - 64, PAGE - 1, PAGE, PAGE + 1]
const LENGTHS = [0, 1, 2, 63, 64, 65, PAGE - 3000, PAGE - 2999, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE + 1]
/** Bus addresses are as far off as makes them differ in every part. */
const RANGE = { firstPfn: FIRST, endPfn: FIRST + PAGES, busOffset: 0x1234_5000 }
const END = (FIRST + PAGES) * PAGE + RANGE.busOffset

const passes: Record<string, Omit<SgMapOptions, 'from' | 'count'>> = {
  clean: { maintain: 'clean', side: 'device' },
  invalidate: { maintain: 'invalidate', side: 'cpu' },
  'clean by bus address': { maintain: 'clean', side: 'device', byBusAddress: true },
  'with pages': { maintain: 'clean', side: 'device', needPage: true },
  'marking pages clean': { maintain: 'clean', side: 'cpu', markPagesClean: true },
  'to a limit': { maintain: 'none', side: 'device', limit: END - PAGE },
  'without a range': { maintain: 'flush', side: 'device', ranges: [] },
}

describe.each(BUILDS)('%s build', (build) => {
  const both = [0, 1].map(() => new Hot(moduleOf(build), { lineSize: 64, poison: 0 }))
  const outcome = (which: number, logged: boolean, options: SgMapOptions, dirty: number) => {
    const hot = both[which]!
    hot.reset()
    hot.setPages(pfn(FIRST), PAGES - 1, true)
    hot.set('memory', phys(FIRST * PAGE), PAGES * PAGE, 1)
    hot.set('cpu', phys((FIRST + dirty) * PAGE + 128), 1, 2)
    const list = hot.sg.alloc(LENGTHS.length)
    return STARTS.map((start) => {
      LENGTHS.forEach((length, i) => {
        hot.sg.setPage(list, i, { kind: 'page', pfn: pfn(FIRST + (i % 3)) }, length, start)
        hot.sg.setDma(list, i, dma((FIRST + (i % 3)) * PAGE + start + RANGE.busOffset), length)
      })
      const told: unknown[] = []
      let next = 0
      const pass = () => {
        // What stops it is left out, and it goes on.
        while (next < LENGTHS.length) {
          const all = { ...options, from: next, count: LENGTHS.length - next }
          const came = options.byBusAddress ? hot.sg.maintain(list, all) : hot.sg.map(list, all)
          told.push(came)
          next = came.stopped === 'done' ? came.next : came.next + 1
        }
      }
      if (logged) hot.lineLog(pass)
      else pass()
      const entries = LENGTHS.map((_, i) => [hot.sg.entry(list, i), hot.sg.mapped(list, i)])
      const pages = Array.from({ length: PAGES }, (_, n) => hot.pageClean(pfn(FIRST + n)))
      return { start, told, entries, pages, bytes: hot.checksum('memory', phys(FIRST * PAGE), PAGES * PAGE) }
    })
  }

  it.each(Object.keys(passes))('%s', (kind) => {
    for (const dirty of [0, 1, 2, 3, 5]) {
      const options = { ranges: [RANGE], ...passes[kind]!, from: 0, count: 0 }
      expect(outcome(0, false, options, dirty)).toEqual(outcome(1, true, options, dirty))
    }
  })
})
