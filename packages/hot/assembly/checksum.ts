// A checksum of a byte stream: sixteen FNV-1a lanes of 32 bits, word n going to lane n modulo 16, folded at the end. The
// stream is fed in pieces of 64 bytes; the last, short one is padded with zeros and closed with the length.

const PRIME: u32 = 16777619
const BASIS: u32 = 2166136261

let a: v128
let b: v128
let c: v128
let d: v128

export function checksumBegin(): void {
  a = i32x4.splat(BASIS)
  b = a
  c = a
  d = a
}

/** Takes `blocks` pieces of 64 bytes. */
export function checksumBlocks(at: usize, blocks: u32): void {
  const prime = i32x4.splat(PRIME)
  let a0 = a
  let b0 = b
  let c0 = c
  let d0 = d
  for (const end = at + ((<usize>blocks) << 6); at < end; at += 64) {
    a0 = i32x4.mul(v128.xor(a0, v128.load(at)), prime)
    b0 = i32x4.mul(v128.xor(b0, v128.load(at, 16)), prime)
    c0 = i32x4.mul(v128.xor(c0, v128.load(at, 32)), prime)
    d0 = i32x4.mul(v128.xor(d0, v128.load(at, 48)), prime)
  }
  a = a0
  b = b0
  c = c0
  d = d0
}

export function checksumEnd(len: u32): u32 {
  let sum = fold(fold(fold(fold(BASIS, a), b), c), d)
  return (sum ^ len) * PRIME
}

function fold(sum: u32, v: v128): u32 {
  sum = (sum ^ i32x4.extract_lane(v, 0)) * PRIME
  sum = (sum ^ i32x4.extract_lane(v, 1)) * PRIME
  sum = (sum ^ i32x4.extract_lane(v, 2)) * PRIME
  return (sum ^ i32x4.extract_lane(v, 3)) * PRIME
}
