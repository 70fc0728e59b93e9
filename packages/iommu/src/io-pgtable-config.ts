// What a page table looks like: page sizes and address widths after the kernel's restrictions, and the register values that
// the driver programs. Cold code: runs once per domain.
import { type PageTableFormat, type PageTableShape, PGTABLE_QUIRK as QUIRK } from '@dmalab/hot'

/** What a driver asks for. */
export interface IoPgtableConfig {
  readonly format: PageTableFormat
  /** One bit per supported page size. */
  readonly pageSizes: number
  /** Input and output address bits. */
  readonly ias: number
  readonly oas: number
  /** IO_PGTABLE_QUIRK_* bits. */
  readonly quirks: number
  /** The walker snoops the CPU's caches: tables need no cleaning. */
  readonly coherentWalk: boolean
}

/** Fields of TCR or VTCR. */
export interface TranslationControl {
  /** ips at stage 1, ps at stage 2. */
  readonly ps: number
  readonly tg: number
  readonly sh: number
  readonly orgn: number
  readonly irgn: number
  /** Stage 2 only, 0 otherwise. */
  readonly sl: number
  readonly tsz: number
}

/** A configuration that the kernel accepts. */
export interface IoPgtableShape extends PageTableShape {
  readonly format: PageTableFormat
  readonly pageSizes: number
  readonly registers:
    | { readonly kind: 's1'; readonly tcr: TranslationControl; readonly mair: bigint }
    | { readonly kind: 's2'; readonly vtcr: TranslationControl }
    | {
        readonly kind: 'v7s'
        readonly ttbrAttr: number
        readonly tcr: number
        readonly nmrr: number
        readonly prrr: number
      }
}

const CPU_PAGE = 4096
const KIB = 2 ** 10
const MIB = 2 ** 20
const GIB = 2 ** 30
const SIZES_4K = [4 * KIB, 2 * MIB, GIB]
const OUTPUT_BITS = [32, 36, 40, 42, 44, 48, 52]
const MAX_CONCATENATED = 16

/**
 * Attributes 0 (non-cacheable), 1 (write-back), 2 (device) and 3 (outer write-back only). The kernel shifts the last one as
 * a signed int, so that it spreads over the upper half.
 */
const MAIR = 0xffff_ffff_f404_ff44n

/** Decides shape and registers, or nothing when the kernel refuses the configuration. */
export const shapeOf = (config: IoPgtableConfig): IoPgtableShape | undefined =>
  config.format === 'ARM_V7S' ? shapeV7s(config) : shapeLpae(config)

/**
 * Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: arm_lpae_alloc_pgtable
 * Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: arm_64_lpae_alloc_pgtable_s1
 * Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: arm_64_lpae_alloc_pgtable_s2
 */
