// Walks through short-descriptor tables: the kernel's and the hardware's.
import { indexOf, isTable, leafMask, physOf, tableOf, TYPE } from './io-pgtable-v7s-format'
import * as P from './shared/io-pgtable-layout'

/**
 * The physical address behind iova; 0 = not mapped.
 *
 * Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_iova_to_phys
 */
export function v7sIovaToPhys(pt: usize, iova: u64): u64 {
  return v7sWalk(pt, iova) < 0 ? 0 : load<u64>(P.IO_BASE, P.IO_RESULT_2)
}

/**
 * What the hardware's walker finds: the leaf's entry into IO_RESULT, the physical address into IO_RESULT_2 and the level (1, 2)
 * as the result, or -1.
 */
export function v7sWalk(pt: usize, iova: u64): i32 {
  let level: u32 = 1
  let entry = load<u32>(<usize>load<u32>(pt, P.PT_PGD) + ((<usize>indexOf(pt, iova, 1)) << 2))
  if (isTable(entry, 1)) {
    level = 2
    entry = load<u32>(tableOf(entry) + ((<usize>indexOf(pt, iova, 2)) << 2))
  }
  if ((entry & TYPE) == 0) return -1
  const offset = iova & <u64>~leafMask(entry, level)
  store<u64>(P.IO_BASE, entry, P.IO_RESULT)
  store<u64>(P.IO_BASE, physOf(pt, entry, level) | offset, P.IO_RESULT_2)
  return level
}
