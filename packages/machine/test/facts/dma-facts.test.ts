// Facts of small blobs made here, so that a plain clone tests every rule that the corpus does.
import { describe, expect, it } from 'vitest'
import { dmaFacts } from '../../src/facts/dma-facts.ts'
import { writeDtb, type BlobOptions, type Tree } from '../dtb-writer.ts'

const cells: Tree = { '#address-cells': 1, '#size-cells': 1 }
const facts = (tree: Tree, arch: 'armhf' | 'arm64' | 'riscv64' = 'armhf', options: BlobOptions = {}) =>
  dmaFacts(writeDtb({ ...cells, ...tree }, options), { file: 'f', arch })

describe('memory', () => {
  const memory = (more: Tree): Tree => ({ 'memory@0': { device_type: 'memory', ...more } })
  it('leaves out zero-sized entries and counts them', () => {
    expect(facts(memory({ reg: [0, 0x1000, 0x2000, 0] })).memory).toEqual([
      {
        path: '/memory@0',
        enabled: true,
        source: 'reg',
        hotpluggable: false,
        regions: [{ base: '0x0', size: '0x1000' }],
        ignored_zero_size: 1,
      },
    ])
    expect(facts(memory({ reg: [0, 0] })).traps).toContain('memory-size-zero')
  })

  it('is what linux,usable-memory says before reg', () => {
    expect(facts(memory({ reg: [0, 1], 'linux,usable-memory': [0, 2] })).memory[0]).toMatchObject({
      source: 'linux,usable-memory',
      regions: [{ size: '0x2' }],
    })
  })

  it('is only what lies below the root and has device_type', () => {
    const odd = facts({ 'memory@0': { reg: [0, 1] }, soc: { 'memory@1': { device_type: 'memory', reg: [0, 1] } } })
    expect(odd.memory).toEqual([])
    expect(odd.traps).toEqual(
      expect.arrayContaining(['no-memory-node', 'memory-node-without-device_type', 'memory-node-not-under-root']),
    )
  })
})

