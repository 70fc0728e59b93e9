import { describe, expect, it } from 'vitest'
import type { Severity } from '@dmalab/api'
import { LINT_CODES, type LintCode } from '../../src/lint/finding.ts'
import { lintDtb } from '../../src/lint/lint.ts'
import { CORPUS, corpusBytes, corpusIsHere, corpusJson } from '../corpus.ts'
import { writeDtb, type BlobOptions, type Tree } from '../dtb-writer.ts'

const MIB = 2 ** 20
const cells: Tree = { '#address-cells': 1, '#size-cells': 1 }
const POOL: Tree = { compatible: 'shared-dma-pool', reg: [0x5000_0000, 8 * MIB], 'no-map': true, phandle: 1 }
const CODEC: Tree = { compatible: 'samsung,mfc-v7', 'memory-region': 1 }

/** A good board: one pool, one codec that uses it. Each case changes what it names. */
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
const lint = (parts: Parts, options: BlobOptions = {}) =>
  lintDtb(writeDtb(board(parts), options), { file: 'b.dtb', arch: 'armhf' })

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

const HAZARDS: readonly (readonly [what: string, code: LintCode, severity: Severity, parts: Parts])[] = [
  ['regions that overlap', 'region-overlap', 'error', { regions: { 'x@50400000': { reg: [0x5040_0000, 8 * MIB] } } }],
  ['a pool that runs past memory', 'region-past-memory', 'error', { pool: { reg: [0x7fc0_0000, 8 * MIB] } }],
  [
    'a CMA area below memory',
    'region-outside-memory',
    'error',
    { regions: { 'c@10000000': cma([0x1000_0000, 16 * MIB]) } },
  ],
  ['a pool above memory', 'region-outside-memory', 'warning', { pool: { reg: [0x9000_0000, 8 * MIB] } }],
  ['on-chip RAM below memory', 'region-outside-memory', 'info', { pool: { reg: [0x1000_0000, 0x1_0000] } }],
  ['a region past the end of addresses', 'region-wraps', 'error', { pool: { reg: [0xffff_f000, 0xffff_f000] } }],
  ['reg of three cells', 'region-refused', 'error', { pool: { reg: [0x5000_0000, 8 * MIB, 1] } }],
  ['a region of size zero', 'region-refused', 'warning', { regions: { 'z@60000000': { reg: [0x6000_0000, 0] } } }],
  ['neither reg nor size', 'region-refused', 'error', { regions: { z: { 'no-map': true } } }],
  ['size of the wrong length', 'region-refused', 'error', { regions: { z: { size: [0, MIB] } } }],
  [
    'alignment of the wrong length',
    'region-refused',
    'error',
    { regions: { z: dynamic(MIB, { alignment: [0, 4096] }) } },
  ],
  [
    'alignment that is not a power of two',
    'region-refused',
    'warning',
    { regions: { z: dynamic(MIB, { alignment: 0x3000 }) } },
  ],
  [
    'alloc-ranges of the wrong length',
    'region-refused',
    'error',
    { regions: { z: dynamic(MIB, { 'alloc-ranges': [0] }) } },
  ],
  ['no room for a dynamic region', 'region-does-not-fit', 'error', { regions: { z: dynamic(0x4000_0000) } }],
  [
    'alloc-ranges outside memory',
    'region-does-not-fit',
    'error',
    { regions: { z: dynamic(MIB, { 'alloc-ranges': [0, MIB] }) } },
  ],
  [
    'a CMA area off its blocks',
    'region-alignment',
    'error',
    { regions: { 'c@60100000': cma([0x6010_0000, 16 * MIB]) } },
  ],
  ['no-map with reusable', 'region-flags', 'error', { pool: { reusable: true } }],
  ['no-map with linux,cma-default', 'region-flags', 'error', { pool: { 'linux,cma-default': true } }],
  ['a restricted pool with no-map', 'region-flags', 'error', { pool: { compatible: 'restricted-dma-pool' } }],
  [
    'linux,dma-default on a CMA area',
    'region-flags',
    'error',
    { regions: { 'c@60000000': cma([0x6000_0000, 16 * MIB], { 'linux,dma-default': true }) } },
  ],
  [
    'two default areas',
    'region-default-twice',
    'warning',
    {
      regions: {
        'c@60000000': cma([0x6000_0000, 16 * MIB], { 'linux,cma-default': true }),
        'c@70000000': cma([0x7000_0000, 16 * MIB], { 'linux,cma-default': true }),
      },
    },
  ],
  ['cells unlike those of the root', 'reserved-memory-ignored', 'error', { reservedNode: { '#address-cells': 2 } }],
  ['memory-region to nothing', 'memory-region-missing', 'error', { codec: { 'memory-region': 9 } }],
  ['an empty memory-region', 'memory-region-missing', 'error', { codec: { 'memory-region': true } }],
  ['memory-region to a disabled node', 'memory-region-disabled', 'warning', { pool: { status: 'disabled' } }],
  ['memory-region to what Linux refuses', 'memory-region-refused', 'error', { pool: { reg: [0x5000_0000] } }],
  ['memory-region to contradictory flags', 'memory-region-refused', 'error', { pool: { reusable: true } }],
  [
    'memory-region to some other node',
    'memory-region-elsewhere',
    'warning',
    { codec: { 'memory-region': 2 }, soc: { 'sram@0': { phandle: 2 } } },
  ],
  [
    'two names for one region',
    'memory-region-names',
    'warning',
    { codec: { 'memory-region-names': ['left', 'right'] } },
  ],
  [
    'a pool outside dma-ranges',
    'pool-outside-window',
    'error',
    { soc: { 'dma-ranges': [0, 0x4000_0000, 0x1000_0000] } },
  ],
  [
    'a pool beyond 32 bits of bus address',
    'pool-beyond-mask',
    'warning',
    {
      codec: { compatible: 'a,unknown' },
      soc: { '#address-cells': 2, 'dma-ranges': [1, 0, 0x4000_0000, 0x4000_0000] },
    },
  ],
  [
    'a pool beyond the mask that the driver sets',
    'pool-beyond-mask',
    'error',
    { soc: { '#address-cells': 2, 'dma-ranges': [1, 0, 0x4000_0000, 0x4000_0000] } },
  ],
  [
    'a bus whose addresses all lie high',
    'window-beyond-mask',
    'warning',
    { soc: { '#address-cells': 2, 'dma-ranges': [0x10, 0, 0x4000_0000, 0x4000_0000] } },
  ],
  [
    'memory that a bus does not lead to',
    'ram-beyond-reach',
    'warning',
    { soc: { 'dma-ranges': [0, 0x4000_0000, 0x2000_0000], 'ethernet@9000': { reg: [0x9000, 0x100] } } },
  ],
  [
    'an IOMMU that only a child without compatible names',
    'iommu-on-child',
    'warning',
    { codec: { port: { iommus: 6 } }, soc: { mmu: { '#iommu-cells': 0, phandle: 6 } } },
  ],
  [
    'an IOMMU that only a device below names',
    'iommu-on-child',
    'info',
    { codec: { port: { compatible: 'a,b', iommus: 6 } }, soc: { mmu: { '#iommu-cells': 0, phandle: 6 } } },
  ],
  [
    'an iommu-map to a disabled IOMMU',
    'iommu-disabled',
    'info',
    {
      soc: {
        mmu: { '#iommu-cells': 1, phandle: 6, status: 'disabled' },
        pcie: { device_type: 'pci', 'iommu-map': [0, 6, 0, 0x1_0000] },
      },
    },
  ],
  [
    'a pool that cards would not get',
    'pci-memory-region',
    'warning',
    { soc: { pcie: { device_type: 'pci', 'memory-region': 1 } } },
  ],
  [
    'a region shared by a coherent and another device',
    'pool-mixed-coherence',
    'warning',
    {
      soc: { 'gpu@2000': { 'memory-region': 1, 'dma-coherent': true } },
    },
  ],
  [
    'media devices of both kinds',
    'media-mixed-coherence',
    'info',
    { soc: { 'gsc@2000': { compatible: 'samsung,exynos5-gsc', 'dma-coherent': true } } },
  ],
  [
    'dma-coherent and dma-noncoherent',
    'coherence-contradiction',
    'error',
    { codec: { 'dma-coherent': true, 'dma-noncoherent': true } },
  ],
  [
    'a circle of DMA parents',
    'dma-parent-cycle',
    'error',
    {
      soc: {
        'a@1': { interconnects: 4, 'interconnect-names': 'dma-mem', '#interconnect-cells': 0, phandle: 3 },
        'b@2': { interconnects: 3, 'interconnect-names': 'dma-mem', '#interconnect-cells': 0, phandle: 4 },
      },
    },
  ],
  [
    'a cache that is its own next level',
    'cache-cycle',
    'warning',
    { root: { l2: { compatible: 'cache', 'next-level-cache': 7, phandle: 7 } } },
  ],
  [
    'dma-ranges of four cells',
    'dma-ranges-malformed',
    'error',
    { soc: { 'dma-ranges': [0x4000_0000, 0x4000_0000, 0x4000_0000, 0] } },
  ],
  [
    'dma-ranges that lead nowhere',
    'dma-ranges-untranslatable',
    'error',
    {
      soc: { 'dma-ranges': [0x4000_0000, 0x4000_0000, 0x4000_0000], bus: { ...cells, 'dma-ranges': [0, 0, 0x1000] } },
    },
  ],
  [
    'dma-ranges past the end of addresses',
    'dma-ranges-wraps',
    'warning',
    { soc: { 'dma-ranges': [0x4000_0000, 0x4000_0000, 0xffff_f000] } },
  ],
  [
    'a window of size zero',
    'dma-ranges-empty-entry',
    'warning',
    {
      soc: { 'dma-ranges': [0, 0, 0, 0x4000_0000, 0x4000_0000, 0x4000_0000] },
    },
  ],
  [
    'dma-ranges behind a gap',
    'dma-ranges-ignored',
    'info',
    {
      soc: {
        'dma-ranges': [0x4000_0000, 0x4000_0000, 0x4000_0000],
        a: { b: { codec: { compatible: 'samsung,mfc-v7' } } },
      },
    },
  ],
  ['iommus to nothing', 'iommu-missing', 'error', { codec: { iommus: 9 } }],
  [
    'iommus short of an argument',
    'iommu-missing',
    'error',
    { codec: { iommus: 6 }, soc: { mmu: { '#iommu-cells': 1, phandle: 6 } } },
  ],
  [
    'a disabled IOMMU',
    'iommu-disabled',
    'info',
    { codec: { iommus: 6 }, soc: { mmu: { '#iommu-cells': 0, phandle: 6, status: 'disabled' } } },
  ],
  [
    'banks that overlap',
    'memory-overlap',
    'warning',
    { root: { 'memory@50000000': { device_type: 'memory', reg: [0x5000_0000, MIB] } } },
  ],
  ['one phandle twice', 'duplicate-phandle', 'error', { codec: { phandle: 1 } }],
]

