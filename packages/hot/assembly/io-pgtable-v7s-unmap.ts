// Unmapping in short-descriptor tables: pages, sections, and pieces of groups and sections.
import { ioLog, ioWarn, logAddPages, refusePart } from './io-pgtable-log'
import {
  addressBits,
  attributesOf,
  fromGroup,
  GROUP,
  indexOf,
  isGroup,
  isTable,
  L2_ORDER,
  physOf,
  protOf,
  shiftOf,
  tableOf,
  toGroup,
  TYPE,
} from './io-pgtable-v7s-format'
import { wentLong } from './long-ways'
import { unmapRun } from './io-pgtable-v7s-run'
import { installTable, setEntries, syncEntries, tableAlloc, tableFree } from './io-pgtable-v7s-table'
import * as P from './shared/io-pgtable-layout'
import * as L from './shared/layout'

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
  for (let left = pgcount; left != 0;) {
    let run = unmapRun(pt, iova, pgsize, left, gather)
    if (run == 0) {
      if (unmapLevel1(pt, iova, <u32>pgsize, gather) == 0) break
      run = 1
      wentLong(L.LONG_PAGES, 1)
    }
    iova += pgsize * run
    done += pgsize * run
    left -= run
  }
  return done
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: __arm_v7s_unmap (level 1)
export function unmapLevel1(pt: usize, iova: u64, size: u32, gather: u32): u32 {
  const pgd: usize = load<u32>(pt, P.PT_PGD)
  const index = indexOf(pt, iova, 1)
  const count = size >> 20
  if (!allValid(pgd, index, count)) {
    ioWarn()
    return 0
  }
  let entry = load<u32>(pgd + ((<usize>index) << 2))
  if (isPartOfBlock(pt, entry, count, 1)) {
    refusePart(iova)
    return 0
  }
  if (count <= 1 && isGroup(entry, 1)) entry = splitGroup(pt, iova, index, 1, pgd)
  if (count != 0) {
    clearSections(pt, iova, count, gather, pgd, index)
    return size
  }
  if (!isTable(entry, 1)) return splitSection(pt, iova, size, gather, entry, pgd, index)
  return unmapLevel2(pt, iova, size, gather, tableOf(entry))
}

/**
 * A piece of a group of 16 or of a section, in tables that split neither.
 *
 * Models: Linux v6.18 drivers/iommu/io-pgtable-arm-v7s.c: __arm_v7s_unmap
 */
function isPartOfBlock(pt: usize, entry: u32, count: u32, level: u32): bool {
  if ((load<u32>(pt, P.PT_FLAGS) & P.PT_F_PART_REFUSED) == 0) return false
  return (count <= 1 && isGroup(entry, level)) || (level == 1 && count == 0 && !isTable(entry, 1))
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
      ioLog(P.LOG_FLUSH_WALK, iova, sectionSize, 1 << 12)
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
  if (isPartOfBlock(pt, entry, count, 2)) {
    refusePart(iova)
    return 0
  }
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
  ioLog(P.LOG_FLUSH_WALK, iova, group, group)
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
    if (!fixed) ioLog(P.LOG_QUIRK, P.IO_QUIRK_V7S_SPLIT, iova)
    installTable(pt, table, pgd, index)
    logAddPages(iova, size, 1)
    return size
  }
  ioLog(P.LOG_QUIRK, P.IO_QUIRK_V7S_SUPERSECTION, iova)
  syncEntries(pt, pgd, index, 1)
  tableFree(pt, table, L2_ORDER)
  return 0
}

function allValid(table: usize, index: u32, count: u32): bool {
  const end = index + max<u32>(count, 1)
  for (; index < end; index++) if ((load<u32>(table + ((<usize>index) << 2)) & TYPE) == 0) return false
  return true
}
