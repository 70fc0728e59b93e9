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
]

test.each(ROWS)('%s', (trap, has, hasNot) => {
  const of = (tree: Tree): readonly string[] =>
    dmaFacts(writeDtb({ ...one, ...tree }), { file: 'f', arch: 'arm64' }).traps
  expect(of(has)).toContain(trap)
  expect(of(hasNot)).not.toContain(trap)
})
