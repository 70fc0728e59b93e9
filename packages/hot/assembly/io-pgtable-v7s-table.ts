// Tables of the short-descriptor format: taken, entered into level 1, written, freed.
import { tableGive, tableTake } from './io-pgtable-heap'
import { ioLog, logSync } from './io-pgtable-log'
import { coherent, isTable, L2_ORDER, NS_TABLE, tableOf, TYPE_TABLE } from './io-pgtable-v7s-format'
import * as P from './shared/io-pgtable-layout'

/** Allocates the level-1 table. */
export function v7sOpen(pt: usize): void {
  store<u32>(pt, <u32>tableAlloc(pt, load<u32>(pt, P.PT_IAS) - 20 + 2), P.PT_PGD)
}

/** Frees every table, level 1 last. */
export function v7sClose(pt: usize): void {
  ioLog(P.LOG_FLUSH_ALL)
  const pgd: usize = load<u32>(pt, P.PT_PGD)
  const order = load<u32>(pt, P.PT_IAS) - 20 + 2
  for (let at = pgd; at < pgd + ((<usize>1) << order); at += 4) {
    const entry = load<u32>(at)
    if (isTable(entry, 1)) tableFree(pt, tableOf(entry), L2_ORDER)
  }
  tableFree(pt, pgd, order)
}

export function tableAlloc(pt: usize, order: u32): usize {
  const table = tableTake(max<u32>(order, P.IO_MIN_ORDER))
  ioLog(P.LOG_TABLE_ALLOC, table)
  if (!coherent(pt)) ioLog(P.LOG_TABLE_MAP, table, 1 << order)
  return table
}

export function tableFree(pt: usize, table: usize, order: u32): void {
  if (!coherent(pt)) ioLog(P.LOG_TABLE_UNMAP, table, 1 << order)
  ioLog(P.LOG_TABLE_FREE, table)
  tableGive(table, max<u32>(order, P.IO_MIN_ORDER))
}

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_install_table
export function installTable(pt: usize, below: usize, table: usize, index: u32): u32 {
  let entry = <u32>below | TYPE_TABLE
  if (load<u32>(pt, P.PT_QUIRKS) & P.QUIRK_NS) entry |= NS_TABLE
  store<u32>(table + ((<usize>index) << 2), entry)
  syncEntries(pt, table, index, 1)
  return entry
}

export function setEntries(pt: usize, table: usize, index: u32, count: u32, entry: u32): void {
  const at = table + ((<usize>index) << 2)
  for (let i: u32 = 0; i < count; i++) store<u32>(at + ((<usize>i) << 2), entry)
  syncEntries(pt, table, index, count)
}

export function syncEntries(pt: usize, table: usize, index: u32, count: u32): void {
  if (!coherent(pt)) logSync(table, index << 2, count << 2)
}

export function mapsSomething(entry: u32, level: u32): bool {
  if (!isTable(entry, level)) return entry != 0
  const table = tableOf(entry)
  for (let at = table; at < table + 1024; at += 4) if (load<u32>(at) != 0) return true
  return false
}
