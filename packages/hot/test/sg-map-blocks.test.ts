// Lists of whole pages, which are mapped four at a time, against the same entries mapped one a call.
import { describe, expect, it } from 'vitest'
import { type Pfn, pfn, phys, type SgPage, vaddr } from '@dmalab/api'
import { Hot } from '../src/index.ts'
import type { SgMapOptions, SgWalkResult } from '../src/sg-walk.ts'
import { BUILDS, moduleOf } from './builds.ts'

const PAGE = 4096
/** On both sides of a section's end. */
const FIRST = 2 ** 15 - 8
const PAGES = 14
const RANGE = { firstPfn: FIRST, endPfn: FIRST + PAGES, busOffset: 0x10_0000 }
const TAG = 1024

interface Entry {
  readonly page: SgPage
  readonly length: number
  readonly offset: number
  readonly attrs: number
}
/** Neighbours are not next to each other; eight in one section, so that they go in fours, and the others in the next. */
const whole = (n: number): Entry => ({
  page: { kind: 'page', pfn: pfn(FIRST + (n < 8 ? (n * 5) % 8 : n)) },
  length: PAGE,
  offset: 0,
  attrs: 0,
})

const odd: Record<string, Partial<Entry>> = {
  'like the others': {},
  'two lines': { length: 128 },
  'the end of a page': { offset: 64, length: PAGE - 64 },
  'part of a line': { length: 100 },
  'over the end of a page': { offset: 64 },
  'a byte over the end of a page': { offset: 1 },
  'behind its page': { offset: PAGE },
  'longer than a page': { length: PAGE + 64 },
  'two pages': { length: 2 * PAGE },
  empty: { length: 0 },
  'nearly 4 GiB': { length: 2 ** 32 - 64 },
  tagged: { attrs: TAG },
  'tagged otherwise': { attrs: 1 },
  'a kernel address that reads like a page': { page: { kind: 'vaddr', at: vaddr(BigInt(FIRST + 2)) } },
  'a kernel address': { page: { kind: 'vaddr', at: vaddr(0xf000_1000n) } },
  'in front of the range': { page: { kind: 'page', pfn: pfn(FIRST - 1) } },
  'behind the range': { page: { kind: 'page', pfn: pfn(FIRST + PAGES) } },
}
const passes: Record<string, Partial<SgMapOptions>> = {
  clean: { maintain: 'clean' },
  invalidate: { maintain: 'invalidate' },
  'with pages': { maintain: 'clean', needPage: true },
  'up to a limit': { maintain: 'clean', limit: (FIRST + PAGES - 1) * PAGE + RANGE.busOffset },
}

describe.each(BUILDS)('%s build', (build) => {
  // Two machines, started again for each list.
  const both = [0, 1].map(() => new Hot(moduleOf(build), { lineSize: 64, poison: 0 }))
  const machine = (which: number, entries: readonly Entry[], dirty: Pfn): { hot: Hot; list: number } => {
    const hot = both[which]!
    hot.reset()
    hot.setPages(pfn(FIRST - 8), PAGES + 16, true)
    hot.set('memory', phys(FIRST * PAGE), PAGES * PAGE, 1)
    hot.set('cpu', phys(dirty * PAGE + 64), 1, 1)
    const list = hot.sg.alloc(entries.length)
    entries.forEach(({ page, length, offset, attrs }, i) => {
      hot.sg.setPage(list, i, page, length, offset)
      hot.sg.setAttrs(list, i, attrs)
    })
    return { hot, list }
  }
  const sums = ({ stopped, entries, skippedEntries, skippedLines, lines, writtenBack }: SgWalkResult) => ({
    stopped,
    entries,
    skippedEntries,
    skippedLines,
    lines,
    writtenBack,
  })

  it('counts the lines of more than 4 GiB', () => {
    const hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })
    hot.set('memory', phys(FIRST * PAGE), PAGE, 1)
    const count = 2 ** 20 + 5
    const list = hot.sg.alloc(count)
    const pages = Array.from({ length: 2 ** 14 }, () => FIRST)
    for (let from = 0; from < count; from += pages.length)
      hot.sg.setPages(list, from, pages.slice(0, Math.min(pages.length, count - from)))
    const came = hot.sg.map(list, { from: 0, count, maintain: 'clean', side: 'device' })
    expect(came).toMatchObject({ next: count, stopped: 'done', lines: count * 64, writtenBack: 0 })
  })

  it.each(Object.keys(odd))('one entry %s', (kind) => {
    for (const pass of Object.values(passes))
      for (let at = 3; at < 9; at++) {
        const entries = Array.from({ length: 13 }, (_, i) => (i === at ? { ...whole(i), ...odd[kind] } : whole(i)))
        const dirty = pfn(FIRST + ((at * 3) % PAGES))
        const [together, alone] = [machine(0, entries, dirty), machine(1, entries, dirty)]
        const options = { side: 'device', maintain: 'clean', skipAttrs: TAG, ranges: [RANGE], ...pass } as const
        const came = together.hot.sg.map(together.list, { ...options, from: 0, count: entries.length })
        const want = { stopped: 'done', entries: 0, skippedEntries: 0, skippedLines: 0, lines: 0, writtenBack: 0 }
        let next = 0
        while (next < entries.length && want.stopped === 'done') {
          const one = alone.hot.sg.map(alone.list, { ...options, from: next, count: 1 })
          want.stopped = one.stopped
          for (const key of ['entries', 'skippedEntries', 'skippedLines', 'lines', 'writtenBack'] as const)
            want[key] += one[key]
          next = one.next
        }
        expect({ ...sums(came), next: came.next }).toEqual({ ...want, next })
        const written = ({ hot, list }: typeof alone) =>
          entries.map((_, i) => [hot.sg.entry(list, i), hot.sg.mapped(list, i)])
        expect(written(together)).toEqual(written(alone))
      }
  })
})