describe('reserved memory', () => {
  const reserved = (region: Tree, node: Tree = { ...cells, ranges: true }, arch: 'armhf' | 'arm64' = 'armhf') =>
    facts({ 'reserved-memory': { ...node, 'r@1000': region } }, arch).reserved_memory

  it.each<[string, Tree, string, string]>([
    ['shared-dma-pool, reusable', { compatible: 'shared-dma-pool', reusable: true, size: 4096 }, 'cma', 'dynamic'],
    [
      'shared-dma-pool, no-map',
      { compatible: 'shared-dma-pool', 'no-map': true, reg: [0x1000, 1] },
      'coherent-pool',
      'static',
    ],
    [
      'shared-dma-pool, mapped',
      { compatible: 'shared-dma-pool', reg: [0x1000, 1] },
      'coherent-pool-refused-on-arm32',
      'static',
    ],
    [
      'both flags',
      { compatible: 'shared-dma-pool', reg: [0x1000, 1], 'no-map': true, reusable: true },
      'contradictory',
      'static',
    ],
    ['restricted', { compatible: 'restricted-dma-pool', reg: [0x1000, 1] }, 'swiotlb-pool', 'static'],
    [
      'restricted, default',
      { compatible: 'restricted-dma-pool', reg: [0x1000, 1], 'linux,dma-default': true },
      'contradictory',
      'static',
    ],
    ['another string', { compatible: 'a,b', reg: [0x1000, 1] }, 'vendor', 'static'],
    ['no string', { reg: [0x1000, 1] }, 'carveout', 'static'],
    ['neither reg nor size', {}, 'incomplete', 'skipped-no-reg-no-size'],
    ['disabled', { reg: [0x1000, 1], status: 'disabled' }, 'carveout', 'skipped-disabled'],
    ['three cells', { reg: [0x1000, 1, 2] }, 'carveout', 'rejected-reg-length'],
    ['no size', { reg: [0x1000, 0] }, 'carveout', 'nothing-zero-size'],
    ['a long size', { size: [0, 1] }, 'carveout', 'rejected-size-length'],
    ['a long alignment', { size: 1, alignment: [0, 1] }, 'carveout', 'rejected-alignment-length'],
    ['short alloc-ranges', { size: 1, 'alloc-ranges': [1] }, 'carveout', 'rejected-alloc-ranges-length'],
    ['reg before size', { size: 1, reg: [0x1000, 1] }, 'carveout', 'static'],
  ])('%s', (_, region, kind, result) => {
    expect(reserved(region)?.regions[0]).toMatchObject({ kind, linux_result: result })
  })

  it('takes a mapped coherent pool on 64-bit kernels', () => {
    expect(reserved({ compatible: 'shared-dma-pool', reg: [0x1000, 1] }, undefined, 'arm64')?.regions[0]?.kind).toBe(
      'coherent-pool',
    )
  })

  it.each<[string, Tree]>([
    ['other address cells', { ...cells, ranges: true, '#address-cells': 2 }],
    ['other size cells', { ...cells, ranges: true, '#size-cells': 2 }],
    ['no ranges', cells],
  ])('is ignored as a whole with %s', (_, node) => {
    expect(reserved({ reg: [0, 0x1000, 0, 1] }, node)).toMatchObject({
      linux_usable: false,
      regions: [{ linux_result: 'ignored-unusable-node' }],
    })
  })

  it('overlaps with regions and reservations, and not with neighbours', () => {
    const tree: Tree = {
      'reserved-memory': {
        ...cells,
        ranges: true,
        a: { reg: [0x3000, 0x1000] },
        b: { reg: [0x1000, 0x1000, 0x2800, 0x1000] },
        c: { reg: [0x2000, 0x800] },
      },
    }
    expect(facts(tree, 'armhf', { reservations: [[0x1800n, 0x100n]] }).overlaps).toEqual([
      { a: '/reserved-memory/b', b: '/memreserve/', base: '0x1800', size: '0x100' },
      { a: '/reserved-memory/b', b: '/reserved-memory/a', base: '0x3000', size: '0x800' },
    ])
  })

  it('lies outside memory unless one bank holds all of it', () => {
    const tree: Tree = {
      'memory@0': { device_type: 'memory', reg: [0, 0x2000, 0x2000, 0x2000] },
      'reserved-memory': { ...cells, ranges: true, in: { reg: [0x1000, 0x1000] }, across: { reg: [0x1800, 0x1000] } },
    }
    expect(facts(tree).reserved_outside_memory).toEqual(['/reserved-memory/across'])
  })
})

describe('DMA buses', () => {
  const bus = (dmaRanges: readonly number[]) => facts({ soc: { ...cells, 'dma-ranges': dmaRanges } })

  it('end their limit at an entry of size zero', () => {
    const [soc] = bus([0, 0, 0x1000, 0x8000, 0, 0, 0x4000, 0x4000, 0x1000]).dma_buses
    expect(soc).toMatchObject({ bus_dma_limit: '0xfff', map: [{}, {}, {}] })
  })

  it('carry an address up to the end of a window, exclusive', () => {
    const nested = (at: number) =>
      facts({ soc: { ...cells, 'dma-ranges': [0, 0x4000_0000, 0x1000], bus: { ...cells, 'dma-ranges': [0, at, 1] } } })
        .dma_buses[1]
    expect(nested(0xfff)?.map).toEqual([{ dma_start: '0x0', cpu_start: '0x40000fff', size: '0x1' }])
    expect(nested(0x1000)).toMatchObject({ map: [], result: 'EINVAL' })
  })

  it('bound what all masters reach, except below disabled nodes', () => {
    expect(bus([0, 0x4000_0000, 0x4000_0000]).dma_max_cpu_address).toBe('0x7fffffff')
    expect(facts({ soc: { ...cells, status: 'disabled', 'dma-ranges': [0, 0, 0x1000] } }).dma_max_cpu_address).toBe(
      '0xffffffffffffffff',
    )
  })

  it('count their users, but no CPU and no memory', () => {
    const use = facts({
      cpus: { 'cpu@0': { compatible: 'x' } },
      soc: { ...cells, 'dma-ranges': [0, 0, 1], a: { compatible: 'x' }, b: { compatible: 'y' } },
    })
    expect(use.dma_bus_status_counts).toEqual({ ok: 2 })
    expect(use.dma_buses[0]?.users).toBe(2)
  })
})

