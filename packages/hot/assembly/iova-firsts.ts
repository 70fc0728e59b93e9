// In which words of a window an entry starts: bitmaps of two levels, so that the next one costs at most three looks.
import * as V from './shared/iova-layout'

const ALL: u64 = 0xffff_ffff_ffff_ffff
const GROUPS: u32 = V.WINDOW_WORDS >> 6
const SUPERGROUPS: u32 = V.WINDOW_WORDS >> 12

/** The first entry of word w came. */
export function firstsSet(win: usize, w: u32): void {
  set(groupAt(win, w >> 6), w & 63)
  set(superAt(win, w >> 12), (w >> 6) & 63)
}

/** The last entry of word w is gone. */
export function firstsClear(win: usize, w: u32): void {
  if (clear(groupAt(win, w >> 6), w & 63) == 0) clear(superAt(win, w >> 12), (w >> 6) & 63)
}

/** The highest word below `end` in which an entry starts, or -1. */
export function highestFirst(win: usize, end: u32): i32 {
  if (end == 0) return -1
  let s = (end - 1) >> 6
  let word = load<u64>(groupAt(win, s)) & (ALL >> (63 - ((end - 1) & 63)))
  if (word == 0) {
    if (s == 0) return -1
    let t = (s - 1) >> 6
    word = load<u64>(superAt(win, t)) & (ALL >> (63 - ((s - 1) & 63)))
    while (word == 0) {
      if (t == 0) return -1
      t--
      word = load<u64>(superAt(win, t))
    }
    s = (t << 6) + 63 - <u32>clz(word)
    word = load<u64>(groupAt(win, s))
  }
  return (s << 6) + 63 - <u32>clz(word)
}

/** The lowest word from `from` on in which an entry starts, or -1. */
export function lowestFirst(win: usize, from: u32): i32 {
  if (from >= <u32>V.WINDOW_WORDS) return -1
  let s = from >> 6
  let word = load<u64>(groupAt(win, s)) & (ALL << (from & 63))
  if (word == 0) {
    if (++s == GROUPS) return -1
    let t = s >> 6
    word = load<u64>(superAt(win, t)) & (ALL << (s & 63))
    while (word == 0) {
      if (++t == SUPERGROUPS) return -1
      word = load<u64>(superAt(win, t))
    }
    s = (t << 6) + <u32>ctz(word)
    word = load<u64>(groupAt(win, s))
  }
  return (s << 6) + <u32>ctz(word)
}

function set(at: usize, bit: u32): void {
  store<u64>(at, load<u64>(at) | ((<u64>1) << bit))
}

function clear(at: usize, bit: u32): u64 {
  const left = load<u64>(at) & ~((<u64>1) << bit)
  store<u64>(at, left)
  return left
}

function groupAt(win: usize, s: u32): usize {
  return win + V.FIRST_WORDS + (s << 3)
}

function superAt(win: usize, t: u32): usize {
  return win + V.FIRST_GROUPS + (t << 3)
}
