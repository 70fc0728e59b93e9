// Unmapping in long-descriptor tables: leaves, whole tables, and pieces of a block.
import { entriesBeforeEmpty } from './io-pgtable-entry'
import { ioLog, ioWarn, logAddPages, logSync, refusePart } from './io-pgtable-log'
import {
  ATTRIBUTES,
  coherent,
  indexOf,
  isLeaf,
  LAST,
  leftInTable,
  outOfRange,
  physOf,
  shiftOf,
  tableOf,
} from './io-pgtable-lpae-format'
import { freeTables, installTable, tableAlloc, writeLeaves } from './io-pgtable-lpae-table'
import * as P from './shared/io-pgtable-layout'

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

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: __arm_lpae_unmap
export function unmapFrom(pt: usize, iova: u64, pgsize: u64, pgcount: u32, gather: u32, level: u32, table: usize): u64 {
  const bpl = load<u32>(pt, P.PT_BPL)
  for (; level <= LAST; level++) {
    const index = indexOf(pt, iova, level)
    const entry = load<u64>(table + ((<usize>index) << 3))
    if (entry == 0) break
    if (pgsize == (<u64>1) << shiftOf(bpl, level)) {
      const count = min(pgcount, leftInTable(bpl, index))
      return clearEntries(pt, iova, pgsize, count, gather, level, table, index)
    }
    if (isLeaf(entry, level)) return unmapPart(pt, iova, pgsize, pgcount, gather, entry, level, table, index)
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
    ioLog(P.LOG_FLUSH_WALK, iova + <u64>i * size, size, (<u64>8) << load<u32>(pt, P.PT_BPL))
    freeTables(pt, level + 1, tableOf(entry))
  }
  memory.fill(at, 0, (<usize>done) << 3)
  if (!coherent(pt) && done != 0) logSync(table, index << 3, done << 3)
  if (gather == P.GATHER_NORMAL) logAddPages(iova, size, done)
  return <u64>done * size
}

/**
 * What becomes of a piece of a block differs: it is cut out, it stays, or all of the block goes. Then more bytes are unmapped than were asked for.
 *
 * Models: Linux v6.18 drivers/iommu/io-pgtable-arm.c: __arm_lpae_unmap
 * Models: Linux v6.12 drivers/iommu/amd/io_pgtable.c: iommu_v1_unmap_pages
 */
function unmapPart(
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
  const flags = load<u32>(pt, P.PT_FLAGS)
  if ((flags & P.PT_F_PART_REFUSED) != 0) {
    refusePart(iova)
    return 0
  }
  if ((flags & P.PT_F_PART_IS_WHOLE) == 0)
    return splitBlock(pt, iova, pgsize, pgcount, gather, block, level + 1, table, index)
  const size = (<u64>1) << shiftOf(load<u32>(pt, P.PT_BPL), level)
  const before = iova & (size - 1)
  clearEntries(pt, iova - before, size, 1, gather, level, table, index)
  return size - before
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