describe('lint', () => {
  it('says nothing about a good board', () => {
    expect(lint({})).toEqual([])
  })

  it.each(HAZARDS)('finds %s', (_, code, severity, parts) => {
    expect(lint(parts)).toContainEqual(expect.objectContaining({ code, severity }))
  })

  it('finds a pool on a reservation of the boot loader', () => {
    const findings = lint({}, { reservations: [[0x5000_0000n, 0x1000n]] })
    expect(findings.map((finding) => finding.code)).toEqual(['region-overlap'])
  })

  it('finds one path twice', () => {
    // The writer takes names from object keys, which differ: one letter is changed in the blob.
    const blob = writeDtb(board({ soc: { 'x@1': {}, 'x@2': {} } }))
    const text = Buffer.from(blob).indexOf('x@2')
    blob[text + 2] = '1'.charCodeAt(0)
    expect(lintDtb(blob, { file: 'b', arch: 'armhf' }).map((finding) => finding.code)).toEqual(['duplicate-node'])
  })

  it('asks for memory where the tree states none, and checks what is given', () => {
    const { 'memory@40000000': _, ...bare } = board({})
    const codes = (memorySize?: number): readonly string[] =>
      lintDtb(writeDtb(bare), { file: 'b', arch: 'arm64', ...(memorySize !== undefined && { memorySize }) }).map(
        ({ code }) => code,
      )
    expect(codes()).toContain('memory-not-stated')
    expect(() => codes(2 * 1024 * MIB)).toThrow('where memory starts')
    const wide = {
      ...bare,
      compatible: 'rockchip,rk3399',
      soc: { ...cells, 'codec@1000': { ...CODEC, reg: [0x1000, 0x100] } },
    }
    const [reach] = lintDtb(writeDtb(wide), { file: 'b', arch: 'arm64', memorySize: 8 * 1024 * MIB }).filter(
      ({ code }) => code === 'ram-beyond-reach',
    )
    expect(reach?.message).toContain('codec: 1000.codec: 4 GiB of 8 GiB of memory in reach')
  })

  it('has a test for every code', () => {
    const tested = new Set<string>([...HAZARDS.map(([, code]) => code), 'duplicate-node', 'memory-not-stated'])
    expect(Object.keys(LINT_CODES).filter((code) => !tested.has(code))).toEqual([])
  })

  it('puts errors first and leaves disabled users alone', () => {
    const severities = lint({ codec: { iommus: 9, 'memory-region': 9 }, pool: { reg: [0x9000_0000, MIB] } }).map(
      (each) => each.severity,
    )
    expect(severities).toEqual(
      severities.toSorted((a, b) => ['error', 'warning', 'info'].indexOf(a) - ['error', 'warning', 'info'].indexOf(b)),
    )
    expect(lint({ codec: { 'memory-region': 9, status: 'disabled' } })).toEqual([])
  })
})

