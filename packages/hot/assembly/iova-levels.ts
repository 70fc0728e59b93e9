// How big the free blocks of a word are, and the search for one that is big enough. The level of a word says how many sizes of block it has:
// 1, 2, 4 ... 2^(level - 1) pfns, free and aligned; what has no block of one size has none of the next. A line of words has a bit for each
// of 64 neighbours and each size, and there is a bit for each line that is not empty: a search is three looks. Sizes and places come in no
// order, so that a branch would be foretold wrongly every other time: writing has none.
import * as V from './shared/iova-layout'

const ALL: u64 = 0xffff_ffff_ffff_ffff
const LINE: usize = 64

/** Everything free. */
export function levelsOpen(win: usize): void {
  for (let level: usize = 0; level <= <usize>V.BLOCK_ORDERS; level++)
    memory.fill(win + V.SIZES + level * LINE, 0xff, level << 3)
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
  setFits(line, win + (levelOf(free) << 6), i64x2.splat((<u64>1) << (w & 63)))
  const group = lineOf(win, w >> 6)
  const bit = i64x2.splat((<u64>1) << ((w >> 6) & 63))
  lower(group, line, bit)
  lower(group + 16, line + 16, bit)
  lower(group + 32, line + 32, bit)
}

/** More pfns of word w are free than before. */
// inline
export function levelRose(win: usize, w: u32, free: u64): void {
  const sizes = win + (levelOf(free) << 6)
  setFits(lineOf(win, w), sizes, i64x2.splat((<u64>1) << (w & 63)))
  const group = lineOf(win, w >> 6)
  const bit = i64x2.splat((<u64>1) << ((w >> 6) & 63))
  raise(group, sizes, bit)
  raise(group + 16, sizes + 16, bit)
  raise(group + 32, sizes + 32, bit)
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

/** The bit comes for the sizes of a level. */
// inline
function raise(group: usize, sizes: usize, bit: v128): void {
  v128.store(group, v128.or(v128.load(group, V.GROUPS), v128.and(v128.load(sizes, V.SIZES), bit)), V.GROUPS)
}

/** The bit goes where a line has no word. */
// inline
function lower(group: usize, line: usize, bit: v128): void {
  const none = i64x2.eq(v128.load(line, V.FITS), i64x2.splat(0))
  v128.store(group, v128.andnot(v128.load(group, V.GROUPS), v128.and(none, bit)), V.GROUPS)
}

/** The bit says which sizes a level has. */
// inline
function setFits(line: usize, sizes: usize, bit: v128): void {
  setFit(line, sizes, bit)
  setFit(line + 16, sizes + 16, bit)
  setFit(line + 32, sizes + 32, bit)
}

// inline
function setFit(line: usize, sizes: usize, bit: v128): void {
  v128.store(line, v128.bitselect(v128.load(sizes, V.SIZES), v128.load(line, V.FITS), bit), V.FITS)
}

/** The line of the 64 words, or groups, that number i is among, from where lines begin. */
// inline
function lineOf(win: usize, i: u32): usize {
  return win + ((i >> 6) << 6)
}

// inline
function levelOf(free: u64): u32 {
  const f1 = free & (free >> 1) & 0x5555_5555_5555_5555
  const f2 = f1 & (f1 >> 2) & 0x1111_1111_1111_1111
  const f3 = f2 & (f2 >> 4) & 0x0101_0101_0101_0101
  const f4 = f3 & (f3 >> 8) & 0x0001_0001_0001_0001
  const f5 = f4 & (f4 >> 16) & 0x0000_0001_0000_0001
  return <u32>(free != 0) + <u32>(f1 != 0) + <u32>(f2 != 0) + <u32>(f3 != 0) + <u32>(f4 != 0) + <u32>(f5 != 0)
}
