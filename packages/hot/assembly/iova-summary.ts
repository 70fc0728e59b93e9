// A summary of two levels over the window's words: the next word that holds something costs at most three looks.
import * as V from './shared/iova-layout'

const ALL: u64 = 0xffff_ffff_ffff_ffff
const L2_WORDS: u32 = V.WINDOW_WORDS >> 12

export function summarySet(sum: usize, w: u32): void {
  const s = w >> 6
  const at = sum + (s << 3)
  const old = load<u64>(at)
  store<u64>(at, old | ((<u64>1) << (w & 63)))
  if (old != 0) return
  const up = sum + ((s >> 6) << 3)
  store<u64>(up, load<u64>(up, V.SUM_L2) | ((<u64>1) << (s & 63)), V.SUM_L2)
}

export function summaryClear(sum: usize, w: u32): void {
  const s = w >> 6
  const at = sum + (s << 3)
  const left = load<u64>(at) & ~((<u64>1) << (w & 63))
  store<u64>(at, left)
  if (left != 0) return
  const up = sum + ((s >> 6) << 3)
  store<u64>(up, load<u64>(up, V.SUM_L2) & ~((<u64>1) << (s & 63)), V.SUM_L2)
}

/** All words hold something. */
export function summaryFill(sum: usize): void {
  memory.fill(sum, 0xff, V.WINDOW_WORDS >> 3)
  memory.fill(sum + V.SUM_L2, 0xff, V.WINDOW_WORDS >> 9)
}

/** The highest word below `end` that holds something, or -1. */
export function highestWord(sum: usize, end: u32): i32 {
  if (end == 0) return -1
  let s = (end - 1) >> 6
  let word = load<u64>(sum + (s << 3)) & (ALL >> (63 - ((end - 1) & 63)))
  if (word == 0) {
    if (s == 0) return -1
    let t = (s - 1) >> 6
    word = load<u64>(sum + (t << 3), V.SUM_L2) & (ALL >> (63 - ((s - 1) & 63)))
    while (word == 0) {
      if (t == 0) return -1
      t--
      word = load<u64>(sum + (t << 3), V.SUM_L2)
    }
    s = (t << 6) + 63 - <u32>clz(word)
    word = load<u64>(sum + (s << 3))
  }
  return (s << 6) + 63 - <u32>clz(word)
}

/** The lowest word from `from` on that holds something, or -1. */
export function lowestWord(sum: usize, from: u32): i32 {
  if (from >= <u32>V.WINDOW_WORDS) return -1
  let s = from >> 6
  let word = load<u64>(sum + (s << 3)) & (ALL << (from & 63))
  if (word == 0) {
    if (++s == <u32>V.WINDOW_WORDS >> 6) return -1
    let t = s >> 6
    word = load<u64>(sum + (t << 3), V.SUM_L2) & (ALL << (s & 63))
    while (word == 0) {
      if (++t == L2_WORDS) return -1
      word = load<u64>(sum + (t << 3), V.SUM_L2)
    }
    s = (t << 6) + <u32>ctz(word)
    word = load<u64>(sum + (s << 3))
  }
  return (s << 6) + <u32>ctz(word)
}
