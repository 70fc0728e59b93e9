// Bus addresses of a v4.11 IOMMU mapping on ARM: what a window holds, where requests land, and what goes back.
import { type DmaAddr, PAGE_SIZE, pluginApi } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { IovaBitmaps } from '../src/iommu/iova-bitmaps.ts'

const BASE = 0x2000_0000
const MIB = 2 ** 20
const create = (size: number, alignment = 8) => IovaBitmaps.create(pluginApi, { base: BASE, size, alignment })
const made = (size: number, alignment = 8): IovaBitmaps => {
  const window = create(size, alignment)
  if (!window.ok) throw new Error(window.why)
  return window.value
}
const page = (n: number): number => BASE + n * PAGE_SIZE

// Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_iommu_create_mapping
describe('a window', () => {
  it.each([
    [PAGE_SIZE, 32, 1],
    [33 * PAGE_SIZE, 64, 1],
    [128 * MIB, 32_768, 1],
    [128 * MIB + PAGE_SIZE, 32_768, 1],
    [300 * MIB, 32_768, 2],
    [2 ** 32, 32_768, 32],
  ])('of %d bytes: %d bits in each of %d bitmaps', (size, bits, extensions) => {
    expect(made(size)).toMatchObject({ base: BASE, bits, extensions, live: 0 })
  })

  it('has a page at least, and 32 bits at most', () => {
    expect(create(PAGE_SIZE - 1)).toEqual({ ok: false, errno: 'EINVAL', why: 'the window has no page' })
    expect(create(2 ** 32 + 1)).toEqual({ ok: false, errno: 'ERANGE', why: 'bus address space has 32 bits' })
  })
})

// Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __alloc_iova, extend_iommu_mapping
describe('a request', () => {
  it('takes the lowest place that is aligned to its order, at most to the window’s alignment', () => {
    const window = made(128 * MIB, 2)
    expect([1, 2, 1, 3, 8, 1].map((pages) => window.alloc(pages * PAGE_SIZE))).toEqual([0, 2, 1, 4, 8, 7].map(page))
    expect(window.live).toBe(16)
    expect(window.used()).toEqual([[[0, 16]]])
    expect(made(128 * MIB, 0).alloc(100)).toBe(BASE)
    // No bytes: the order of all there is.
    const none = made(128 * MIB, 2)
    none.alloc(PAGE_SIZE)
    expect(none.alloc(0)).toBe(page(4))
    expect(none.live).toBe(1)
  })

  it('that fits no gap goes behind the last one, up to the window’s end', () => {
    const window = made(32 * PAGE_SIZE, 0)
    expect(window.alloc(30 * PAGE_SIZE)).toBe(page(0))
    expect(window.alloc(3 * PAGE_SIZE)).toBeUndefined()
    expect(window.alloc(2 * PAGE_SIZE)).toBe(page(30))
    expect(window.alloc(PAGE_SIZE)).toBeUndefined()
    window.free(page(10) as DmaAddr, 2 * PAGE_SIZE)
    window.free(page(20) as DmaAddr, 3 * PAGE_SIZE)
    expect(window.used()).toEqual([
      [
        [0, 10],
        [12, 8],
        [23, 9],
      ],
    ])
    expect(window.alloc(3 * PAGE_SIZE)).toBe(page(20))
    expect(window.alloc(PAGE_SIZE)).toBe(page(10))
    expect(window.live).toBe(31)
  })

  it('never spans two bitmaps; another begins only when none in use has room', () => {
    const window = made(256 * MIB, 0)
    expect(window.alloc(127 * MIB)).toBe(BASE)
    expect(window.alloc(2 * MIB)).toBe(BASE + 128 * MIB)
    expect(window.alloc(MIB)).toBe(BASE + 127 * MIB)
    expect(window.alloc(129 * MIB)).toBeUndefined()
    expect(window.alloc(127 * MIB)).toBeUndefined()
    expect(window.used()).toHaveLength(2)
    expect(window.alloc(126 * MIB)).toBe(BASE + 130 * MIB)
    expect(window.alloc(PAGE_SIZE)).toBeUndefined()
  })

  it('that no bitmap can hold begins one all the same', () => {
    const window = made(384 * MIB, 0)
    expect(window.alloc(129 * MIB)).toBeUndefined()
    expect(window.used()).toHaveLength(2)
  })
})

// Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __free_iova
it('goes back page by page; what is not of the window is a bug of the kernel', () => {
  const window = made(256 * MIB, 0)
  const first = window.alloc(4 * PAGE_SIZE)
  const free = (at: number, size: number) => window.free(at as DmaAddr, size)
  expect(first).toBe(BASE)
  expect(free(page(1), 2 * PAGE_SIZE)).toBe(true)
  expect(window.used()).toEqual([
    [
      [0, 1],
      [3, 1],
    ],
  ])
  expect([free(BASE - PAGE_SIZE, PAGE_SIZE), free(BASE + 128 * MIB, PAGE_SIZE)]).toEqual([false, false])
  expect([free(page(32_767), PAGE_SIZE), free(page(32_767), 2 * PAGE_SIZE), free(0, 0)]).toEqual([true, false, true])
  expect(window.live).toBe(2)
})
