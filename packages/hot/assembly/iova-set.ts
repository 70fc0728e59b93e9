// The ordered set of allocated ranges of one domain. Ranges wholly inside a window of 2^20 pfns live in bitmaps; the few
// others, and the anchor at the very top, in a sorted array. Ranges never overlap; an entry is known by its lowest pfn.
import { bitAt, clearBits, fillBitmap, highestBelow, lowestFrom, setBits } from './iova-bitmap'
import { tableGive, tableTake } from './io-pgtable-heap'
import * as V from './shared/iova-layout'

/** The anchor's pfn, and "no entry" where an entry below something is meant. */
export const ANCHOR: u64 = 0xffff_ffff_ffff_ffff
const ALL: u64 = 0xffff_ffff_ffff_ffff
const WINDOW: u64 = 1 << V.WINDOW_BITS
const FIRST_ARRAY_ORDER: u32 = 10

export function setOpen(d: usize): void {
  store<u32>(d, <u32>tableTake(FIRST_ARRAY_ORDER), V.IV_OUTER)
  store<u32>(d, FIRST_ARRAY_ORDER, V.IV_OUTER_CAP)
  outerInsert(d, ANCHOR, ANCHOR)
}

export function setClose(d: usize): void {
  tableGive(load<u32>(d, V.IV_OUTER), load<u32>(d, V.IV_OUTER_CAP))
  if (hasWindow(d)) tableGive(load<u32>(d, V.IV_WINDOW), V.WINDOW_ORDER)
}

export function hasWindow(d: usize): bool {
  return load<u32>(d, V.IV_WINDOW) != 0
}

/** Lays the window so that it ends at `end` or covers the bottom; moves the entries that it holds. */
export function placeWindow(d: usize, end: u64): void {
  const top = (end + 63) & ~(<u64>63)
  const base = top > WINDOW ? top - WINDOW : 0
  store<u32>(d, <u32>tableTake(V.WINDOW_ORDER), V.IV_WINDOW)
  store<u64>(d, base, V.IV_WINDOW_BASE)
  for (let k: u32 = 0; k < <u32>V.WINDOW_ORDERS; k++) fillBitmap(freeMap(d, k), (1 << V.WINDOW_BITS) >> k)
  const outer: usize = load<u32>(d, V.IV_OUTER)
  const count = load<u32>(d, V.IV_OUTER_COUNT)
  let kept: u32 = 0
  for (let i: u32 = 0; i < count; i++) {
    const lo = load<u64>(outer + i * V.OUTER_STRIDE)
    const hi = load<u64>(outer + i * V.OUTER_STRIDE, 8)
    if (inWindow(d, lo, hi)) {
      windowInsert(d, lo, hi)
    } else {
      occupy(d, lo, hi)
      store<u64>(outer + kept * V.OUTER_STRIDE, lo)
      store<u64>(outer + kept * V.OUTER_STRIDE, hi, 8)
      kept++
    }
  }
  store<u32>(d, kept, V.IV_OUTER_COUNT)
}

export function insert(d: usize, lo: u64, hi: u64): void {
  if (inWindow(d, lo, hi)) {
    windowInsert(d, lo, hi)
  } else {
    outerInsert(d, lo, hi)
    occupy(d, lo, hi)
  }
}

/** As insert, for an aligned block of 2^order pfns that the window holds: one word a level, order is below WINDOW_ORDERS. */
export function insertBlock(d: usize, lo: u64, order: u32): void {
  const at = rel(d, lo)
  setBits(window(d) + V.MAP_FIRST, at, (<u64>1) << at)
  setBits(window(d) + V.MAP_LAST, at + (1 << order) - 1, (<u64>1) << (at + (1 << order) - 1))
  for (let k: u32 = 0; k < <u32>V.WINDOW_ORDERS; k++) {
    const bits: u32 = k < order ? 1 << (order - k) : 1
    const i = at >> k
    clearBits(freeMap(d, k), i, (((<u64>1) << bits) - 1) << i)
  }
}

/** As remove, for such a block. */
export function removeBlock(d: usize, lo: u64, order: u32): void {
  const at = rel(d, lo)
  clearBits(window(d) + V.MAP_FIRST, at, (<u64>1) << at)
  clearBits(window(d) + V.MAP_LAST, at + (1 << order) - 1, (<u64>1) << (at + (1 << order) - 1))
  for (let k: u32 = 0; k <= order; k++) {
    const i = at >> k
    setBits(freeMap(d, k), i, (((<u64>1) << (1 << (order - k))) - 1) << i)
  }
  for (let k = order + 1; k < <u32>V.WINDOW_ORDERS; k++) {
    if (!bitAt(freeMap(d, k - 1), (at >> (k - 1)) ^ 1)) return
    setBits(freeMap(d, k), at >> k, (<u64>1) << (at >> k))
  }
}

