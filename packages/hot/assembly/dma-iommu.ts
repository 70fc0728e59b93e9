// The loops of dma-iommu over an address range: through the page tables of a domain in as big pages as fit. 64-bit values
// cross the boundary as u32 pairs, high word first. `pt` is a page-table record.
import { ioLog } from './io-pgtable-log'
import { mapPages, unmapPages } from './io-pgtable'
import * as P from './shared/io-pgtable-layout'
import { quickWhole } from './whole'

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

/** As iommuMap, for addresses and sizes below 2^52. */
export function iommuMapQuick(pt: usize, iova: f64, paddr: f64, size: f64, prot: u32): i32 {
  return mapRange(pt, quickWhole(iova), quickWhole(paddr), quickWhole(size), prot)
}

/** As iommuUnmap, for addresses and sizes below 2^52; returns the bytes. */
export function iommuUnmapQuick(pt: usize, iova: f64, size: f64, gather: u32): f64 {
  return <f64>(<i64>unmapRange(pt, quickWhole(iova), quickWhole(size), gather))
}

export function mapRange(pt: usize, iova: u64, paddr: u64, size: u64, prot: u32): i32 {
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
  ioLog(P.LOG_IOMMU_MAP, first, paddr - (iova - first), iova - first)
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
  ioLog(P.LOG_IOMMU_UNMAP, iova - done, size, done)
  return done
}

/** Unmaps what was mapped before an error. */
export function undo(pt: usize, iova: u64, mapped: u64, errno: i32): i32 {
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
