// The ordered set of allocated ranges of one domain. Where ranges start and what is free in a window of 2^20 pfns is kept
// there; the few ranges that do not lie wholly in it, and the anchor at the very top, are in a sorted array. Ranges never
// overlap; an entry is known by its lowest pfn.
import { tableGive, tableTake } from './io-pgtable-heap'
import { writeMasks } from './iova-levels'
import {
  entryEnd,
  highestFree,
  markStart,
  occupy,
  release,
  startBelow,
  startFrom,
  startsAt,
  unmarkStart,
  windowOpen,
} from './iova-window'
import * as V from './shared/iova-layout'

/** The anchor's pfn, and "no entry" where an entry below something is meant. */
export const ANCHOR: u64 = 0xffff_ffff_ffff_ffff
const WINDOW: u64 = 1 << V.WINDOW_BITS
const FIRST_ARRAY_ORDER: u32 = 10
/** Where the window begins while there is none: no pfn is so high. */
const NO_WINDOW: u64 = 1 << 63
/** No window lies above: see quickWhole in whole.ts. */
const HIGHEST: u64 = 1 << 52

export function setOpen(d: usize): void {
  store<u32>(d, <u32>tableTake(FIRST_ARRAY_ORDER), V.IV_OUTER)
  store<u32>(d, FIRST_ARRAY_ORDER, V.IV_OUTER_CAP)
  store<u64>(d, NO_WINDOW, V.IV_WINDOW_BASE)
  writeMasks(d + V.IV_MASKS)
  outerInsert(d, ANCHOR, ANCHOR)
}

export function setClose(d: usize): void {
  tableGive(load<u32>(d, V.IV_OUTER), load<u32>(d, V.IV_OUTER_CAP))
  if (hasWindow(d)) tableGive(window(d), V.WINDOW_ORDER)
}

export function hasWindow(d: usize): bool {
  return window(d) != 0
}

/** Lays the window so that it ends at `end`, or covers the bottom; moves the entries that it holds. */
export function placeWindow(d: usize, end: u64): void {
  const top = (min(end, HIGHEST) + 63) & ~(<u64>63)
  store<u32>(d, <u32>tableTake(V.WINDOW_ORDER), V.IV_WINDOW)
  store<u64>(d, top > WINDOW ? top - WINDOW : 0, V.IV_WINDOW_BASE)
  windowOpen(window(d))
  const outer: usize = load<u32>(d, V.IV_OUTER)
  const count = load<u32>(d, V.IV_OUTER_COUNT)
  let kept: u32 = 0
  for (let i: u32 = 0; i < count; i++) {
    const lo = load<u64>(outer + i * V.OUTER_STRIDE)
    const hi = load<u64>(outer + i * V.OUTER_STRIDE, 8)
    windowInsert(d, lo, hi)
    if (inWindow(d, lo) && inWindow(d, hi)) continue
    store<u64>(outer + kept * V.OUTER_STRIDE, lo)
    store<u64>(outer + kept * V.OUTER_STRIDE, hi, 8)
    kept++
  }
  store<u32>(d, kept, V.IV_OUTER_COUNT)
}

export function insert(d: usize, lo: u64, hi: u64): void {
  if (!inWindow(d, lo) || !inWindow(d, hi)) outerInsert(d, lo, hi)
  windowInsert(d, lo, hi)
}

/** Removes the entry [lo, hi]. */
export function remove(d: usize, lo: u64, hi: u64): void {
  if (!inWindow(d, lo) || !inWindow(d, hi)) outerRemove(d, lo)
  if (inWindow(d, lo)) unmarkStart(window(d), rel(d, lo))
  if (reachesWindow(d, lo, hi)) release(window(d), firstIn(d, lo), lastIn(d, hi))
}

/** The last pfn of the entry that starts at lo. */
export function hiOf(d: usize, lo: u64): u64 {
  if (inWindow(d, lo)) {
    const end = entryEnd(window(d), rel(d, lo))
    if (end >= 0) return windowBase(d) + <u64>end - 1
  }
  const outer = outerAt(d, outerBelow(d, lo))
  return load<u64>(outer) == lo ? load<u64>(outer, 8) : windowBase(d) + WINDOW - 1
}

/** The entry below lo, or ANCHOR when there is none. */
export function pred(d: usize, lo: u64): u64 {
  let found = ANCHOR
  // An array with one entry holds the anchor alone.
  const below = load<u32>(d, V.IV_OUTER_COUNT) == 1 ? 0 : outerBelow(d, lo)
  if (below != 0) found = load<u64>(outerAt(d, below - 1))
  const base = windowBase(d)
  if (!hasWindow(d) || lo <= base) return found
  const i = startBelow(window(d), <u32>min(lo - base, WINDOW))
  if (i < 0) return found
  const inside = base + <u64>i
  return found == ANCHOR || inside > found ? inside : found
}

/** The lowest entry with lo >= pfn; the anchor when there is no other. */
export function succFrom(d: usize, pfn: u64): u64 {
  const outer = load<u64>(outerAt(d, load<u32>(d, V.IV_OUTER_COUNT) == 1 ? 0 : outerBelow(d, pfn)))
  const base = windowBase(d)
  if (!hasWindow(d) || pfn >= base + WINDOW) return outer
  const i = startFrom(window(d), pfn > base ? rel(d, pfn) : 0)
  return i >= 0 ? min(outer, base + <u64>i) : outer
}

/** The entry that holds pfn, or ANCHOR. */
export function find(d: usize, pfn: u64): u64 {
  if (pfn == ANCHOR) return ANCHOR
  if (inWindow(d, pfn) && startsAt(window(d), rel(d, pfn))) return pfn
  const lo = pred(d, pfn + 1)
  return lo != ANCHOR && hiOf(d, lo) >= pfn ? lo : ANCHOR
}

/**
 * The highest free aligned block of 2^order pfns that ends at or below `high`, as far as the window knows.
 *
 * returns  its first pfn, or ANCHOR when the window has none below `high`
 */
export function highestBlock(d: usize, order: u32, high: u64): u64 {
  const mask = load<u64>(d + (order << 3), V.IV_MASKS)
  const i = highestFree(window(d), order, mask, <u32>(high - windowBase(d)))
  return i < 0 ? ANCHOR : windowBase(d) + <u64>i
}

function window(d: usize): usize {
  return load<u32>(d, V.IV_WINDOW)
}

function windowBase(d: usize): u64 {
  return load<u64>(d, V.IV_WINDOW_BASE)
}

function rel(d: usize, pfn: u64): u32 {
  return <u32>(pfn - windowBase(d))
}

function inWindow(d: usize, pfn: u64): bool {
  return pfn - windowBase(d) < WINDOW && hasWindow(d)
}

function reachesWindow(d: usize, lo: u64, hi: u64): bool {
  return hasWindow(d) && hi >= windowBase(d) && lo < windowBase(d) + WINDOW
}

function firstIn(d: usize, lo: u64): u32 {
  return lo > windowBase(d) ? rel(d, lo) : 0
}

function lastIn(d: usize, hi: u64): u32 {
  return <u32>min(hi - windowBase(d), WINDOW - 1)
}

/** What the window shows of an entry: its start, also when it goes on above, and the pfns it takes. */
function windowInsert(d: usize, lo: u64, hi: u64): void {
  if (inWindow(d, lo)) markStart(window(d), rel(d, lo))
  if (reachesWindow(d, lo, hi)) occupy(window(d), firstIn(d, lo), lastIn(d, hi))
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