/** log2 of the pfns of an aligned block that the window holds, or WINDOW_ORDERS for any other range. */
export function blockOrder(d: usize, lo: u64, hi: u64): u32 {
  const size = hi - lo + 1
  if (size > 32 || popcnt(size) != 1 || (lo & (size - 1)) != 0 || !inWindow(d, lo, hi)) return V.WINDOW_ORDERS
  return <u32>ctz(size)
}

export function remove(d: usize, lo: u64): void {
  const hi = hiOf(d, lo)
  if (inWindow(d, lo, hi)) {
    clearBits(window(d) + V.MAP_FIRST, rel(d, lo), (<u64>1) << (lo & 63))
    clearBits(window(d) + V.MAP_LAST, rel(d, hi), (<u64>1) << (hi & 63))
  } else {
    outerRemove(d, lo)
  }
  release(d, lo, hi)
}

/** The last pfn of the entry that starts at lo. */
export function hiOf(d: usize, lo: u64): u64 {
  if (lo == ANCHOR) return ANCHOR
  if (touchesWindow(d, lo) && bitAt(window(d) + V.MAP_FIRST, rel(d, lo)))
    return load<u64>(d, V.IV_WINDOW_BASE) + lowestFrom(window(d) + V.MAP_LAST, rel(d, lo), <u32>WINDOW)
  return load<u64>(outerAt(d, outerBelow(d, lo + 1) - 1), 8)
}

/** The entry below lo, or ANCHOR when there is none. */
export function pred(d: usize, lo: u64): u64 {
  let found = ANCHOR
  const below = outerBelow(d, lo)
  if (below != 0) found = load<u64>(outerAt(d, below - 1))
  if (!hasWindow(d)) return found
  const base = load<u64>(d, V.IV_WINDOW_BASE)
  if (lo <= base) return found
  const i = highestBelow(window(d) + V.MAP_FIRST, <u32>min(lo - base, WINDOW))
  if (i < 0) return found
  const inside = base + <u64>i
  return found == ANCHOR || inside > found ? inside : found
}

/** The lowest entry with lo >= pfn; the anchor when there is no other. */
export function succFrom(d: usize, pfn: u64): u64 {
  let found = load<u64>(outerAt(d, outerBelow(d, pfn)))
  if (!hasWindow(d)) return found
  const base = load<u64>(d, V.IV_WINDOW_BASE)
  if (pfn >= base + WINDOW) return found
  const i = lowestFrom(window(d) + V.MAP_FIRST, pfn > base ? rel(d, pfn) : 0, <u32>WINDOW)
  return i >= 0 ? min(found, base + <u64>i) : found
}

/** The entry that holds pfn, or ANCHOR. */
export function find(d: usize, pfn: u64): u64 {
  if (pfn == ANCHOR) return ANCHOR
  const lo = pred(d, pfn + 1)
  return lo != ANCHOR && hiOf(d, lo) >= pfn ? lo : ANCHOR
}

/**
 * The highest free aligned block of 2^order pfns that ends at or below `high`, as far as the window knows.
 *
 * returns  its first pfn, or ANCHOR when the window has none below `high`
 */
export function highestFree(d: usize, order: u32, high: u64): u64 {
  const base = load<u64>(d, V.IV_WINDOW_BASE)
  const i = highestBelow(freeMap(d, order), <u32>((high - base) >> order))
  return i < 0 ? ANCHOR : base + ((<u64>i) << order)
}

function window(d: usize): usize {
  return load<u32>(d, V.IV_WINDOW)
}

/** Free blocks of an order. */
function freeMap(d: usize, order: u32): usize {
  return window(d) + (order == 0 ? V.MAP_FREE : V.MAP_ORDERS + 0x20000 - (0x40000 >> order))
}

function rel(d: usize, pfn: u64): u32 {
  return <u32>(pfn - load<u64>(d, V.IV_WINDOW_BASE))
}

function touchesWindow(d: usize, pfn: u64): bool {
  return hasWindow(d) && pfn - load<u64>(d, V.IV_WINDOW_BASE) < WINDOW
}

function inWindow(d: usize, lo: u64, hi: u64): bool {
  return touchesWindow(d, lo) && touchesWindow(d, hi)
}

