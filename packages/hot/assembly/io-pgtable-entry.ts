// Runs of 64-bit table entries: the loops that every mapped page goes through.
import { wentLong } from './long-ways'
import * as L from './shared/layout'

/** Are `count` entries from `at` all zero? */
export function entriesEmpty(at: usize, count: u32): bool {
  const end = at + ((<usize>count) << 3)
  const wide = at + ((<usize>count & ~15) << 3)
  for (; at < wide; at += 128) {
    const a = v128.or(v128.load(at), v128.load(at, 16))
    const b = v128.or(v128.load(at, 32), v128.load(at, 48))
    const c = v128.or(v128.load(at, 64), v128.load(at, 80))
    const d = v128.or(v128.load(at, 96), v128.load(at, 112))
    if (v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) return false
  }
  wentLong(L.LONG_TABLE_ENTRY, <u32>((end - at) >> 3))
  for (; at < end; at += 8) if (load<u64>(at) != 0) return false
  return true
}

/** How many of `count` entries from `at` on come before the first that is zero. */
export function entriesBeforeEmpty(at: usize, count: u32): u32 {
  // What is not zero has bit 0 set, as a rule: sixteen entries are tested at once, and one by one where that does not hold.
  const valid = i64x2.splat(1)
  let i: u32 = 0
  for (; i + 16 <= count; i += 16) {
    const p = at + ((<usize>i) << 3)
    const a = v128.and(v128.load(p), v128.load(p, 16))
    const b = v128.and(v128.load(p, 32), v128.load(p, 48))
    const c = v128.and(v128.load(p, 64), v128.load(p, 80))
    const d = v128.and(v128.load(p, 96), v128.load(p, 112))
    if (!i64x2.all_true(v128.and(v128.and(v128.and(a, b), v128.and(c, d)), valid))) break
  }
  const wide = i
  while (i < count && load<u64>(at + ((<usize>i) << 3)) != 0) i++
  wentLong(L.LONG_TABLE_ENTRY, i - wide)
  return i
}

/** Entry i = first + i * step. */
export function fillEntries(at: usize, count: u32, first: u64, step: u64): void {
  const end = at + ((<usize>count) << 3)
  const wide = at + ((<usize>count & ~7) << 3)
  wentLong(L.LONG_TABLE_ENTRY, count & 7)
  if (at < wide) {
    let a = i64x2.replace_lane(i64x2.splat(first), 1, first + step)
    let b = i64x2.add(a, i64x2.splat(step * 2))
    let c = i64x2.add(a, i64x2.splat(step * 4))
    let d = i64x2.add(b, i64x2.splat(step * 4))
    const eight = i64x2.splat(step * 8)
    while (at < wide) {
      v128.store(at, a)
      v128.store(at, b, 16)
      v128.store(at, c, 32)
      v128.store(at, d, 48)
      a = i64x2.add(a, eight)
      b = i64x2.add(b, eight)
      c = i64x2.add(c, eight)
      d = i64x2.add(d, eight)
      at += 64
      first += step * 8
    }
  }
  for (; at < end; at += 8) {
    store<u64>(at, first)
    first += step
  }
}
