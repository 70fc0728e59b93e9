// What assembly/pattern.ts and assembly/checksum.ts compute, byte by byte.

const STEP = 0x9e3779b1

function patternByte(seed: number, i: number): number {
  let start = seed >>> 0
  start = Math.imul(start ^ (start >>> 16), 0x85ebca6b)
  start = Math.imul(start ^ (start >>> 13), 0xc2b2ae35)
  start ^= start >>> 16
  const n = Math.floor(i / 4) % 2 ** 32
  const x = (start + Math.imul(n, STEP)) >>> 0
  return ((x ^ (x >>> 16)) >>> (8 * (i % 4))) & 0xff
}

export function pattern(seed: number, offset: number, len: number): Uint8Array {
  return Uint8Array.from({ length: len }, (_, i) => patternByte(seed, offset + i))
}

/** Sixteen FNV-1a lanes over 32-bit little-endian words, zero-padded to 64 bytes, folded lane by lane, closed with the length. */
export function checksum(bytes: Uint8Array): number {
  const fnv = (sum: number, word: number): number => Math.imul(sum ^ word, 16777619) >>> 0
  const padded = new Uint8Array(Math.ceil(bytes.length / 64) * 64)
  padded.set(bytes)
  const words = new DataView(padded.buffer)
  const lanes = Array.from({ length: 16 }, () => 2166136261)
  for (let n = 0; n < padded.length / 4; n++) lanes[n % 16] = fnv(lanes[n % 16] ?? 0, words.getUint32(n * 4, true))
  return fnv(lanes.reduce(fnv, 2166136261), bytes.length)
}
