// One page of ordinary memory, as most mappings are: its cache lines and its table entry in one call, where the tables' way to the entry is
// clear. Wherever it is not nothing is done, and the long way decides. `work`: OP_* of the lines, `old` 1: see innerRange; what was done is
// in R_LINES and R_WRITTEN_BACK.
import { ADDRESS, TYPE, TYPE_TABLE } from './io-pgtable-lpae-format'
import { leafEntryAt, lpaePageEntry } from './io-pgtable-lpae-map'
import { maintain } from './maintenance'
import * as L from './shared/layout'
import * as P from './shared/io-pgtable-layout'
import { quickWhole } from './whole'

/** What would be logged of a page on the long way, but for the tracepoints, which whoever calls knows. */
const TOLD: u32 = (1 << P.LOG_MAP) | (1 << P.LOG_UNMAP) | (1 << P.LOG_TABLE_SYNC) | (1 << P.LOG_ADD_PAGE)

/**
 * Maps the page of [phys, phys + size) at iova; both begin one.
 *
 * returns  false: nothing was done
 */
export function dmaMapPage(pt: usize, iova: f64, phys: f64, size: u32, prot: u32, work: u32, old: u32): bool {
  const start = quickWhole(phys)
  if (!plainTables(pt) || (prot & (P.PROT_READ | P.PROT_WRITE)) == 0) return false
  if ((start & (L.PAGE_SIZE - 1)) != 0 || start >> min<u32>(load<u32>(pt, P.PT_OAS), 48) != 0) return false
  const at = leafEntryAt(pt, quickWhole(iova))
  if (at == 0 || load<u64>(at) != 0) return false
  if (work != L.OP_NONE) maintain(work, start, size, old != 0)
  store<u64>(at, lpaePageEntry(pt, prot) | start)
  return true
}

/**
 * Unmaps the page at iova, and maintains `size` bytes of the memory behind it.
 *
 * from, end  where that must lie
 * returns    the physical address; -1: nothing was done
 */
export function dmaUnmapPage(pt: usize, iova: f64, size: u32, work: u32, old: u32, from: f64, end: f64): f64 {
  if (!plainTables(pt)) return -1
  const at = leafEntryAt(pt, quickWhole(iova))
  const entry = at == 0 ? 0 : load<u64>(at)
  if ((entry & TYPE) != TYPE_TABLE) return -1
  const start = entry & ADDRESS
  if (start == 0 || start < quickWhole(from) || start + size > quickWhole(end)) return -1
  if (work != L.OP_NONE) maintain(work, start, size, old != 0)
  store<u64>(at, 0)
  return <f64>(<i64>start)
}

/** Long-descriptor tables of 4 KiB pages, of which nothing is to be logged. */
function plainTables(pt: usize): bool {
  const format = load<u32>(pt, P.PT_FORMAT)
  if (format != P.FORMAT_LPAE_S1 && format != P.FORMAT_LPAE_S2) return false
  return load<u32>(pt, P.PT_BPL) == 9 && (load<u32>(P.IO_BASE, P.IO_LOG_MASK) & TOLD) == 0
}
