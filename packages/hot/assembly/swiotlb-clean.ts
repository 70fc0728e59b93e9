// The slots of a bounce pool when all are free: as it is made, and again after a reset.
import * as S from './shared/swiotlb-layout'
import { runAt, slotAt } from './swiotlb'

/** Makes a pool as new; only segments with a slot that was taken are looked at. Returns how many. */
export function cleanPool(pool: usize): u32 {
  let segments: u32 = 0
  const slots = load<u32>(pool, S.SWH_SLOTS)
  const touched = <usize>load<u32>(pool, S.SWH_TOUCHED)
  for (let first: u32 = 0, segment: usize = 0; first < slots; first += S.SW_SEGMENT, segment++) {
    if (load<u8>(touched + segment) == 0) continue
    store<u8>(touched + segment, 0)
    segments++
    freeSlots(<u32>pool, first, first + S.SW_SEGMENT)
  }
  memory.fill(pool + S.SW_AREA_BASE, 0, <usize>load<u32>(pool, S.SWH_AREAS) * S.SW_AREA_STRIDE)
  return segments
}

/** Slots [first, end) are free, each the start of a run to the end of its segment. */
export function freeSlots(pool: u32, first: u32, end: u32): void {
  const free = i64x2(0, -1)
  for (let i = first; i < end; i++) {
    store<u8>(runAt(pool, i), <u8>(S.SW_SEGMENT - (i & (S.SW_SEGMENT - 1))))
    v128.store(slotAt(pool, i), free)
  }
}
