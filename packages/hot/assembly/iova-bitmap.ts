// A bitmap of three levels over the window: finding the next set bit costs at most three words a level.
import * as V from './shared/iova-layout'

const ALL: u64 = 0xffff_ffff_ffff_ffff

export function bitAt(map: usize, i: u32): bool {
  return ((load<u64>(map + ((i >> 6) << 3)) >> (i & 63)) & 1) != 0
}

/** Sets the bits of `mask` in the word that holds bit i. */
export function setBits(map: usize, i: u32, mask: u64): void {
  const w = i >> 6
  const at = map + (w << 3)
  const old = load<u64>(at)
  store<u64>(at, old | mask)
  if (old == 0) summarise(map, w)
}

/** Clears the bits of `mask` in the word that holds bit i. */
export function clearBits(map: usize, i: u32, mask: u64): void {
  const w = i >> 6
  const at = map + (w << 3)
  const left = load<u64>(at) & ~mask
  store<u64>(at, left)
  if (left == 0) unsummarise(map, w)
}

/** The highest set bit below `end`, or -1. */
export function highestBelow(map: usize, end: u32): i32 {
  if (end == 0) return -1
  let w = (end - 1) >> 6
  let word = load<u64>(map + (w << 3)) & (ALL >> (63 - ((end - 1) & 63)))
  if (word != 0) return top(w, word)
  if (w == 0) return -1
  let s = (w - 1) >> 6
  word = load<u64>(map + (s << 3), V.BITMAP_L1) & (ALL >> (63 - ((w - 1) & 63)))
  if (word == 0) {
    if (s == 0) return -1
    let t = (s - 1) >> 6
    word = load<u64>(map + (t << 3), V.BITMAP_L2) & (ALL >> (63 - ((s - 1) & 63)))
    while (word == 0) {
      if (t == 0) return -1
      t--
      word = load<u64>(map + (t << 3), V.BITMAP_L2)
    }
    s = top(t, word)
    word = load<u64>(map + (s << 3), V.BITMAP_L1)
  }
  w = top(s, word)
  return top(w, load<u64>(map + (w << 3)))
}

/** The lowest set bit from `from` on, or -1; `bits` is the bitmap's length. */
export function lowestFrom(map: usize, from: u32, bits: u32): i32 {
  if (from >= bits) return -1
  let w = from >> 6
  let word = load<u64>(map + (w << 3)) & (ALL << (from & 63))
  if (word != 0) return bottom(w, word)
  const words = bits >> 6
  if (++w >= words) return -1
  let s = w >> 6
  word = load<u64>(map + (s << 3), V.BITMAP_L1) & (ALL << (w & 63))
  if (word == 0) {
    const sums = words >> 6
    if (++s >= sums) return -1
    let t = s >> 6
    word = load<u64>(map + (t << 3), V.BITMAP_L2) & (ALL << (s & 63))
    while (word == 0) {
      if (++t >= (sums + 63) >> 6) return -1
      word = load<u64>(map + (t << 3), V.BITMAP_L2)
    }
    s = bottom(t, word)
    word = load<u64>(map + (s << 3), V.BITMAP_L1)
  }
  w = bottom(s, word)
  return bottom(w, load<u64>(map + (w << 3)))
}

/** All `bits` bits set; a whole number of words. */
export function fillBitmap(map: usize, bits: u32): void {
  const words = bits >> 6
  memory.fill(map, 0xff, words << 3)
  for (let w: u32 = 0; w < words; w++) {
    const s = w >> 6
    store<u64>(map + (s << 3), load<u64>(map + (s << 3), V.BITMAP_L1) | ((<u64>1) << (w & 63)), V.BITMAP_L1)
    const t = s >> 6
    store<u64>(map + (t << 3), load<u64>(map + (t << 3), V.BITMAP_L2) | ((<u64>1) << (s & 63)), V.BITMAP_L2)
  }
}

function summarise(map: usize, w: u32): void {
  const s = w >> 6
  const at = map + (s << 3)
  store<u64>(at, load<u64>(at, V.BITMAP_L1) | ((<u64>1) << (w & 63)), V.BITMAP_L1)
  const up = map + ((s >> 6) << 3)
  store<u64>(up, load<u64>(up, V.BITMAP_L2) | ((<u64>1) << (s & 63)), V.BITMAP_L2)
}

function unsummarise(map: usize, w: u32): void {
  const s = w >> 6
  const at = map + (s << 3)
  const left = load<u64>(at, V.BITMAP_L1) & ~((<u64>1) << (w & 63))
  store<u64>(at, left, V.BITMAP_L1)
  if (left != 0) return
  const up = map + ((s >> 6) << 3)
  store<u64>(up, load<u64>(up, V.BITMAP_L2) & ~((<u64>1) << (s & 63)), V.BITMAP_L2)
}

function top(w: u32, word: u64): i32 {
  return (w << 6) + 63 - <u32>clz(word)
}

function bottom(w: u32, word: u64): i32 {
  return (w << 6) + <u32>ctz(word)
}
