import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bytes,
  dma,
  hex,
  offsetInPage,
  orderOf,
  PAGE_SIZE,
  pageAlign,
  pagesFor,
  pfn,
  pfnOf,
  phys,
  physOf,
  reaches,
} from '../src/index.ts'

/** Physical addresses up to 52 bits, where 32-bit operators would cut. */
const anyAddress = fc.integer({ min: 0, max: 2 ** 52 - 1 })

describe('page frames', () => {
  it('an address is its frame and its offset, beyond 32 bits too', () => {
    fc.assert(
      fc.property(anyAddress, (at) => {
        expect(physOf(pfnOf(phys(at)), offsetInPage(at))).toBe(at)
      }),
    )
    expect(pfnOf(phys(0x1_8000_0fff))).toBe(0x18_0000)
    expect(physOf(pfn(0x18_0000))).toBe(0x1_8000_0000)
  })

  it('lengths are rounded up to whole pages, and no bytes need no page', () => {
    expect([0, 1, PAGE_SIZE, PAGE_SIZE + 1].map(pageAlign)).toEqual([0, PAGE_SIZE, PAGE_SIZE, 2 * PAGE_SIZE])
    expect([0, 1, PAGE_SIZE, PAGE_SIZE + 1].map(pagesFor)).toEqual([0, 1, 1, 2])
  })

  it('get_order gives the smallest block that holds the length', () => {
    expect([1, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE, 4 * PAGE_SIZE, 4 * PAGE_SIZE + 1].map(orderOf)).toEqual([
      0, 0, 1, 2, 2, 3,
    ])
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (len) => {
        const order = orderOf(len)
        expect(PAGE_SIZE * 2 ** order).toBeGreaterThanOrEqual(len)
        expect(order === 0 || PAGE_SIZE * 2 ** (order - 1) < len).toBe(true)
      }),
    )
  })
})

describe('the reach of a mask', () => {
  it.each([
    [32, 0xffff_f000, 0x1000, true],
    [32, 0xffff_f000, 0x1001, false],
    [32, 0x1_0000_0000, 1, false],
    [24, 0xff_ffff, 1, true],
    [1, 1, 1, true],
    [1, 1, 2, false],
    [52, 2 ** 52 - 1, 1, true],
    [64, 2 ** 52, 0x1000, true],
  ])('%i bits, %i with %i bytes: %s', (bits, at, len, expected) => {
    expect(reaches(bits, dma(at), len)).toBe(expected)
  })
})

describe('how numbers are printed', () => {
  it('addresses in hex', () => {
    expect(hex(0x5100_0000)).toBe('0x51000000')
    expect(hex(0xffff_8000_1234_0000n)).toBe('0xffff800012340000')
  })

  it('lengths in decimal, with the largest unit that is exact', () => {
    expect([0, 1000, 1024, 1536, 3 * 2 ** 20, 2 ** 30].map(bytes)).toEqual([
      '0 B',
      '1000 B',
      '1 KiB',
      '1536 B',
      '3 MiB',
      '1 GiB',
    ])
  })
})
