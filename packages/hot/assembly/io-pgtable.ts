// One page table of whatever format. Addresses and sizes cross the boundary as u32 pairs, high word first.
import { ioLog } from './io-pgtable-log'
import { lpaeMap } from './io-pgtable-lpae-map'
import { lpaeClose, lpaeOpen } from './io-pgtable-lpae-table'
import { lpaeUnmap } from './io-pgtable-lpae-unmap'
import { lpaeIovaToPhys, lpaeReadDirty, lpaeWalk } from './io-pgtable-lpae-walk'
import { v7sMap } from './io-pgtable-v7s-map'
import { v7sClose, v7sOpen } from './io-pgtable-v7s-table'
import { v7sUnmap } from './io-pgtable-v7s-unmap'
import { v7sIovaToPhys, v7sWalk } from './io-pgtable-v7s-walk'
import * as P from './shared/io-pgtable-layout'
import { quickWhole } from './whole'

/** Allocates the top table. */
export function ioOpen(pt: usize): void {
  const format = load<u32>(pt, P.PT_FORMAT)
  if (format == P.FORMAT_V7S) v7sOpen(pt)
  else if (format != P.FORMAT_ACCEPT) lpaeOpen(pt)
}

/** Frees every table, the top one last. */
export function ioClose(pt: usize): void {
  const format = load<u32>(pt, P.PT_FORMAT)
  if (format == P.FORMAT_V7S) v7sClose(pt)
  else if (format != P.FORMAT_ACCEPT) lpaeClose(pt)
}

/** Returns 0 or a negative errno; IO_RESULT holds the bytes mapped. */
export function ioMapPages(
  pt: usize,
  iovaHi: u32,
  iovaLo: u32,
  paddrHi: u32,
  paddrLo: u32,
  sizeHi: u32,
  sizeLo: u32,
  pgcount: u32,
  prot: u32,
): i32 {
  return mapPages(pt, pair(iovaHi, iovaLo), pair(paddrHi, paddrLo), pair(sizeHi, sizeLo), pgcount, prot)
}

/** IO_RESULT holds the bytes unmapped. */
export function ioUnmapPages(
  pt: usize,
  iovaHi: u32,
  iovaLo: u32,
  sizeHi: u32,
  sizeLo: u32,
  pgcount: u32,
  gather: u32,
): void {
  const done = unmapPages(pt, pair(iovaHi, iovaLo), pair(sizeHi, sizeLo), pgcount, gather)
  store<u64>(P.IO_BASE, done, P.IO_RESULT)
}

/** As ioMapPages, for addresses and sizes below 2^52; returns the bytes where it succeeds: to read them costs as much as a call. */
export function ioMapQuick(pt: usize, iova: f64, paddr: f64, size: f64, pgcount: u32, prot: u32): f64 {
  const ret = mapPages(pt, quickWhole(iova), quickWhole(paddr), quickWhole(size), pgcount, prot)
  return ret == 0 ? <f64>load<i64>(P.IO_BASE, P.IO_RESULT) : <f64>ret
}

/** As ioUnmapPages, for addresses and sizes below 2^52; returns the bytes. */
export function ioUnmapQuick(pt: usize, iova: f64, size: f64, pgcount: u32, gather: u32): f64 {
  return <f64>(<i64>unmapPages(pt, quickWhole(iova), quickWhole(size), pgcount, gather))
}

/** IO_RESULT holds the physical address; 0 = not mapped. */
export function ioIovaToPhys(pt: usize, iovaHi: u32, iovaLo: u32): void {
  store<u64>(P.IO_BASE, physBehind(pt, pair(iovaHi, iovaLo)), P.IO_RESULT)
}

/** The physical address behind an iova below 2^53; 0 = not mapped. No result in memory: callers ask for page after page. */
export function ioPhys(pt: usize, iova: f64): f64 {
  return <f64>physBehind(pt, <u64>iova)
}

/** What the hardware's walker finds: the leaf's entry in IO_RESULT, the address in IO_RESULT_2, its level; negative = a hole. */
export function ioWalk(pt: usize, iovaHi: u32, iovaLo: u32): i32 {
  if (load<u32>(pt, P.PT_FORMAT) == P.FORMAT_V7S) return v7sWalk(pt, pair(iovaHi, iovaLo))
  return lpaeWalk(pt, pair(iovaHi, iovaLo))
}

/** Long format only. */
export function ioReadDirty(pt: usize, iovaHi: u32, iovaLo: u32, sizeHi: u32, sizeLo: u32, keep: u32): i32 {
  return lpaeReadDirty(pt, pair(iovaHi, iovaLo), pair(sizeHi, sizeLo), keep)
}

export function mapPages(pt: usize, iova: u64, paddr: u64, pgsize: u64, pgcount: u32, prot: u32): i32 {
  ioLog(P.LOG_MAP, iova, paddr, pgsize, ((<u64>pgcount) << 32) | prot)
  const format = load<u32>(pt, P.PT_FORMAT)
  if (format == P.FORMAT_V7S) return v7sMap(pt, iova, paddr, pgsize, pgcount, prot)
  if (format != P.FORMAT_ACCEPT) return lpaeMap(pt, iova, paddr, pgsize, pgcount, prot)
  store<u64>(P.IO_BASE, pgsize * pgcount, P.IO_RESULT)
  return 0
}

export function unmapPages(pt: usize, iova: u64, pgsize: u64, pgcount: u32, gather: u32): u64 {
  ioLog(P.LOG_UNMAP, iova, pgsize, pgcount)
  const format = load<u32>(pt, P.PT_FORMAT)
  if (format == P.FORMAT_V7S) return v7sUnmap(pt, iova, pgsize, pgcount, gather)
  if (format != P.FORMAT_ACCEPT) return lpaeUnmap(pt, iova, pgsize, pgcount, gather)
  return pgsize * pgcount
}

function physBehind(pt: usize, iova: u64): u64 {
  return load<u32>(pt, P.PT_FORMAT) == P.FORMAT_V7S ? v7sIovaToPhys(pt, iova) : lpaeIovaToPhys(pt, iova)
}

function pair(hi: u32, lo: u32): u64 {
  return ((<u64>hi) << 32) | lo
}
