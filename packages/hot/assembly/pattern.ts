// The seeded pattern: byte i of a stream depends on the seed and on i alone. Word n (4 bytes, little-endian) is
// x ^ (x >> 16) with x = start(seed) + n * 0x9e3779b1 modulo 2^32: one addition and one xor per word, four words at a time.
import { wentLong } from './long-ways'
import * as L from './shared/layout'

const STEP: u32 = 0x9e3779b1
const STEPS: usize = L.CALL_BASE + L.V_STEPS

/** Writes what the first of four words is ahead of that of 4, 8, 12 and 16 words before. */
export function writeSteps(): void {
  for (let k: u32 = 1; k <= 4; k++) v128.store(STEPS + ((k - 1) << 4), i32x4.splat(STEP * 4 * k))
}

/** Spreads a seed over 32 bits, so that near seeds give unlike streams. */
export function patternStart(seed: u32): u32 {
  seed = (seed ^ (seed >> 16)) * 0x85ebca6b
  seed = (seed ^ (seed >> 13)) * 0xc2b2ae35
  return seed ^ (seed >> 16)
}

function patternWord(start: u32, n: u32): u32 {
  const x = start + n * STEP
  return x ^ (x >> 16)
}

function patternByte(start: u32, i: u64): u8 {
  return <u8>(patternWord(start, <u32>(i >> 2)) >> ((<u32>i & 3) << 3))
}

/** Words n .. n + 3 before their last step. */
function firstVector(start: u32, n: u32): v128 {
  const lanes = i32x4.mul(i32x4.splat(STEP), i32x4(0, 1, 2, 3))
  return i32x4.add(i32x4.splat(start + n * STEP), lanes)
}

/** Writes bytes [i, i + len) of the stream to `to`. */
export function patternFill(to: usize, len: u32, start: u32, i: u64): void {
  const begin = to
  const end = to + len
  while (to < end && (i & 3) != 0) store<u8>(to++, patternByte(start, i++))
  let pieces = <u32>(to - begin)
  if (to + 16 <= end) {
    let x = firstVector(start, <u32>(i >> 2))
    // In memory, so that they are read before the loop: V8 computes a constant anew in each of its turns.
    const step = v128.load(STEPS)
    const step2 = v128.load(STEPS, 16)
    const step3 = v128.load(STEPS, 32)
    const step4 = v128.load(STEPS, 48)
    i += (end - to) & ~15
    for (; to + 64 <= end; to += 64) {
      const x1 = i32x4.add(x, step)
      const x2 = i32x4.add(x, step2)
      const x3 = i32x4.add(x, step3)
      v128.store(to, v128.xor(x, i32x4.shr_u(x, 16)))
      v128.store(to, v128.xor(x1, i32x4.shr_u(x1, 16)), 16)
      v128.store(to, v128.xor(x2, i32x4.shr_u(x2, 16)), 32)
      v128.store(to, v128.xor(x3, i32x4.shr_u(x3, 16)), 48)
      x = i32x4.add(x, step4)
    }
    pieces += <u32>(end - to)
    for (; to + 16 <= end; to += 16) {
      v128.store(to, v128.xor(x, i32x4.shr_u(x, 16)))
      x = i32x4.add(x, step)
    }
  }
  wentLong(L.LONG_BYTES, pieces + <u32>(end - to))
  while (to < end) store<u8>(to++, patternByte(start, i++))
}

/** Bytes of [at, at + len) that differ from bytes [i, i + len) of the stream; notes the first one (see noteWrong). */
export function patternCompare(at: usize, len: u32, start: u32, i: u64, index: u32): u32 {
  const begin = at
  const end = at + len
  let wrong: u32 = 0
  for (; at < end && (i & 3) != 0; at++)
    if (load<u8>(at) != patternByte(start, i++)) wrong = noteWrong(wrong, 1, index + <u32>(at - begin))
  let pieces = <u32>(at - begin)
  if (at + 16 <= end) {
    let x = firstVector(start, <u32>(i >> 2))
    // In memory, so that they are read before the loop: V8 computes a constant anew in each of its turns.
    const step = v128.load(STEPS)
    const step2 = v128.load(STEPS, 16)
    const step3 = v128.load(STEPS, 32)
    const step4 = v128.load(STEPS, 48)
    i += (end - at) & ~15
    // A line at a time, twice as much needs more registers than there are. What is wrong anywhere is wrong: the loop only gathers.
    const first = x
    let differs = i32x4.splat(0)
    let line = at
    for (; line + 64 <= end; line += 64) {
      const x1 = i32x4.add(x, step)
      const x2 = i32x4.add(x, step2)
      const x3 = i32x4.add(x, step3)
      const a = v128.or(patternDiffers(line, x), patternDiffers(line + 16, x1))
      const b = v128.or(patternDiffers(line + 32, x2), patternDiffers(line + 48, x3))
      differs = v128.or(differs, v128.or(a, b))
      x = i32x4.add(x, step4)
    }
    if (v128.any_true(differs)) x = first
    else at = line
    pieces += <u32>(end - at)
    for (; at + 16 <= end; at += 16) {
      const want = v128.xor(x, i32x4.shr_u(x, 16))
      x = i32x4.add(x, step)
      const have = v128.load(at)
      if (v128.any_true(v128.xor(want, have))) {
        const differ = ~i8x16.bitmask(i8x16.eq(want, have)) & 0xffff
        wrong = noteWrong(wrong, <u32>popcnt(differ), index + <u32>(at - begin) + <u32>ctz(differ))
      }
    }
  }
  wentLong(L.LONG_BYTES, pieces + <u32>(end - at))
  for (; at < end; at++)
    if (load<u8>(at) != patternByte(start, i++)) wrong = noteWrong(wrong, 1, index + <u32>(at - begin))
  return wrong
}

/** Bits of 16 bytes that are not those of four words; `x`: these before their last step. */
// inline
function patternDiffers(at: usize, x: v128): v128 {
  return v128.xor(v128.load(at), v128.xor(x, i32x4.shr_u(x, 16)))
}

/** Bytes of [at, at + len) that are not `byte`. */
export function byteCompare(at: usize, len: u32, byte: u8, index: u32): u32 {
  const begin = at
  const end = at + len
  const want = i8x16.splat(byte)
  let wrong: u32 = 0
  for (; at + 16 <= end; at += 16) {
    const differ = ~i8x16.bitmask(i8x16.eq(want, v128.load(at))) & 0xffff
    if (differ != 0) wrong = noteWrong(wrong, <u32>popcnt(differ), index + <u32>(at - begin) + <u32>ctz(differ))
  }
  wentLong(L.LONG_BYTES, <u32>(end - at))
  for (; at < end; at++) if (load<u8>(at) != byte) wrong = noteWrong(wrong, 1, index + <u32>(at - begin))
  return wrong
}

/** Index of the first wrong byte since it was last set to -1. */
export let firstWrong: i32
export function forgetWrong(): void {
  firstWrong = -1
}

function noteWrong(before: u32, more: u32, index: u32): u32 {
  if (firstWrong == -1) firstWrong = index
  return before + more
}
