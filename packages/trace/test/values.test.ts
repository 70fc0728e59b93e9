// Elements of arrays as the events print them.
import { expect, it } from 'vitest'
import { readArray } from '../src/values.ts'

it.each([
  ['{0x1000,4096}', [0x1000, 4096]],
  ['{0xffffffff00000000}', [0xffff_ffff_0000_0000]],
  // Damaged: read as a number with an exponent it would be Infinity.
  ['{01e999}', [NaN]],
  ['{0x}', [NaN]],
  ['{1.5}', [NaN]],
  ['{}', []],
])('%s', (text, numbers) => {
  expect(readArray(text)).toEqual(numbers)
})
