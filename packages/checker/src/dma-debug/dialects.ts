// dma-debug by release: its texts, types and set of checks, one record a release. Nothing else in this room knows a release.
import { ATTR, type KernelText } from '@dmalab/api'
import type { EntryType } from './entry.ts'

/** Digits of a phys_addr_t printed with %pa: 8 where it has 32 bits. */
export type PhysDigits = 8 | 16

/** What CONFIG_DMA_API_DEBUG of a release says and compares. The order of its checks is the same in all of them. */
export interface Dialect {
  readonly release: KernelText
  /** What was read. */
  readonly source: string
  /** A message in its frame. */
  readonly frame: (driver: string, device: string, text: string) => string
  readonly typeNames: Readonly<Record<EntryType, string>>
  /** Type of an entry by the call that made it. `pages` is dma_alloc_pages(), `sync` the reference of a single sync. */
  readonly types: Readonly<Record<'page' | 'resource' | 'pages' | 'sync', EntryType>>
  /** Attribute that tells a resource mapping from one of a page, where both have one type; else 0. */
  readonly resourceAttr: number
  /** Attributes that map and unmap must agree in; 0: they are not compared. */
  readonly comparedAttrs: number
  /** Types whose CPU address is compared at free. */
  readonly cpuAddressTypes: readonly EntryType[]
  /** A physical address in the text of that comparison. */
  readonly cpuAddress: (physAddr: number, digits: PhysDigits) => string
  /** Are these looked for at all? `segments` needs CONFIG_DMA_API_DEBUG_SG until it became part of DMA_API_DEBUG. */
  readonly checks: Readonly<Record<'linearArea' | 'segments' | 'resourceRam' | 'cacheLine', boolean>>
  /** Mappings that carry one of these attributes may share cache lines with each other. */
  readonly lineSharers: number
  /** Buckets of the hash. */
  readonly buckets: number
  /** Buckets that the search for the mapping around an address visits, from bucket number `first` backwards. */
  readonly lookBack: (first: number, maxSegmentSize: number) => number
}

/** Bytes of device address space per hash bucket: HASH_FN_SHIFT is 13 in every release. */
export const BUCKET_BYTES = 8192
const FULL_HASH = 16_384
const { MMIO, DEBUGGING_IGNORE_CACHELINES, REQUIRE_COHERENT, CC_SHARED } = ATTR

/** 0x%016llx */
const long = (at: number): string => `0x${BigInt(at).toString(16).padStart(16, '0')}`
/** %pa, which brings its own 0x. */
export const phys = (at: number, digits: PhysDigits): string => `0x${at.toString(16).padStart(digits, '0')}`

/** The misspelling of scatterlists is the kernel's. */
const NAMES: Readonly<Record<EntryType, string>> = {
  single: 'single',
  page: 'page',
  sg: 'scather-gather',
  coherent: 'coherent',
  noncoherent: 'noncoherent',
  resource: 'resource',
  phy: 'phy',
}

const V4_11: Dialect = {
  release: '4.11',
  source: 'Linux lib/dma-debug.c of 2017, between v4.11 and v4.16',
  frame: (driver, device, text) => `${driver} ${device}: DMA-API: ${text}`,
  typeNames: NAMES,
  types: { page: 'page', resource: 'resource', pages: 'page', sync: 'single' },
  resourceAttr: 0,
  comparedAttrs: 0,
  cpuAddressTypes: ['coherent'],
  cpuAddress: long,
  // A cache line that is mapped twice is counted, and not reported.
  checks: { linearArea: false, segments: false, resourceRam: false, cacheLine: false },
  lineSharers: 0,
  buckets: 1024,
  lookBack: (_first, maxSegmentSize) => Math.floor(maxSegmentSize / BUCKET_BYTES) + 1,
}

const V5_10: Dialect = {
  ...V4_11,
  release: '5.10',
  source: 'Linux v5.10 kernel/dma/debug.c',
  frame: (driver, device, text) => `DMA-API: ${driver} ${device}: ${text}`,
  types: { page: 'single', resource: 'resource', pages: 'single', sync: 'single' },
  checks: { linearArea: true, segments: true, resourceRam: false, cacheLine: false },
  buckets: FULL_HASH,
}

const V5_15: Dialect = {
  ...V5_10,
  release: '5.15',
  source: 'Linux v5.15 kernel/dma/debug.c, as in 5.15.55',
  checks: { ...V5_10.checks, cacheLine: true },
}

const V6_1: Dialect = {
  ...V5_15,
  release: '6.1',
  source: 'Linux v6.1 kernel/dma/debug.c',
  // One round through the hash, and not below address 0.
  lookBack: (first) => Math.min(FULL_HASH, first + 1),
}

const V6_12: Dialect = {
  ...V6_1,
  release: '6.12',
  source: 'Linux v6.12 kernel/dma/debug.c',
  typeNames: { ...NAMES, sg: 'scatter-gather' },
  types: { ...V6_1.types, pages: 'noncoherent' },
  cpuAddressTypes: ['coherent', 'noncoherent'],
  // The format is 0x%pa, so the prefix comes twice.
  cpuAddress: (at, digits) => `0x${phys(at, digits)}`,
}

const V6_18: Dialect = {
  ...V6_12,
  release: '6.18',
  source: 'Linux v6.18 kernel/dma/debug.c, as in 6.18.35',
  types: { page: 'phy', resource: 'phy', pages: 'noncoherent', sync: 'phy' },
  resourceAttr: MMIO,
  checks: { ...V6_12.checks, resourceRam: true },
  lineSharers: DEBUGGING_IGNORE_CACHELINES,
}

/** The file that was read for v6.1, with other printing of all mappings. */
const V6_6: Dialect = { ...V6_1, release: '6.6', source: 'Linux v6.6 kernel/dma/debug.c, as in 6.6.63' }

const V7_2: Dialect = {
  ...V6_18,
  release: '7.2',
  source: 'Linux v7.2 kernel/dma/debug.c',
  comparedAttrs: ATTR.NO_KERNEL_MAPPING + ATTR.FORCE_CONTIGUOUS + ATTR.PRIVILEGED + MMIO + REQUIRE_COHERENT + CC_SHARED,
  lineSharers: DEBUGGING_IGNORE_CACHELINES + REQUIRE_COHERENT,
}

const V7_3: Dialect = { ...V7_2, release: '7.3', source: 'Linux v7.3 kernel/dma/debug.c, the same file as in v7.2' }

export const DIALECTS: Readonly<Record<KernelText, Dialect>> = {
  '4.11': V4_11,
  '5.10': V5_10,
  '5.15': V5_15,
  '6.1': V6_1,
  '6.6': V6_6,
  '6.12': V6_12,
  '6.18': V6_18,
  '7.2': V7_2,
  '7.3': V7_3,
}
