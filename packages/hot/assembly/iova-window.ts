// The window of an IOVA domain: which of 2^20 pfns are free, and at which an entry starts. pfns are counted from its base.
import * as V from './shared/iova-layout'
import { highestWord, lowestWord, summaryClear, summaryFillFree, summaryFree, summarySet } from './iova-summary'

const ALL: u64 = 0xffff_ffff_ffff_ffff

/** Everything free. `win` is zeroed memory. */
export function windowOpen(win: usize): void {
  const end = win + (V.WINDOW_WORDS << 4)
  for (let at = win; at < end; at += 16) store<u64>(at, ALL, V.WORD_FREE)
  summaryFillFree(win)
}

export function startsAt(win: usize, i: u32): bool {
  return ((load<u64>(wordAt(win, i >> 6), V.WORD_FIRST) >> (i & 63)) & 1) != 0
}

export function markStart(win: usize, i: u32): void {
  const at = wordAt(win, i >> 6)
  const old = load<u64>(at, V.WORD_FIRST)
  store<u64>(at, old | ((<u64>1) << (i & 63)), V.WORD_FIRST)
  if (old == 0) summarySet(win, V.SUM_FIRST, i >> 6)
}

export function unmarkStart(win: usize, i: u32): void {
  const at = wordAt(win, i >> 6)
  const left = load<u64>(at, V.WORD_FIRST) & ~((<u64>1) << (i & 63))
  store<u64>(at, left, V.WORD_FIRST)
  if (left == 0) summaryClear(win, V.SUM_FIRST, i >> 6)
}

/** The highest start below `end`, or -1. */
export function startBelow(win: usize, end: u32): i32 {
  if (end == 0) return -1
  let w = (end - 1) >> 6
  let word = load<u64>(wordAt(win, w), V.WORD_FIRST) & (ALL >> (63 - ((end - 1) & 63)))
  if (word == 0) {
    const found = highestWord(win, V.SUM_FIRST, w)
    if (found < 0) return -1
    w = found
    word = load<u64>(wordAt(win, w), V.WORD_FIRST)
  }
  return (w << 6) + 63 - <u32>clz(word)
}

/** The lowest start from `from` on, or -1. */
export function startFrom(win: usize, from: u32): i32 {
  const w = from >> 6
  const word = load<u64>(wordAt(win, w), V.WORD_FIRST) & (ALL << (from & 63))
  if (word != 0) return (w << 6) + <u32>ctz(word)
  const found = lowestWord(win, V.SUM_FIRST, w + 1)
  return found < 0 ? -1 : (found << 6) + <u32>ctz(load<u64>(wordAt(win, found), V.WORD_FIRST))
}

/** Where the entry that starts at i ends: the next pfn that is free or starts another; -1 when the window ends before. */
export function entryEnd(win: usize, i: u32): i32 {
  let w = i >> 6
  let next = (bounds(win, w) >> (i & 63)) >> 1
  if (next != 0) return i + 1 + <u32>ctz(next)
  if (++w == V.WINDOW_WORDS) return -1
  // What fills its word to the end is followed at once by something else, more often than not.
  next = bounds(win, w)
  if (next != 0) return (w << 6) + <u32>ctz(next)
  const free = lowestWord(win, 0, w)
  const first = lowestWord(win, V.SUM_FIRST, w)
  if ((free & first) < 0) return -1
  w = <u32>min(<u32>free, <u32>first)
  return (w << 6) + <u32>ctz(bounds(win, w))
}

/** A new entry first..last within one word: markStart and occupy. */
// inline
export function enter(win: usize, first: u32, last: u32): void {
  const w = first >> 6
  const at = wordAt(win, w)
  const starts = load<u64>(at, V.WORD_FIRST)
  store<u64>(at, starts | ((<u64>1) << (first & 63)), V.WORD_FIRST)
  if (starts == 0) summarySet(win, V.SUM_FIRST, w)
  setFree(win, w, load<u64>(at, V.WORD_FREE) & ~span(first, last))
}