interface Board {
  readonly dtb: string
  readonly arch: 'armhf' | 'arm64' | 'riscv64'
}

describe.skipIf(!corpusIsHere)(`real boards of ${CORPUS}`, () => {
  const boards = corpusIsHere ? corpusJson<Board[]>('index.json') : []
  const loud = boards.flatMap(({ dtb, arch }) =>
    lintDtb(corpusBytes(dtb), { file: dtb, arch })
      .filter((finding) => finding.severity !== 'info')
      .map((finding) => `${dtb}: ${finding.code} ${finding.node}`),
  )

  it('are quiet but for two whose device trees really are so', () => {
    expect(loud).toEqual([
      'mt8192-asurada-spherion-r0.dtb: region-outside-memory /reserved-memory/wifi@c0000000',
      'sc7180-idp.dtb: region-overlap /reserved-memory/memory@86000000',
    ])
  })

  // The bytes themselves, at offsets found by hand: base and size, two cells each, of one reg after the other.
  const reg = (dtb: string, at: number): readonly [base: bigint, end: bigint] => {
    const bytes = corpusBytes(dtb)
    const view = new DataView(bytes.buffer, bytes.byteOffset + at)
    return [view.getBigUint64(0), view.getBigUint64(0) + view.getBigUint64(8)]
  }

  it('sc7180-idp reserves the firmware of its IPA inside the memory of its modem; Linux v6.12 of_reserved_mem.c complains of it too', () => {
    const [modem, modemEnd] = reg('sc7180-idp.dtb', 0x24f0)
    const [ipa, ipaEnd] = reg('sc7180-idp.dtb', 0x2434)
    expect([modem, modemEnd, ipa, ipaEnd]).toEqual([0x8600_0000n, 0x8ec0_0000n, 0x8b70_0000n, 0x8b71_0000n])
    expect(modem < ipa && ipaEnd < modemEnd).toBe(true)
  })

  it('mt8192-asurada states 2 GiB, and a bounce pool that starts where they end: boot loaders of boards with more say so', () => {
    const [, memoryEnd] = reg('mt8192-asurada-spherion-r0.dtb', 0xe1bc)
    const [pool] = reg('mt8192-asurada-spherion-r0.dtb', 0xed1c)
    expect([memoryEnd, pool]).toEqual([0xc000_0000n, 0xc000_0000n])
  })
})