function windowInsert(d: usize, lo: u64, hi: u64): void {
  setBits(window(d) + V.MAP_FIRST, rel(d, lo), (<u64>1) << (lo & 63))
  setBits(window(d) + V.MAP_LAST, rel(d, hi), (<u64>1) << (hi & 63))
  occupy(d, lo, hi)
}

/** Clears the free bits of [lo, hi] as far as the window reaches. */
function occupy(d: usize, lo: u64, hi: u64): void {
  if (!hasWindow(d)) return
  const base = load<u64>(d, V.IV_WINDOW_BASE)
  if (hi < base || lo >= base + WINDOW) return
  const first = lo > base ? rel(d, lo) : 0
  const last = <u32>min(hi - base, WINDOW - 1)
  for (let k: u32 = 0; k < <u32>V.WINDOW_ORDERS; k++) {
    const map = freeMap(d, k)
    for (let i = first >> k, end = last >> k; i <= end;) {
      const upto = min(end, i | 63)
      clearBits(map, i, span(i, upto))
      i = upto + 1
    }
  }
}

/** Sets the free bits of [lo, hi]; a bigger block is free when both its halves are. */
function release(d: usize, lo: u64, hi: u64): void {
  if (!hasWindow(d)) return
  const base = load<u64>(d, V.IV_WINDOW_BASE)
  if (hi < base || lo >= base + WINDOW) return
  let first = lo > base ? rel(d, lo) : 0
  let last = <u32>min(hi - base, WINDOW - 1)
  setRun(freeMap(d, 0), first, last)
  for (let k: u32 = 1; k < <u32>V.WINDOW_ORDERS; k++) {
    const below = freeMap(d, k - 1)
    // Blocks at the edges count only when their other half is free as well.
    if ((first & 1) != 0 && !bitAt(below, first - 1)) first++
    if ((last & 1) == 0 && !bitAt(below, last + 1)) {
      if (last == 0) return
      last--
    }
    if (first > last) return
    first >>= 1
    last >>= 1
    setRun(freeMap(d, k), first, last)
  }
}

function setRun(map: usize, first: u32, last: u32): void {
  for (let i = first; i <= last;) {
    const upto = min(last, i | 63)
    setBits(map, i, span(i, upto))
    i = upto + 1
  }
}

/** Bits first..last of one word. */
function span(first: u32, last: u32): u64 {
  return (ALL << (first & 63)) & (ALL >> (63 - (last & 63)))
}

function outerAt(d: usize, i: u32): usize {
  return <usize>load<u32>(d, V.IV_OUTER) + i * V.OUTER_STRIDE
}

/** Entries of the array with lo < pfn. */
function outerBelow(d: usize, pfn: u64): u32 {
  const outer: usize = load<u32>(d, V.IV_OUTER)
  let from: u32 = 0
  let to = load<u32>(d, V.IV_OUTER_COUNT)
  while (from < to) {
    const middle = (from + to) >> 1
    if (load<u64>(outer + middle * V.OUTER_STRIDE) < pfn) from = middle + 1
    else to = middle
  }
  return from
}

function outerInsert(d: usize, lo: u64, hi: u64): void {
  const count = load<u32>(d, V.IV_OUTER_COUNT)
  const order = load<u32>(d, V.IV_OUTER_CAP)
  if ((count + 1) * V.OUTER_STRIDE > (<u32>1) << order) {
    const bigger = tableTake(order + 1)
    memory.copy(bigger, load<u32>(d, V.IV_OUTER), (<usize>1) << order)
    tableGive(load<u32>(d, V.IV_OUTER), order)
    store<u32>(d, <u32>bigger, V.IV_OUTER)
    store<u32>(d, order + 1, V.IV_OUTER_CAP)
  }
  const i = outerBelow(d, lo)
  const at = outerAt(d, i)
  memory.copy(at + V.OUTER_STRIDE, at, (count - i) * V.OUTER_STRIDE)
  store<u64>(at, lo)
  store<u64>(at, hi, 8)
  store<u32>(d, count + 1, V.IV_OUTER_COUNT)
}

function outerRemove(d: usize, lo: u64): void {
  const count = load<u32>(d, V.IV_OUTER_COUNT) - 1
  const i = outerBelow(d, lo)
  const at = outerAt(d, i)
  memory.copy(at, at + V.OUTER_STRIDE, (count - i) * V.OUTER_STRIDE)
  store<u32>(d, count, V.IV_OUTER_COUNT)
}
