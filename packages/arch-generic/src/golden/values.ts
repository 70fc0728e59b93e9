// Reading a case: JSON values with the types that FORMAT-sg.md gives them.

import { vectorNumber } from '@dmalab/api'

export const num = (value: unknown): number => {
  if (typeof value !== 'number') throw new Error(`expected a number, got ${JSON.stringify(value)}`)
  return value
}
export const list = (value: unknown): readonly unknown[] => {
  if (!Array.isArray(value)) throw new Error(`expected a list, got ${JSON.stringify(value)}`)
  return value
}
export const rows = (value: unknown): readonly (readonly unknown[])[] => list(value).map(list)

/** A `"0x..."` string; beyond 2^53 the nearest number. */
export const address = (value: unknown): number => {
  if (typeof value !== 'string') throw new Error(`expected an address, got ${JSON.stringify(value)}`)
  return vectorNumber(value)
}
export const hexString = (value: number | bigint): string => `0x${value.toString(16)}`

/** A mask as its width; `odd` is the mask itself when it is not a run of ones. */
export const widthOf = (value: unknown): { readonly bits: number; readonly odd?: number } => {
  const mask = BigInt(address(value) > Number.MAX_SAFE_INTEGER ? String(value) : address(value))
  const bits = mask.toString(2).length
  return mask === 2n ** BigInt(bits) - 1n ? { bits } : { bits, odd: Number(mask) }
}
