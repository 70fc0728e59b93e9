// Scatterlists from pages: what becomes one entry, what is refused, and that a refused list leaves nothing.
import { pfn } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { appendTable, sgAllocFromPages, sgAppendFromPages } from '../src/sg-pages.ts'
import { openTestLab } from './lab.ts'

const PAGE = 4096

// Models: Linux v6.12 lib/scatterlist.c: sg_alloc_append_table_from_pages
describe('lists from pages', () => {
  const pages = (pfns: readonly number[], more: object = {}) => ({
    pfns: pfns.map(pfn),
    offset: 0,
    size: pfns.length * PAGE,
    maxSegment: 2 ** 31,
    ...more,
  })
  const open = (entrySize = 1024, fails = 0) => {
    const lab = openTestLab({
      facts: { sgEntrySize: entrySize as never },
      inject: fails === 0 ? [] : [{ what: 'sgAlloc', nth: fails }],
    })
    const host = lab.host(lab.device('codec'))
    const allocator = {
      perChunk: host.sg.perChunk,
      sgAlloc: (n: number) => host.sgAlloc(n),
      sgFree: (t: never) => host.sgFree(t),
      sgGrow: () => ({ ok: false, errno: 'ENOMEM', why: 'no chunk' }) as const,
    }
    return { lab, allocator, lists: () => lab.balance().get('scatterlists') }
  }

  it('a largest segment below a page is -EINVAL, an appended offset too', () => {
    const { allocator } = open()
    expect(sgAllocFromPages(allocator as never, pages([1], { maxSegment: PAGE - 1 }))).toMatchObject({
      errno: 'EINVAL',
      why: 'a largest segment of 4095 bytes is below one page',
    })
    expect(sgAllocFromPages(allocator as never, pages([1], { maxSegment: PAGE })).ok).toBe(true)
    const append = appendTable()
    expect(sgAppendFromPages(allocator as never, append, pages([1]), 1).ok).toBe(true)
    expect(sgAppendFromPages(allocator as never, append, pages([9], { offset: 4 }), 0)).toMatchObject({
      errno: 'EINVAL',
    })
    expect(sgAllocFromPages(allocator as never, pages([]))).toMatchObject({
      errno: 'EINVAL',
      why: 'no pages were given',
    })
  })

  it('one that cannot be chained is given back', () => {
    const { allocator, lists } = open()
    expect(sgAllocFromPages(allocator as never, pages([1, 3, 5, 7, 9]))).toMatchObject({ errno: 'ENOMEM' })
    expect(lists()).toBe(0)
    const first = open(1024, 1)
    expect(sgAllocFromPages(first.allocator as never, pages([1]))).toMatchObject({ errno: 'ENOMEM' })
    expect(first.lists()).toBe(0)
  })

  it('neighbours are one entry up to the largest segment, also across calls; a refusal leaves it as it was', () => {
    const { allocator } = open()
    const append = appendTable()
    const lengths = () => append.table?.entries().map(({ length }) => length)
    sgAppendFromPages(allocator as never, append, pages([1, 2], { maxSegment: 3 * PAGE }), 4)
    expect([lengths()?.[0], append.ended]).toEqual([2 * PAGE, false])
    expect(sgAppendFromPages(allocator as never, append, pages([3, 4, 5], { maxSegment: 3 * PAGE }), 1).ok).toBe(true)
    expect(lengths()?.slice(0, 2)).toEqual([3 * PAGE, 2 * PAGE])
    // One more neighbour, and then more pieces than there is room for.
    const before = lengths()
    expect(sgAppendFromPages(allocator as never, append, pages([6, 20, 30, 40, 50]), 0)).toMatchObject({
      errno: 'ENOMEM',
    })
    expect(lengths()?.slice(0, 2)).toEqual(before?.slice(0, 2))
    expect(append.ended).toBe(false)
    expect(sgAppendFromPages(allocator as never, append, pages([6]), 0).ok).toBe(true)
    expect([lengths()?.slice(0, 2), append.ended]).toEqual([[3 * PAGE, 3 * PAGE], true])
  })

  it('a refusal leaves the only entry as long as it was', () => {
    const { allocator } = open()
    const append = appendTable()
    sgAppendFromPages(allocator as never, append, pages([1]), 3)
    const more = pages([2, 20, 30, 40, 50, 60, 70, 80])
    expect(sgAppendFromPages(allocator as never, append, more, 0)).toMatchObject({ errno: 'ENOMEM' })
    expect([append.table?.entry(0).length, append.ended]).toEqual([PAGE, false])
  })

  it('sizes are cut to what was asked for, in the first and the last entry', () => {
    const { allocator } = open(32)
    const made = sgAllocFromPages(allocator as never, pages([1, 2, 9, 20], { offset: 100, size: 3 * PAGE - 50 }))
    const entries = made.ok ? made.value.entries().map(({ offset, length }) => [offset, length]) : []
    expect(entries).toEqual([
      [100, 2 * PAGE - 100],
      [0, PAGE],
      [0, 50],
    ])
  })
})
