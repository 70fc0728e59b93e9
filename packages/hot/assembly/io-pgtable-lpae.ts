// Long-descriptor translation tables (AArch64 and LPAE, stage 1 and 2), with the entries that the hardware reads.
// Levels are 0..3; a table holds 2^bpl entries of 8 bytes.
import { entriesBeforeEmpty, entriesEmpty, fillEntries } from './io-pgtable-entry'
import { tableGive, tableTake } from './io-pgtable-heap'
import { ioLog, ioWarn, logAddPages, logSync } from './io-pgtable-log'
import * as P from './shared/io-pgtable-layout'

const LAST: u32 = 3
const VALID: u64 = 1
const TYPE: u64 = 3
const TYPE_BLOCK: u64 = 1
const TYPE_TABLE: u64 = 3
const ADDRESS: u64 = 0x0000_ffff_ffff_f000
const NS: u64 = 1 << 5
const AP_UNPRIVILEGED: u64 = 1 << 6
const AP_READ_ONLY: u64 = 1 << 7
const S2_READ: u64 = 1 << 6
const S2_WRITE: u64 = 1 << 7
const SHARE_OUTER: u64 = 2 << 8
const SHARE_INNER: u64 = 3 << 8
const ACCESSED: u64 = 1 << 10
const NOT_GLOBAL: u64 = 1 << 11
const DIRTY_MODIFIER: u64 = 1 << 51
const EXECUTE_NEVER: u64 = 3 << 53
const SOFT_SYNCED: u64 = 1 << 55
const NS_TABLE: u64 = 1 << 63
/** What a split block hands down to its pieces: bits 11:2, the dirty modifier and execute-never. */
const ATTRIBUTES: u64 = 0xffc | DIRTY_MODIFIER | EXECUTE_NEVER

/**
 * Maps pgcount pages of one size; never goes past the end of the table it writes.
 *
 * returns  0 or a negative errno; IO_RESULT holds the bytes mapped
 *
 * Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: arm_lpae_map_pages
 */
export function lpaeMap(pt: usize, iova: u64, paddr: u64, pgsize: u64, pgcount: u32, prot: u32): i32 {
  store<u64>(P.IO_BASE, 0, P.IO_RESULT)
  if (pgsize == 0 || (pgsize & load<u64>(pt, P.PT_PAGE_SIZES)) != pgsize) return refuse(P.IO_EINVAL)
  if (outOfRange(pt, iova) || paddr >> load<u32>(pt, P.PT_OAS) != 0) return refuse(P.IO_ERANGE)
  if ((prot & (P.PROT_READ | P.PROT_WRITE)) == 0) return P.IO_EINVAL

  const attributes = attributesOf(pt, prot)
  const bpl = load<u32>(pt, P.PT_BPL)
  let table: usize = load<u32>(pt, P.PT_PGD)
  for (let level = load<u32>(pt, P.PT_START); level <= LAST; level++) {
    const index = indexOf(pt, iova, level)
    if (pgsize == (<u64>1) << shiftOf(bpl, level)) {
      const count = min(pgcount, leftInTable(bpl, index))
      return installLeaves(pt, iova, paddr, attributes, level, count, table, index)
    }
    if (level == LAST) break
    const at = table + ((<usize>index) << 3)
    let entry = load<u64>(at)
    if (entry == 0) {
      const below = tableAlloc(pt, bpl + 3)
      entry = installTable(pt, below, table, index)
    } else if (!coherent(pt) && (entry & SOFT_SYNCED) == 0) {
      logSync(table, index << 3, 8)
    }
    if (isLeaf(entry, level)) return alreadyMapped(pt)
    table = tableOf(entry)
  }
  return refuse(P.IO_EINVAL)
}

/**
 * Unmaps up to pgcount pages of one size.
 *
 * gather   GATHER_NONE, GATHER_NORMAL or GATHER_QUEUED
 * returns  the bytes unmapped
 *
 * Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: arm_lpae_unmap_pages
 */
