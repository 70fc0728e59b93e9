// The last pass over a list of single whole pages, against the general passes.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pfn } from '@dmalab/api'
import { DmaLists, Hot, PageTable } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'

const GRANULE = 4096

describe.each(BUILDS)('%s build', (build) => {
  const hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })
  const lists = new DmaLists(hot.io)
  const table = new PageTable(hot.io, {
    format: 'ARM_64_LPAE_S1',
    pageSizes: 0x40201000,
    ias: 48,
    oas: 48,
    quirks: 0,
    coherentWalk: true,
    startLevel: 0,
    bitsPerLevel: 9,
    pgdBits: 9,
  })
  const listOf = (count: number): number => {
    const list = hot.sg.alloc(count)
    for (let i = 0; i < count; i++) hot.sg.setPage(list, i, { kind: 'page', pfn: pfn(100 + 2 * i) }, GRANULE, 0)
    return list
  }
  const entries = (list: number, count: number): unknown[] =>
    Array.from({ length: count }, (_, i) => ({
      ...hot.sg.entry(list, i),
      bus: hot.sg.busAddress(list, i),
      mapped: hot.sg.mapped(list, i),
    }))

  it('writes the segments that prepare and finalise write', () => {
    const limits = fc.record({
      boundary: fc.constantFrom(0xfffn, 0xffffn, 0xffff_ffffn, 2n ** 64n - 1n),
      maxSize: fc.constantFrom(GRANULE, GRANULE + 1, 0x1_0000, 0xffff_ffff),
    })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 2 ** 22 }),
        limits,
        (count, page, segments) => {
          const [short, general] = [listOf(count), listOf(count)]
          const iova = page * GRANULE
          expect(lists.pages(short, count, GRANULE, segments)).toBe(true)
          expect(lists.prepare(general, count, GRANULE, segments.boundary)).toBe(count * GRANULE)
          // Each list in its turn: they want the same bus addresses.
          const mapped = (list: number, kind: 'prepared' | 'pages'): void => {
            expect(lists.map(table, list, count, iova, 7, kind)).toBe(0)
            for (const i of [0, count - 1]) expect(table.iovaToPhys(iova + i * GRANULE)).toBe((100 + 2 * i) * GRANULE)
            expect(table.unmap(iova, count * GRANULE, 0)).toBe(count * GRANULE)
          }
          mapped(general, 'prepared')
          mapped(short, 'pages')
          const made = lists.finalise(general, count, iova, segments, false)
          expect(lists.finalisePages(short, count, GRANULE, iova, segments)).toBe(made)
          expect(entries(short, count)).toEqual(entries(general, count))
          hot.sg.free(short)
          hot.sg.free(general)
        },
      ),
      { numRuns: 50 },
    )
  })

  it.each([
    ['an offset', (list: number) => hot.sg.setPage(list, 1, { kind: 'page', pfn: pfn(7) }, GRANULE, 8)],
    ['another length', (list: number) => hot.sg.setPage(list, 1, { kind: 'page', pfn: pfn(7) }, 2 * GRANULE, 0)],
    ['no page', (list: number) => hot.sg.setPage(list, 1, { kind: 'null' }, GRANULE, 0)],
  ])('leaves a list with %s to the general passes', (_, change) => {
    const list = listOf(3)
    change(list)
    expect(lists.pages(list, 3, GRANULE, { boundary: 0xffff_ffff, maxSize: 65536 })).toBe(false)
  })

  it('leaves segments shorter than a page, and boundaries within one, to the general passes', () => {
    const list = listOf(3)
    expect(lists.pages(list, 3, GRANULE, { boundary: 0xffff_ffff, maxSize: 2048 })).toBe(false)
    expect(lists.pages(list, 3, GRANULE, { boundary: 0x7ff, maxSize: 65536 })).toBe(false)
  })
})