/** Removes the entry that starts at `first` if it ends in the same word, and returns where; else -1 and nothing changes. */
// inline
export function leave(win: usize, first: u32): i32 {
  const w = first >> 6
  const at = wordAt(win, w)
  const bit = (<u64>1) << (first & 63)
  const starts = load<u64>(at, V.WORD_FIRST)
  const free = load<u64>(at, V.WORD_FREE)
  const above = (free | starts) & ~(bit | (bit - 1))
  // An entry that fills the word may go on in the next one.
  if ((starts & bit) == 0 || (above == 0 && !boundary(win, w + 1))) return -1
  const taken = (above & -above) - bit
  store<u64>(at, starts ^ bit, V.WORD_FIRST)
  if (starts == bit) summaryClear(win, V.SUM_FIRST, w)
  setFree(win, w, free | taken)
  return first + <u32>popcnt(taken)
}

/** Pfns first..last are taken. */
export function occupy(win: usize, first: u32, last: u32): void {
  for (let i = first; i <= last; i = (i | 63) + 1) {
    const w = i >> 6
    setFree(win, w, load<u64>(wordAt(win, w), V.WORD_FREE) & ~span(i, min(last, i | 63)))
  }
}

/** Pfns first..last are free. */
export function release(win: usize, first: u32, last: u32): void {
  for (let i = first; i <= last; i = (i | 63) + 1) {
    const w = i >> 6
    setFree(win, w, load<u64>(wordAt(win, w), V.WORD_FREE) | span(i, min(last, i | 63)))
  }
}

/** The highest free aligned block of 2^order pfns that ends at or below `end`, or -1. */
// inline
export function highestFree(win: usize, order: u32, end: u32): i32 {
  if (end == 0) return -1
  let w = (end - 1) >> 6
  let starts = blocks(load<u64>(wordAt(win, w), V.WORD_FREE) & (ALL >> (63 - ((end - 1) & 63))), order)
  if (starts == 0) {
    const found = highestWord(win, order, w)
    if (found < 0) return -1
    w = found
    starts = blocks(load<u64>(wordAt(win, w), V.WORD_FREE), order)
  }
  return (w << 6) + 63 - <u32>clz(starts)
}

/** Bits first..last of one word. */
export function span(first: u32, last: u32): u64 {
  return (ALL << (first & 63)) & (ALL >> (63 - (last & 63)))
}

/** A word's free pfns changed. */
// inline
function setFree(win: usize, w: u32, free: u64): void {
  store<u64>(wordAt(win, w), free, V.WORD_FREE)
  const f1 = free & (free >> 1) & 0x5555_5555_5555_5555
  const f2 = f1 & (f1 >> 2) & 0x1111_1111_1111_1111
  const f3 = f2 & (f2 >> 4) & 0x0101_0101_0101_0101
  const f4 = f3 & (f3 >> 8) & 0x0001_0001_0001_0001
  summaryFree(win, w, free, f1, f2, f3, f4, f4 & (f4 >> 16) & 0x0000_0001_0000_0001)
}

/** First pfns of the free aligned blocks of 2^order pfns in a word. No branch: sizes come in no order. */
// inline
function blocks(free: u64, order: u32): u64 {
  free = select<u64>(free & (free >> 1) & 0x5555_5555_5555_5555, free, order > 0)
  free = select<u64>(free & (free >> 2) & 0x1111_1111_1111_1111, free, order > 1)
  free = select<u64>(free & (free >> 4) & 0x0101_0101_0101_0101, free, order > 2)
  free = select<u64>(free & (free >> 8) & 0x0001_0001_0001_0001, free, order > 3)
  return select<u64>(free & (free >> 16) & 0x0000_0001_0000_0001, free, order > 4)
}

/** Where an entry that comes from below must end: free pfns and starts. */
function bounds(win: usize, w: u32): u64 {
  return load<u64>(wordAt(win, w), V.WORD_FREE) | load<u64>(wordAt(win, w), V.WORD_FIRST)
}

/** Must an entry from below end before this word? */
function boundary(win: usize, w: u32): bool {
  return w < <u32>V.WINDOW_WORDS && (bounds(win, w) & 1) != 0
}

function wordAt(win: usize, w: u32): usize {
  return win + (w << 4)
}