export function lpaeUnmap(pt: usize, iova: u64, pgsize: u64, pgcount: u32, gather: u32): u64 {
  if (pgsize == 0 || (pgsize & load<u64>(pt, P.PT_PAGE_SIZES)) != pgsize || pgcount == 0 || outOfRange(pt, iova)) {
    ioWarn()
    return 0
  }
  return unmapFrom(pt, iova, pgsize, pgcount, gather, load<u32>(pt, P.PT_START), load<u32>(pt, P.PT_PGD))
}

/**
 * The physical address behind iova into IO_RESULT; 0 = not mapped. Does not look at bits above the input range.
 *
 * Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: arm_lpae_iova_to_phys
 */
export function lpaeIovaToPhys(pt: usize, iova: u64): void {
  store<u64>(P.IO_BASE, 0, P.IO_RESULT)
  const bpl = load<u32>(pt, P.PT_BPL)
  let table: usize = load<u32>(pt, P.PT_PGD)
  for (let level = load<u32>(pt, P.PT_START); level <= LAST; level++) {
    const entry = load<u64>(table + ((<usize>indexOf(pt, iova, level)) << 3))
    if (entry == 0) return
    if (isLeaf(entry, level)) {
      const offset = iova & (((<u64>1) << shiftOf(bpl, level)) - 1)
      store<u64>(P.IO_BASE, physOf(entry, bpl) | offset, P.IO_RESULT)
      return
    }
    table = tableOf(entry)
  }
}

/**
 * What the hardware's walker finds: the leaf's entry into IO_RESULT and its level as the result, or -1 - level of the empty entry.
 */
export function lpaeWalk(pt: usize, iova: u64): i32 {
  let table: usize = load<u32>(pt, P.PT_PGD)
  for (let level = load<u32>(pt, P.PT_START); level <= LAST; level++) {
    const entry = load<u64>(table + ((<usize>indexOf(pt, iova, level)) << 3))
    if ((entry & VALID) == 0) return -1 - level
    if (isLeaf(entry, level)) {
      store<u64>(P.IO_BASE, entry, P.IO_RESULT)
      return level
    }
    table = tableOf(entry)
  }
  return -1 - LAST
}

/**
 * Reports pages that the hardware marked dirty and, with keep = 0, marks them clean again.
 *
 * returns  0 or a negative errno
 *
 * Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: arm_lpae_read_and_clear_dirty
 */
export function lpaeReadDirty(pt: usize, iova: u64, size: u64, keep: u32): i32 {
  if (size == 0 || (iova + size - 1) >> load<u32>(pt, P.PT_IAS) != 0) return refuse(P.IO_EINVAL)
  if (load<u32>(pt, P.PT_FORMAT) != P.FORMAT_LPAE_S1 || load<u32>(pt, P.PT_FLAGS) & P.PT_F_32BIT) return P.IO_EINVAL
  store<u64>(P.IO_BASE, iova, P.IO_RESULT)
  return walkDirty(pt, iova + size, keep, load<u32>(pt, P.PT_START), load<u32>(pt, P.PT_PGD))
}

/**
 * The last-level table that translates iova, with nothing in the way; 0 when a step is missing. For loops that map many
 * pages: what they write there is what lpaeMap would.
 */
export function lpaeLeafTable(pt: usize, iova: u64): usize {
  if (outOfRange(pt, iova)) return 0
  let table: usize = load<u32>(pt, P.PT_PGD)
  for (let level = load<u32>(pt, P.PT_START); level < LAST; level++) {
    const entry = load<u64>(table + ((<usize>indexOf(pt, iova, level)) << 3))
    if ((entry & TYPE) != TYPE_TABLE) return 0
    table = tableOf(entry)
  }
  return table
}

/** The entry of a page at physical address 0 with these permissions. */
export function lpaePageEntry(pt: usize, prot: u32): u64 {
  return attributesOf(pt, prot) | TYPE_TABLE
}

/** Allocates the top table. */
export function lpaeOpen(pt: usize): void {
  const order = max(load<u32>(pt, P.PT_PGD_BITS), load<u32>(pt, P.PT_BPL)) + 3
  const pgd = tableTake(order)
  store<u32>(pt, <u32>pgd, P.PT_PGD)
  ioLog(P.LOG_TABLE_ALLOC, pgd, 0, 0, 0)
  if (!coherent(pt)) ioLog(P.LOG_TABLE_MAP, pgd, 8 << load<u32>(pt, P.PT_PGD_BITS), 0, 0)
}

