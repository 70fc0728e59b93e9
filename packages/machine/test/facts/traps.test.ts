// Each trap of a device tree: the smallest tree that has it, and one that is nearly so and has it not.
import { expect, test } from 'vitest'
import { dmaFacts } from '../../src/facts/dma-facts.ts'
import { writeDtb, type Tree } from '../dtb-writer.ts'

const one: Tree = { '#address-cells': 1, '#size-cells': 1 }
const bus = (ranges: readonly number[] | true, more: Tree = {}): Tree => ({
  soc: { ...one, 'dma-ranges': ranges, ...more },
})
const memory: Tree = { 'memory@0': { device_type: 'memory', reg: [0, 0x1000_0000] } }
const reserved = (region: Tree, node: Tree = { ...one, ranges: true }): Tree => ({
  ...memory,
  'reserved-memory': { ...node, 'r@1000': region },
})
const pool = { compatible: 'shared-dma-pool', 'no-map': true, reg: [0x1000, 0x1000], phandle: 5 } as const
const withPool = (device: Tree, region: Tree = pool): Tree => ({
  ...reserved(region),
  dev: { compatible: 'a,b', ...device },
})
const iommu = (more: Tree = {}): Tree => ({ mmu: { compatible: 'a,mmu', '#iommu-cells': 1, phandle: 9, ...more } })

