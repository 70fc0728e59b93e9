// Elements of arrays as the events print them.
import { expect, it } from 'vitest'
import { readArray, readAttrs, readByteArray, readCutArray, readDir } from '../src/values.ts'

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

it.each([
  ['{0x1000,0x2000}', [0x1000, 0x2000]],
  ['{0x1000,0x20', [0x1000]],
  ['{0x1000,', [0x1000]],
  ['{0x1000', []],
  ['{,0x1', []],
  ['{', []],
  ['', []],
])('a list that the line may end in: %j holds %j', (text, numbers) => {
  expect(readCutArray(text)).toEqual(numbers)
})

it.each([
  ['{0xabcdef0123}', [0xab_cdef_0123]],
  ['{9,09,10}', [9, 9, 10]],
  ['{0x123456789abcd}', [0x1_2345_6789_abcd]],
  ['{0xFF}', [255]],
  ['{0x12345678901234567}', [NaN]],
  ['{1,,2}', [1, NaN, 2]],
  ['{a}', [NaN]],
])('%s', (text, numbers) => {
  expect(readArray(text)).toEqual(numbers)
})

it.each([
  ['00,f0,9e,45', 4, [0x459e_f000]],
  ['00, f0, 9e, 45, 01', 4, [0x459e_f000]],
  ['01,00,00,00,00,00,00,00,02,00,00,00,00,00,00,00', 8, [1, 2]],
  [' 00, f0, 9e, 45 ', 4, [0x459e_f000]],
  ['', 4, []],
])('bytes %j by %d are %j', (text, width, numbers) => {
  expect(readByteArray(text, width)).toEqual(numbers)
})

it('directions and attributes have names or numbers', () => {
  expect(['BIDIRECTIONAL', 'TO_DEVICE', 'FROM_DEVICE', 'NONE', '7'].map(readDir)).toEqual([0, 1, 2, 3, 7])
  expect(
    ['', 'SKIP_CPU_SYNC', 'SKIP_CPU_SYNC|NO_WARN|0x8000', 'UNHEARD|MMIO', 'CPU_CACHE_CLEAN'].map(readAttrs),
  ).toEqual([0, 32, 32 + 256 + 0x8000, 1024, 2048])
})
