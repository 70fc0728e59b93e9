// Allocating and freeing as nearly every call does: an aligned block of 1 to 32 pfns in the window, near others. Each is one piece of code
// that has looked at everything before it writes anything; what it does not serve goes the general way in iova.ts, with the same results.
import { allocateFar, freeFar } from './iova'
import { firstsClear, firstsSet } from './iova-firsts'
import { blockTops, highestWith, levelFell, levelRose } from './iova-levels'
import * as V from './shared/iova-layout'
import { quickWhole } from './whole'

const WINDOW: u64 = 1 << V.WINDOW_BITS
const ALL: u64 = 0xffff_ffff_ffff_ffff

/**
 * Allocates `size` pfns, none above `limit`.
 *
 * aligned  not 0: the base is a multiple of size rounded up to a power of two
 * returns  the first pfn, or -1
 *
 * Models: Linux v6.12 drivers/iommu/iova.c: __alloc_and_insert_iova_range
 */
export function iovaAlloc(d: usize, size: f64, limit: f64, aligned: u32): f64 {
  // What is no whole number becomes one that is no size of a block, and lies in no window.
  const pages = quickWhole(size)
  const end = quickWhole(limit) + 1
  const low32 = end <= load<u64>(d, V.IV_BOUND)
  const high = min(load<u64>(d + (low32 ? V.IV_CACHED32 : V.IV_CACHED)), end)
  const last = high - load<u64>(d, V.IV_WINDOW_BASE) - 1
  const isBlock = pages - 1 < 32 && (pages & (pages - 1)) == 0 && (aligned != 0 || pages == 1)
  if (!isBlock || last >= WINDOW || (low32 && pages >= load<u64>(d, V.IV_M32)))
    return allocateFar(d, size, limit, aligned)
  const w = <u32>(last >> 6)
  const order = <u32>ctz(pages)
  const tops = blockTops(load<u64>(wordOf(d, w), V.WORD_FREE) & (ALL >> (~last & 63)), maskOf(d, order))
  if (tops == 0) return takeBelow(d, size, limit, pages, w)
  const i = ((<u64>w) << 6) + 64 - clz(tops) - pages
  if (load<u64>(d, V.IV_WINDOW_BASE) + i < load<u64>(d, V.IV_START)) return allocateFar(d, size, limit, 1)
  return take(d, i, pages)
}

/** As iovaAlloc, for a block below word w of the window. */
function takeBelow(d: usize, size: f64, limit: f64, pages: u64, w: u32): f64 {
  const order = <u32>ctz(pages)
  const found = highestWith(load<u32>(d, V.IV_WINDOW), order, w)
  if (found < 0) return allocateFar(d, size, limit, 1)
  const tops = blockTops(load<u64>(wordOf(d, found), V.WORD_FREE), maskOf(d, order))
  const i = ((<u64>found) << 6) + 64 - clz(tops) - pages
  if (load<u64>(d, V.IV_WINDOW_BASE) + i < load<u64>(d, V.IV_START)) return allocateFar(d, size, limit, 1)
  return take(d, i, pages)
}

/** Takes the free block that begins at i of the window; returns its pfn. */
// inline
function take(d: usize, i: u64, pages: u64): f64 {
  const w = <u32>(i >> 6)
  const at = wordOf(d, w)
  const block = load<u64>(d, V.IV_WINDOW_BASE) + i
  store<u64>(d + (block + pages <= load<u64>(d, V.IV_BOUND) ? V.IV_CACHED32 : V.IV_CACHED), block)
  const free = load<u64>(at, V.WORD_FREE) & ~((((<u64>1) << pages) - 1) << (i & 63))
  store<u64>(at, free, V.WORD_FREE)
  levelFell(load<u32>(d, V.IV_WINDOW), w, free)
  const starts = load<u64>(at, V.WORD_FIRST)
  store<u64>(at, starts | ((<u64>1) << (i & 63)), V.WORD_FIRST)
  if (starts == 0) firstsSet(load<u32>(d, V.IV_WINDOW), w)
  return <f64>(<i64>block)
}

/**
 * Frees the range that holds pfn; returns false when there is none.
 *
 * Models: Linux v6.12 drivers/iommu/iova.c: free_iova
 * Models: Linux v6.12 drivers/iommu/iova.c: __cached_rbnode_delete_update
 */
export function iovaFree(d: usize, pfn: f64): bool {
  const lo = quickWhole(pfn)
  const base = load<u64>(d, V.IV_WINDOW_BASE)
  const i = lo - base
  if (i >= WINDOW) return freeFar(d, pfn)
  const w = <u32>(i >> 6)
  const at = wordOf(d, w)
  const bit = (<u64>1) << (i & 63)
  const higher = (<u64>-2) << (i & 63)
  const starts = load<u64>(at, V.WORD_FIRST)
  const free = load<u64>(at, V.WORD_FREE)
  // The entry ends at the next pfn that is free or starts another, in its word or where the next one begins.
  const end = (free | starts) & higher
  const behind = load<u64>(at, V.NEXT_WORD + V.WORD_FREE) | load<u64>(at, V.NEXT_WORD + V.WORD_FIRST)
  // The next entry starts in its word or in the one behind. Both are as likely: no branch.
  const here = starts & higher
  const next = select<u64>(here, load<u64>(at, V.NEXT_WORD + V.WORD_FIRST), here != 0)
  if ((starts & bit) == 0 || (end | (behind & 1)) == 0 || next == 0) return freeFar(d, pfn)
  const taken = (end & -end) - bit
  store<u64>(at, starts ^ bit, V.WORD_FIRST)
  store<u64>(at, free | taken, V.WORD_FREE)
  const bound = load<u64>(d, V.IV_BOUND)
  const cached = load<u64>(d, V.IV_CACHED)
  const cached32 = load<u64>(d, V.IV_CACHED32)
  const nextLo = base + (i & ~63) + select<u64>(0, 64, here != 0) + ctz(next)
  const below = lo + popcnt(taken) <= bound
  store<u64>(d, select<u64>(nextLo, cached32, lo == cached32 || (below && lo >= cached32)), V.IV_CACHED32)
  store<u64>(d, select<u64>(nextLo, cached, lo >= cached), V.IV_CACHED)
  store<u64>(d, select<u64>(bound, load<u64>(d, V.IV_M32), lo < bound), V.IV_M32)
  levelRose(load<u32>(d, V.IV_WINDOW), w, free | taken)
  if (starts == bit) firstsClear(load<u32>(d, V.IV_WINDOW), w)
  return true
}

// inline
function wordOf(d: usize, w: u32): usize {
  return <usize>load<u32>(d, V.IV_WINDOW) + (w << 4)
}

// inline
function maskOf(d: usize, order: u32): u64 {
  return load<u64>(d + (order << 3), V.IV_MASKS)
}
