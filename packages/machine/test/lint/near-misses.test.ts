// Boards that are nearly so: one step from a hazard, lint has nothing to say of it; and what it says where it has.
import { describe, expect, it } from 'vitest'
import { lintDtb } from '../../src/lint/lint.ts'
import { writeDtb, type Tree } from '../dtb-writer.ts'

const MIB = 2 ** 20
const cells: Tree = { '#address-cells': 1, '#size-cells': 1 }
const wide: Tree = { '#address-cells': 2, '#size-cells': 1 }
const POOL: Tree = { compatible: 'shared-dma-pool', reg: [0x5000_0000, 8 * MIB], 'no-map': true, phandle: 1 }
const CODEC: Tree = { compatible: 'samsung,mfc-v7', 'memory-region': 1 }
interface Parts {
  readonly pool?: Tree
  readonly codec?: Tree
  readonly regions?: Tree
  readonly reservedNode?: Tree
  readonly soc?: Tree
  readonly root?: Tree
}
const board = ({ pool = {}, codec = {}, regions = {}, reservedNode = {}, soc = {}, root = {} }: Parts): Tree => ({
  ...cells,
  'memory@40000000': { device_type: 'memory', reg: [0x4000_0000, 0x4000_0000] },
  'reserved-memory': { ...cells, ranges: true, 'pool@50000000': { ...POOL, ...pool }, ...regions, ...reservedNode },
  soc: { ...cells, ranges: true, 'codec@1000': { ...CODEC, ...codec }, ...soc },
  ...root,
})
type Arch = 'armhf' | 'arm64' | 'riscv64'
const said = (parts: Parts, arch: Arch = 'armhf') =>
  lintDtb(writeDtb(board(parts)), { file: 'b.dtb', arch }).map(
    ({ code, severity, node, message }) => `${severity} ${code} ${node}: ${message}`,
  )
const cma = (reg: readonly number[], more: Tree = {}): Tree => ({
  compatible: 'shared-dma-pool',
  reusable: true,
  reg,
  ...more,
})
const dynamic = (size: number, more: Tree = {}): Tree => ({
  compatible: 'shared-dma-pool',
  reusable: true,
  size,
  ...more,
})
const mmu = (more: Tree = {}): Tree => ({ mmu: { compatible: 'a,mmu', '#iommu-cells': 0, phandle: 6, ...more } })

describe('of a device tree nothing is said', () => {
  it.each<[what: string, parts: Parts, arch?: Arch]>([
    ['a pool that ends with memory', { pool: { reg: [0x7f80_0000, 8 * MIB] } }],
    ['one that begins with memory', { pool: { reg: [0x4000_0000, 8 * MIB] } }],
    ['regions that touch', { regions: { 'x@50800000': { reg: [0x5080_0000, 8 * MIB], 'no-map': true } } }],
    ['a CMA area in whole blocks', { regions: { 'c@60000000': cma([0x6000_0000, 16 * MIB]) } }],
    ['the default one', { regions: { 'c@60000000': cma([0x6000_0000, 16 * MIB], { 'linux,cma-default': true }) } }],
    ['a default pool', { pool: { 'linux,dma-default': true } }],
    [
      'one default of each kind',
      {
        pool: { 'linux,dma-default': true },
        regions: { 'c@60000000': cma([0x6000_0000, 16 * MIB], { 'linux,cma-default': true }) },
      },
    ],
    [
      'a second default that is disabled',
      {
        regions: {
          'c@60000000': cma([0x6000_0000, 16 * MIB], { 'linux,cma-default': true }),
          'c@70000000': cma([0x7000_0000, 16 * MIB], { 'linux,cma-default': true, status: 'disabled' }),
        },
      },
    ],
    ['a dynamic region that fits', { regions: { z: dynamic(MIB, { alignment: 0x1000 }) } }],
    [
      'one that fits into its ranges to the byte',
      {
        regions: { z: dynamic(MIB, { 'alloc-ranges': [0x6000_0000, MIB] }) },
      },
    ],
    ['one that takes all that is left in one piece', { regions: { z: dynamic(0x2f80_0000) } }],
    ['a disabled region with nothing in it', { regions: { z: { 'no-map': true, status: 'disabled' } } }],
    ['as many names as regions', { codec: { 'memory-region-names': ['left'] } }],
    ['an IOMMU that is on', { codec: { iommus: 6 }, soc: mmu() }],
    ['a pool within the window', { soc: { 'dma-ranges': [0x5000_0000, 0x5000_0000, 8 * MIB] } }],
    [
      'one whose last byte a mask of 32 bits reaches',
      {
        codec: { compatible: 'a,unknown' },
        soc: { ...wide, 'dma-ranges': [0, 0xbf80_0000, 0x4000_0000, 0x1080_0000] },
      },
    ],
    [
      'one beyond it, behind an IOMMU',
      {
        codec: { compatible: 'a,unknown', iommus: 6 },
        soc: { ...wide, 'dma-ranges': [0, 0xf000_0000, 0x4000_0000, 0x4000_0000], ...mmu() },
      },
    ],
    ['a pool that two of a kind share', { soc: { 'gpu@2000': { compatible: 'a,gpu', 'memory-region': 1 } } }],
    ['coherent devices alone', { codec: { 'dma-coherent': true } }],
    [
      'a coherent device that is no media device',
      { soc: { 'eth@2000': { compatible: 'a,eth', 'dma-coherent': true } } },
    ],
    ['dma-noncoherent alone', { codec: { 'dma-noncoherent': true } }],
    [
      'a chain of caches that ends',
      { root: { l2: { compatible: 'cache', 'next-level-cache': 7 }, l3: { compatible: 'cache', phandle: 7 } } },
    ],
    ['banks that touch', { root: { 'memory@80000000': { device_type: 'memory', reg: [0x8000_0000, MIB] } } }],
    [
      'a disabled bank on another',
      {
        root: { 'memory@50000000': { device_type: 'memory', reg: [0x5000_0000, MIB], status: 'disabled' } },
      },
    ],
  ])('%s', (_, parts, arch) => {
    expect(said(parts, arch)).toEqual([])
  })
})

