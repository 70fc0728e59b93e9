// Line masks and their summaries: one bit per line, per page with a set line, and per 64 such pages. This file is the only
// writer of all three levels. `lines`, `pages` and `words` are offsets in a section that select one set of them.
import { wentLong } from './long-ways'
import * as L from './shared/layout'

/** Bits of word `w` that stand for elements [first, end). */
export function maskWord(first: u32, end: u32, w: u32): u64 {
  const base = w << 6
  const low = max(first, base) - base
  const high = min<u32>(max(end, base) - base, 64)
  return high > low ? (<u64>-1 >> <u64>(64 - (high - low))) << (<u64>low) : 0
}

/** Can a page have a set line? */
export function pageBit(section: usize, index: u32, pages: usize): bool {
  return ((load<u64>(section + pages + ((index >> 6) << 3)) >> (index & 63)) & 1) != 0
}

/** Sets lines [first, end) of a page; `perPage` words describe a page. */
export function setLines(
  section: usize,
  index: u32,
  first: u32,
  end: u32,
  perPage: u32,
  lines: usize,
  pages: usize,
  words: usize,
): void {
  const at = section + lines + <usize>((index * perPage) << 3)
  for (let w: u32 = 0; w < perPage; w++) store<u64>(at + (w << 3), load<u64>(at + (w << 3)) | maskWord(first, end, w))
  setBit(section + pages, index)
  setBit(section + words, index >> 6)
}

/** Sets all 64 lines of a page whose map is one word. */
export function setWholePage(section: usize, index: u32, lines: usize, pages: usize, words: usize): void {
  store<u64>(section + lines + ((<usize>index) << 3), -1)
  setBit(section + pages, index)
  setBit(section + words, index >> 6)
}

/** Clears lines [first, end) of a page. */
export function clearLines(
  section: usize,
  index: u32,
  first: u32,
  end: u32,
  perPage: u32,
  lines: usize,
  pages: usize,
  words: usize,
): void {
  const at = section + lines + <usize>((index * perPage) << 3)
  let left: u64 = 0
  for (let w: u32 = 0; w < perPage; w++) {
    const word = load<u64>(at + (w << 3)) & ~maskWord(first, end, w)
    store<u64>(at + (w << 3), word)
    left |= word
  }
  if (left == 0) clearPages(section, index >> 6, (<u64>1) << (index & 63), pages, words)
}

/** Clears the summary of pages `mask` of word `w`; their lines are clear already. */
export function clearPages(section: usize, w: u32, mask: u64, pages: usize, words: usize): void {
  const at = section + pages + (w << 3)
  const word = load<u64>(at) & ~mask
  store<u64>(at, word)
  if (word == 0) clearBit(section + words, w)
}

/** Has a page any set line? Exact, unlike pageBit. */
export function anyLine(section: usize, index: u32, perPage: u32, lines: usize, pages: usize): bool {
  if (!pageBit(section, index, pages)) return false
  const at = section + lines + <usize>((index * perPage) << 3)
  let found: u64 = 0
  for (let w: u32 = 0; w < perPage; w++) found |= load<u64>(at + (w << 3))
  return found != 0
}

/** Are all lines [first, end) of a page set? */
export function allLines(section: usize, index: u32, first: u32, end: u32, perPage: u32, lines: usize): bool {
  const at = section + lines + <usize>((index * perPage) << 3)
  for (let w: u32 = 0; w < perPage; w++) if ((maskWord(first, end, w) & ~load<u64>(at + (w << 3))) != 0) return false
  return true
}

/**
 * First word at or after `w`, below `end`, whose pages can have a set line; `end` when there is none. Looks at one bit per
 * 64 pages, so that a clean section costs eight loads.
 */
export function nextWord(section: usize, w: u32, end: u32, words: usize): u32 {
  while (w < end) {
    const bits = load<u64>(section + words + ((w >> 6) << 3)) >> (w & 63)
    if (bits != 0) return min(end, w + <u32>ctz(bits))
    w = (w | 63) + 1
  }
  return end
}

/** Copies the lines of `mask` (word `w` of a page) from one page to another. */
export function copyLines(mask: u64, w: u32, shift: u32, from: usize, to: usize): void {
  const base = (<usize>w) << (6 + shift)
  if (popcnt(mask) <= 8) {
    for (; mask != 0; mask &= mask - 1) {
      const at = base + ((<usize>ctz(mask)) << shift)
      for (let i: usize = 0; i < (<usize>1) << shift; i += 16) v128.store(to + at + i, v128.load(from + at + i))
    }
    return
  }
  copyRuns(mask, from + base, to + base, shift)
}

/** Copies the lines of a mask, neighbours together. */
export function copyRuns(mask: u64, from: usize, to: usize, shift: u32): void {
  wentLong(L.LONG_COPY, 1)
  while (mask != 0) {
    const first = <u32>ctz(mask)
    const run = <u32>ctz(~(mask >> first))
    const at = (<usize>first) << shift
    memory.copy(to + at, from + at, (<usize>run) << shift)
    mask &= mask + (mask & (0 - mask)) // drops the lowest run
  }
}

function setBit(bitmap: usize, i: u32): void {
  const at = bitmap + ((i >> 6) << 3)
  store<u64>(at, load<u64>(at) | ((<u64>1) << (i & 63)))
}

function clearBit(bitmap: usize, i: u32): void {
  const at = bitmap + ((i >> 6) << 3)
  store<u64>(at, load<u64>(at) & ~((<u64>1) << (i & 63)))
}
