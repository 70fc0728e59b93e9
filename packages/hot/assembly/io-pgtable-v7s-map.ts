// Mapping in short-descriptor tables.
import { ioLog } from './io-pgtable-log'
import {
  addressBits,
  alreadyMapped,
  attributesOf,
  indexOf,
  isTable,
  L2_ORDER,
  refuse,
  shiftOf,
  tableOf,
  toGroup,
} from './io-pgtable-v7s-format'
import { wentLong } from './long-ways'
import { mapRun } from './io-pgtable-v7s-run'
import { installTable, mapsSomething, setEntries, syncEntries, tableAlloc } from './io-pgtable-v7s-table'
import { unmapLevel1 } from './io-pgtable-v7s-unmap'
import * as P from './shared/io-pgtable-layout'
import * as L from './shared/layout'

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
  for (let left = pgcount; left != 0;) {
    let done = mapRun(pt, iova, paddr, pgsize, left, prot)
    if (done == 0) {
      const failed = mapOne(pt, iova, paddr, <u32>pgsize, prot)
      if (failed != 0) return failed
      done = 1
      wentLong(L.LONG_PAGES, 1)
    }
    const bytes = pgsize * done
    iova += bytes
    paddr += bytes
    left -= done
    store<u64>(P.IO_BASE, load<u64>(P.IO_BASE, P.IO_RESULT) + bytes, P.IO_RESULT)
  }
  return 0
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
      if (mapsSomething(entry, level)) ioLog(P.LOG_QUIRK, P.IO_QUIRK_BLOCK_REPLACES, iova + <u64>i * size)
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