describe('of a device tree it is said', () => {
  it.each<[parts: Parts, text: RegExp | string, count?: number]>([
    [
      { pool: { reg: [0x7f80_1000, 8 * MIB] } },
      'error region-past-memory /reserved-memory/pool@50000000: 0x7f801000..0x80000fff runs past memory, which ends at 0x80000000',
    ],
    [{ pool: { reg: [0x3fff_f000, 8 * MIB] } }, /^error region-past-memory .*0x3ffff000\.\.0x407fefff runs past/],
    [
      { pool: { reg: [0x8000_0000, 8 * MIB] } },
      /^warning region-outside-memory .*coherent-pool at 0x80000000: the device tree states no memory there, and it needs a boot loader/,
    ],
    [
      { pool: { reg: [0x3f80_0000, 8 * MIB] } },
      /^info region-outside-memory .*: 0x3f800000 is not memory that the device tree states$/,
    ],
    [
      { regions: { 'c@90000000': cma([0x9000_0000, 16 * MIB]) } },
      /^warning region-outside-memory .*cma at 0x90000000: .*boot loader/,
    ],
    [
      { regions: { 'c@10000000': cma([0x1000_0000, 16 * MIB]) } },
      /^error region-outside-memory .*cma at 0x10000000: the device tree states no memory there$/,
    ],
    [{ pool: { reg: [0x9000_0000, 8 * MIB], 'linux,dma-default': true } }, /^info region-outside-memory/],
    [
      { pool: { reg: [0xff80_0000, 0x80_0001] } },
      /^error region-wraps .*: 0xff800000 and 0x800001 pass the end of 32-bit addresses$/,
      2,
    ],
    [
      { pool: { reg: [0x5000_0000, 8 * MIB, 1] } },
      /^error region-refused .*reg is not a whole number of entries \(1 cells left over\)$/,
      2,
    ],
    [{ regions: { z: { size: [0, MIB] } } }, /^error region-refused .*size takes 8 bytes, not what #size-cells says$/],
    [
      { regions: { z: dynamic(MIB, { alignment: [0, 4096] }) } },
      /alignment takes 8 bytes, not what #address-cells says$/,
    ],
    [
      { regions: { z: dynamic(0x3000_0000) } },
      /^error region-does-not-fit \/reserved-memory\/z: no free 768 MiB in memory$/,
    ],
    [
      { regions: { z: dynamic(MIB + 1, { 'alloc-ranges': [0x6000_0000, MIB] }) } },
      /no free 1028 KiB in its alloc-ranges$/,
    ],
    [
      { regions: { z: dynamic(MIB, { 'alloc-ranges': [0x5000_0000, 8 * MIB] }) } },
      /no free 1 MiB in its alloc-ranges$/,
    ],
    [
      { regions: { z: dynamic(MIB, { alignment: 0x1800 }) } },
      /^warning region-refused .*alignment 0x1800 is not a power of two$/,
    ],
    [
      { regions: { 'c@60000000': cma([0x6000_0000, 16 * MIB + 4096]) } },
      /^error region-alignment .*CMA area 0x60000000, 0x1001000: not in whole page blocks of 4 MiB$/,
    ],
    [
      { regions: { 'r@60000000': { reg: [0x6000_0000, MIB], reusable: true } } },
      /^warning region-flags .*reusable without compatible: nobody reuses it$/,
    ],
    [
      { regions: { 'r@60000000': { reg: [0x6000_0000, MIB], compatible: 'a,b', 'linux,dma-default': true } } },
      /^error region-flags .*linux,dma-default without shared-dma-pool$/,
    ],
    [
      { regions: { 'r@60000000': { reg: [0x6000_0000, MIB], compatible: 'a,b', 'linux,cma-default': true } } },
      /linux,cma-default on a region that is not a CMA area/,
    ],
    [
      { regions: { 'r@60000000': { reg: [0x6000_0000, MIB], compatible: 'restricted-dma-pool', reusable: true } } },
      /restricted-dma-pool with reusable: Linux refuses the pool$/,
    ],
    [{ pool: { 'no-map': 'x', reusable: true } }, /no-map and reusable/, 2],
    [
      { regions: { 'r@60000000': { reg: [0x6000_0000, MIB], compatible: 'shared-dma-pool' } } },
      /^error region-flags .*32-bit ARM takes no coherent pool that is mapped$/,
    ],
    [
      { codec: { 'memory-region': [1, 9] } },
      /^error memory-region-missing .*memory-region entry 1: no node has the phandle 0x9$/,
    ],
    [
      { codec: { 'memory-region': [1, 9], 'memory-region-names': ['left', 'right'] } },
      /memory-region right: no node has the phandle 0x9$/,
    ],
    [
      { codec: { 'memory-region': [1, 1], 'memory-region-names': ['left'] } },
      /^warning memory-region-names .*2 regions, but 1 names$/,
    ],
    [
      { codec: { iommus: 6 }, soc: mmu({ status: 'disabled' }) },
      /^info iommu-disabled \/soc\/codec@1000: \/soc\/mmu is disabled; the device runs without$/,
    ],
    [
      { soc: { pcie: { compatible: 'a,b', device_type: 'pci', 'iommu-map': [0, 5, 0, 16] } } },
      /^error iommu-missing .*iommu-map: a phandle leads nowhere$/,
    ],
    [
      {
        soc: { ...mmu({ '#iommu-cells': 1 }), pcie: { compatible: 'a,b', device_type: 'pci', 'iommu-map': [0, 6, 0] } },
      },
      /iommu-map is not a whole number of entries of four cells$/,
    ],
    [
      { soc: { 'dma-ranges': [0x5000_0000, 0x5000_0000, 8 * MIB - 1] } },
      /^error pool-outside-window \/soc\/codec@1000: .* at 0x50000000 lies outside the windows of \/soc \(dma-ranges\)$/,
    ],
    [
      { soc: { 'gpu@2000': { compatible: 'a,gpu', 'memory-region': 1, 'dma-coherent': true } } },
      /^warning pool-mixed-coherence \/reserved-memory\/pool@50000000: shared by \/soc\/gpu@2000, which snoops the caches, and \/soc\/codec@1000, which does not$/,
    ],
    [
      { root: { 'memory@7ffff000': { device_type: 'memory', reg: [0x7fff_f000, MIB] } } },
      /^warning memory-overlap \/memory@7ffff000: 0x7ffff000 is already part of \/memory@40000000$/,
    ],
  ])('%o: %s', (parts, text, count = 1) => {
    const all = said(parts)
    expect(all).toContainEqual(expect.stringMatching(text))
    expect(all).toHaveLength(count)
  })
})
