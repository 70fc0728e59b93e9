// How big the free blocks of a word are, and the search for one that is big enough: a byte a word, sixteen looked at in one step, and a
// bound for 64 words. A bound is raised at once, and lowered when a search finds nothing below it.
import * as V from './shared/iova-layout'

const ALL: u64 = 0xffff_ffff_ffff_ffff
const GROUP_COUNT: u32 = V.WINDOW_WORDS >> 6

/** Everything free. */
export function levelsOpen(win: usize): void {
  memory.fill(win + V.LEVELS, <u8>V.BLOCK_ORDERS, V.WINDOW_WORDS)
  memory.fill(win + V.GROUP_LEVELS, <u8>V.BLOCK_ORDERS, GROUP_COUNT)
  memory.fill(win + V.GROUPS, 0xff, V.BLOCK_ORDERS << 5)
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
  store<u8>(win + w, levelOf(free), V.LEVELS)
}

/** More pfns of word w are free than before. */
// inline
export function levelRose(win: usize, w: u32, free: u64): void {
  const level = levelOf(free)
  store<u8>(win + w, level, V.LEVELS)
  if (level > <u32>load<u8>(win + (w >> 6), V.GROUP_LEVELS)) raiseGroup(win, w >> 6, level)
}

/** The highest word below `end` with a free block of 2^order pfns, or -1. */
// inline
export function highestWith(win: usize, order: u32, end: u32): i32 {
  const least = i8x16.splat(<i8>(order + 1))
  let group = end >> 6
  let words = withLevel(win + (end & ~63), least) & (((<u64>1) << (end & 63)) - 1)
  if (words != 0) return (group << 6) + 63 - <u32>clz(words)
  while (group != 0) {
    const at = win + (order << 5) + (((group - 1) >> 6) << 3)
    const groups = load<u64>(at, V.GROUPS) & (ALL >> (63 - ((group - 1) & 63)))
    group = (group - 1) & ~63
    if (groups == 0) continue
    group += 63 - <u32>clz(groups)
    words = withLevel(win + (group << 6), least)
    if (words != 0) return (group << 6) + 63 - <u32>clz(words)
    lowerGroup(win, group, order)
  }
  return -1
}

/** The lowest word from `from` on in which something is free, or -1. */
export function lowestFree(win: usize, from: u32): i32 {
  const least = i8x16.splat(1)
  for (let w = from; w < <u32>V.WINDOW_WORDS; w += 16) {
    const found = i8x16.bitmask(i8x16.ge_u(v128.load(win + w, V.LEVELS), least))
    if (found != 0) return w + ctz(found)
  }
  return -1
}

function raiseGroup(win: usize, group: u32, level: u32): void {
  for (let order: u32 = load<u8>(win + group, V.GROUP_LEVELS); order < level; order++) {
    const at = win + (order << 5) + ((group >> 6) << 3)
    store<u64>(at, load<u64>(at, V.GROUPS) | ((<u64>1) << (group & 63)), V.GROUPS)
  }
  store<u8>(win + group, level, V.GROUP_LEVELS)
}

function lowerGroup(win: usize, group: u32, level: u32): void {
  for (let order = level; order < <u32>load<u8>(win + group, V.GROUP_LEVELS); order++) {
    const at = win + (order << 5) + ((group >> 6) << 3)
    store<u64>(at, load<u64>(at, V.GROUPS) & ~((<u64>1) << (group & 63)), V.GROUPS)
  }
  store<u8>(win + group, level, V.GROUP_LEVELS)
}

/** A bit for each of 64 words whose level is so high. */
// inline
function withLevel(at: usize, least: v128): u64 {
  const a = <u32>i8x16.bitmask(i8x16.ge_u(v128.load(at, V.LEVELS), least))
  const b = <u32>i8x16.bitmask(i8x16.ge_u(v128.load(at, V.LEVELS + 16), least))
  const c = <u32>i8x16.bitmask(i8x16.ge_u(v128.load(at, V.LEVELS + 32), least))
  const d = <u32>i8x16.bitmask(i8x16.ge_u(v128.load(at, V.LEVELS + 48), least))
  return ((<u64>(c | (d << 16))) << 32) | (a | (b << 16))
}

/** See the layout. A word without a block of one size has none of the next. */
// inline
function levelOf(free: u64): u32 {
  const f1 = free & (free >> 1) & 0x5555_5555_5555_5555
  const f2 = f1 & (f1 >> 2) & 0x1111_1111_1111_1111
  const f3 = f2 & (f2 >> 4) & 0x0101_0101_0101_0101
  const f4 = f3 & (f3 >> 8) & 0x0001_0001_0001_0001
  const f5 = f4 & (f4 >> 16) & 0x0000_0001_0000_0001
  return <u32>(free != 0) + <u32>(f1 != 0) + <u32>(f2 != 0) + <u32>(f3 != 0) + <u32>(f4 != 0) + <u32>(f5 != 0)
}
