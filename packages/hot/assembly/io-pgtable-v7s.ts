// Short-descriptor translation tables of ARMv7: level 1 with 1 MiB sections, level 2 with 4 KiB pages, and groups of 16
// equal entries for 16 MiB supersections and 64 KiB large pages. Entries are 32 bits wide.
import { tableGive, tableTake } from './io-pgtable-heap'
import { ioLog, ioWarn, logAddPages, logSync } from './io-pgtable-log'
import * as P from './shared/io-pgtable-layout'

const GROUP: u32 = 16
const L2_ORDER: u32 = 10
const TABLE_MASK: u32 = 0xfffffc00

const TYPE: u32 = 3
const TYPE_TABLE: u32 = 1
const TYPE_PAGE: u32 = 2
const TYPE_LARGE_PAGE: u32 = 1
const B: u32 = 1 << 2
const C: u32 = 1 << 3
const NS_TABLE: u32 = 1 << 3
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

/**
 * Maps pgcount pages of one size, one after the other.
 *
 * returns  0 or a negative errno; IO_RESULT holds the bytes mapped, also those before an error
 *
 * Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_map_pages
 */
export function v7sMap(pt: usize, iova: u64, paddr: u64, pgsize: u64, pgcount: u32, prot: u32): i32 {
  store<u64>(P.IO_BASE, 0, P.IO_RESULT)
  if (iova >> load<u32>(pt, P.PT_IAS) != 0 || paddr >> load<u32>(pt, P.PT_OAS) != 0) return refuse(P.IO_ERANGE)
  if ((prot & (P.PROT_READ | P.PROT_WRITE)) == 0) return P.IO_EINVAL
  for (let i: u32 = 0; i < pgcount; i++) {
    const failed = mapOne(pt, iova, paddr, <u32>pgsize, prot)
    if (failed != 0) return failed
    iova += pgsize
    paddr += pgsize
    store<u64>(P.IO_BASE, load<u64>(P.IO_BASE, P.IO_RESULT) + pgsize, P.IO_RESULT)
  }
  return 0
}

/**
 * Unmaps up to pgcount pages of one size; stops at the first that is not mapped.
 *
 * returns  the bytes unmapped
 *
 * Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_unmap_pages
 */
export function v7sUnmap(pt: usize, iova: u64, pgsize: u64, pgcount: u32, gather: u32): u64 {
  if (iova >> load<u32>(pt, P.PT_IAS) != 0) {
    ioWarn()
    return 0
  }
  let done: u64 = 0
  for (let i: u32 = 0; i < pgcount; i++) {
    if (unmapLevel1(pt, iova, <u32>pgsize, gather) == 0) break
    iova += pgsize
    done += pgsize
  }
  return done
}

/**
 * The physical address behind iova into IO_RESULT; 0 = not mapped.
 *
 * Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_iova_to_phys
 */
export function v7sIovaToPhys(pt: usize, iova: u64): void {
  const level = v7sWalk(pt, iova)
  if (level < 0) {
    store<u64>(P.IO_BASE, 0, P.IO_RESULT)
    return
  }
  const entry = <u32>load<u64>(P.IO_BASE, P.IO_RESULT)
  const offset = iova & <u64>~leafMask(entry, level)
  store<u64>(P.IO_BASE, physOf(pt, entry, level) | offset, P.IO_RESULT)
}

/** What the hardware's walker finds: the leaf's entry into IO_RESULT and its level (1, 2) as the result, or -level of the empty entry. */
export function v7sWalk(pt: usize, iova: u64): i32 {
  let level: u32 = 1
  let entry = load<u32>(<usize>load<u32>(pt, P.PT_PGD) + ((<usize>indexOf(pt, iova, 1)) << 2))
  if (isTable(entry, 1)) {
    level = 2
    entry = load<u32>(tableOf(entry) + ((<usize>indexOf(pt, iova, 2)) << 2))
  }
  if ((entry & TYPE) == 0) return -(<i32>level)
  store<u64>(P.IO_BASE, entry, P.IO_RESULT)
  return level
}

/** Allocates the level-1 table. */
export function v7sOpen(pt: usize): void {
  store<u32>(pt, <u32>tableAlloc(pt, load<u32>(pt, P.PT_IAS) - 20 + 2), P.PT_PGD)
}

