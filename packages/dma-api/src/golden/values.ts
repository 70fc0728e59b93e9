// Reading a case: JSON values with the types that FORMAT-sg.md gives them.
import type { KError, KResult, SgEntry, SgTable } from '@dmalab/api'
import { negative, type Pfn, vectorNumber } from '@dmalab/api'

export const num = (value: unknown): number => {
  if (typeof value !== 'number') throw new Error(`expected a number, got ${JSON.stringify(value)}`)
  return value
}
/** A page, an offset or a length: a whole number of 32 bits. */
export const whole = (value: unknown): number => {
  const given = num(value)
  if (!Number.isInteger(given) || given < 0 || given >= 2 ** 32)
    throw new Error(`expected a whole number of 32 bits, got ${given}`)
  return given
}
export const optional = (value: unknown): number | undefined => (value === undefined ? undefined : num(value))
export const list = (value: unknown): readonly unknown[] => {
  if (!Array.isArray(value)) throw new Error(`expected a list, got ${JSON.stringify(value)}`)
  return value
}
export const nums = (value: unknown): readonly number[] => list(value).map(num)
export const rows = (value: unknown): readonly (readonly unknown[])[] => list(value).map(list)

/** A `"0x..."` string that fits a number. */
export const address = (value: unknown): number => {
  if (typeof value !== 'string') throw new Error(`expected an address, got ${JSON.stringify(value)}`)
  return vectorNumber(value)
}
export const hexString = (value: number | bigint): string => `0x${value.toString(16)}`

/** 0 or the negative errno. */
export const status = (result: KResult<unknown>): number => (result.ok ? 0 : negative(result.errno))
export const errorOf = (result: KError): number => negative(result.errno)

/** `[pfn, offset, length]`, as the files list entries. */
const pageTriple = ({ page, offset, length }: SgEntry): readonly number[] => {
  if (page.kind !== 'page') throw new Error('the vectors know lists of pages only')
  return [page.pfn, offset, length]
}
export const pageTriples = (table: SgTable): readonly (readonly number[])[] => table.entries().map(pageTriple)
export const pfns = (value: unknown): readonly Pfn[] => nums(value) as Pfn[]
