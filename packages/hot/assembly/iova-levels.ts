// How big the free blocks of a word are, and the search for one that is big enough: of 1, 2, 4 ... 32 pfns, free and aligned; what has no block of
// one size has none of the next. A line of words has a bit for each of 64 neighbours and each size, and there is a bit for each line that is
// not empty: a search is three looks. Sizes and places come in no order, so that a branch would be foretold wrongly every other time:
// writing has none, and looks at two sizes at once.
import * as V from './shared/iova-layout'

const ALL: u64 = 0xffff_ffff_ffff_ffff
const LINE: usize = 64
// Where a block of 2, 4, 8, 16 and 32 pfns may begin.
const TWOS: u64 = 0x5555_5555_5555_5555
const FOURS: u64 = 0x1111_1111_1111_1111
const EIGHTS: u64 = 0x0101_0101_0101_0101
const SIXTEENS: u64 = 0x0001_0001_0001_0001
const HALVES: u64 = 0x0000_0001_0000_0001

/** Everything free. */
export function levelsOpen(win: usize): void {
  memory.fill(win + V.FITS, 0xff, V.WINDOW_WORDS)
  memory.fill(win + V.GROUPS, 0xff, 4 * LINE)
}

/** See IV_MASKS. `at`: where they go. */
export function writeMasks(at: usize): void {
  for (let order: u32 = 0; order < <u32>V.BLOCK_ORDERS; order++) {
    let tops: u64 = 0
    for (let i: u32 = (1 << order) - 1; i < 64; i += 1 << order) tops |= (<u64>1) << i
    store<u64>(at + (order << 3), ~tops)
  }
}

/**
 * The highest pfns of the free aligned blocks of one size in a word. `mask` is that size's, see IV_MASKS: the sum reaches the highest bit of
 * a block where any other is taken.
 */
// inline
export function blockTops(free: u64, mask: u64): u64 {
  const taken = ~free
  return ~(((taken & mask) + mask) | taken | mask)
}

/** Fewer pfns of word w are free than before. */
// inline
export function levelFell(win: usize, w: u32, free: u64): void {
  const line = lineOf(win, w)
  const group = lineOf(win, w >> 6)
  const word = i64x2.splat((<u64>1) << (w & 63))
  const lines = i64x2.splat((<u64>1) << ((w >> 6) & 63))
  const f1 = free & (free >> 1) & TWOS
  const f2 = f1 & (f1 >> 2) & FOURS
  const f3 = f2 & (f2 >> 4) & EIGHTS
  const f4 = f3 & (f3 >> 8) & SIXTEENS
  lower(line, group, noneIn(free, f1), word, lines)
  lower(line + 16, group + 16, noneIn(f2, f3), word, lines)
  lower(line + 32, group + 32, noneIn(f4, f4 & (f4 >> 16) & HALVES), word, lines)
}

/** More pfns of word w are free than before. */
// inline
export function levelRose(win: usize, w: u32, free: u64): void {
  const line = lineOf(win, w)
  const group = lineOf(win, w >> 6)
  const word = i64x2.splat((<u64>1) << (w & 63))
  const lines = i64x2.splat((<u64>1) << ((w >> 6) & 63))
  const f1 = free & (free >> 1) & TWOS
  const f2 = f1 & (f1 >> 2) & FOURS
  const f3 = f2 & (f2 >> 4) & EIGHTS
  const f4 = f3 & (f3 >> 8) & SIXTEENS
  raise(line, group, noneIn(free, f1), word, lines)
  raise(line + 16, group + 16, noneIn(f2, f3), word, lines)
  raise(line + 32, group + 32, noneIn(f4, f4 & (f4 >> 16) & HALVES), word, lines)
}

/** The highest word below `end` with a free block of 2^order pfns, or -1. */
// inline
export function highestWith(win: usize, order: u32, end: u32): i32 {
  const column = order << 3
  const line = end >> 6
  const words = load<u64>(win + (line << 6) + column, V.FITS) & (((<u64>1) << (end & 63)) - 1)
  if (words != 0) return (line << 6) + 63 - <u32>clz(words)
  let t = line >> 6
  let lines = load<u64>(win + (t << 6) + column, V.GROUPS) & (((<u64>1) << (line & 63)) - 1)
  while (lines == 0) {
    if (t == 0) return -1
    t--
    lines = load<u64>(win + (t << 6) + column, V.GROUPS)
  }
  const found = (t << 6) + 63 - <u32>clz(lines)
  return (found << 6) + 63 - <u32>clz(load<u64>(win + (found << 6) + column, V.FITS))
}

/** The lowest word from `from` on in which something is free, or -1. */
export function lowestFree(win: usize, from: u32): i32 {
  let kept = ALL << (from & 63)
  for (let w = from & ~63; w < <u32>V.WINDOW_WORDS; w += 64) {
    const words = load<u64>(win + w, V.FITS) & kept
    if (words != 0) return w + <u32>ctz(words)
    kept = ALL
  }
  return -1
}

/** The word's bit goes for sizes of which it has none, and the line's where it has no word. */
// inline
function lower(line: usize, group: usize, none: v128, word: v128, lines: v128): void {
  const fits = v128.andnot(v128.load(line, V.FITS), v128.and(none, word))
  v128.store(line, fits, V.FITS)
  const empty = i64x2.eq(fits, i64x2.splat(0))
  v128.store(group, v128.andnot(v128.load(group, V.GROUPS), v128.and(empty, lines)), V.GROUPS)
}

/** Both bits come for sizes of which the word has some. */
// inline
function raise(line: usize, group: usize, none: v128, word: v128, lines: v128): void {
  v128.store(line, v128.or(v128.load(line, V.FITS), v128.andnot(word, none)), V.FITS)
  v128.store(group, v128.or(v128.load(group, V.GROUPS), v128.andnot(lines, none)), V.GROUPS)
}

/** All ones for each of two that is 0. */
// inline
function noneIn(a: u64, b: u64): v128 {
  return i64x2.eq(i64x2.replace_lane(i64x2.splat(a), 1, b), i64x2.splat(0))
}

/** The line of the 64 words, or groups, that number i is among, from where lines begin. */
// inline
function lineOf(win: usize, i: u32): usize {
  return win + ((i >> 6) << 6)
}
