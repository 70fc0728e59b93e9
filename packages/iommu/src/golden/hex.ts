// The vectors' way to write 64-bit words: lower-case hex without padding.
import type { U64 } from '@dmalab/hot'

export const hex = (x: U64): string => `0x${x.toString(16)}`

/** Reads a word; bigint where a number would lose bits. */
export function word(text: unknown): U64 {
  const big = BigInt(text as string)
  return big < 2n ** 53n ? Number(big) : big
}
