// Tables of the long-descriptor format: taken, entered into the one above, filled with leaves, freed.
import { fillEntries } from './io-pgtable-entry'
import { tableGive, tableTake } from './io-pgtable-heap'
import { ioLog, logSync } from './io-pgtable-log'
import {
  ADDRESS,
  addressBits,
  coherent,
  isLeaf,
  LAST,
  NS_TABLE,
  shiftOf,
  SOFT_SYNCED,
  tableOf,
  TYPE_BLOCK,
  TYPE_TABLE,
} from './io-pgtable-lpae-format'
import * as P from './shared/io-pgtable-layout'

/** Allocates the top table. */
export function lpaeOpen(pt: usize): void {
  const order = max(load<u32>(pt, P.PT_PGD_BITS), load<u32>(pt, P.PT_BPL)) + 3
  const pgd = tableTake(order)
  store<u32>(pt, <u32>pgd, P.PT_PGD)
  ioLog(P.LOG_TABLE_ALLOC, pgd)
  if (!coherent(pt)) ioLog(P.LOG_TABLE_MAP, pgd, 8 << load<u32>(pt, P.PT_PGD_BITS))
}

/** Frees every table, the top one last. */
export function lpaeClose(pt: usize): void {
  ioLog(P.LOG_FLUSH_ALL)
  freeTables(pt, load<u32>(pt, P.PT_START), load<u32>(pt, P.PT_PGD))
}

export function tableAlloc(pt: usize, order: u32): usize {
  const table = tableTake(order)
  ioLog(P.LOG_TABLE_ALLOC, table)
  if (!coherent(pt)) ioLog(P.LOG_TABLE_MAP, table, 1 << order)
  return table
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: arm_lpae_install_table
export function installTable(pt: usize, below: usize, table: usize, index: u32): u64 {
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

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: __arm_lpae_init_pte
export function writeLeaves(
  pt: usize,
  paddr: u64,
  attributes: u64,
  level: u32,
  count: u32,
  table: usize,
  index: u32,
): void {
  const bpl = load<u32>(pt, P.PT_BPL)
  const size = (<u64>1) << shiftOf(bpl, level)
  const kind = attributes | (level == LAST ? TYPE_TABLE : TYPE_BLOCK)
  const at = table + ((<usize>index) << 3)
  if ((paddr + <u64>count * size - 1) >> 48 == 0) fillEntries(at, count, kind | (paddr & ADDRESS), size)
  else
    for (let i: u32 = 0; i < count; i++) store<u64>(at + ((<usize>i) << 3), kind | addressBits(paddr + <u64>i * size))
  if (!coherent(pt)) logSync(table, index << 3, count << 3)
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: __arm_lpae_free_pgtable
export function freeTables(pt: usize, level: u32, table: usize): void {
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
  if (!coherent(pt)) ioLog(P.LOG_TABLE_UNMAP, table, (<u64>8) << bits)
  ioLog(P.LOG_TABLE_FREE, table)
  tableGive(table, max(bits, bpl) + 3)
}
