import { expect, it } from 'vitest'
import fc from 'fast-check'
import { formatAddress, formatLength, parseQuantity } from '../src/quantity.ts'

it.each([
  ['0x5100_0000', 0x5100_0000n],
  ['64MiB', 0x400_0000n],
  ['2 GiB', 0x8000_0000n],
  ['32', 32n],
  ['1_000', 1000n],
  ['0xffff_ffff_ffff_0001', 0xffff_ffff_ffff_0001n],
])('%s is %d bytes', (text, value) => {
  expect(parseQuantity(text)).toBe(value)
})

it.each(['', '64MB', '-1', '1.5GiB', '0x', '_1', '1__0', 'MiB', '12 13'])('%j is not a quantity', (text) => {
  expect(parseQuantity(text)).toBeUndefined()
})

it('reads back every address and length it writes', () => {
  fc.assert(
    fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (n) => {
      expect(parseQuantity(formatAddress(n))).toBe(BigInt(n))
      expect(parseQuantity(formatLength(n))).toBe(BigInt(n))
    }),
  )
})
