// The loops of dma-iommu: an address range or a whole scatterlist through the page tables of a domain. 64-bit values cross
// the boundary as u32 pairs, high word first. `pt` is a page-table record, `list` the record number of a list's entry 0.
import { entriesEmpty, fillEntries } from './io-pgtable-entry'
import { ioLog, ioWants } from './io-pgtable-log'
import { lpaeLeafTable, lpaePageEntry } from './io-pgtable-lpae-map'
import { mapPages, unmapPages } from './io-pgtable'
import * as P from './shared/io-pgtable-layout'
import * as L from './shared/layout'

const ALL: u64 = 0xffff_ffff_ffff_ffff

/**
 * Maps [iova, iova + size) to paddr on, in as big pages as fit. On an error what was mapped is unmapped again.
 *
 * returns  0 or a negative errno
 *
 * Models: Linux v6.12 drivers/iommu/iommu.c: __iommu_map
 * Leaves out: the console line about unaligned arguments.
 */
export function iommuMap(
  pt: usize,
  iovaHi: u32,
  iovaLo: u32,
  paddrHi: u32,
  paddrLo: u32,
  sizeHi: u32,
  sizeLo: u32,
  prot: u32,
): i32 {
  return mapRange(pt, pair(iovaHi, iovaLo), pair(paddrHi, paddrLo), pair(sizeHi, sizeLo), prot)
}

/**
 * Unmaps [iova, iova + size); stops at a hole.
 *
 * returns  nothing; IO_RESULT holds the bytes unmapped
 *
 * Models: Linux v6.12 drivers/iommu/iommu.c: __iommu_unmap
 */
export function iommuUnmap(pt: usize, iovaHi: u32, iovaLo: u32, sizeHi: u32, sizeLo: u32, gather: u32): void {
  store<u64>(P.IO_BASE, unmapRange(pt, pair(iovaHi, iovaLo), pair(sizeHi, sizeLo), gather), P.IO_RESULT)
}

/**
 * First pass over a list: widens every segment to whole granules and pads the one before where a segment would cross the
 * segment boundary. Original offset and length wait in the DMA fields for dmaSgMap or dmaSgRestore.
 *
 * returns  0, or -EINVAL (list restored) when a widened segment does not fit 32 bits or an entry holds no page; IO_RESULT holds the bytes of IOVA needed
 *
 * Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_map_sg
 * Leaves out: peer-to-peer pages, bouncing, arithmetic on page pointers that are none.
 */
export function dmaSgPrepare(list: u32, count: u32, granule: u32, boundaryHi: u32, boundaryLo: u32): i32 {
  const mask = pair(boundaryHi, boundaryLo)
  const inGranule = granule - 1
  let total: u64 = 0
  let prev: usize = 0
  let e = (<usize>list) << L.SG_SHIFT
  for (let i: u32 = 0; i < count; i++, e += L.SG_STRIDE) {
    const offset = load<u32>(e, L.SG_OFFSET)
    const length = load<u32>(e, L.SG_LENGTH)
    const within = offset & inGranule
    const widened = (<u64>length + within + inGranule) & ~(<u64>inGranule)
    if (widened >> 32 != 0 || (load<u32>(e, L.SG_FLAGS) & L.SG_F_PAGE) == 0) {
      dmaSgRestore(list, i)
      return P.IO_EINVAL
    }
    store<u64>(e, within, L.SG_DMA_ADDRESS)
    store<u32>(e, length, L.SG_DMA_LENGTH)
    store<u32>(e, offset - within, L.SG_OFFSET)
    store<u32>(e, <u32>widened, L.SG_LENGTH)
    const pad = (mask - total + 1) & mask
    if (pad != 0 && pad < widened - 1 && prev != 0) {
      store<u32>(prev, load<u32>(prev, L.SG_LENGTH) + <u32>pad, L.SG_LENGTH)
      total += pad
    }
    total += widened
    prev = e
  }
  store<u64>(P.IO_BASE, total, P.IO_RESULT)
  return 0
}

/**
 * Undoes dmaSgPrepare.
 *
 * Models: Linux v6.12 drivers/iommu/dma-iommu.c: __invalidate_sg
 */
export function dmaSgRestore(list: u32, count: u32): void {
  let e = (<usize>list) << L.SG_SHIFT
  for (let i: u32 = 0; i < count; i++, e += L.SG_STRIDE) {
    store<u32>(e, load<u32>(e, L.SG_OFFSET) + load<u32>(e, L.SG_DMA_ADDRESS), L.SG_OFFSET)
    store<u32>(e, load<u32>(e, L.SG_DMA_LENGTH), L.SG_LENGTH)
    store<u64>(e, ALL, L.SG_DMA_ADDRESS)
    store<u32>(e, 0, L.SG_DMA_LENGTH)
  }
}

