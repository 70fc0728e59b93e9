// The loops of dma-iommu over a list of single whole pages, which most lists are: nothing is widened or padded, so that the first pass
// only looks, and each record is written while the second one has it at hand. The same answers and records as the general passes in dma-iommu-sg.ts.
import * as L from './shared/layout'

const ALL: u64 = 0xffff_ffff_ffff_ffff

/** Is every entry one page of `granule` bytes that needs no padding at the segment boundary? Nothing changes. */
export function dmaSgPages(list: u32, count: u32, granule: u32, boundaryLo: u32): bool {
  const inGranule = granule - 1
  if ((boundaryLo & inGranule) != inGranule) return false
  // What is wrong anywhere is wrong: the loop only gathers. Lanes: pfn, offset, length, attributes.
  const wanted = i64x2.replace_lane(i64x2.splat(0), 1, granule)
  let places = i64x2.splat(0)
  let flags: u32 = L.SG_F_PAGE
  let e = (<usize>list) << L.SG_SHIFT
  const end = e + ((<usize>count) << L.SG_SHIFT)
  for (; e != end; e += L.SG_STRIDE) {
    places = v128.or(places, v128.xor(v128.load(e), wanted))
    flags &= load<u32>(e, L.SG_FLAGS)
  }
  const offsets = <u32>i32x4.extract_lane(places, 1)
  return (offsets & inGranule) == 0 && i32x4.extract_lane(places, 2) == 0 && flags != 0
}

/** No device address, in `count` records from e on. */
export function dmaSgEmpty(e: usize, count: u32): void {
  for (const end = e + ((<usize>count) << L.SG_SHIFT); e != end; e += L.SG_STRIDE) {
    store<u64>(e, ALL, L.SG_DMA_ADDRESS)
    store<u32>(e, 0, L.SG_DMA_LENGTH)
  }
}

/**
 * The third pass: writes the segments that the device sees, each as long as `most` and the boundary allow. The second one has emptied all.
 *
 * most     dma_get_max_seg_size: bytes, at least a granule
 * returns  segments
 *
 * Models: Linux v6.12 drivers/iommu/dma-iommu.c: __finalise_sg
 */
export function dmaSgFinalisePages(
  list: u32,
  count: u32,
  granule: u32,
  iovaHi: u32,
  iovaLo: u32,
  boundaryHi: u32,
  boundaryLo: u32,
  most: u32,
): u32 {
  const mask = ((<u64>boundaryHi) << 32) | boundaryLo
  const whole = <u64>(most / granule) * granule
  let iova = ((<u64>iovaHi) << 32) | iovaLo
  let left = <u64>count * granule
  let out = (<usize>list) << L.SG_SHIFT
  let segments: u32 = 0
  while (left != 0) {
    // A segment ends where the boundary begins again; with a mask of 64 bits that is 0, and nowhere.
    const room = mask - (iova & mask) + 1
    let length = min(left, whole)
    if (room != 0) length = min(length, room)
    store<u64>(out, iova, L.SG_DMA_ADDRESS)
    store<u64>(out, ((<u64>(load<u32>(out, L.SG_FLAGS) | L.SG_F_MAPPED)) << 32) | length, L.SG_DMA_LENGTH)
    out += L.SG_STRIDE
    iova += length
    left -= length
    segments++
  }
  return segments
}