const ROWS: readonly (readonly [trap: string, has: Tree, hasNot: Tree])[] = [
  ['no-memory-node', {}, memory],
  ['memory-size-zero', { 'memory@0': { device_type: 'memory', reg: [0, 0] } }, memory],
  ['memory-reg-leftover', { 'memory@0': { device_type: 'memory', reg: [0, 1, 2] } }, memory],
  ['dma-ranges-empty', bus(true), bus([0, 0, 4096])],
  ['dma-ranges-offset', bus([0, 4096, 4096]), bus([4096, 4096, 4096])],
  ['dma-ranges-negative-offset', bus([8192, 4096, 4096]), bus([4096, 8192, 4096])],
  ['dma-ranges-many', bus([0, 0, 4096, 8192, 8192, 4096]), bus([0, 0, 4096])],
  ['dma-ranges-merged', bus([0, 0, 4096, 4096, 4096, 4096]), bus([0, 0, 4096, 8192, 8192, 4096])],
  [
    'dma-ranges-nested',
    bus([0, 0, 8192], { inner: { ...one, 'dma-ranges': [0, 0, 4096] } }),
    { ...bus([0, 0, 8192]), other: { ...one, 'dma-ranges': [0, 0, 4096] } },
  ],
  ['dma-ranges-size-zero', bus([0, 0, 0]), bus([0, 0, 1])],
  [
    'dma-ranges-untranslatable',
    bus([0, 0, 4096], { inner: { ...one, 'dma-ranges': [0, 8192, 4096] } }),
    bus([0, 0, 4096], { inner: { ...one, 'dma-ranges': [0, 0, 4096] } }),
  ],
  ['dma-ranges-leftover-cells', bus([0, 0, 4096, 7]), bus([0, 0, 4096])],
  [
    'reserved-overlap',
    {
      ...memory,
      'reserved-memory': { ...one, ranges: true, 'a@0': { reg: [0, 4096] }, 'b@fff': { reg: [4095, 4096] } },
    },
    {
      ...memory,
      'reserved-memory': { ...one, ranges: true, 'a@0': { reg: [0, 4096] }, 'b@1000': { reg: [4096, 4096] } },
    },
  ],
  ['reserved-outside-memory', reserved({ reg: [0x2000_0000, 4096] }), reserved({ reg: [0x1000, 4096] })],
  ['reserved-memory-unusable-by-linux', reserved({ reg: [0x1000, 4096] }, one), reserved({ reg: [0x1000, 4096] })],
  ['reserved-size-zero', reserved({ reg: [0x1000, 0] }), reserved({ reg: [0x1000, 1] })],
  ['reserved-reg-many', reserved({ reg: [0x1000, 4096, 0x3000, 4096] }), reserved({ reg: [0x1000, 4096] })],
  ['reserved-reg-leftover', reserved({ reg: [0x1000, 4096, 1] }), reserved({ reg: [0x1000, 4096] })],
  ['reserved-reg-and-size', reserved({ reg: [0x1000, 4096], size: 4096 }), reserved({ size: 4096 })],
  ['reserved-no-reg-no-size', reserved({ 'no-map': true }), reserved({ size: 4096 })],
  [
    'reserved-alignment-bad-length',
    reserved({ size: 4096, alignment: [0, 4096] }),
    reserved({ size: 4096, alignment: 4096 }),
  ],
  ['reserved-size-bad-length', reserved({ size: [0, 4096] }), reserved({ size: 4096 })],
  ['reserved-unit-address-differs', reserved({ reg: [0x2000, 4096] }), reserved({ reg: [0x1000, 4096] })],
  [
    'no-map-and-reusable',
    reserved({ reg: [0x1000, 4096], 'no-map': true, reusable: true }),
    reserved({ reg: [0x1000, 4096], reusable: true }),
  ],
  [
    'memory-region-to-disabled',
    withPool({ 'memory-region': 5 }, { ...pool, status: 'disabled' }),
    withPool({ 'memory-region': 5 }),
  ],
  ['memory-region-missing-phandle', withPool({ 'memory-region': 6 }), withPool({ 'memory-region': 5 })],
  [
    'memory-region-outside-reserved-memory',
    { ...withPool({ 'memory-region': 9 }), ...iommu() },
    withPool({ 'memory-region': 5 }),
  ],
  [
    'memory-region-names-count-differs',
    withPool({ 'memory-region': 5, 'memory-region-names': ['a', 'b'] }),
    withPool({ 'memory-region': 5, 'memory-region-names': 'a' }),
  ],
  [
    'iommus-to-disabled',
    { ...iommu({ status: 'disabled' }), dev: { compatible: 'a,b', iommus: [9, 1] } },
    { ...iommu(), dev: { compatible: 'a,b', iommus: [9, 1] } },
  ],
  [
    'iommus-missing-phandle',
    { dev: { compatible: 'a,b', iommus: [9, 1] } },
    { ...iommu(), dev: { compatible: 'a,b', iommus: [9, 1] } },
  ],
  [
    'iommus-missing-#iommu-cells',
    { mmu: { compatible: 'a,mmu', phandle: 9 }, dev: { compatible: 'a,b', iommus: [9, 1] } },
    { ...iommu(), dev: { compatible: 'a,b', iommus: [9, 1] } },
  ],
  [
    'iommus-short',
    { ...iommu({ '#iommu-cells': 2 }), dev: { compatible: 'a,b', iommus: [9, 1] } },
    { ...iommu(), dev: { compatible: 'a,b', iommus: [9, 1] } },
  ],
  [
    'iommu-map-bad-length',
    { pci: { compatible: 'a,pci', 'iommu-map': [0, 9, 0] } },
    { ...iommu(), pci: { compatible: 'a,pci', 'iommu-map': [0, 9, 0, 1] } },
  ],
  ['dma-coherent', { dev: { compatible: 'a,b', 'dma-coherent': true } }, { dev: { compatible: 'a,b' } }],
  ['dma-noncoherent', { dev: { compatible: 'a,b', 'dma-noncoherent': true } }, { dev: { compatible: 'a,b' } }],
  ['dma-coherent-on-root', { 'dma-coherent': true }, { dev: { 'dma-coherent': true } }],
  ['status-fail', { dev: { status: 'fail' } }, { dev: { status: 'ok' } }],
  ['both-phandles', { dev: { phandle: 1, 'linux,phandle': 1 } }, { dev: { phandle: 1 } }],
  ['linux-phandle-only', { dev: { 'linux,phandle': 1 } }, { dev: { phandle: 1 } }],
  ['duplicate-phandle', { a: { phandle: 1 }, b: { phandle: 1 } }, { a: { phandle: 1 }, b: { phandle: 2 } }],
  ['reg-without-unit-address', { dev: { reg: [0, 1] } }, { 'dev@0': { reg: [0, 1] } }],
  [
    'cpu-without-device_type',
    { cpus: { '#address-cells': 1, '#size-cells': 0, 'cpu@0': { reg: 0 } } },
    { cpus: { '#address-cells': 1, '#size-cells': 0, 'cpu@0': { reg: 0, device_type: 'cpu' } } },
  ],
  [
    'outer-cache',
    { 'l2@1': { compatible: 'arm,pl310-cache', reg: [1, 1] } },
    { 'l2@1': { compatible: 'a,b', reg: [1, 1] } },
  ],
  ['symbols', { __symbols__: {}, dev: {} }, { soc: { __symbols__: {} } }],
  [
    'memory-size-zero',
    { 'memory@0': { device_type: 'memory', reg: [0, 0] } },
    { 'memory@0': { device_type: 'memory', reg: [0, 0] }, 'memory@1000': { device_type: 'memory', reg: [4096, 4096] } },
  ],
  [
    'memory-node-without-device_type',
    { 'memory@0': { reg: [0, 1] } },
    { 'mem@0': { reg: [0, 1] }, soc: { 'memory@0': {} } },
  ],
  ['memory-node-not-under-root', { soc: { ...one, ...memory } }, memory],
  ['size-cells-zero', bus(true, { '#size-cells': 0, x: {} }), bus(true, { '#size-cells': 0 })],
  ['address-cells-zero', bus(true, { '#address-cells': 0, x: {} }), bus(true, { x: {} })],
  ['address-cells-3', bus(true, { '#address-cells': 3, x: {} }), bus(true, { '#address-cells': 2, x: {} })],
  [
    'address-cells-3-not-pci',
    bus(true, { '#address-cells': 3, x: {} }),
    bus(true, { '#address-cells': 3, device_type: 'pci', x: {} }),
  ],
  ['address-cells-4-or-more', bus(true, { '#address-cells': 4, x: {} }), bus(true, { '#address-cells': 3, x: {} })],
  [
    'cells-missing-on-bus',
    { soc: { '#size-cells': 1, 'x@1': { reg: [1] }, y: {} } },
    { soc: { '#size-cells': 1, x: {}, y: {} }, bus: { ...one, 'x@1': { reg: [1, 1] } } },
  ],
  [
    'ranges-missing-on-bus',
    { soc: { ...one, compatible: 'a,bus', 'x@1': { reg: [1, 1] }, y: {} } },
    {
      compatible: 'a,board',
      'x@1': { reg: [1, 1] },
      soc: { ...one, compatible: 'a,bus', ranges: true, 'x@1': { reg: [1, 1] } },
      i2c: { ...one, '#size-cells': 0, compatible: 'a,i2c', 'x@1': { reg: 1 } },
      node: { ...one, 'x@1': { reg: [1, 1] } },
      bare: { '#address-cells': 1, compatible: 'a,bare', 'x@1': { reg: 1 } },
    },
  ],
  ['dma-ranges-on-pci', bus([0, 0, 0, 0, 0, 4096], { '#address-cells': 3, device_type: 'pci' }), bus([0, 0, 4096])],
  [
    'dma-ranges-wraps-64',
    bus([0xffff_ffff, 0xffff_f000, 0, 0x1001], { '#address-cells': 2 }),
    bus([0xffff_ffff, 0xffff_f000, 0, 0x1000], { '#address-cells': 2 }),
  ],
  [
    'dma-ranges-hidden-by-gap',
    bus([0, 0, 4096], { gap: { ...one, inner: { ...one, dev: { compatible: 'a,b', iommus: [9, 1] } } } }),
    {
      ...bus([0, 0, 4096], {
        on: { ...one, 'dma-ranges': true, inner: { ...one, dev: { compatible: 'a,b', iommus: [9, 1] } } },
      }),
      other: { ...one, 'dma-ranges': [0, 0, 4096], inner: { ...one, dev: { compatible: 'a,b', iommus: [9, 1] } } },
    },
  ],
  [
    'dma-mem-interconnect',
    {
      icc: { phandle: 3, '#interconnect-cells': 0 },
      dev: { compatible: 'a,b', interconnects: 3, 'interconnect-names': 'dma-mem' },
    },
    {
      icc: { phandle: 3, '#interconnect-cells': 0 },
      dev: { compatible: 'a,b', interconnects: 3, 'interconnect-names': 'cpu' },
    },
  ],
  [
    'alloc-ranges-bad-length',
    reserved({ size: 4096, 'alloc-ranges': [0] }),
    reserved({ size: 4096, 'alloc-ranges': [0, 0x1000_0000] }),
  ],
  [
    'pool-contradictory',
    reserved({ compatible: 'shared-dma-pool', 'no-map': true, reusable: true, reg: [0x1000, 4096] }),
    reserved({ compatible: 'shared-dma-pool', reusable: true, reg: [0x1000, 4096] }),
  ],
  [
    'iommu-addresses',
    reserved({ reg: [0x1000, 4096], 'iommu-addresses': [1, 0, 1] }),
    reserved({ reg: [0x1000, 4096] }),
  ],
  [
    'reserved-unit-address-differs',
    reserved({ reg: [0x1001, 4096] }),
    { ...memory, 'reserved-memory': { ...one, ranges: true, 'r@x1': { reg: [7, 1] }, r: { reg: [7, 1] } } },
  ],
  ['memory-region-empty', withPool({ 'memory-region': true }), withPool({ 'memory-region': 5 })],
  [
    'iommu-map-missing-phandle',
    { ...iommu(), pci: { compatible: 'a,pci', 'iommu-map': [0, 9, 0, 1, 1, 7, 0, 1] } },
    { ...iommu(), pci: { compatible: 'a,pci', 'iommu-map': [0, 9, 0, 1] } },
  ],
  [
    'iommu-map-to-disabled',
    {
      ...iommu(),
      off: { phandle: 8, '#iommu-cells': 1, status: 'disabled' },
      pci: { compatible: 'a,pci', 'iommu-map': [0, 9, 0, 1, 1, 8, 0, 1] },
    },
    { ...iommu(), pci: { compatible: 'a,pci', 'iommu-map': [0, 9, 0, 1, 1, 7, 0, 1] } },
  ],
  ['status-reserved', { dev: { status: 'reserved' } }, { a: { status: 'okay' }, b: { status: 'disabled' }, c: {} }],
  ['duplicate-phandle', { a: { phandle: 1 }, b: { 'linux,phandle': 1 } }, { a: { phandle: 1, 'linux,phandle': 1 } }],
  [
    'cpu-without-device_type',
    { cpus: { 'cpu@0': { device_type: 'x' } } },
    { soc: { cpus: { 'cpu@0': {} } }, other: { 'cpu@0': {} }, cpus: { 'idle@0': {} } },
  ],
]

