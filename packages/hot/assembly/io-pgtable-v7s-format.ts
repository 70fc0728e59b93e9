// Short-descriptor entries of ARMv7, 32 bits wide: level 1 with 1 MiB sections, level 2 with 4 KiB pages, and groups of 16
// equal entries for 16 MiB supersections and 64 KiB large pages.
import { ioWarn } from './io-pgtable-log'
import * as P from './shared/io-pgtable-layout'

export const GROUP: u32 = 16
export const L2_ORDER: u32 = 10
const TABLE_MASK: u32 = 0xfffffc00
export const TYPE: u32 = 3
export const TYPE_TABLE: u32 = 1
export const TYPE_PAGE: u32 = 2
const TYPE_LARGE_PAGE: u32 = 1
const B: u32 = 1 << 2
const C: u32 = 1 << 3
export const NS_TABLE: u32 = 1 << 3
const NS_SECTION: u32 = 1 << 19
const SUPERSECTION: u32 = 1 << 18
const LARGE_XN_SHIFT: u32 = 15
const LARGE_TEX: u32 = 7 << 6
const LARGE_TEX_SHIFT: u32 = 6

// Attributes as one 8-bit field: bits 17:10 of a level-1 entry, 11:4 of a level-2 one.
const ACCESSED: u32 = 1 << 0
const AP_UNPRIVILEGED: u32 = 1 << 1
const TEX: u32 = 1 << 2
const TEX_MASK: u32 = 7 << 2
const AP_READ_ONLY: u32 = 1 << 5
const SHAREABLE: u32 = 1 << 6
const NOT_GLOBAL: u32 = 1 << 7

const MTK_PA32: u32 = 1 << 9
const MTK_PA33: u32 = 1 << 4
const MTK_PA34: u32 = 1 << 5

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_prot_to_pte
export function attributesOf(pt: usize, prot: u32, level: u32): u32 {
  const quirks = load<u32>(pt, P.PT_QUIRKS)
  const permissions = (quirks & P.QUIRK_NO_PERMS) == 0
  let entry = NOT_GLOBAL | SHAREABLE
  if ((prot & P.PROT_MMIO) == 0) entry |= TEX
  if (permissions) {
    entry |= ACCESSED
    if ((prot & P.PROT_PRIV) == 0) entry |= AP_UNPRIVILEGED
    if ((prot & P.PROT_WRITE) == 0) entry |= AP_READ_ONLY
  }
  entry <<= attributeShift(level)
  if ((prot & P.PROT_NOEXEC) != 0 && permissions) entry |= executeNever(level)
  if (prot & P.PROT_MMIO) entry |= B
  else if (prot & P.PROT_CACHE) entry |= B | C
  entry |= TYPE_PAGE
  return level == 1 && (quirks & P.QUIRK_NS) != 0 ? entry | NS_SECTION : entry
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_pte_to_prot
export function protOf(entry: u32, level: u32): u32 {
  const bits = entry >> attributeShift(level)
  let prot: u32 = P.PROT_READ
  if ((bits & AP_READ_ONLY) == 0) prot |= P.PROT_WRITE
  if ((bits & AP_UNPRIVILEGED) == 0) prot |= P.PROT_PRIV
  if ((bits & TEX_MASK) == 0) prot |= P.PROT_MMIO
  else if (entry & C) prot |= P.PROT_CACHE
  return (entry & executeNever(level)) != 0 ? prot | P.PROT_NOEXEC : prot
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_pte_to_cont
export function toGroup(entry: u32, level: u32): u32 {
  if (level == 1) return entry | SUPERSECTION
  const xn = entry & executeNever(level)
  const tex = entry & LARGE_TEX
  entry ^= xn | tex | TYPE_PAGE
  return entry | (xn << LARGE_XN_SHIFT) | (tex << LARGE_TEX_SHIFT) | TYPE_LARGE_PAGE
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_cont_to_pte
export function fromGroup(entry: u32, level: u32): u32 {
  if (level == 1) return entry & ~SUPERSECTION
  const xn = entry & (1 << LARGE_XN_SHIFT)
  const tex = entry & (LARGE_TEX << LARGE_TEX_SHIFT)
  entry ^= xn | tex | TYPE_LARGE_PAGE
  return entry | (xn >> LARGE_XN_SHIFT) | (tex >> LARGE_TEX_SHIFT) | TYPE_PAGE
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_pte_is_cont
export function isGroup(entry: u32, level: u32): bool {
  if (level == 2) return (entry & TYPE_PAGE) == 0
  return !isTable(entry, 1) && (entry & SUPERSECTION) != 0
}

export function isTable(entry: u32, level: u32): bool {
  return level == 1 && (entry & TYPE) == TYPE_TABLE
}

export function tableOf(entry: u32): usize {
  return entry & TABLE_MASK
}

export function leafMask(entry: u32, level: u32): u32 {
  const mask: u32 = 0xffffffff << shiftOf(level)
  return isGroup(entry, level) ? mask * GROUP : mask
}

export function physOf(pt: usize, entry: u32, level: u32): u64 {
  const address = <u64>(entry & leafMask(entry, level))
  if ((load<u32>(pt, P.PT_QUIRKS) & P.QUIRK_MTK_EXT) == 0) return address
  const high =
    <u64>((entry & MTK_PA32) != 0) | ((<u64>((entry & MTK_PA33) != 0)) << 1) | ((<u64>((entry & MTK_PA34) != 0)) << 2)
  return address | (high << 32)
}

export function addressBits(pt: usize, paddr: u64, level: u32): u32 {
  let bits = <u32>paddr & (0xffffffff << shiftOf(level))
  if ((load<u32>(pt, P.PT_QUIRKS) & P.QUIRK_MTK_EXT) == 0) return bits
  const high = <u32>(paddr >> 32)
  if (high & 1) bits |= MTK_PA32
  if (high & 2) bits |= MTK_PA33
  if (high & 4) bits |= MTK_PA34
  return bits
}

export function shiftOf(level: u32): u32 {
  return level == 1 ? 20 : 12
}

function attributeShift(level: u32): u32 {
  return 16 - level * 6
}

function executeNever(level: u32): u32 {
  return 1 << (4 * (2 - level))
}

export function indexOf(pt: usize, iova: u64, level: u32): u32 {
  const bits = level == 1 ? load<u32>(pt, P.PT_IAS) - 20 : 8
  return <u32>(iova >> shiftOf(level)) & ((1 << bits) - 1)
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
