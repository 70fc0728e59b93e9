// Mapping in long-descriptor tables.
import { entriesEmpty } from './io-pgtable-entry'
import { ioLog, logSync } from './io-pgtable-log'
import {
  alreadyMapped,
  attributesOf,
  coherent,
  indexOf,
  isLeaf,
  LAST,
  leftInTable,
  outOfRange,
  refuse,
  shiftOf,
  SOFT_SYNCED,
  tableOf,
  TYPE,
  TYPE_TABLE,
} from './io-pgtable-lpae-format'
import { installTable, tableAlloc, writeLeaves } from './io-pgtable-lpae-table'
import { unmapFrom } from './io-pgtable-lpae-unmap'
import * as P from './shared/io-pgtable-layout'

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
 * Where the entry of the page at iova stands; 0 when a table is missing on the way there. For whoever maps many pages: what is written there is
 * what lpaeMap would.
 */
export function leafEntryAt(pt: usize, iova: u64): usize {
  if (outOfRange(pt, iova)) return 0
  const bpl = load<u32>(pt, P.PT_BPL)
  let level = load<u32>(pt, P.PT_START)
  let shift = shiftOf(bpl, level)
  let last: u32 = (1 << load<u32>(pt, P.PT_PGD_BITS)) - 1
  let table: usize = load<u32>(pt, P.PT_PGD)
  for (; level < LAST; level++) {
    const entry = load<u64>(table + ((<usize>(<u32>(iova >> shift) & last)) << 3))
    if ((entry & TYPE) != TYPE_TABLE) return 0
    table = tableOf(entry)
    shift -= bpl
    last = (1 << bpl) - 1
  }
  return table + ((<usize>(<u32>(iova >> shift) & last)) << 3)
}

/** The entry of a page at physical address 0 with these permissions. */
export function lpaePageEntry(pt: usize, prot: u32): u64 {
  return attributesOf(pt, prot) | TYPE_TABLE
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
      if (lost) ioLog(P.LOG_QUIRK, P.IO_QUIRK_MAP_DESTROYS, iova)
      return alreadyMapped(pt)
    }
    if ((entry & TYPE) != TYPE_TABLE) continue
    if (mapsSomething(pt, entry, level)) lost = true
    if (unmapFrom(pt, iova + <u64>i * size, size, 1, P.GATHER_NONE, level, table) != size) return refuse(P.IO_EINVAL)
  }
  if (lost) ioLog(P.LOG_QUIRK, P.IO_QUIRK_BLOCK_REPLACES, iova)
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
