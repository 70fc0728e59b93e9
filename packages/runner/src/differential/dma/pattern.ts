// The bytes that programs write, and how answers name bytes.
import { InputError } from '@dmalab/api'

/** The bits of word `word` of pattern `seed`. */
const hash = (seed: number, word: number): number => {
  let x = (Math.imul(seed, 2654435761) + Math.imul(word, 2246822519)) | 0
  x ^= x >>> 15
  x = Math.imul(x, 2654435761)
  return x ^ (x >>> 13)
}

/** More than any program writes at once. */
const MOST_BYTES = 2 ** 28

/** `len` bytes of pattern `seed`. @throws InputError for more bytes than a record can mean */
export const pattern = (seed: number, len: number): Uint8Array => {
  if (!(len <= MOST_BYTES)) throw new InputError(`a command writes ${len} bytes, and at most ${MOST_BYTES} are written`)
  const words = new Int32Array(Math.ceil(len / 4))
  for (let i = 0; i < words.length; i++) words[i] = hash(seed, i)
  return new Uint8Array(words.buffer, 0, len)
}

/** What eight bits in the lowest byte become, after 0 to 3 bytes more: four tables of 256 words. */
const CRC_TABLES = new Int32Array(4 * 256)
for (let i = 0; i < CRC_TABLES.length; i++) {
  let c = i < 256 ? i : (CRC_TABLES[i - 256] ?? 0)
  for (let bit = 0; bit < 8; bit++) c = (c & 1) === 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  CRC_TABLES[i] = c
}

/** CRC-32 in eight hexadecimal digits; four bytes at a time. */
export const crc = (bytes: Uint8Array): string => {
  const table = (which: number, byte: number): number => CRC_TABLES[which * 256 + (byte & 255)] ?? 0
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fours = bytes.length & ~3
  let c = -1
  for (let i = 0; i < fours; i += 4) {
    c ^= view.getInt32(i, true)
    c = table(3, c) ^ table(2, c >>> 8) ^ table(1, c >>> 16) ^ table(0, c >>> 24)
  }
  for (const byte of bytes.subarray(fours)) c = table(0, c ^ byte) ^ (c >>> 8)
  return (~c >>> 0).toString(16).padStart(8, '0')
}

/** Of whole words: a number of bytes that four divides. */
export const isZero = (bytes: Uint8Array): boolean => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let i = 0; i < bytes.length; i += 4) if (view.getInt32(i) !== 0) return false
  return true
}
