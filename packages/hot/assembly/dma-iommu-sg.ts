// The loops of dma-iommu over a scatterlist: room, tables, segments. 64-bit values cross the boundary as u32 pairs, high word
// first. `list` is the record number of a list's entry 0.
import { mapRange, undo } from './dma-iommu'
import { leafBegin, leafMap, leafPages, physOf } from './dma-iommu-leaf'
import { dmaSgEmpty } from './dma-iommu-pages'
import { wentLong } from './long-ways'
import { ioLog } from './io-pgtable-log'
import * as P from './shared/io-pgtable-layout'
import * as L from './shared/layout'

const ALL: u64 = 0xffff_ffff_ffff_ffff

/**
 * First pass over a list: widens every segment to whole granules and pads the one before where a segment would cross the
 * segment boundary. Original offset and length wait in the DMA fields for dmaSgMap or dmaSgRestore.
 *
 * returns  0, or -EINVAL (list restored) when a widened segment does not fit 32 bits or an entry holds no page; IO_RESULT holds the bytes of IOVA needed
 *
 * Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_map_sg
 * Leaves out: peer-to-peer pages, bouncing, arithmetic on page pointers that are not pages.
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
 * pages    not 0: a list of dmaSgPages, whose DMA fields wait for dmaSgFinalisePages and are emptied on the way
 * returns  0 or a negative errno (nothing stays mapped, the list is not restored)
 *
 * Models: Linux v6.12 drivers/iommu/iommu.c: iommu_map_sg
 */
export function dmaSgMap(pt: usize, list: u32, count: u32, iovaHi: u32, iovaLo: u32, prot: u32, pages: u32): i32 {
  const iova = pair(iovaHi, iovaLo)
  let mapped: u64 = 0
  let start: u64 = 0
  let length: u64 = 0
  leafBegin(pt, prot)
  let e = (<usize>list) << L.SG_SHIFT
  for (let i: u32 = 0; i < count; i++, e += L.SG_STRIDE) {
    let phys = physOf(e)
    if (length != 0 && phys != start + length) {
      if (!leafMap(pt, iova + mapped, start, length)) {
        wentLong(L.LONG_CHUNK, 1)
        const failed = mapRange(pt, iova + mapped, start, length, prot)
        if (failed != 0) return undo(pt, iova, mapped, failed)
      }
      mapped += length
      length = 0
      const taken = leafPages(iova + mapped, e, count - i)
      if (taken != 0) {
        mapped += <u64>taken * load<u32>(e, L.SG_LENGTH)
        if (pages != 0) dmaSgEmpty(e, taken)
        i += taken
        e += (<usize>taken) << L.SG_SHIFT
        phys = physOf(e)
      }
    }
    if (pages != 0) dmaSgEmpty(e, 1)
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
      if (current > most) ioLog(P.LOG_QUIRK, P.IO_QUIRK_SEGMENT_LIMIT, iova)
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
    if (end == 0) ioLog(P.LOG_QUIRK, P.IO_QUIRK_UNMAP_AT_TOP, load<u64>(e, L.SG_DMA_ADDRESS))
  }
  store<u64>(P.IO_BASE, end, P.IO_RESULT_2)
}

function pair(hi: u32, lo: u32): u64 {
  return ((<u64>hi) << 32) | lo
}
