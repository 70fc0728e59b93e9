// The machine of a configuration: RAM, a pool for the exporter, one or two importers, each with the properties that the axes name.
import type { Arch, DeviceClass, DeviceFacts, IommuFacts, KernelLayout, Machine, ReservedRegion } from '@dmalab/api'

/** The first byte of highmem, where there is any. */
export const HIGHMEM = 0x1000_0000
/** 256 MiB of RAM, low enough that a device with a narrow mask reaches all of it. */
const RAM = { base: 0x0800_0000, len: 0x1000_0000 }
const MIB = 0x10_0000
/** The first byte that a narrow device does not reach. */
const OUTSIDE = 0x4000_0000
const NARROW_BITS = 30
/** How much higher the bus of an `offset` device shows memory. */
const BUS_OFFSET = 0x3000_0000

/** Where `over-pages` declares the pool. With highmem it lies there. */
export const OVER_PAGES = { base: 0x1000_0000, size: MIB }

export interface MachineProperties {
  readonly arch: string
  /** Every device snoops, whatever it is like otherwise. */
  readonly allSnoop: boolean
  /** 32-bit: a kernel with few addresses for its memory. */
  readonly pointerBits: number
  readonly pool: string
  readonly exporter: string
  readonly importer: string
  readonly exporterClass: DeviceClass
  readonly importerClass: DeviceClass
  /** Driver model of the importer; null: the one of its class. */
  readonly importerDriver: string | null
  readonly iommuModel: string
  /** What a third device is like; `none`: there is none. */
  readonly second: string
  /** Memory without a linear mapping begins in the middle of RAM; 32-bit only. */
  readonly highmem: boolean
}

/** One exporter and one importer, neither with a property of its own. */
export const plainMachine = ({ board, pointerBits, snoops }: Pick<Arch, 'board' | 'pointerBits' | 'snoops'>): Machine =>
  machineOf({
    arch: board,
    allSnoop: snoops === 'always',
    pointerBits,
    pool: 'none',
    exporter: 'plain',
    importer: 'plain',
    exporterClass: 'codec',
    importerClass: 'converter',
    importerDriver: null,
    iommuModel: '',
    second: 'none',
    highmem: false,
  })

export const machineOf = (properties: MachineProperties): Machine => {
  const { pool, exporter, importer } = properties
  const reserved = [...poolRegions(pool), ...ownRegions(importer)]
  const iommus: readonly IommuFacts[] = [exporter, importer, properties.second].some(isTranslated)
    ? [{ name: 'mmu', model: properties.iommuModel, enabled: true }]
    : []
  const deviceOf = (name: string, kind: DeviceClass, like: string, pools: readonly string[]): DeviceFacts => {
    const facts = factsOf(name, kind, like, pools)
    return { ...facts, coherent: facts.coherent || properties.allSnoop }
  }
  const names = reserved.map(({ name }) => name).filter((name) => name.startsWith('frames'))
  return {
    name: nameOf(properties),
    title: 'a machine made for an exploration',
    arch: properties.arch,
    cpu: { lineSize: 64, aliasing: false },
    memory: pool === '2g' ? [{ base: OUTSIDE, len: 1024 * MIB }] : [RAM],
    reserved,
    layout: layoutOf(properties),
    iommus,
    devices: [
      deviceOf('exporter', properties.exporterClass, exporter, names),
      {
        ...deviceOf('importer', properties.importerClass, importer, pool === 'shared' ? names : []),
        ...(properties.importerDriver === null ? {} : { driver: properties.importerDriver }),
      },
      ...(properties.second === 'none' ? [] : [deviceOf('second', 'converter', properties.second, [])]),
    ],
    bindings: {},
  }
}

const nameOf = ({ arch, pool, exporter, importer }: MachineProperties): string =>
  `${arch}-${pool}-${exporter}-${importer}`

const isTranslated = (kind: string): boolean => kind.endsWith('iommu')

const isRestricted = (kind: string): boolean => kind.endsWith('restricted')

const region = (name: string, base: number, len: number): ReservedRegion => ({
  name,
  base,
  len,
  compatible: 'shared-dma-pool',
  noMap: true,
  reusable: false,
})

const poolRegions = (pool: string): readonly ReservedRegion[] => {
  switch (pool) {
    case 'none':
    case 'over-pages':
      return []
    case 'inside':
      return [region('frames', RAM.base + 64 * MIB, 4 * MIB)]
    case 'two':
      return [region('frames', OUTSIDE, 4 * MIB), region('frames2', OUTSIDE + 16 * MIB, 4 * MIB)]
    case '2g':
      return [region('frames', 0x8000_0000, 2048 * MIB)]
    default:
      return [region('frames', OUTSIDE, 4 * MIB)]
  }
}

/** Pools that an importer has for itself: its memory comes from there, and a restricted one bounces all it maps. */
const ownRegions = (importer: string): readonly ReservedRegion[] => {
  const own = region('own', OUTSIDE + 32 * MIB, 4 * MIB)
  if (importer === 'pooled') return [own]
  if (isRestricted(importer))
    return [{ ...own, base: RAM.base + 128 * MIB, compatible: 'restricted-dma-pool', noMap: false }]
  return []
}

const factsOf = (name: string, kind: DeviceClass, like: string, pools: readonly string[]): DeviceFacts => ({
  name,
  class: kind,
  coherent: like.startsWith('coherent'),
  maskBits: like === 'narrow' ? NARROW_BITS : 32,
  pools: [...pools, ...(like === 'pooled' || isRestricted(like) ? ['own'] : [])],
  maxSegmentSize: 0xffff_ffff,
  ...(like.startsWith('aligned') ? { minAlignMask: 0xfff } : {}),
  ...(isTranslated(like) ? { iommu: 'mmu' } : {}),
  ...(like === 'offset' ? { dmaRanges: [{ cpu: 0, bus: BUS_OFFSET, len: 0x8000_0000 }] } : {}),
})

/** With a pool of 2 GiB the kernel has 3 GiB of addresses, most of them for mappings (VMSPLIT_1G). */
const layoutOf = ({ pointerBits, pool, highmem }: MachineProperties): KernelLayout => {
  if (pointerBits === 32 && pool === '2g')
    return {
      pageOffset: 0x4000_0000n,
      lowmemEnd: 0x7000_0000,
      vmalloc: { start: 0x7080_0000n, end: 0xff80_0000n },
      pageArray: { base: 0x6e00_0000n, entrySize: 32, holes: 'unmapped' },
    }
  return highmem ? { lowmemEnd: HIGHMEM } : {}
}
