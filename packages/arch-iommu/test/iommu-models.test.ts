// What each IOMMU's driver tells the core: sizes of pages and of allocations, the end of its addresses, what it defers.
import { describe, expect, it } from 'vitest'
import { modelOf } from '../src/iommu-models.ts'

const [K4, K64, M1, M2, M16, G1] = [2 ** 12, 2 ** 16, 2 ** 20, 2 ** 21, 2 ** 24, 2 ** 30]

describe.each([
  ['arm-smmu-v3', 'ARM_64_LPAE_S1', K4 + M2 + G1, K4 + M2 + G1, 48, true, 'io-pgtable'],
  ['rockchip-iommu', 'ARM_32_LPAE_S1', K4, 0x7f_f000, 32, false, 'io-pgtable'],
  ['mediatek-m4u', 'ARM_V7S', K4 + K64 + M1 + M16, K4 + K64 + M1 + M16, 32, false, 'io-pgtable'],
  ['samsung-sysmmu', 'ARM_V7S', K4 + K64 + M1, K4 + K64 + M1, 32, false, 'refused'],
  ['intel-vtd', 'ARM_64_LPAE_S1', K4 + M2 + G1, K4 + M2 + G1, 48, true, 'whole'],
  ['amd-vi', 'ARM_64_LPAE_S1', K4 + M2 + G1, K4 + M2 + G1, 48, true, 'whole'],
] as const)('%s', (name, format, pageSizes, allocSizes, bits, deferred, partial) => {
  const model = modelOf(name)
  it('has these pages, and takes memory in these sizes', () => {
    expect([model.shape.format, model.shape.pageSizes, model.allocSizes]).toEqual([format, pageSizes, allocSizes])
  })
  it('ends there, and is told of unmaps at once or later', () => {
    expect([model.apertureEnd, model.deferredFlush, model.partialUnmap]).toEqual([2 ** bits - 1, deferred, partial])
  })
})

it('walks its tables past the caches where the hardware does not snoop', () => {
  const walks = ['arm-smmu-v3', 'rockchip-iommu', 'mediatek-m4u', 'samsung-sysmmu'].map((name) => modelOf(name).shape)
  expect(walks.map(({ coherentWalk }) => coherentWalk)).toEqual([true, false, false, true])
  expect(walks.map(({ oas }) => oas)).toEqual([48, 40, 35, 32])
})

it('keeps what its hardware keeps', () => {
  const kept = (name: string) => modelOf(name).regions.map(({ type, base, len }) => [type, base, len])
  expect(kept('arm-smmu-v3')).toEqual([['sw-msi', 0x800_0000, M1]])
  expect(kept('intel-vtd')).toEqual([['msi', 0xfee0_0000, M1]])
  expect(kept('amd-vi')).toEqual([
    ['msi', 0xfee0_0000, M1],
    ['reserved', 0xfd_0000_0000, 0x3_0000_0000],
  ])
  expect([kept('rockchip-iommu'), kept('mediatek-m4u'), kept('samsung-sysmmu')]).toEqual([[], [], []])
})
