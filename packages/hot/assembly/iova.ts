// The kernel's I/O virtual address allocator: the same pfn for the same history of calls. Top-down from a cached entry, not
// from the top; holes above that entry are used only when nothing fits below. pfns cross the boundary as f64: they are exact
// up to 2^53, and an address has at most 64 bits. Only a question may be about a bigger one, and comes as a u32 pair.
import {
  ANCHOR,
  find,
  hasWindow,
  highestBlock,
  hiOf,
  insert,
  placeWindow,
  pred,
  remove,
  setClose,
  setOpen,
  succFrom,
} from './iova-set'
import { wentLong } from './long-ways'
import * as P from './shared/io-pgtable-layout'
import * as V from './shared/iova-layout'
import * as L from './shared/layout'

const WINDOW: u64 = 1 << V.WINDOW_BITS

/** Models: Linux v6.12 drivers/iommu/iova.c: init_iova_domain */
export function iovaOpen(d: usize, start: f64, bound: f64): void {
  setOpen(d)
  store<u64>(d, <u64>start, V.IV_START)
  store<u64>(d, <u64>bound, V.IV_BOUND)
  store<u64>(d, <u64>bound, V.IV_M32)
  store<u64>(d, ANCHOR, V.IV_CACHED)
  store<u64>(d, ANCHOR, V.IV_CACHED32)
}

export function iovaClose(d: usize): void {
  setClose(d)
}

/** Where it is not a block of the window's below the cached entry: see iovaAlloc. */
export function allocateFar(d: usize, size: f64, limit: f64, aligned: u32): f64 {
  wentLong(L.LONG_ALLOC, 1)
  const pfn = allocate(d, <i64>size, <i64>limit + 1, aligned != 0)
  return <f64>(<i64>pfn)
}

/** Returns the first pfn, or ANCHOR, which is -1. */
function allocate(d: usize, size: u64, end: u64, aligned: bool): u64 {
  const bound = load<u64>(d, V.IV_BOUND)
  const low32 = end <= bound
  if (low32 && size >= load<u64>(d, V.IV_M32)) return ANCHOR
  const order: u32 = aligned && size > 1 ? 64 - <u32>clz(size - 1) : 0
  const cached = low32 ? load<u64>(d, V.IV_CACHED32) : load<u64>(d, V.IV_CACHED)
  if (!hasWindow(d)) placeWindow(d, low32 ? bound : end)
  let pfn = search(d, size, order, cached, end, load<u64>(d, V.IV_START))
  if (pfn == ANCHOR) {
    pfn = searchAbove(d, size, order, cached, end, low32)
    if (pfn == ANCHOR) {
      store<u64>(d, size, V.IV_M32)
      return ANCHOR
    }
  }
  const last = pfn + size - 1
  insert(d, pfn, last)
  if (last < bound) store<u64>(d, pfn, V.IV_CACHED32)
  else store<u64>(d, pfn, V.IV_CACHED)
  return pfn
}

/** The second try: between the cached entry and the top. */
function searchAbove(d: usize, size: u64, order: u32, cached: u64, end: u64, low32: bool): u64 {
  const top = hiOf(d, cached)
  return top < end ? search(d, size, order, low32 ? succFrom(d, end) : ANCHOR, end, top + 1) : ANCHOR
}

/** Where pfn is not the start of an entry within one word of the window, or the next one is far away: see iovaFree. */
export function freeFar(d: usize, pfn: f64): bool {
  wentLong(L.LONG_FREE, 1)
  const lo = find(d, <u64>(<i64>pfn))
  if (lo == ANCHOR) return false
  const hi = hiOf(d, lo)
  remove(d, lo, hi)
  const bound = load<u64>(d, V.IV_BOUND)
  const cached32 = load<u64>(d, V.IV_CACHED32)
  const cached = load<u64>(d, V.IV_CACHED)
  const next = succFrom(d, lo)
  if (lo == cached32 || (hi < bound && lo >= cached32)) store<u64>(d, next, V.IV_CACHED32)
  if (lo >= cached) store<u64>(d, next, V.IV_CACHED)
  if (lo < bound) store<u64>(d, bound, V.IV_M32)
  return true
}

