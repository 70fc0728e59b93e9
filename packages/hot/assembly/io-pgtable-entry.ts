// Runs of 64-bit table entries: the loops that every mapped page goes through.

/** Are `count` entries from `at` all zero? */
export function entriesEmpty(at: usize, count: u32): bool {
  const end = at + ((<usize>count) << 3)
  const wide = at + ((<usize>count & ~7) << 3)
  while (at < wide) {
    const any = v128.or(v128.or(v128.load(at), v128.load(at, 16)), v128.or(v128.load(at, 32), v128.load(at, 48)))
    if (v128.any_true(any)) return false
    at += 64
  }
  for (; at < end; at += 8) if (load<u64>(at) != 0) return false
  return true
}

/** How many of `count` entries from `at` on come before the first that is zero. */
export function entriesBeforeEmpty(at: usize, count: u32): u32 {
  const zero = i64x2.splat(0)
  const wide = count & ~7
  let i: u32 = 0
  for (; i < wide; i += 8) {
    const p = at + ((<usize>i) << 3)
    const low = v128.or(i64x2.eq(v128.load(p), zero), i64x2.eq(v128.load(p, 16), zero))
    const high = v128.or(i64x2.eq(v128.load(p, 32), zero), i64x2.eq(v128.load(p, 48), zero))
    if (v128.any_true(v128.or(low, high))) break
  }
  while (i < count && load<u64>(at + ((<usize>i) << 3)) != 0) i++
  return i
}

/** Entry i = first + i * step. */
export function fillEntries(at: usize, count: u32, first: u64, step: u64): void {
  const end = at + ((<usize>count) << 3)
  const wide = at + ((<usize>count & ~7) << 3)
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