/**
 * Second pass: maps a prepared list from `iova` on, physical neighbours together.
 *
 * returns  0 or a negative errno (nothing stays mapped, the list is not restored)
 *
 * Models: Linux v6.12 drivers/iommu/iommu.c: iommu_map_sg
 */
export function dmaSgMap(pt: usize, list: u32, count: u32, iovaHi: u32, iovaLo: u32, prot: u32): i32 {
  const iova = pair(iovaHi, iovaLo)
  let mapped: u64 = 0
  let start: u64 = 0
  let length: u64 = 0
  leafBegin(pt, prot)
  let e = (<usize>list) << L.SG_SHIFT
  for (let i: u32 = 0; i < count; i++, e += L.SG_STRIDE) {
    const phys = ((<u64>load<u32>(e, L.SG_PFN)) << L.PAGE_SHIFT) + load<u32>(e, L.SG_OFFSET)
    if (length != 0 && phys != start + length) {
      if (!leafMap(pt, iova + mapped, start, length)) {
        const failed = mapRange(pt, iova + mapped, start, length, prot)
        if (failed != 0) return undo(pt, iova, mapped, failed)
      }
      mapped += length
      length = 0
    }
    if (length == 0) start = phys
    length += load<u32>(e, L.SG_LENGTH)
  }
  if (length == 0) return 0
  const failed = mapRange(pt, iova + mapped, start, length, prot)
  return failed != 0 ? undo(pt, iova, mapped, failed) : 0
}

/**
 * Third pass: restores the list and writes the segments that the device sees, joined where they meet on granules.
 *
 * most     dma_get_max_seg_size: bytes
 * fix      not 0: a segment longer than `most` does not switch the limit off for those after it
 * returns  segments
 *
 * Models: Linux v6.12 drivers/iommu/dma-iommu.c: __finalise_sg
 */
export function dmaSgFinalise(
  list: u32,
  count: u32,
  iovaHi: u32,
  iovaLo: u32,
  boundaryHi: u32,
  boundaryLo: u32,
  most: u32,
  fix: u32,
): u32 {
  const mask = pair(boundaryHi, boundaryLo)
  let iova = pair(iovaHi, iovaLo)
  let segments: u32 = 0
  let current: u32 = 0
  let e = (<usize>list) << L.SG_SHIFT
  let out = e
  for (let i: u32 = 0; i < count; i++, e += L.SG_STRIDE) {
    const within = load<u32>(e, L.SG_DMA_ADDRESS)
    const length = load<u32>(e, L.SG_DMA_LENGTH)
    const widened = load<u32>(e, L.SG_LENGTH)
    store<u32>(e, load<u32>(e, L.SG_OFFSET) + within, L.SG_OFFSET)
    store<u32>(e, length, L.SG_LENGTH)
    store<u64>(e, ALL, L.SG_DMA_ADDRESS)
    store<u32>(e, 0, L.SG_DMA_LENGTH)
    const room: u32 = fix != 0 && current > most ? 0 : most - current
    if (current != 0 && within == 0 && (iova & mask) != 0 && room >= length) {
      if (current > most) ioLog(P.LOG_QUIRK, P.IO_QUIRK_SEGMENT_LIMIT, iova, 0, 0)
      current += length
    } else {
      if (i > 0) out += L.SG_STRIDE
      current = length
      segments++
      store<u64>(out, iova + within, L.SG_DMA_ADDRESS)
      store<u32>(out, load<u32>(out, L.SG_FLAGS) | L.SG_F_MAPPED, L.SG_FLAGS)
    }
    store<u32>(out, current, L.SG_DMA_LENGTH)
    iova += widened
    if (length + within < widened) current = 0
  }
  return segments
}

/**
 * The range of a mapped list: from its first segment to the end of its last. IO_RESULT holds the start, IO_RESULT_2 the end;
 * an end of 0 means that there is nothing to unmap, also when the last segment ends at 2^64.
 *
 * Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_unmap_sg
 */
export function dmaSgExtent(list: u32, count: u32): void {
  let e = (<usize>list) << L.SG_SHIFT
  let end: u64 = 0
  store<u64>(P.IO_BASE, count == 0 ? 0 : load<u64>(e, L.SG_DMA_ADDRESS), P.IO_RESULT)
  for (let i: u32 = 0; i < count; i++, e += L.SG_STRIDE) {
    const length = load<u32>(e, L.SG_DMA_LENGTH)
    if (length == 0) break
    end = load<u64>(e, L.SG_DMA_ADDRESS) + length
    if (end == 0) ioLog(P.LOG_QUIRK, P.IO_QUIRK_UNMAP_AT_TOP, load<u64>(e, L.SG_DMA_ADDRESS), 0, 0)
  }
  store<u64>(P.IO_BASE, end, P.IO_RESULT_2)
}

