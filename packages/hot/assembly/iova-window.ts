// The window of an IOVA domain: which of 2^20 pfns are free, and at which an entry starts. pfns are counted from its base.
import { firstsClear, firstsSet, highestFirst, lowestFirst } from './iova-firsts'
import { blockTops, highestWith, levelFell, levelRose, levelsOpen, lowestFree } from './iova-levels'
import * as V from './shared/iova-layout'

const ALL: u64 = 0xffff_ffff_ffff_ffff

/** Everything free. `win` is zeroed memory. */
export function windowOpen(win: usize): void {
  const end = win + (V.WINDOW_WORDS << 4)
  for (let at = win; at < end; at += 16) store<u64>(at, ALL, V.WORD_FREE)
  levelsOpen(win)
}

export function startsAt(win: usize, i: u32): bool {
  return ((load<u64>(wordAt(win, i >> 6), V.WORD_FIRST) >> (i & 63)) & 1) != 0
}

export function markStart(win: usize, i: u32): void {
  const at = wordAt(win, i >> 6)
  const old = load<u64>(at, V.WORD_FIRST)
  store<u64>(at, old | ((<u64>1) << (i & 63)), V.WORD_FIRST)
  if (old == 0) firstsSet(win, i >> 6)
}

export function unmarkStart(win: usize, i: u32): void {
  const at = wordAt(win, i >> 6)
  const left = load<u64>(at, V.WORD_FIRST) & ~((<u64>1) << (i & 63))
  store<u64>(at, left, V.WORD_FIRST)
  if (left == 0) firstsClear(win, i >> 6)
}

/** The highest start below `end`, or -1. */
export function startBelow(win: usize, end: u32): i32 {
  if (end == 0) return -1
  let w = (end - 1) >> 6
  let word = load<u64>(wordAt(win, w), V.WORD_FIRST) & (ALL >> (63 - ((end - 1) & 63)))
  if (word == 0) {
    const found = highestFirst(win, w)
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
  const found = lowestFirst(win, w + 1)
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
  const free = lowestFree(win, w)
  const first = lowestFirst(win, w)
  if ((free & first) < 0) return -1
  w = <u32>min(<u32>free, <u32>first)
  return (w << 6) + <u32>ctz(bounds(win, w))
}

/** Pfns first..last are taken. */
export function occupy(win: usize, first: u32, last: u32): void {
  for (let i = first; i <= last; i = (i | 63) + 1) {
    const at = wordAt(win, i >> 6)
    const free = load<u64>(at, V.WORD_FREE) & ~span(i, min(last, i | 63))
    store<u64>(at, free, V.WORD_FREE)
    levelFell(win, i >> 6, free)
  }
}

/** Pfns first..last are free. */
export function release(win: usize, first: u32, last: u32): void {
  for (let i = first; i <= last; i = (i | 63) + 1) {
    const at = wordAt(win, i >> 6)
    const free = load<u64>(at, V.WORD_FREE) | span(i, min(last, i | 63))
    store<u64>(at, free, V.WORD_FREE)
    levelRose(win, i >> 6, free)
  }
}

/** The highest free aligned block of 2^order pfns that ends at or below `end`, at least 1; -1 when there is none. `mask`: see IV_MASKS. */
export function highestFree(win: usize, order: u32, mask: u64, end: u32): i32 {
  let w = (end - 1) >> 6
  let tops = blockTops(load<u64>(wordAt(win, w), V.WORD_FREE) & (ALL >> (63 - ((end - 1) & 63))), mask)
  if (tops == 0) {
    const found = highestWith(win, order, w)
    if (found < 0) return -1
    w = found
    tops = blockTops(load<u64>(wordAt(win, w), V.WORD_FREE), mask)
  }
  return (w << 6) + 64 - <u32>clz(tops) - (1 << order)
}

/** Bits first..last of one word. */
function span(first: u32, last: u32): u64 {
  return (ALL << (first & 63)) & (ALL >> (63 - (last & 63)))
}

/** Where an entry that comes from below must end: free pfns and starts. */
function bounds(win: usize, w: u32): u64 {
  return load<u64>(wordAt(win, w), V.WORD_FREE) | load<u64>(wordAt(win, w), V.WORD_FIRST)
}

// inline
function wordAt(win: usize, w: u32): usize {
  return win + (w << 4)
}
