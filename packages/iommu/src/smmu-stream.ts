// What an SMMUv3 reads about a device before it translates: stream table entries and context descriptors, eight 64-bit
// words each. Cold code, written once per attach.
import { PGTABLE_QUIRK } from '@dmalab/hot'
import type { IoPgtableShape, TranslationControl } from './io-pgtable-config.ts'

export type Words = readonly bigint[]

const CONFIG = { abort: 0, bypass: 4, s1: 5, s2: 6 } as const
const S1DSS_BYPASS = 1
const SHCFG_INCOMING = 1n
/** Table address fields: bits 51:4 and, of the context table, 51:6. */
const TTB_MASK = 0x000f_ffff_ffff_fff0n
const CD_TABLE_MASK = 0x000f_ffff_ffff_ffc0n

const bit = (n: number, set = true): bigint => (set ? 1n << BigInt(n) : 0n)
const field = (value: number | bigint, shift: number): bigint => BigInt(value) << BigInt(shift)
const words = (...given: bigint[]): Words => [...given, ...Array.from({ length: 8 - given.length }, () => 0n)]

export interface ContextOptions {
  /** Top table. */
  readonly ttb: bigint
  readonly asid: number
  /** Faults stall the transaction. */
  readonly stall: boolean
}

/** Models: Linux v6.12 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_make_s1_cd */
export function contextDescriptor(shape: IoPgtableShape, { ttb, asid, stall }: ContextOptions): Words {
  if (shape.registers.kind !== 's1') throw new Error('a context descriptor needs stage-1 tables')
  const { tcr, mair } = shape.registers
  const dirty = (shape.quirks & PGTABLE_QUIRK.HD) !== 0
  const w0 =
    field(tcr.tsz, 0) |
    field(tcr.tg, 6) |
    field(tcr.irgn, 8) |
    field(tcr.orgn, 10) |
    field(tcr.sh, 12) |
    bit(30) | // EPD1: no upper half
    bit(31) | // V
    field(tcr.ps, 32) |
    bit(41) | // AA64
    bit(42, dirty) |
    bit(43, dirty) |
    bit(44, stall) |
    bit(45) | // R: record faults
    bit(46) | // A
    bit(47) | // ASET
    field(asid, 48)
  return words(w0, ttb & TTB_MASK, 0n, mair)
}

export interface StageOneOptions {
  /** Context descriptor table. */
  readonly cdTable: bigint
  /** 0 linear, 2 two levels. */
  readonly s1Format: number
  /** log2 of the number of substreams. */
  readonly cdMax: number
  /** What a transaction without substream does. */
  readonly s1dss: number
  /** The SMMU can stall; this master does. */
  readonly stallCapable: boolean
  readonly stall: boolean
  readonly e2h: boolean
  readonly ats: boolean
  /** The SMMU can override incoming attributes. */
  readonly override: boolean
}

/** Models: Linux v6.12 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_make_cdtable_ste */
export function stageOneEntry(o: StageOneOptions): Words {
  const w0 = valid(CONFIG.s1) | field(o.s1Format, 4) | (o.cdTable & CD_TABLE_MASK) | field(o.cdMax, 59)
  const w1 =
    field(o.s1dss, 0) |
    field(1, 2) | // CIR: write-back
    field(1, 4) | // COR
    field(3, 6) | // CSH: inner shareable
    bit(27, o.stallCapable && !o.stall) |
    field(o.ats ? 1 : 0, 28) |
    field(o.e2h ? 2 : 0, 30)
  return words(w0, o.s1dss === S1DSS_BYPASS ? w1 | shareability(o.override) : w1)
}

export interface StageTwoOptions {
  readonly ttb: bigint
  readonly vmid: number
  readonly stall: boolean
  readonly ats: boolean
  readonly override: boolean
}

/** Models: Linux v6.12 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_make_s2_domain_ste */
export function stageTwoEntry(shape: IoPgtableShape, o: StageTwoOptions): Words {
  if (shape.registers.kind !== 's2') throw new Error('a stage-2 entry needs stage-2 tables')
  const w1 = field(o.ats ? 1 : 0, 28) | shareability(o.override)
  const w2 =
    field(o.vmid, 0) |
    field(vtcr(shape.registers.vtcr), 32) |
    bit(51) | // AA64
    bit(54) | // PTW
    bit(57, o.stall) |
    bit(58) // R
  return words(valid(CONFIG.s2), w1, w2, o.ttb & TTB_MASK)
}

/** The device may not access anything; the SMMU records no event. */
export const abortEntry = (): Words => words(valid(CONFIG.abort))

/** Addresses go through untranslated. */
export const bypassEntry = (override: boolean): Words => words(valid(CONFIG.bypass), shareability(override))

const valid = (config: number): bigint => 1n | field(config, 1)
const shareability = (override: boolean): bigint => (override ? SHCFG_INCOMING << 44n : 0n)

const vtcr = ({ ps, tg, sh, orgn, irgn, sl, tsz }: TranslationControl): bigint =>
  field(tsz, 0) | field(sl, 6) | field(irgn, 8) | field(orgn, 10) | field(sh, 12) | field(tg, 14) | field(ps, 16)
