// What the kernel's boot selftest checks of its tables, in the mode it runs them in: 18 shapes at each stage, and short
// descriptors.
import { describe, expect, it } from 'vitest'
import { Hot, type PageTable } from '@dmalab/hot'
import { type IoPgtableConfig, openIoPgtable } from '../src/index.ts'
import { moduleOf } from './builds.ts'

const GIB = 2 ** 30
const [READ, WRITE, CACHE, NOEXEC] = [1, 2, 4, 8]
const SIZES = [
  [0x1000, 0x20_0000, GIB],
  [0x4000, 0x200_0000],
  [0x1_0000, 0x2000_0000],
]
const SHAPES = SIZES.flatMap((sizes) =>
  [32, 36, 40, 42, 44, 48].flatMap((ias) =>
    (['ARM_64_LPAE_S1', 'ARM_64_LPAE_S2'] as const).map((format) => ({ format, ias, oas: 48, sizes, stride: GIB })),
  ),
)
const SHORT = {
  format: 'ARM_V7S' as const,
  ias: 32,
  oas: 32,
  sizes: [0x1000, 0x1_0000, 0x10_0000, 0x100_0000],
  stride: 0x100_0000,
}
const hot = new Hot(moduleOf('release'), { lineSize: 64, poison: 0 })

describe.each([...SHAPES, SHORT])('$format, $ias bits, pages of $sizes', ({ format, ias, oas, sizes, stride }) => {
  const quirks = format === 'ARM_V7S' ? 1 : 0
  const pageSizes = sizes.reduce((sum, size) => sum + size, 0)
  const config: IoPgtableConfig = { format, ias, oas, pageSizes, quirks, coherentWalk: true }
  const open = (): PageTable => openIoPgtable(hot.io, config, { selftest: true })!
  const places = sizes.map((size, i) => [i * stride, size] as const)

  it('translates nothing while empty', () => {
    const table = open()
    expect([42, GIB + 42, 2 * GIB + 42].map((at) => table.iovaToPhys(at))).toEqual([0, 0, 0])
  })
  it('maps every size, refuses overlaps without a warning, and gives parts and wholes back', () => {
    const table = open()
    const small = sizes[0]!
    for (const [iova, size] of places) {
      expect(table.mapPages(iova, iova, size, 1, READ | WRITE | NOEXEC | CACHE)).toEqual({ ret: 0, mapped: size })
      expect(table.mapPages(iova, iova + size, size, 1, READ | NOEXEC).ret).toBe(-17)
      expect(table.iovaToPhys(iova + 42)).toBe(iova + 42)
    }
    for (const [iova] of places.slice(1)) {
      expect(table.unmapPages(iova + small, small, 1, 0)).toBe(small)
      expect(table.mapPages(iova + small, small, small, 1, READ).ret).toBe(0)
      expect(table.iovaToPhys(iova + small + 42)).toBe(small + 42)
    }
    for (const [iova, size] of places) {
      expect(table.unmapPages(iova, size, 1, 0)).toBe(size)
      expect(table.iovaToPhys(iova + 42)).toBe(0)
      expect(table.mapPages(iova, iova, size, 1, WRITE).ret).toBe(0)
      expect(table.iovaToPhys(iova + 42)).toBe(iova + 42)
    }
    expect(hot.io.takeWarnings()).toBe(0)
  })
})
