// Walks through long-descriptor tables: the kernel's, the hardware's, and the one for dirty pages.
import { ioLog } from './io-pgtable-log'
import {
  AP_READ_ONLY,
  DIRTY_MODIFIER,
  indexOf,
  isLeaf,
  LAST,
  physOf,
  refuse,
  shiftOf,
  tableOf,
  TYPE,
  TYPE_TABLE,
  VALID,
} from './io-pgtable-lpae-format'
import * as P from './shared/io-pgtable-layout'

/**
 * The physical address behind iova; 0 = not mapped. Does not look at bits above the input range.
 *
 * Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: arm_lpae_iova_to_phys
 */
export function lpaeIovaToPhys(pt: usize, iova: u64): u64 {
  return lpaeWalk(pt, iova) < 0 ? 0 : load<u64>(P.IO_BASE, P.IO_RESULT_2)
}

/**
 * What the hardware's walker finds: the leaf's entry into IO_RESULT, the physical address into IO_RESULT_2 and the level as
 * the result, or -1.
 */
export function lpaeWalk(pt: usize, iova: u64): i32 {
  const bpl = load<u32>(pt, P.PT_BPL)
  let table: usize = load<u32>(pt, P.PT_PGD)
  let level = load<u32>(pt, P.PT_START)
  let shift = shiftOf(bpl, level)
  let entries: u32 = 1 << load<u32>(pt, P.PT_PGD_BITS)
  for (; level <= LAST; level++) {
    const index = <u32>(iova >> shift) & (entries - 1)
    const entry = load<u64>(table + ((<usize>index) << 3))
    if ((entry & VALID) == 0) return -1
    if (isLeaf(entry, level)) {
      store<u64>(P.IO_BASE, entry, P.IO_RESULT)
      store<u64>(P.IO_BASE, physOf(entry, bpl) | (iova & (((<u64>1) << shift) - 1)), P.IO_RESULT_2)
      return level
    }
    table = tableOf(entry)
    shift -= bpl
    entries = 1 << bpl
  }
  return -1
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
        ioLog(P.LOG_DIRTY, position, size)
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
