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

it.each([
  ['1TiB', 2n ** 40n],
  ['3KiB', 3072n],
  ['12B', 12n],
  ['0x10 MiB', 16n * 2n ** 20n],
  ['0x10MiB', 16n * 2n ** 20n],
  ['0x10B', 0x10bn],
  ['0x10 B', 16n],
  [' 64 ', 64n],
  ['0x12_34_5', 0x12345n],
  ['12_34_5', 12345n],
  ['10_000 KiB', 10_240_000n],
  ['0xAbC', 0xabcn],
])('%j is %d bytes', (text, value) => {
  expect(parseQuantity(text)).toBe(value)
})

it.each(['64mib', '64  KiB', '0x_1', '1_', '0x1_', '64PiB', 'x64'])('%j is none', (text) => {
  expect(parseQuantity(text)).toBeUndefined()
})

it.each([
  [2 ** 40, '1TiB'],
  [3 * 2 ** 30, '3GiB'],
  [2 ** 20, '1MiB'],
  [1536, '1536'],
  [1024, '1KiB'],
  [1023, '1023'],
  [0, '0'],
])('%d bytes are written %s', (len, text) => {
  expect(formatLength(len)).toBe(text)
})

it.each([
  [0, '0x0'],
  [0x5100_0000, '0x5100_0000'],
  [0x1_0000, '0x1_0000'],
  [0x123, '0x123'],
  [2n ** 64n - 1n, '0xffff_ffff_ffff_ffff'],
])('the address %d is written %s', (at, text) => {
  expect(formatAddress(at)).toBe(text)
})
