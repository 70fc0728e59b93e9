import fc from 'fast-check'
import { expect, it } from 'vitest'
import { commonBits, flipBits, u32, wideAnd, wideOr, wideXor, withBits, withoutBits } from '../src/index.ts'

it('bit 31 is a value, not a sign', () => {
  expect(u32(-1)).toBe(0xffff_ffff)
  expect(withBits(0x8000_0000, 1)).toBe(0x8000_0001)
  expect(commonBits(0xffff_ffff, 0x8000_0000)).toBe(0x8000_0000)
  expect(withoutBits(0xffff_ffff, 1)).toBe(0xffff_fffe)
  expect(flipBits(0xffff_0000, 0xffff_ffff)).toBe(0xffff)
})

it('what is set, cleared and kept adds up', () => {
  const flags = fc.integer({ min: 0, max: 0xffff_ffff })
  fc.assert(
    fc.property(flags, flags, (a, b) => {
      expect(withoutBits(a, b) + commonBits(a, b)).toBe(a)
      expect(withBits(withoutBits(a, b), b)).toBe(withBits(a, b))
      expect(flipBits(flipBits(a, b), b)).toBe(a)
    }),
  )
})

it('the wide ones keep bits beyond 32', () => {
  expect(wideAnd(0x1_8000_0fff, 0xf_ffff_f000)).toBe(0x1_8000_0000)
  expect(wideOr(0x1_8000_0000, 0x7ff)).toBe(0x1_8000_07ff)
  expect(wideXor(0xffff_8000_0000_1000n, 0xffff_ffff_ffff_ff00n)).toBe(0x7fff_ffff_ef00n)
})
