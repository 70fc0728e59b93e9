// Words and numbers of a board's description, at their edges.
import { describe, expect, it, test } from 'vitest'
import type { DeviceFacts, Machine, ReservedRegion } from '@dmalab/api'
import { describeBoard } from '../src/describe-board.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30
const region = (facts: Partial<ReservedRegion>): ReservedRegion => ({
  name: 'r',
  base: 0x4000_0000,
  len: MIB,
  noMap: false,
  reusable: false,
  ...facts,
})
const described = (facts: Partial<Machine>, own: Partial<DeviceFacts> = {}) =>
  describeBoard({
    name: 'm',
    title: 'm',
    arch: 'arm64',
    cpu: { lineSize: 64, aliasing: false },
    memory: [{ base: 0, len: 4 * GIB }],
    reserved: [],
    layout: {},
    iommus: [],
    devices: [{ name: 'd', class: 'codec', coherent: false, maskBits: 32, pools: [], ...own }],
    bindings: {},
    ...facts,
  })
const means = (facts: Partial<Machine>, own: Partial<DeviceFacts> = {}): readonly string[] =>
  described(facts, own).masters[0]?.means ?? []

test.each([
  [{ compatible: 'arm,cortex-a9', lineSize: 32, aliasing: false }, 'arm,cortex-a9, data cache of 32-byte lines'],
  [{ lineSize: 64, aliasing: true }, 'aliasing data cache of 64-byte lines'],
  [
    { lineSize: 32, aliasing: false, outer: { model: 'pl310', lineSize: 32 } },
    'data cache of 32-byte lines, outer cache PL310',
  ],
] as const)('a CPU %o is %s', (cpu, words) => {
  expect(described({ cpu }).cpu).toBe(words)
})

test.each<[Partial<ReservedRegion>, string, string, string, string]>([
  [{ compatible: 'shared-dma-pool', noMap: true }, 'coherent pool', 'since 5.12', 'no', 'write-combined, by the pool'],
  [{ compatible: 'shared-dma-pool' }, 'coherent pool, mapped', 'yes', 'yes', 'cached'],
  [{ compatible: 'shared-dma-pool', reusable: true }, 'CMA', 'yes', 'yes', 'cached'],
  [{ compatible: 'shared-dma-pool', reusable: true, default: 'cma' }, 'CMA, default area', 'yes', 'yes', 'cached'],
  [{ compatible: 'restricted-dma-pool' }, 'restricted pool (swiotlb)', 'yes', 'yes', 'cached'],
  [{ compatible: 'acme,ring' }, 'acme,ring', 'yes', 'yes', 'cached'],
  [{ noMap: true }, 'carve-out', 'since 5.12', 'no', 'none'],
  [{}, 'reserved', 'yes', 'yes', 'cached'],
  [{ base: 8 * GIB, noMap: true }, 'carve-out', 'no', 'no', 'none'],
  [{ base: 8 * GIB }, 'reserved', 'no', 'no', 'none'],
])('a region %o is %s', (facts, kind, structPage, linearMap, cpuMapping) => {
  expect(described({ reserved: [region(facts)] }).map.find(({ what }) => what === 'r')).toMatchObject({
    kind,
    structPage,
    linearMap,
    cpuMapping,
  })
})

describe('the map', () => {
  it('joins neighbours that are alike, and cuts at every border of what is not', () => {
    const { map } = described({
      memory: [
        { base: 0, len: GIB },
        { base: GIB, len: GIB },
        { base: 3 * GIB, len: GIB },
      ],
      reserved: [region({ name: 'a', base: 0 }), region({ name: 'b', base: MIB, noMap: true })],
    })
    expect(map.map(({ base, len, what }) => [base, len, what])).toEqual([
      [0, MIB, 'a'],
      [MIB, MIB, 'b'],
      [2 * MIB, 2 * GIB - 2 * MIB, 'memory'],
      [3 * GIB, GIB, 'memory'],
    ])
  })
  it('names four of many regions in one place, in the order of the board', () => {
    const reserved = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => region({ name }))
    expect(described({ reserved }).map.find(({ base }) => base === 0x4000_0000)?.what).toBe('a + b + c + d + 2 more')
    expect(described({ reserved: reserved.slice(0, 4) }).map.find(({ base }) => base === 0x4000_0000)?.what).toBe(
      'a + b + c + d',
    )
  })
  it('has a struct page where the board says so', () => {
    const covers = [{ base: 0x4000_0000, len: MIB }]
    const of = (layout: Machine['layout']) =>
      described({ reserved: [region({ noMap: true })], layout }).map.find(({ what }) => what === 'r')?.structPage
    expect(of({ pageArray: { covers } } as unknown as Machine['layout'])).toBe('yes')
    expect(of({ pageArray: { covers: [] } } as unknown as Machine['layout'])).toBe('since 5.12')
  })
})