/**
 * Reserves [lo, hi]: an overlapped range is extended downwards, what sticks out above it becomes a range of its own.
 * IO_RESULT and IO_RESULT_2 hold the range that the kernel returns. The cached entries and the hint stay as they are.
 *
 * Models: Linux v6.12 drivers/iommu/iova.c: reserve_iova
 * Models: Linux v6.12 drivers/iommu/iova.c: __adjust_overlap_range
 */
export function iovaReserve(d: usize, first: f64, last: f64): void {
  let lo = <u64>first
  const hi = <u64>last
  let entry = find(d, lo)
  if (entry == ANCHOR) entry = succFrom(d, lo)
  for (; entry != ANCHOR && entry <= hi; entry = succFrom(d, entry + 1)) {
    const end = hiOf(d, entry)
    if (lo < entry) {
      extendDown(d, entry, lo, end)
      entry = lo
    }
    if (hi <= end) {
      answer(entry, end)
      return
    }
    lo = end + 1
  }
  insert(d, lo, hi)
  answer(lo, hi)
}

/** IO_RESULT and IO_RESULT_2 hold the range that contains pfn; returns whether there is one. */
export function iovaFind(d: usize, pfnHi: u32, pfnLo: u32): bool {
  const lo = find(d, pair(pfnHi, pfnLo))
  if (lo == ANCHOR) return false
  answer(lo, hiOf(d, lo))
  return true
}

/** IO_RESULT and IO_RESULT_2 hold the lowest range that starts at or above pfn; returns whether there is one. */
export function iovaNext(d: usize, pfn: f64): bool {
  const lo = succFrom(d, <u64>pfn)
  if (lo == ANCHOR) return false
  answer(lo, hiOf(d, lo))
  return true
}

/** The highest place for `size` pfns in [low, end) below the entry `from`, or ANCHOR. */
function search(d: usize, size: u64, order: u32, from: u64, end: u64, low: u64): u64 {
  if (order < <u32>V.BLOCK_ORDERS && size == (<u64>1) << order) {
    const base = load<u64>(d, V.IV_WINDOW_BASE)
    const high = min(from, end)
    if (high > base && high <= base + WINDOW) {
      const pfn = highestBlock(d, order, high)
      if (pfn != ANCHOR) return pfn >= low ? pfn : ANCHOR
      if (low >= base) return ANCHOR
    }
  }
  return walkDown(d, size, order, from, end, low)
}

/** The kernel's own walk, entry by entry: for odd sizes and for what lies outside the window. */
function walkDown(d: usize, size: u64, order: u32, from: u64, end: u64, low: u64): u64 {
  const align = ~(((<u64>1) << order) - 1)
  let high = end
  let pfn: u64 = 0
  do {
    high = min(high, from)
    pfn = (high - size) & align
    from = pred(d, from)
    wentLong(L.LONG_WALK, 1)
  } while (from != ANCHOR && pfn <= hiOf(d, from) && pfn >= low)
  return high < size || pfn < low ? ANCHOR : pfn
}

function extendDown(d: usize, entry: u64, lo: u64, last: u64): void {
  remove(d, entry, last)
  insert(d, lo, last)
  if (load<u64>(d, V.IV_CACHED) == entry) store<u64>(d, lo, V.IV_CACHED)
  if (load<u64>(d, V.IV_CACHED32) == entry) store<u64>(d, lo, V.IV_CACHED32)
}

function answer(lo: u64, hi: u64): void {
  store<u64>(P.IO_BASE, lo, P.IO_RESULT)
  store<u64>(P.IO_BASE, hi, P.IO_RESULT_2)
}

function pair(hi: u32, lo: u32): u64 {
  return ((<u64>hi) << 32) | lo
}
