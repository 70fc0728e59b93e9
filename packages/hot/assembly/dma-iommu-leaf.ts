// The short way for scattered pages: the last-level table found once serves every entry that falls into it.
import { entriesEmpty, fillEntries } from './io-pgtable-entry'
import { ioLog, ioWants } from './io-pgtable-log'
import { wentLong } from './long-ways'
import { leafEntryAt, lpaePageEntry } from './io-pgtable-lpae-map'
import * as P from './shared/io-pgtable-layout'
import * as L from './shared/layout'

const ALL: u64 = 0xffff_ffff_ffff_ffff

let leafTable: usize
/** First address that the table translates, and how many bytes. */
let leafFirst: u64
let leafSpan: u64
let leafEntry: u64
let leafShift: u32
/** Chunks from this size on may take bigger pages and go the long way. */
let leafLimit: u64
/** log2 of the first physical address that the tables cannot hold. */
let leafPhysBits: u32

export function leafBegin(pt: usize, prot: u32): void {
  leafSpan = 0
  leafLimit = 0
  const format = load<u32>(pt, P.PT_FORMAT)
  if (format != P.FORMAT_LPAE_S1 && format != P.FORMAT_LPAE_S2) return
  if ((prot & (P.PROT_READ | P.PROT_WRITE)) == 0 || ioWants(P.LOG_MAP)) return
  // A walker that does not snoop differs only in what is logged of it.
  if ((load<u32>(pt, P.PT_FLAGS) & P.PT_F_COHERENT) == 0 && ioWants(P.LOG_TABLE_SYNC)) return
  const sizes = load<u64>(pt, P.PT_PAGE_SIZES)
  const bigger = sizes & (sizes - 1)
  leafShift = <u32>ctz(sizes)
  leafLimit = bigger == 0 ? ALL : bigger & -bigger
  leafPhysBits = min<u32>(load<u32>(pt, P.PT_OAS), 48)
  leafEntry = lpaePageEntry(pt, prot)
}

/** Maps a chunk that lies in one last-level table with room for it; false: the long way decides. */
export function leafMap(pt: usize, iova: u64, paddr: u64, size: u64): bool {
  if (size >= leafLimit) return false
  let within = iova - leafFirst
  if (within >= leafSpan || size > leafSpan - within) {
    const span = (<u64>1) << (leafShift * 2 - 3)
    leafSpan = 0
    wentLong(L.LONG_TABLE, 1)
    const entry = leafEntryAt(pt, iova)
    if (entry == 0) return false
    leafFirst = iova & ~(span - 1)
    leafSpan = span
    within = iova - leafFirst
    leafTable = entry - ((<usize>(within >> leafShift)) << 3)
    if (size > span - within) return false
  }
  const page = ((<u64>1) << leafShift) - 1
  if (((iova | paddr | size) & page) != 0 || (paddr + size - 1) >> leafPhysBits != 0) return false
  const at = leafTable + ((<usize>(within >> leafShift)) << 3)
  const count = <u32>(size >> leafShift)
  if (count == 1) {
    if (load<u64>(at) != 0) return false
    store<u64>(at, leafEntry | paddr)
  } else {
    if (!entriesEmpty(at, count)) return false
    fillEntries(at, count, leafEntry | paddr, page + 1)
  }
  wentLong(L.LONG_LEAF, 1)
  ioLog(P.LOG_IOMMU_MAP, iova, paddr, size)
  return true
}

/**
 * Maps entries that are one page each, no neighbour of the next, as long as they go into the table at hand; the last entry of
 * the list is never among them. iova is that of a page.
 *
 * e        record of the first entry, `count` are left
 * returns  entries mapped
 */
export function leafPages(iova: u64, e: usize, count: u32): u32 {
  const page = (<u64>1) << leafShift
  const within = iova - leafFirst
  if (within >= leafSpan || ioWants(P.LOG_IOMMU_MAP)) return 0
  const entry = leafEntry
  const unfit = (page - 1) | (ALL << leafPhysBits)
  const end = leafTable + ((<usize>(leafSpan >> leafShift)) << 3)
  const first = leafTable + ((<usize>(within >> leafShift)) << 3)
  const last = min<usize>(end, first + ((<usize>count - 1) << 3))
  let at = first
  let phys = physOf(e)
  for (; at < last; at += 8) {
    const next = physOf(e + L.SG_STRIDE)
    if (((phys & unfit) | (load<u32>(e, L.SG_LENGTH) ^ page) | load<u64>(at)) != 0 || next == phys + page) break
    store<u64>(at, entry | phys)
    phys = next
    e += L.SG_STRIDE
  }
  return <u32>((at - first) >> 3)
}

/** Where an entry's first byte is. */
export function physOf(e: usize): u64 {
  const place = load<u64>(e, L.SG_PFN)
  return ((place & 0xffff_ffff) << L.PAGE_SHIFT) + (place >> 32)
}