function shapeLpae(config: IoPgtableConfig): IoPgtableShape | undefined {
  const { format, quirks, coherentWalk } = config
  const stage2 = format === 'ARM_64_LPAE_S2' || format === 'ARM_32_LPAE_S2'
  let offered = bitsOf(config.pageSizes)
  if (format === 'ARM_32_LPAE_S1' && (config.ias > 32 || config.oas > 40)) return undefined
  if (format === 'ARM_32_LPAE_S2' && (config.ias > 40 || config.oas > 40)) return undefined
  if (format === 'ARM_32_LPAE_S1' || format === 'ARM_32_LPAE_S2') offered = offered.filter((s) => SIZES_4K.includes(s))
  const allowed = stage2 ? 0 : QUIRK.NS | QUIRK.TTBR1 | QUIRK.OUTER_WBWA | QUIRK.HD
  if ((quirks & ~allowed) !== 0) return undefined

  const granule = granuleOf(offered)
  const widest = granule === 64 * KIB ? 52 : 48
  const kept = offered.filter((s) => sizesOf(granule, config.oas).includes(s))
  const ias = Math.min(config.ias, widest)
  const oas = Math.min(config.oas, widest)
  if (granule === undefined || kept.length === 0 || !kept.includes(granule)) return undefined

  const granuleBits = Math.log2(granule)
  const bitsPerLevel = granuleBits - 3
  const levels = Math.ceil((ias - granuleBits) / bitsPerLevel)
  let startLevel = 4 - levels
  let pgdBits = ias - granuleBits - bitsPerLevel * (levels - 1)
  if (stage2 && startLevel === 0 && 2 ** pgdBits <= MAX_CONCATENATED) {
    pgdBits += bitsPerLevel
    startLevel = 1
  }
  const outer = (quirks & QUIRK.OUTER_WBWA) !== 0
  const ps = OUTPUT_BITS.indexOf(oas)
  if (ps < 0 || (outer && coherentWalk)) return undefined

  const upper = (quirks & QUIRK.TTBR1) !== 0
  const control = {
    ps,
    tg: tgCode(granule, upper),
    sh: coherentWalk ? 3 : 2,
    orgn: coherentWalk || outer ? 1 : 0,
    irgn: coherentWalk ? 1 : 0,
    tsz: 64 - ias,
  }
  const sl = ~(startLevel + (granule === 4 * KIB ? 1 : 0)) & 3
  return {
    startLevel,
    bitsPerLevel,
    pgdBits,
    ...config,
    pageSizes: kept.reduce((sum, s) => sum + s, 0),
    ias,
    oas,
    registers: stage2
      ? { kind: 's2', vtcr: { sl, ...control } }
      : { kind: 's1', tcr: { sl: 0, ...control }, mair: MAIR },
  }
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_alloc_pgtable
function shapeV7s(config: IoPgtableConfig): IoPgtableShape | undefined {
  const { quirks, ias, oas, coherentWalk } = config
  const mediatek = (quirks & QUIRK.MTK_EXT) !== 0
  if (ias > (mediatek ? 34 : 32) || oas > (mediatek ? 35 : 32)) return undefined
  if ((quirks & ~(QUIRK.NS | QUIRK.NO_PERMS | QUIRK.MTK_EXT)) !== 0) return undefined
  if (mediatek && (quirks & QUIRK.NO_PERMS) === 0) return undefined
  const kept = bitsOf(config.pageSizes).filter((s) => [4 * KIB, 64 * KIB, MIB, 16 * MIB].includes(s))
  return {
    ...config,
    pageSizes: kept.reduce((sum, s) => sum + s, 0),
    startLevel: 1,
    bitsPerLevel: 8,
    pgdBits: ias - 20,
    registers: {
      kind: 'v7s',
      ttbrAttr: mediatek ? 0 : coherentWalk ? 0x6a : 0x2,
      tcr: 0,
      nmrr: 0x4000_4000,
      prrr: 0x800b_8204,
    },
  }
}

/**
 * The CPU's page size if it is offered, else the largest size below it, else the smallest above.
 *
 * Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: arm_lpae_restrict_pgsizes
 */
function granuleOf(offered: readonly number[]): number | undefined {
  const below = offered.filter((s) => s <= CPU_PAGE)
  return below.length > 0 ? Math.max(...below) : offered.length > 0 ? Math.min(...offered) : undefined
}

function sizesOf(granule: number | undefined, oas: number): readonly number[] {
  if (granule === 4 * KIB) return SIZES_4K
  if (granule === 16 * KIB) return [16 * KIB, 32 * MIB]
  if (granule === 64 * KIB) return oas > 48 ? [64 * KIB, 512 * MIB, 2 ** 42] : [64 * KIB, 512 * MIB]
  return []
}

/** TG0 and TG1 encode the same granules differently. */
function tgCode(granule: number, upper: boolean): number {
  if (granule === 4 * KIB) return upper ? 2 : 0
  if (granule === 16 * KIB) return upper ? 1 : 2
  return upper ? 3 : 1
}

/** The sizes in a bitmap, ascending. */
export function bitsOf(bitmap: number): number[] {
  const sizes: number[] = []
  for (let size = 1; size <= bitmap; size *= 2) if (Math.floor(bitmap / size) % 2 === 1) sizes.push(size)
  return sizes
}