/** Frees every table, the top one last. */
export function lpaeClose(pt: usize): void {
  ioLog(P.LOG_FLUSH_ALL, 0, 0, 0, 0)
  freeTables(pt, load<u32>(pt, P.PT_START), load<u32>(pt, P.PT_PGD))
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: arm_lpae_prot_to_pte
function attributesOf(pt: usize, prot: u32): u64 {
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

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: arm_lpae_init_pte
function installLeaves(
  pt: usize,
  iova: u64,
  paddr: u64,
  attributes: u64,
  level: u32,
  count: u32,
  table: usize,
  index: u32,
): i32 {
  const at = table + ((<usize>index) << 3)
  const size = (<u64>1) << shiftOf(load<u32>(pt, P.PT_BPL), level)
  if (!entriesEmpty(at, count)) {
    const refused = clearTheWay(pt, iova, size, level, count, table, index)
    if (refused != 0) return refused
  }
  writeLeaves(pt, paddr, attributes, level, count, table, index)
  store<u64>(P.IO_BASE, <u64>count * size, P.IO_RESULT)
  return 0
}

/** Something lies in the way: a leaf is an error; a table is unmapped and freed. Entries done before an error stay gone. */
function clearTheWay(pt: usize, iova: u64, size: u64, level: u32, count: u32, table: usize, index: u32): i32 {
  if (load<u32>(pt, P.PT_FLAGS) & P.PT_F_FIX_OVERWRITE) {
    for (let i: u32 = 0; i < count; i++)
      if (mapsSomething(pt, load<u64>(table + ((<usize>(index + i)) << 3)), level)) return alreadyMapped(pt)
  }
  let lost = false
  for (let i: u32 = 0; i < count; i++) {
    const entry = load<u64>(table + ((<usize>(index + i)) << 3))
    if (isLeaf(entry, level)) {
      if (lost) ioLog(P.LOG_QUIRK, P.IO_QUIRK_MAP_DESTROYS, iova, 0, 0)
      return alreadyMapped(pt)
    }
    if ((entry & TYPE) != TYPE_TABLE) continue
    if (mapsSomething(pt, entry, level)) lost = true
    if (unmapFrom(pt, iova + <u64>i * size, size, 1, P.GATHER_NONE, level, table) != size) return refuse(P.IO_EINVAL)
  }
  if (lost) ioLog(P.LOG_QUIRK, P.IO_QUIRK_BLOCK_REPLACES, iova, 0, 0)
  return 0
}

function mapsSomething(pt: usize, entry: u64, level: u32): bool {
  if (entry == 0 || isLeaf(entry, level)) return entry != 0
  const table = tableOf(entry)
  const entries: u32 = 1 << load<u32>(pt, P.PT_BPL)
  for (let i: u32 = 0; i < entries; i++)
    if (mapsSomething(pt, load<u64>(table + ((<usize>i) << 3)), level + 1)) return true
  return false
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: __arm_lpae_init_pte
function writeLeaves(pt: usize, paddr: u64, attributes: u64, level: u32, count: u32, table: usize, index: u32): void {
  const bpl = load<u32>(pt, P.PT_BPL)
  const size = (<u64>1) << shiftOf(bpl, level)
  const kind = attributes | (level == LAST ? TYPE_TABLE : TYPE_BLOCK)
  const at = table + ((<usize>index) << 3)
  if (paddr >> 48 == 0 && (paddr + <u64>count * size - 1) >> 48 == 0)
    fillEntries(at, count, kind | (paddr & ADDRESS), size)
  else
    for (let i: u32 = 0; i < count; i++) store<u64>(at + ((<usize>i) << 3), kind | addressBits(paddr + <u64>i * size))
  if (!coherent(pt)) logSync(table, index << 3, count << 3)
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: arm_lpae_install_table
function installTable(pt: usize, below: usize, table: usize, index: u32): u64 {
  const at = table + ((<usize>index) << 3)
  let entry: u64 = <u64>below | TYPE_TABLE
  if (load<u32>(pt, P.PT_QUIRKS) & P.QUIRK_NS) entry |= NS_TABLE
  const old = load<u64>(at)
  if (!coherent(pt) && (old & SOFT_SYNCED) == 0) {
    logSync(table, index << 3, 8)
    entry |= SOFT_SYNCED
  }
  store<u64>(at, entry)
  return entry
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: __arm_lpae_unmap
function unmapFrom(pt: usize, iova: u64, pgsize: u64, pgcount: u32, gather: u32, level: u32, table: usize): u64 {
  const bpl = load<u32>(pt, P.PT_BPL)
  for (; level <= LAST; level++) {
    const index = indexOf(pt, iova, level)
    const entry = load<u64>(table + ((<usize>index) << 3))
    if (entry == 0) break
    if (pgsize == (<u64>1) << shiftOf(bpl, level)) {
      const count = min(pgcount, leftInTable(bpl, index))
      return clearEntries(pt, iova, pgsize, count, gather, level, table, index)
    }
    if (isLeaf(entry, level)) return splitBlock(pt, iova, pgsize, pgcount, gather, entry, level + 1, table, index)
    table = tableOf(entry)
  }
  ioWarn()
  return 0
}

function clearEntries(
  pt: usize,
  iova: u64,
  size: u64,
  count: u32,
  gather: u32,
  level: u32,
  table: usize,
  index: u32,
): u64 {
  const at = table + ((<usize>index) << 3)
  const done = entriesBeforeEmpty(at, count)
  if (done < count) ioWarn()
  for (let i: u32 = 0; level != LAST && i < done; i++) {
    const entry = load<u64>(at + ((<usize>i) << 3))
    if (isLeaf(entry, level)) continue
    store<u64>(at + ((<usize>i) << 3), 0)
    if (!coherent(pt)) logSync(table, (index + i) << 3, 8)
    ioLog(P.LOG_FLUSH_WALK, iova + <u64>i * size, size, (<u64>8) << load<u32>(pt, P.PT_BPL), 0)
    freeTables(pt, level + 1, tableOf(entry))
  }
  memory.fill(at, 0, (<usize>done) << 3)
  if (!coherent(pt) && done != 0) logSync(table, index << 3, done << 3)
  if (gather == P.GATHER_NORMAL) logAddPages(iova, size, done)
  return <u64>done * size
}

/**
 * Replaces a block by a table of smaller pieces without the ones to unmap. `level` is the level of the pieces.
 *
 * Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: arm_lpae_split_blk_unmap
 */
function splitBlock(
  pt: usize,
  iova: u64,
  pgsize: u64,
  pgcount: u32,
  gather: u32,
  block: u64,
  level: u32,
  table: usize,
  index: u32,
): u64 {
  if (level > LAST) {
    ioWarn()
    return 0
  }
  const bpl = load<u32>(pt, P.PT_BPL)
  const pieces: u32 = 1 << bpl
  const size = (<u64>1) << shiftOf(bpl, level)
  const below = tableAlloc(pt, bpl + 3)
  let first: u32 = pieces
  let count: u32 = 0
  if (pgsize == size) {
    first = indexOf(pt, iova, level)
    count = min(pgcount, leftInTable(bpl, first))
  }
  const paddr = physOf(block, bpl)
  const attributes = block & ATTRIBUTES
  for (let i: u32 = 0; i < pieces; i++) {
    if (i >= first && i < first + count) continue
    writeLeaves(pt, paddr + <u64>i * size, attributes, level, 1, below, i)
  }
  installTable(pt, below, table, index)
  if (count == 0) return unmapFrom(pt, iova, pgsize, pgcount, gather, level, below)
  logAddPages(iova, pgsize, count)
  return <u64>count * pgsize
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: __arm_lpae_free_pgtable
function freeTables(pt: usize, level: u32, table: usize): void {
  const bpl = load<u32>(pt, P.PT_BPL)
  const top = table == <usize>load<u32>(pt, P.PT_PGD)
  const bits = top ? load<u32>(pt, P.PT_PGD_BITS) : bpl
  if (level != LAST) {
    const end = table + ((<usize>8) << bits)
    for (let at = table; at < end; at += 8) {
      const entry = load<u64>(at)
      if (entry != 0 && !isLeaf(entry, level)) freeTables(pt, level + 1, tableOf(entry))
    }
  }
  if (!coherent(pt)) ioLog(P.LOG_TABLE_UNMAP, table, (<u64>8) << bits, 0, 0)
  ioLog(P.LOG_TABLE_FREE, table, 0, 0, 0)
  tableGive(table, max(bits, bpl) + 3)
}

/** The position is in IO_RESULT, so that every level advances the same one. */
function walkDirty(pt: usize, end: u64, keep: u32, level: u32, table: usize): i32 {
  if (level > LAST) return refuse(P.IO_EINVAL)
  const bpl = load<u32>(pt, P.PT_BPL)
  const entries: u32 = 1 << (level == load<u32>(pt, P.PT_START) ? load<u32>(pt, P.PT_PGD_BITS) : bpl)
  const size = (<u64>1) << shiftOf(bpl, level)
  for (let i = indexOf(pt, load<u64>(P.IO_BASE, P.IO_RESULT), level); i < entries; i++) {
    const position = load<u64>(P.IO_BASE, P.IO_RESULT)
    if (position >= end) break
    const at = table + ((<usize>i) << 3)
    const entry = load<u64>(at)
    if (isLeaf(entry, level)) {
      if ((entry & (DIRTY_MODIFIER | AP_READ_ONLY)) == DIRTY_MODIFIER) {
        ioLog(P.LOG_DIRTY, position, size, 0, 0)
        if (keep == 0) store<u64>(at, entry | AP_READ_ONLY)
      }
      store<u64>(P.IO_BASE, position + size, P.IO_RESULT)
    } else if ((entry & TYPE) == TYPE_TABLE) {
      const failed = walkDirty(pt, end, keep, level + 1, tableOf(entry))
      if (failed != 0) return failed
    } else {
      return refuse(P.IO_EINVAL)
    }
  }
  return 0
}

function tableAlloc(pt: usize, order: u32): usize {
  const table = tableTake(order)
  ioLog(P.LOG_TABLE_ALLOC, table, 0, 0, 0)
  if (!coherent(pt)) ioLog(P.LOG_TABLE_MAP, table, 1 << order, 0, 0)
  return table
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

/** Bits above the input range must be zero, or all ones for tables of the upper half. */
function outOfRange(pt: usize, iova: u64): bool {
  const above = <i64>iova >> load<u32>(pt, P.PT_IAS)
  return above != ((load<u32>(pt, P.PT_QUIRKS) & P.QUIRK_TTBR1) != 0 ? -1 : 0)
}

function shiftOf(bpl: u32, level: u32): u32 {
  return (4 - level) * bpl + 3
}

function indexOf(pt: usize, iova: u64, level: u32): u32 {
  const bpl = load<u32>(pt, P.PT_BPL)
  const bits = level == load<u32>(pt, P.PT_START) ? load<u32>(pt, P.PT_PGD_BITS) : bpl
  return <u32>(iova >> shiftOf(bpl, level)) & ((1 << bits) - 1)
}

/** Entries from `index` to the end of its granule-sized (sub-)table. */
function leftInTable(bpl: u32, index: u32): u32 {
  const entries: u32 = 1 << bpl
  return entries - (index & (entries - 1))
}

function isLeaf(entry: u64, level: u32): bool {
  return (entry & TYPE) == (level == LAST ? TYPE_TABLE : TYPE_BLOCK)
}

/** Tables lie below 4 GiB of the linear memory; their address is the entry's. */
function tableOf(entry: u64): usize {
  return <usize>(entry & ADDRESS)
}

/** With 64 KiB granules address bits 51:48 sit in bits 15:12 of the entry. */
function addressBits(paddr: u64): u64 {
  return (paddr | (paddr >> 36)) & ADDRESS
}

function physOf(entry: u64, bpl: u32): u64 {
  const address = entry & ADDRESS
  if (bpl < 13) return address
  return (address | (address << 36)) & (ADDRESS << 4)
}