/** Frees every table, level 1 last. */
export function v7sClose(pt: usize): void {
  ioLog(P.LOG_FLUSH_ALL, 0, 0, 0, 0)
  const pgd: usize = load<u32>(pt, P.PT_PGD)
  const order = load<u32>(pt, P.PT_IAS) - 20 + 2
  for (let at = pgd; at < pgd + ((<usize>1) << order); at += 4) {
    const entry = load<u32>(at)
    if (isTable(entry, 1)) tableFree(pt, tableOf(entry), L2_ORDER)
  }
  tableFree(pt, pgd, order)
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: __arm_v7s_map
function mapOne(pt: usize, iova: u64, paddr: u64, size: u32, prot: u32): i32 {
  const pgd: usize = load<u32>(pt, P.PT_PGD)
  const index = indexOf(pt, iova, 1)
  const sections = size >> 20
  if (sections != 0) return installLeaves(pt, iova, paddr, prot, 1, sections, pgd, index)

  const at = pgd + ((<usize>index) << 2)
  let entry = load<u32>(at)
  if (entry == 0) {
    const below = tableAlloc(pt, L2_ORDER)
    entry = installTable(pt, below, pgd, index)
  } else {
    syncEntries(pt, pgd, index, 1)
  }
  if (!isTable(entry, 1)) return alreadyMapped(pt)
  const pages = size >> 12
  if (pages == 0) return refuse(P.IO_EINVAL)
  return installLeaves(pt, iova, paddr, prot, 2, pages, tableOf(entry), indexOf(pt, iova, 2))
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_init_pte
function installLeaves(
  pt: usize,
  iova: u64,
  paddr: u64,
  prot: u32,
  level: u32,
  count: u32,
  table: usize,
  index: u32,
): i32 {
  if (load<u32>(pt, P.PT_FLAGS) & P.PT_F_FIX_OVERWRITE) {
    for (let i: u32 = 0; i < count; i++)
      if (mapsSomething(load<u32>(table + ((<usize>(index + i)) << 2)), level)) return alreadyMapped(pt)
  }
  for (let i: u32 = 0; i < count; i++) {
    const entry = load<u32>(table + ((<usize>(index + i)) << 2))
    if (isTable(entry, level)) {
      const size: u32 = 1 << shiftOf(level)
      if (mapsSomething(entry, level)) ioLog(P.LOG_QUIRK, P.IO_QUIRK_BLOCK_REPLACES, iova + <u64>i * size, 0, 0)
      if (unmapLevel1(pt, iova + <u64>i * size, size, P.GATHER_NONE) != size) return refuse(P.IO_EINVAL)
    } else if (entry != 0) {
      return alreadyMapped(pt)
    }
  }
  let entry = attributesOf(pt, prot, level)
  if (count > 1) entry = toGroup(entry, level)
  setEntries(pt, table, index, count, entry | addressBits(pt, paddr, level))
  return 0
}

function mapsSomething(entry: u32, level: u32): bool {
  if (!isTable(entry, level)) return entry != 0
  const table = tableOf(entry)
  for (let at = table; at < table + 1024; at += 4) if (load<u32>(at) != 0) return true
  return false
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: __arm_v7s_unmap (level 1)
function unmapLevel1(pt: usize, iova: u64, size: u32, gather: u32): u32 {
  const pgd: usize = load<u32>(pt, P.PT_PGD)
  const index = indexOf(pt, iova, 1)
  const count = size >> 20
  if (!allValid(pgd, index, count)) {
    ioWarn()
    return 0
  }
  let entry = load<u32>(pgd + ((<usize>index) << 2))
  if (count <= 1 && isGroup(entry, 1)) entry = splitGroup(pt, iova, index, 1, pgd)
  if (count != 0) {
    clearSections(pt, iova, count, gather, pgd, index)
    return size
  }
  if (!isTable(entry, 1)) return splitSection(pt, iova, size, gather, entry, pgd, index)
  return unmapLevel2(pt, iova, size, gather, tableOf(entry))
}

function clearSections(pt: usize, iova: u64, count: u32, gather: u32, pgd: usize, index: u32): void {
  const sectionSize: u64 = 1 << 20
  // The entries are read before they are cleared: what was a table is freed afterwards, one by one.
  let tables: u32 = 0
  for (let i: u32 = 0; i < count; i++) {
    const entry = load<u32>(pgd + ((<usize>(index + i)) << 2))
    if (isTable(entry, 1)) {
      tables |= 1 << i
      store<u32>(P.IO_BASE + P.IO_SCRATCH + (i << 2), entry)
    }
  }
  setEntries(pt, pgd, index, count, 0)
  for (let i: u32 = 0; i < count; i++) {
    if (((tables >> i) & 1) != 0) {
      ioLog(P.LOG_FLUSH_WALK, iova, sectionSize, 1 << 12, 0)
      tableFree(pt, tableOf(load<u32>(P.IO_BASE + P.IO_SCRATCH + (i << 2))), L2_ORDER)
    } else if (gather != P.GATHER_QUEUED) {
      logAddPages(iova, sectionSize, 1)
    }
    iova += sectionSize
  }
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: __arm_v7s_unmap (level 2)
function unmapLevel2(pt: usize, iova: u64, size: u32, gather: u32, table: usize): u32 {
  const index = indexOf(pt, iova, 2)
  const count = size >> 12
  if (!allValid(table, index, count)) {
    ioWarn()
    return 0
  }
  const entry = load<u32>(table + ((<usize>index) << 2))
  if (count <= 1 && isGroup(entry, 2)) splitGroup(pt, iova, index, 2, table)
  if (count == 0) {
    ioWarn()
    return 0
  }
  setEntries(pt, table, index, count, 0)
  if (gather != P.GATHER_QUEUED) logAddPages(iova, 1 << 12, count)
  return size
}

/**
 * Turns 16 equal entries into 16 different ones. The flush covers the group's size but starts at the unaligned iova.
 *
 * Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_split_cont
 */
function splitGroup(pt: usize, iova: u64, index: u32, level: u32, table: usize): u32 {
  const first = index & ~(GROUP - 1)
  const at = table + ((<usize>first) << 2)
  const size: u32 = 1 << shiftOf(level)
  const entry = fromGroup(load<u32>(table + ((<usize>index) << 2)), level)
  for (let i: u32 = 0; i < GROUP; i++) store<u32>(at + ((<usize>i) << 2), entry + i * size)
  syncEntries(pt, table, first, GROUP)
  const group = <u64>size * GROUP
  ioLog(P.LOG_FLUSH_WALK, iova, group, group, 0)
  return (load<u32>(pt, P.PT_FLAGS) & P.PT_F_FIX_SUPERSECTION) != 0 ? load<u32>(table + ((<usize>index) << 2)) : entry
}

/**
 * Replaces a section by a table without the part to unmap. The new entries count up from physical address 0: the section's
 * own address is lost, unless PT_F_FIX_SPLIT is set. The install is a compare-and-exchange against the section's entry, so
 * a piece of a freshly split supersection beyond its first section is refused: its entry is not the one expected.
 *
 * Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_split_blk_unmap
 */
function splitSection(pt: usize, iova: u64, size: u32, gather: u32, section: u32, pgd: usize, index: u32): u32 {
  const table = tableAlloc(pt, L2_ORDER)
  const count = size >> 12
  const skip = indexOf(pt, iova, 2)
  let entry = attributesOf(pt, protOf(section, 1), 2)
  if (count > 1) entry = toGroup(entry, 2)
  const fixed = (load<u32>(pt, P.PT_FLAGS) & P.PT_F_FIX_SPLIT) != 0
  const base = physOf(pt, section, 1)
  for (let i: u32 = 0; i < 256; i += count) {
    if (i != skip) {
      const bits = fixed ? entry | addressBits(pt, base + ((<u64>i) << 12), 2) : entry + (i << 12)
      setEntries(pt, table, i, count, bits)
    }
  }
  const now = load<u32>(pgd + ((<usize>index) << 2))
  if (now == section) {
    if (!fixed) ioLog(P.LOG_QUIRK, P.IO_QUIRK_V7S_SPLIT, iova, 0, 0)
    installTable(pt, table, pgd, index)
    logAddPages(iova, size, 1)
    return size
  }
  ioLog(P.LOG_QUIRK, P.IO_QUIRK_V7S_SUPERSECTION, iova, 0, 0)
  syncEntries(pt, pgd, index, 1)
  tableFree(pt, table, L2_ORDER)
  return 0
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_install_table
function installTable(pt: usize, below: usize, table: usize, index: u32): u32 {
  let entry = <u32>below | TYPE_TABLE
  if (load<u32>(pt, P.PT_QUIRKS) & P.QUIRK_NS) entry |= NS_TABLE
  store<u32>(table + ((<usize>index) << 2), entry)
  syncEntries(pt, table, index, 1)
  return entry
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_prot_to_pte
function attributesOf(pt: usize, prot: u32, level: u32): u32 {
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
function protOf(entry: u32, level: u32): u32 {
  const bits = entry >> attributeShift(level)
  let prot: u32 = P.PROT_READ
  if ((bits & AP_READ_ONLY) == 0) prot |= P.PROT_WRITE
  if ((bits & AP_UNPRIVILEGED) == 0) prot |= P.PROT_PRIV
  if ((bits & TEX_MASK) == 0) prot |= P.PROT_MMIO
  else if (entry & C) prot |= P.PROT_CACHE
  return (entry & executeNever(level)) != 0 ? prot | P.PROT_NOEXEC : prot
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_pte_to_cont
function toGroup(entry: u32, level: u32): u32 {
  if (level == 1) return entry | SUPERSECTION
  const xn = entry & executeNever(level)
  const tex = entry & LARGE_TEX
  entry ^= xn | tex | TYPE_PAGE
  return entry | (xn << LARGE_XN_SHIFT) | (tex << LARGE_TEX_SHIFT) | TYPE_LARGE_PAGE
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_cont_to_pte
function fromGroup(entry: u32, level: u32): u32 {
  if (level == 1) return entry & ~SUPERSECTION
  const xn = entry & (1 << LARGE_XN_SHIFT)
  const tex = entry & (LARGE_TEX << LARGE_TEX_SHIFT)
  entry ^= xn | tex | TYPE_LARGE_PAGE
  return entry | (xn >> LARGE_XN_SHIFT) | (tex >> LARGE_TEX_SHIFT) | TYPE_PAGE
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_pte_is_cont
function isGroup(entry: u32, level: u32): bool {
  if (level == 2) return (entry & TYPE_PAGE) == 0
  return !isTable(entry, 1) && (entry & SUPERSECTION) != 0
}

function leafMask(entry: u32, level: u32): u32 {
  const mask: u32 = 0xffffffff << shiftOf(level)
  return isGroup(entry, level) ? mask * GROUP : mask
}

function physOf(pt: usize, entry: u32, level: u32): u64 {
  const address = <u64>(entry & leafMask(entry, level))
  if ((load<u32>(pt, P.PT_QUIRKS) & P.QUIRK_MTK_EXT) == 0) return address
  const high =
    <u64>((entry & MTK_PA32) != 0) | ((<u64>((entry & MTK_PA33) != 0)) << 1) | ((<u64>((entry & MTK_PA34) != 0)) << 2)
  return address | (high << 32)
}

function addressBits(pt: usize, paddr: u64, level: u32): u32 {
  let bits = <u32>paddr & (0xffffffff << shiftOf(level))
  if ((load<u32>(pt, P.PT_QUIRKS) & P.QUIRK_MTK_EXT) == 0) return bits
  const high = <u32>(paddr >> 32)
  if (high & 1) bits |= MTK_PA32
  if (high & 2) bits |= MTK_PA33
  if (high & 4) bits |= MTK_PA34
  return bits
}

function allValid(table: usize, index: u32, count: u32): bool {
  const end = index + max<u32>(count, 1)
  for (; index < end; index++) if ((load<u32>(table + ((<usize>index) << 2)) & TYPE) == 0) return false
  return true
}

function setEntries(pt: usize, table: usize, index: u32, count: u32, entry: u32): void {
  const at = table + ((<usize>index) << 2)
  for (let i: u32 = 0; i < count; i++) store<u32>(at + ((<usize>i) << 2), entry)
  syncEntries(pt, table, index, count)
}

function syncEntries(pt: usize, table: usize, index: u32, count: u32): void {
  if (!coherent(pt)) logSync(table, index << 2, count << 2)
}

function tableAlloc(pt: usize, order: u32): usize {
  const table = tableTake(max<u32>(order, P.IO_MIN_ORDER))
  ioLog(P.LOG_TABLE_ALLOC, table, 0, 0, 0)
  if (!coherent(pt)) ioLog(P.LOG_TABLE_MAP, table, 1 << order, 0, 0)
  return table
}

function tableFree(pt: usize, table: usize, order: u32): void {
  if (!coherent(pt)) ioLog(P.LOG_TABLE_UNMAP, table, 1 << order, 0, 0)
  ioLog(P.LOG_TABLE_FREE, table, 0, 0, 0)
  tableGive(table, max<u32>(order, P.IO_MIN_ORDER))
}

function alreadyMapped(pt: usize): i32 {
  if ((load<u32>(pt, P.PT_FLAGS) & P.PT_F_SELFTEST) == 0) ioWarn()
  return P.IO_EEXIST
}

function refuse(errno: i32): i32 {
  ioWarn()
  return errno
}

function coherent(pt: usize): bool {
  return (load<u32>(pt, P.PT_FLAGS) & P.PT_F_COHERENT) != 0
}

function shiftOf(level: u32): u32 {
  return level == 1 ? 20 : 12
}

function attributeShift(level: u32): u32 {
  return 16 - level * 6
}

function executeNever(level: u32): u32 {
  return 1 << (4 * (2 - level))
}

function indexOf(pt: usize, iova: u64, level: u32): u32 {
  const bits = level == 1 ? load<u32>(pt, P.PT_IAS) - 20 : 8
  return <u32>(iova >> shiftOf(level)) & ((1 << bits) - 1)
}

function isTable(entry: u32, level: u32): bool {
  return level == 1 && (entry & TYPE) == TYPE_TABLE
}

function tableOf(entry: u32): usize {
  return entry & TABLE_MASK
}
