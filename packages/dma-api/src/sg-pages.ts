// Scatterlists from page lists: neighbouring pages become one entry, up to a largest segment; a list may be extended later.
import {
  fail,
  type KResult,
  ok,
  PAGE_SIZE,
  type Pfn,
  physOf,
  type SgAppendTable,
  type SgPages,
  type SgTable,
} from '@dmalab/api'

/** Where lists come from. */
export interface SgAllocator {
  /** Zeroed entries; ENOMEM, EINVAL for 0. */
  sgAlloc(entries: number): KResult<SgTable>
  sgFree(table: SgTable): void
  /** Makes room for `entries` in all; what is there stays. ENOMEM. */
  sgGrow(table: SgTable, entries: number): KResult<void>
  /** SG_MAX_SINGLE_ALLOC. */
  readonly perChunk: number
}

/** struct sg_append_table, as the functions here work on it. */
export interface AppendState extends SgAppendTable {
  table: SgTable | null
  totalNents: number
  /** Index of the last entry in use, -1 before the first. */
  last: number
  ended: boolean
}

export const appendTable = (): AppendState => ({ table: null, totalNents: 0, last: -1, ended: false })

/**
 * EINVAL when a segment is smaller than a page; ENOMEM.
 * Models: Linux v6.12 lib/scatterlist.c: sg_alloc_table_from_pages_segment
 */
export const sgAllocFromPages = (allocator: SgAllocator, pages: SgPages): KResult<SgTable> => {
  const append = appendTable()
  const done = sgAppendFromPages(allocator, append, pages, 0)
  if (!done.ok) {
    if (append.table !== null) allocator.sgFree(append.table)
    return done
  }
  if (append.table === null) throw new Error('a list without entries')
  return ok(append.table)
}

/**
 * Extends a list. `leftPages`: how many more pages later calls will bring at most. EINVAL, ENOMEM: the list is as before.
 * Models: Linux v6.12 lib/scatterlist.c: sg_alloc_append_table_from_pages
 */
export const sgAppendFromPages = (
  allocator: SgAllocator,
  append: AppendState,
  pages: SgPages,
  leftPages: number,
): KResult<void> => {
  const maxSegment = pages.maxSegment - (pages.maxSegment % PAGE_SIZE)
  if (maxSegment < PAGE_SIZE) return fail('EINVAL', `a largest segment of ${pages.maxSegment} bytes is below one page`)
  if (append.last >= 0 && pages.offset !== 0) return fail('EINVAL', 'appended pages cannot start at an offset')
  const merged = mergeIntoLast(append, pages.pfns, maxSegment)
  const rest = pages.pfns.slice(merged.pages)
  if (rest.length > 0 || append.last < 0) {
    const segments = segmentsOf(rest, maxSegment)
    const added = addSegments(allocator, append, { ...pages, pfns: rest }, segments, leftPages)
    if (!added.ok) {
      if (append.table !== null && append.last >= 0) setLength(append.table, append.last, merged.lengthBefore)
      return added
    }
  }
  append.ended = leftPages === 0
  return ok(undefined)
}

/** Leading pages that continue the last entry are merged into it, whole pages at a time, without counting them as data. */
const mergeIntoLast = (append: AppendState, pfns: readonly Pfn[], maxSegment: number) => {
  if (append.table === null || append.last < 0) return { pages: 0, lengthBefore: 0 }
  const { page, offset, length } = append.table.entry(append.last)
  if (page.kind !== 'page') throw new Error('lists from page lists hold pages')
  const next = Math.floor((physOf(page.pfn, offset) + length) / PAGE_SIZE)
  let merged = 0
  let grown = length
  while (merged < pfns.length && pfns[merged] === next + merged && grown + PAGE_SIZE <= maxSegment) {
    grown += PAGE_SIZE
    merged += 1
  }
  setLength(append.table, append.last, grown)
  return { pages: merged, lengthBefore: length }
}

/** Index of the first page of every segment, and the number of pages behind the last. Pages count, not bytes. */
const segmentsOf = (pfns: readonly Pfn[], maxSegment: number): readonly number[] => {
  const starts = [0]
  let length = 0
  for (let i = 1; i < pfns.length; i++) {
    length += PAGE_SIZE
    const neighbour = pfns[i] === (pfns[i - 1] as number) + 1
    if (length >= maxSegment || !neighbour) {
      starts.push(i)
      length = 0
    }
  }
  return [...starts, pfns.length]
}

/** Giving more pages than `size` needs makes the remaining size wrap, as unsigned long does: later entries are full. */
const addSegments = (
  allocator: SgAllocator,
  append: AppendState,
  pages: SgPages,
  segments: readonly number[],
  leftPages: number,
): KResult<void> => {
  const count = segments.length - 1
  let remaining = pages.size
  let { offset } = pages
  let used = append.last + 1
  for (let i = 0; i < count; i++) {
    const from = segments[i] ?? 0
    const room = makeRoom(allocator, append, used, count - i + leftPages)
    if (!room.ok) return room
    const pfn = pages.pfns[from]
    if (pfn === undefined) return fail('EINVAL', 'no pages were given')
    const bytes = ((segments[i + 1] ?? 0) - from) * PAGE_SIZE - offset
    room.value.setPage(used, { kind: 'page', pfn }, Math.min(remaining, bytes), offset)
    remaining = remaining >= bytes ? remaining - bytes : Infinity
    offset = 0
    used += 1
  }
  append.last = used - 1
  if (append.table !== null) {
    append.table.nents = used
    append.table.origNents = used
  }
  return ok(undefined)
}

/**
 * The table with entry `index` usable. A new chunk takes the place of the last free entry, which becomes the link.
 * Models: Linux v6.12 lib/scatterlist.c: get_next_sg
 */
const makeRoom = (allocator: SgAllocator, append: AppendState, index: number, needed: number): KResult<SgTable> => {
  const chunk = Math.min(needed, allocator.perChunk)
  if (append.table === null) {
    const made = allocator.sgAlloc(chunk)
    if (!made.ok) return made
    append.table = made.value
    append.totalNents = chunk
    return made
  }
  const isLast = index === append.totalNents - 1
  if (index < append.totalNents && (!isLast || needed === 1)) return ok(append.table)
  const total = append.totalNents + chunk - 1
  const grown = allocator.sgGrow(append.table, total)
  if (!grown.ok) return grown
  append.totalNents = total
  return ok(append.table)
}

const setLength = (table: SgTable, index: number, length: number): void => {
  const { page, offset } = table.entry(index)
  table.setPage(index, page, length, offset)
}
