import { describe, expect, it } from 'vitest'
import type { DeviceFacts, Machine } from '@dmalab/api'
import { describeBoard } from '../src/describe-board.ts'
import { shippedBoard } from '../src/shipped-boards.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30
const device = (facts: Partial<DeviceFacts>): DeviceFacts => ({
  name: 'd',
  class: 'codec',
  coherent: false,
  maskBits: 32,
  pools: [],
  ...facts,
})
const machine = (facts: Partial<Machine>, ...devices: Partial<DeviceFacts>[]): Machine => ({
  name: 'm',
  title: 'm',
  arch: 'arm64',
  cpu: { lineSize: 64, aliasing: false },
  memory: [{ base: 0, len: 8 * GIB }],
  reserved: [],
  layout: {},
  iommus: [],
  devices: devices.map(device),
  bindings: {},
  ...facts,
})
const master = (facts: Partial<Machine>, own: Partial<DeviceFacts>) => describeBoard(machine(facts, own)).masters[0]

describe('lowmem of a 32-bit board that states no end', () => {
  const large = { arch: 'arm', memory: [{ base: 0x4000_0000, len: 2 * GIB }] } as const

  it('ends where the kernel ends it, and the description says so', () => {
    const { map, assumed } = describeBoard(machine(large))
    expect(map.map(({ base, linearMap }) => [base, linearMap])).toEqual([
      [0x4000_0000, 'yes'],
      [0x7000_0000, 'highmem'],
    ])
    expect(assumed).toEqual(['layout.lowmemEnd: 0x70000000, where the kernel ends lowmem by default'])
  })

  it.each([
    ['states it', { ...large, layout: { lowmemEnd: 0x6000_0000 } }],
    ['has no more than that', { ...large, memory: [{ base: 0x4000_0000, len: 768 * MIB }] }],
    ['is of 64 bits', { ...large, arch: 'arm64' }],
  ] as const)('is not assumed where the board %s', (_what, facts) => {
    expect(describeBoard(machine(facts)).assumed).toEqual([])
  })

  it('follows a split that the board states', () => {
    const vmalloc = { start: 0xb080_0000n, end: 0xff80_0000n }
    expect(describeBoard(machine({ ...large, layout: { pageOffset: 0x8000_0000n, vmalloc } })).assumed).toEqual([
      'layout.lowmemEnd: 0x70000000, where the kernel ends lowmem by default',
    ])
  })
})

describe('the memory map', () => {
  it('of the founding board shows its pools, its CMA area and where highmem begins', () => {
    const rows = describeBoard(shippedBoard('odroid-xu4-2017')).map
    expect(rows.map(({ base, what, structPage, linearMap }) => [base, what, structPage, linearMap])).toEqual([
      [0x4000_0000, 'memory', 'yes', 'yes'],
      [0x4300_0000, 'right', 'since 5.12', 'no'],
      [0x4380_0000, 'memory', 'yes', 'yes'],
      [0x5100_0000, 'left', 'since 5.12', 'no'],
      [0x5200_0000, 'memory', 'yes', 'yes'],
      [0x7000_0000, 'memory', 'yes', 'highmem'],
      [0xb880_0000, 'cma', 'yes', 'highmem'],
      [0xbe80_0000, 'memory', 'yes', 'highmem'],
    ])
    expect(rows.reduce((sum, row) => sum + row.len, 0)).toBe(0x7ea0_0000)
  })

  it('shows a region outside memory, and both names where regions overlap', () => {
    const region = { noMap: true, reusable: false, len: 2 * MIB }
    const rows = describeBoard(
      machine({
        memory: [{ base: 0x4000_0000, len: GIB }],
        reserved: [
          { ...region, name: 'a', base: 0x5000_0000 },
          { ...region, name: 'b', base: 0x5010_0000 },
          { ...region, name: 'sram', base: 0x1000_0000 },
        ],
      }),
    ).map
    expect(rows.map((row) => row.what)).toEqual(['sram', 'memory', 'a', 'a + b', 'b', 'memory'])
    expect(rows[0]).toMatchObject({ structPage: 'no', linearMap: 'no' })
  })
})

describe('a DMA master', () => {
  it('with a 32-bit mask cannot reach half of 8 GiB', () => {
    expect(master({}, {})).toMatchObject({ reach: 4 * GIB, memory: 8 * GIB })
    expect(master({}, {})?.means[0]).toBe('cannot reach 4 of 8 GiB of memory: bounces through swiotlb')
  })

  it('reaches what its windows show, at their bus addresses', () => {
    const window = { cpu: 0, bus: 0xc000_0000, len: 4 * GIB }
    const seen = master({}, { dmaRanges: [window] })
    expect(seen?.reach).toBe(GIB)
    expect(seen?.means[0]).toContain('at bus address 0xc0000000')
    expect(master({}, { dmaRanges: [window], busLimit: 0xcfff_ffff })?.reach).toBe(GIB / 4)
  })

  it('behind an enabled IOMMU reaches all; behind a disabled one it does not', () => {
    const iommus = (enabled: boolean) => [{ name: 'mmu', model: 'smmu', enabled }]
    expect(master({ iommus: iommus(true) }, { iommu: 'mmu' })?.means[0]).toContain('behind an IOMMU')
    expect(master({ iommus: iommus(false) }, { iommu: 'mmu' })?.means[0]).toContain('cannot reach')
  })

  it('says what its IOMMU sets aside and whom the kernel does not trust', () => {
    const iommus = [{ name: 'mmu', model: 'arm,smmu-v3', enabled: true }]
    const region = { base: 0x9000_0000, len: 0x10_0000 }
    const row = master(
      { iommus },
      {
        iommu: 'mmu',
        pci: { untrusted: true, windows: [] },
        iommuRegions: [
          { ...region, type: 'direct' },
          { ...region, type: 'msi' },
        ],
      },
    )
    expect(row?.means).toEqual(
      expect.arrayContaining([
        'its IOMMU maps 0x90000000 (1 MiB) one to one before the driver starts',
        'its IOMMU never hands out 0x90000000 (1 MiB)',
        expect.stringContaining('external-facing port'),
      ]),
    )
  })

  it('gets what its pool means', () => {
    const pool = { name: 'p', base: 0x4000_0000, len: MIB, compatible: 'shared-dma-pool', noMap: true, reusable: false }
    const means = (changes: object, own: Partial<DeviceFacts> = {}) =>
      master({ reserved: [{ ...pool, ...changes }] }, { maskBits: 64, pools: ['p'], ...own })?.means.join('; ')
    expect(means({})).toContain('no struct page before 5.12')
    expect(means({ noMap: false })).toContain('mapped twice')
    expect(means({ noMap: false, reusable: true })).toContain('CMA area p (1 MiB)')
    expect(means({}, { maskBits: 30 })).toContain('cannot reach all of its pool')
  })
})
