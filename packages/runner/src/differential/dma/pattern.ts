// The bytes that programs write, and how answers name bytes.
import { InputError } from '@dmalab/api'

const hash = (seed: number, word: number): number => {
  let x = (Math.imul(seed, 2654435761) + Math.imul(word, 2246822519)) >>> 0
  x = (x ^ (x >>> 15)) >>> 0
  x = Math.imul(x, 2654435761) >>> 0
  return (x ^ (x >>> 13)) >>> 0
}

/** More than any program writes at once. */
const MOST_BYTES = 2 ** 28

/** `len` bytes of pattern `seed`. @throws InputError for more bytes than a record can mean */
export const pattern = (seed: number, len: number): Uint8Array => {
  if (!(len <= MOST_BYTES)) throw new InputError(`a command writes ${len} bytes, and at most ${MOST_BYTES} are written`)
  const bytes = new Uint8Array(len)
  for (let i = 0; i < len; i += 4) {
    let word = hash(seed, i >>> 2)
    const end = Math.min(i + 4, len)
    for (let j = i; j < end; j++) {
      bytes[j] = word & 255
      word >>>= 8
    }
  }
  return bytes
}

const CRC_TABLE = new Uint32Array(256).map((_, n) => {
  let c = n
  for (let bit = 0; bit < 8; bit++) c = (c & 1) === 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c >>> 0
})

/** CRC-32 in eight hexadecimal digits. */
export const crc = (bytes: Uint8Array): string => {
  let c = 0xffffffff
  for (const byte of bytes) c = (CRC_TABLE[(c ^ byte) & 255] ?? 0) ^ (c >>> 8)
  return ((c ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0')
}