describe('devices', () => {
  it('are coherent by default on riscv64 only', () => {
    const coherent = (arch: 'armhf' | 'arm64' | 'riscv64') =>
      facts({ gpu: { compatible: 'arm,mali-t628' } }, arch).devices[0]?.coherent
    expect([coherent('armhf'), coherent('arm64'), coherent('riscv64')]).toEqual([false, false, true])
  })

  it('have their IOMMUs with as many arguments as those ask for, up to the first mistake', () => {
    const tree: Tree = {
      a: { '#iommu-cells': 2, phandle: 1 },
      b: { '#iommu-cells': 0, phandle: 2, status: 'disabled' },
      d: { iommus: [1, 7, 8, 2, 9, 1] },
    }
    expect(facts(tree).devices[0]?.iommus).toEqual([
      { iommu: '/a', args: ['0x7', '0x8'], iommu_enabled: true },
      { iommu: '/b', args: [], iommu_enabled: false },
      { iommu: null, args: [], error: 'missing-phandle' },
    ])
  })

  it('read memory-region up to the first phandle that leads nowhere', () => {
    const tree: Tree = {
      'reserved-memory': { ...cells, ranges: true, p: { reg: [0, 1], phandle: 1 } },
      d: { 'memory-region': [1, 5, 1] },
    }
    expect(facts(tree).devices[0]?.memory_region).toEqual([
      { phandle: 1, path: '/reserved-memory/p', target: 'reserved-memory', target_enabled: true },
      { phandle: 5, path: null, target: 'missing' },
    ])
    expect(facts(tree).reserved_memory?.regions[0]?.users).toEqual(['/d'])
  })
})

it('a CPU whose bus has ids of no cell has none', () => {
  const cpus = { '#address-cells': 0, '#size-cells': 0, cpu: { device_type: 'cpu', compatible: 'x', reg: [0, 1] } }
  expect(facts({ cpus }).cpus.map(({ reg }) => reg)).toEqual([[]])
})

it('CPUs and caches keep their cache properties, outer caches their tuning', () => {
  const tree: Tree = {
    cpus: {
      '#address-cells': 2,
      'cpu@1': {
        device_type: 'cpu',
        compatible: 'arm,cortex-a9',
        reg: [0, 1],
        'd-cache-line-size': 32,
        'next-level-cache': 3,
      },
      'idle-states': {},
    },
    l2: {
      compatible: 'arm,pl310-cache',
      phandle: 3,
      'cache-level': 2,
      'cache-unified': true,
      'arm,data-latency': [1, 2, 3],
      'arm,shared-override': true,
    },
  }
  expect(facts(tree).cpus).toEqual([
    {
      path: '/cpus/cpu@1',
      compatible: ['arm,cortex-a9'],
      reg: ['0x1'],
      enabled: true,
      d_cache_line_size: 32,
      next_level_cache: '/l2',
    },
  ])
  expect(facts(tree).caches).toEqual([
    {
      path: '/l2',
      compatible: ['arm,pl310-cache'],
      enabled: true,
      cache_level: 2,
      cache_unified: true,
      outer: true,
      arm: { 'arm,data-latency': [1, 2, 3], 'arm,shared-override': true },
      next_level_cache: null,
    },
  ])
})