describe('what a device reaches', () => {
  test.each<[string, Partial<Machine>, Partial<DeviceFacts>, string]>([
    [
      'a part of GiB',
      { memory: [{ base: 0, len: 6.5 * GIB }] },
      {},
      'cannot reach 2.5 of 6.5 GiB of memory: bounces through swiotlb',
    ],
    [
      'a part of MiB',
      { memory: [{ base: 4 * GIB - 512 * MIB, len: 768 * MIB }] },
      {},
      'cannot reach 256 of 768 MiB of memory: bounces through swiotlb',
    ],
    [
      'all but a page',
      { memory: [{ base: 4096, len: 4 * GIB }] },
      {},
      'cannot reach 4 KiB of 4 GiB of memory: bounces through swiotlb',
    ],
    ['nothing', { memory: [{ base: 4 * GIB, len: GIB }] }, {}, 'reaches no memory at all: every mapping fails'],
    [
      'a window',
      {},
      { dmaRanges: [{ cpu: GIB, bus: 0x8000_0000, len: GIB }] },
      'sees 0x40000000 (1 GiB) at bus address 0x80000000: its addresses mean nothing to others',
    ],
    [
      'a guess',
      { memory: [{ base: 0, len: 8 * GIB }], assumed: [{ fact: 'mask', device: 'd', why: '' }] },
      {},
      'its mask is not known (32 bits is a guess): it needs at least 33 bits to reach all memory that its bus leads to',
    ],
    [
      'a guess of another device',
      { memory: [{ base: 0, len: 8 * GIB }], assumed: [{ fact: 'mask', device: 'e', why: '' }] },
      {},
      'cannot reach 4 of 8 GiB of memory: bounces through swiotlb',
    ],
    ['no cache', {}, {}, 'does not snoop: the kernel cleans and invalidates cache lines for every mapping'],
    ['the caches', {}, { coherent: true }, 'snoops the caches: no cache maintenance'],
  ])('%s', (_what, facts, own, words) => {
    expect(means(facts, own)).toContain(words)
  })
  it('all of it needs no word', () => {
    expect(means({}).filter((words) => words.includes('reach'))).toEqual([])
  })
  it('a bus may end before the mask', () => {
    expect(described({}, { busLimit: GIB - 1 }).masters[0]).toMatchObject({
      reach: GIB,
      memory: 4 * GIB,
      busLimit: GIB - 1,
    })
  })
  it('a pool of its own means something, others do not', () => {
    const pool = region({ name: 'p', compatible: 'restricted-dma-pool' })
    expect(means({ reserved: [pool] }, { pools: ['p'] })).toContain('bounces everything through p (1 MiB)')
    expect(means({ reserved: [pool] }, { pools: ['q'] }).some((words) => words.includes('through'))).toBe(false)
    expect(means({ reserved: [region({ name: 'p' })] }, { pools: ['p'] }).some((words) => words.includes('pool'))).toBe(
      false,
    )
    const beyond = region({ name: 'p', base: 4 * GIB - MIB / 2, compatible: 'restricted-dma-pool' })
    expect(means({ reserved: [beyond] }, { pools: ['p'] })).toContain('cannot reach all of its pool p (1 MiB)')
    expect(means({ reserved: [beyond] }, { pools: ['p'], iommu: 'mmu' })).not.toContain(
      'cannot reach all of its pool p (1 MiB)',
    )
  })
  test.each([
    ['direct-relaxable', 'its IOMMU maps 0x90000000 (1 MiB) one to one before the driver starts'],
    ['sw-msi', 'the kernel may map MSI doorbells at 0x90000000 (1 MiB)'],
    ['reserved', 'its IOMMU never hands out 0x90000000 (1 MiB)'],
  ] as const)('a %s region of its IOMMU: %s', (type, words) => {
    const iommus = [{ name: 'mmu', model: 'arm,smmu-v3', enabled: true }]
    expect(means({ iommus }, { iommu: 'mmu', iommuRegions: [{ base: 0x9000_0000, len: MIB, type }] })).toContain(words)
  })
})
