// The vectors' way to write 64-bit words: lower-case hex without padding.
import type { U64 } from '@dmalab/hot'

export const hex = (x: U64): string => `0x${x.toString(16)}`

/** Reads a whole number from `least` up. @throws RangeError for what is none */
export function count(text: unknown, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw new RangeError(`${String(text).slice(0, 40)} is not a whole number from ${least} to ${most}`)
  return value
}

/** Reads a word; bigint where a number would lose bits. @throws RangeError below 0 */
export function word(text: unknown): U64 {
  const big = BigInt(text as string)
  if (big < 0n) throw new RangeError(`${String(text).slice(0, 40)} is no word of 64 bits`)
  return big < 2n ** 53n ? Number(big) : big
}
