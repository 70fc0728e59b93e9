// Summaries of two levels over the window's words: the next word that holds something costs at most three looks. `kind`: an order of
// free blocks, or SUM_FIRST.
import * as V from './shared/iova-layout'

const ALL: u64 = 0xffff_ffff_ffff_ffff
const L1_WORDS: u32 = V.WINDOW_WORDS >> 6
const L2_WORDS: u32 = V.WINDOW_WORDS >> 12

export function summarySet(win: usize, kind: u32, w: u32): void {
  const at = level1(win, kind, w >> 6)
  const old = load<u64>(at)
  store<u64>(at, old | ((<u64>1) << (w & 63)))
  if (old == 0) tellUp(win, kind, w >> 6, true)
}

export function summaryClear(win: usize, kind: u32, w: u32): void {
  const at = level1(win, kind, w >> 6)
  const left = load<u64>(at) & ~((<u64>1) << (w & 63))
  store<u64>(at, left)
  if (left == 0) tellUp(win, kind, w >> 6, false)
}

/** All words have free blocks of all orders. */
export function summaryFillFree(win: usize): void {
  for (let kind: u32 = 0; kind < <u32>V.BLOCK_ORDERS; kind++) {
    for (let s: u32 = 0; s < L1_WORDS; s++) store<u64>(level1(win, kind, s), ALL)
    for (let t: u32 = 0; t < L2_WORDS; t++) store<u64>(level2(win, kind, t), ALL)
  }
}

/**
 * What word w holds of each order changed: `f0` is what is free, and fk the places of blocks of 2^k. All six summaries are written
 * without a branch, because sizes come in no order.
 */
// inline
export function summaryFree(win: usize, w: u32, f0: u64, f1: u64, f2: u64, f3: u64, f4: u64, f5: u64): void {
  const at = level1(win, 0, w >> 6)
  const bit = i64x2.splat((<u64>1) << (w & 63))
  const changed = v128.or(v128.or(write(at, f0, f1, bit), write(at + 16, f2, f3, bit)), write(at + 32, f4, f5, bit))
  if (v128.any_true(changed)) tellAllUp(win, w >> 6)
}

/** Two kinds at once; a lane of the result is not zero where the second level must hear of it. */
// inline
function write(at: usize, a: u64, b: u64, bit: v128): v128 {
  const none = i64x2.splat(0)
  const old = v128.load(at)
  const now = v128.bitselect(i64x2.ne(i64x2.replace_lane(i64x2.splat(a), 1, b), none), old, bit)
  v128.store(at, now)
  return v128.xor(i64x2.eq(old, none), i64x2.eq(now, none))
}

function tellAllUp(win: usize, s: u32): void {
  for (let kind: u32 = 0; kind < <u32>V.BLOCK_ORDERS; kind++) tellUp(win, kind, s, load<u64>(level1(win, kind, s)) != 0)
}

function tellUp(win: usize, kind: u32, s: u32, holds: bool): void {
  const at = level2(win, kind, s >> 6)
  const bit = (<u64>1) << (s & 63)
  store<u64>(at, holds ? load<u64>(at) | bit : load<u64>(at) & ~bit)
}

/** The highest word below `end` that holds something, or -1. */
export function highestWord(win: usize, kind: u32, end: u32): i32 {
  if (end == 0) return -1
  let s = (end - 1) >> 6
  let word = load<u64>(level1(win, kind, s)) & (ALL >> (63 - ((end - 1) & 63)))
  if (word == 0) {
    if (s == 0) return -1
    let t = (s - 1) >> 6
    word = load<u64>(level2(win, kind, t)) & (ALL >> (63 - ((s - 1) & 63)))
    while (word == 0) {
      if (t == 0) return -1
      t--
      word = load<u64>(level2(win, kind, t))
    }
    s = (t << 6) + 63 - <u32>clz(word)
    word = load<u64>(level1(win, kind, s))
  }
  return (s << 6) + 63 - <u32>clz(word)
}

/** The lowest word from `from` on that holds something, or -1. */
export function lowestWord(win: usize, kind: u32, from: u32): i32 {
  if (from >= <u32>V.WINDOW_WORDS) return -1
  let s = from >> 6
  let word = load<u64>(level1(win, kind, s)) & (ALL << (from & 63))
  if (word == 0) {
    if (++s == L1_WORDS) return -1
    let t = s >> 6
    word = load<u64>(level2(win, kind, t)) & (ALL << (s & 63))
    while (word == 0) {
      if (++t == L2_WORDS) return -1
      word = load<u64>(level2(win, kind, t))
    }
    s = (t << 6) + <u32>ctz(word)
    word = load<u64>(level1(win, kind, s))
  }
  return (s << 6) + <u32>ctz(word)
}

function level1(win: usize, kind: u32, s: u32): usize {
  return win + V.SUM + (s << V.SUM_SHIFT) + (kind << 3)
}

function level2(win: usize, kind: u32, t: u32): usize {
  return win + V.SUM_L2 + (t << V.SUM_SHIFT) + (kind << 3)
}
