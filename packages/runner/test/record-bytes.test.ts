// The bytes of differential records, and how answers name them: by words, whatever the length and the place in a buffer.
import { expect, test } from 'vitest'
import { crc, isZero, pattern } from '../src/differential/dma/pattern.ts'

const digits = new TextEncoder().encode('x123456789')

test('crc is CRC-32, of any length and from any place', () => {
  expect(crc(digits.subarray(1))).toBe('cbf43926')
  expect(crc(new Uint8Array())).toBe('00000000')
  expect(crc(digits.subarray(1, 2))).toBe('83dcefb7')
})

test('a shorter pattern is the beginning of a longer one', () => {
  const long = pattern(7, 64)
  for (const len of [0, 1, 3, 4, 5, 63]) expect([...pattern(7, len)]).toEqual([...long.subarray(0, len)])
  expect(pattern(8, 64)).not.toEqual(long)
})

test.each([0, 3, 4, 4095])('a byte at %i is seen', (at) => {
  const page = new Uint8Array(4096)
  expect(isZero(page)).toBe(true)
  page[at] = 1
  expect(isZero(page)).toBe(false)
})
