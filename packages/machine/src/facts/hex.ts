// How facts write numbers, and regions made of address and size cells.
import { readNumber } from '../fdt/node.ts'
import type { Hex, HexRange } from './types.ts'

export const toHex = (value: number | bigint): Hex => `0x${value.toString(16)}`

/** A region with exact numbers; 64-bit ends need more than a double. */
export interface BigRange {
  readonly base: bigint
  readonly size: bigint
}

export const toHexRange = ({ base, size }: BigRange): HexRange => ({ base: toHex(base), size: toHex(size) })

/** Whole (address, size) pairs of a property, and how many cells are left over. */
export function readRegions(
  cells: readonly number[],
  addressCells: number,
  sizeCells: number,
): { readonly regions: readonly BigRange[]; readonly leftover: number } {
  const stride = addressCells + sizeCells
  // Counts are unsigned 32-bit: a huge one leaves everything over.
  if (stride === 0 || stride > cells.length) return { regions: [], leftover: cells.length }
  const regions: BigRange[] = []
  let at = 0
  for (; at + stride <= cells.length; at += stride)
    regions.push({
      base: readNumber(cells, at, addressCells),
      size: readNumber(cells, at + addressCells, sizeCells),
    })
  return { regions, leftover: cells.length - at }
}

/** All cells of a property as one number. */
export const wholeNumber = (cells: readonly number[]): bigint => readNumber(cells, 0, cells.length)