test.each(ROWS)('%s', (trap, has, hasNot) => {
  const of = (tree: Tree): readonly string[] =>
    dmaFacts(writeDtb({ ...one, ...tree }), { file: 'f', arch: 'arm64' }).traps
  expect(of(has)).toContain(trap)
  expect(of(hasNot)).not.toContain(trap)
})

test('on 32-bit arm a pool that is mapped is refused, and reservations of the blob are told', () => {
  const pools = reserved({ compatible: 'shared-dma-pool', reg: [0x1000, 4096] })
  const traps = (arch: 'armhf' | 'arm64', reservations: readonly (readonly [bigint, bigint])[]) =>
    dmaFacts(writeDtb({ ...one, ...pools }, { reservations }), { file: 'f', arch }).traps
  expect(traps('armhf', [])).toEqual(['pool-coherent-pool-refused-on-arm32'])
  expect(traps('arm64', [])).toEqual([])
  expect(traps('arm64', [[0x8000n, 4096n]])).toEqual(['memreserve'])
})

test('the root lacks one of its counts, or both', () => {
  const traps = (tree: Tree) => dmaFacts(writeDtb(tree), { file: 'f', arch: 'arm64' }).traps
  for (const tree of [{}, { '#address-cells': 1 }, { '#size-cells': 1 }])
    expect(traps(tree)).toContain('root-cells-missing')
  expect(traps(one)).not.toContain('root-cells-missing')
})

test('a tree without any trap has none, and traps are sorted', () => {
  const traps = (tree: Tree): readonly string[] =>
    dmaFacts(writeDtb({ ...one, ...tree }), { file: 'f', arch: 'arm64' }).traps
  expect(traps(memory)).toEqual([])
  expect(traps({ 'dma-coherent': true, dev: { status: 'fail' }, a: { 'linux,phandle': 3 } })).toEqual([
    'dma-coherent',
    'dma-coherent-on-root',
    'linux-phandle-only',
    'no-memory-node',
    'status-fail',
  ])
})
