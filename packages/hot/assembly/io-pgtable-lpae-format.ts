// Long-descriptor entries (AArch64 and LPAE, stage 1 and 2) as the hardware reads them, and where they stand.
// Levels are 0..3; a table holds 2^bpl entries of 8 bytes.
import { ioWarn } from './io-pgtable-log'
import * as P from './shared/io-pgtable-layout'

export const LAST: u32 = 3
export const VALID: u64 = 1
export const TYPE: u64 = 3
export const TYPE_BLOCK: u64 = 1
export const TYPE_TABLE: u64 = 3
export const ADDRESS: u64 = 0x0000_ffff_ffff_f000
const NS: u64 = 1 << 5
const AP_UNPRIVILEGED: u64 = 1 << 6
export const AP_READ_ONLY: u64 = 1 << 7
const S2_READ: u64 = 1 << 6
const S2_WRITE: u64 = 1 << 7
const SHARE_OUTER: u64 = 2 << 8
const SHARE_INNER: u64 = 3 << 8
const ACCESSED: u64 = 1 << 10
const NOT_GLOBAL: u64 = 1 << 11
export const DIRTY_MODIFIER: u64 = 1 << 51
const EXECUTE_NEVER: u64 = 3 << 53
export const SOFT_SYNCED: u64 = 1 << 55
export const NS_TABLE: u64 = 1 << 63
/** What a split block hands down to its pieces: bits 11:2, the dirty modifier and execute-never. */
export const ATTRIBUTES: u64 = 0xffc | DIRTY_MODIFIER | EXECUTE_NEVER

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: arm_lpae_prot_to_pte
export function attributesOf(pt: usize, prot: u32): u64 {
  let bits: u64 = ACCESSED | ((prot & P.PROT_CACHE) != 0 ? SHARE_INNER : SHARE_OUTER)
  if (prot & P.PROT_NOEXEC) bits |= EXECUTE_NEVER
  const quirks = load<u32>(pt, P.PT_QUIRKS)
  if (quirks & P.QUIRK_NS) bits |= NS
  if (load<u32>(pt, P.PT_FORMAT) == P.FORMAT_LPAE_S2) {
    if (prot & P.PROT_READ) bits |= S2_READ
    if (prot & P.PROT_WRITE) bits |= S2_WRITE
    return bits | ((<u64>((prot & P.PROT_MMIO) != 0 ? 1 : (prot & P.PROT_CACHE) != 0 ? 0xf : 5)) << 2)
  }
  bits |= NOT_GLOBAL
  if ((prot & P.PROT_WRITE) == 0 && (prot & P.PROT_READ) != 0) bits |= AP_READ_ONLY
  else if (quirks & P.QUIRK_HD) bits |= DIRTY_MODIFIER
  if ((prot & P.PROT_PRIV) == 0) bits |= AP_UNPRIVILEGED
  return bits | ((<u64>((prot & P.PROT_MMIO) != 0 ? 2 : (prot & P.PROT_CACHE) != 0 ? 1 : 0)) << 2)
}

export function isLeaf(entry: u64, level: u32): bool {
  return (entry & TYPE) == (level == LAST ? TYPE_TABLE : TYPE_BLOCK)
}

/** Tables lie below 4 GiB of the linear memory; their address is the entry's. */
export function tableOf(entry: u64): usize {
  return <usize>(entry & ADDRESS)
}

/** With 64 KiB granules address bits 51:48 sit in bits 15:12 of the entry. */
export function addressBits(paddr: u64): u64 {
  return (paddr | (paddr >> 36)) & ADDRESS
}

export function physOf(entry: u64, bpl: u32): u64 {
  const address = entry & ADDRESS
  if (bpl < 13) return address
  return (address | (address << 36)) & (ADDRESS << 4)
}

export function shiftOf(bpl: u32, level: u32): u32 {
  return (4 - level) * bpl + 3
}

export function indexOf(pt: usize, iova: u64, level: u32): u32 {
  const bpl = load<u32>(pt, P.PT_BPL)
  const bits = level == load<u32>(pt, P.PT_START) ? load<u32>(pt, P.PT_PGD_BITS) : bpl
  return <u32>(iova >> shiftOf(bpl, level)) & ((1 << bits) - 1)
}

/** Entries from `index` to the end of its granule-sized (sub-)table. */
export function leftInTable(bpl: u32, index: u32): u32 {
  const entries: u32 = 1 << bpl
  return entries - (index & (entries - 1))
}

/** Bits above the input range must be zero, or all ones for tables of the upper half. */
export function outOfRange(pt: usize, iova: u64): bool {
  const above = <i64>iova >> load<u32>(pt, P.PT_IAS)
  return above != ((load<u32>(pt, P.PT_QUIRKS) & P.QUIRK_TTBR1) != 0 ? -1 : 0)
}

export function coherent(pt: usize): bool {
  return (load<u32>(pt, P.PT_FLAGS) & P.PT_F_COHERENT) != 0
}

export function alreadyMapped(pt: usize): i32 {
  if ((load<u32>(pt, P.PT_FLAGS) & P.PT_F_SELFTEST) == 0) ioWarn()
  return P.IO_EEXIST
}

export function refuse(errno: i32): i32 {
  ioWarn()
  return errno
}