// The short way for scattered pages: the last-level table found once serves every entry that falls into it.
let leafTable: usize = 0
/** First address that the table translates, and how many bytes. */
let leafFirst: u64 = 0
let leafSpan: u64 = 0
let leafEntry: u64 = 0
let leafShift: u32 = 0
/** Chunks from this size on may take bigger pages and go the long way. */
let leafLimit: u64 = 0
/** log2 of the first physical address that the tables cannot hold. */
let leafPhysBits: u32 = 0

function leafBegin(pt: usize, prot: u32): void {
  leafSpan = 0
  leafLimit = 0
  const format = load<u32>(pt, P.PT_FORMAT)
  if (format != P.FORMAT_LPAE_S1 && format != P.FORMAT_LPAE_S2) return
  if ((load<u32>(pt, P.PT_FLAGS) & P.PT_F_COHERENT) == 0 || (prot & (P.PROT_READ | P.PROT_WRITE)) == 0) return
  if (ioWants(P.LOG_MAP)) return
  const sizes = load<u64>(pt, P.PT_PAGE_SIZES)
  const bigger = sizes & (sizes - 1)
  leafShift = <u32>ctz(sizes)
  leafLimit = bigger == 0 ? ALL : bigger & -bigger
  leafPhysBits = min<u32>(load<u32>(pt, P.PT_OAS), 48)
  leafEntry = lpaePageEntry(pt, prot)
}

/** Maps a chunk that lies in one last-level table with room for it; false: the long way decides. */
function leafMap(pt: usize, iova: u64, paddr: u64, size: u64): bool {
  if (size >= leafLimit) return false
  let within = iova - leafFirst
  if (within >= leafSpan || size > leafSpan - within) {
    const span = (<u64>1) << (leafShift * 2 - 3)
    leafSpan = 0
    leafTable = lpaeLeafTable(pt, iova)
    if (leafTable == 0) return false
    leafFirst = iova & ~(span - 1)
    leafSpan = span
    within = iova - leafFirst
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
  ioLog(P.LOG_IOMMU_MAP, iova, paddr, size, 0)
  return true
}

function mapRange(pt: usize, iova: u64, paddr: u64, size: u64, prot: u32): i32 {
  const sizes = load<u64>(pt, P.PT_PAGE_SIZES)
  if (sizes == 0 || ((iova | paddr | size) & ((sizes & -sizes) - 1)) != 0) return P.IO_EINVAL
  const first = iova
  while (size != 0) {
    const shift = pageShift(sizes, iova | paddr, size)
    const count = pageCount(sizes, shift, iova, paddr, size)
    const failed = mapPages(pt, iova, paddr, (<u64>1) << shift, count, prot)
    const mapped = load<u64>(P.IO_BASE, P.IO_RESULT)
    size -= mapped
    iova += mapped
    paddr += mapped
    if (failed != 0) return undo(pt, first, iova - first, failed)
  }
  ioLog(P.LOG_IOMMU_MAP, first, paddr - (iova - first), iova - first, 0)
  return 0
}

function unmapRange(pt: usize, iova: u64, size: u64, gather: u32): u64 {
  const sizes = load<u64>(pt, P.PT_PAGE_SIZES)
  if (sizes == 0 || ((iova | size) & ((sizes & -sizes) - 1)) != 0) return 0
  let done: u64 = 0
  while (done < size) {
    const shift = pageShift(sizes, iova, size - done)
    const count = pageCount(sizes, shift, iova, iova, size - done)
    const unmapped = unmapPages(pt, iova, (<u64>1) << shift, count, gather)
    if (unmapped == 0) break
    iova += unmapped
    done += unmapped
  }
  ioLog(P.LOG_IOMMU_UNMAP, iova - done, size, done, 0)
  return done
}

function undo(pt: usize, iova: u64, mapped: u64, errno: i32): i32 {
  if (mapped != 0) unmapRange(pt, iova, mapped, P.GATHER_NORMAL)
  return errno
}

/**
 * The biggest page that fits: not above the size, not beyond the addresses' alignment.
 *
 * Models: Linux v6.12 drivers/iommu/iommu.c: iommu_pgsize
 */
function pageShift(sizes: u64, addresses: u64, size: u64): u32 {
  let usable = sizes & (ALL >> clz(size))
  if (addresses != 0) usable &= addresses ^ (addresses - 1)
  return 63 - <u32>clz(usable)
}

/** Pages of that size: all, or those up to where the next bigger size can take over. */
function pageCount(sizes: u64, shift: u32, iova: u64, paddr: u64, size: u64): u32 {
  const bigger = sizes & ~(((<u64>2) << shift) - 1)
  if (bigger != 0) {
    const next = bigger & -bigger
    if (((iova ^ paddr) & (next - 1)) == 0) {
      const distance = next - ((iova | paddr) & (next - 1))
      if (distance + next <= size) size = distance
    }
  }
  return <u32>(size >> shift)
}

function pair(hi: u32, lo: u32): u64 {
  return ((<u64>hi) << 32) | lo
}
