// Bounce slots: which run of slots a mapping gets, and giving it back. 64-bit values cross the boundary as u32 pairs, high first.
import * as L from './shared/layout'
import * as S from './shared/swiotlb-layout'
import { heapTakeZeroed } from './heap'

const SLOT_MASK: u64 = (1 << S.SW_SLOT_SHIFT) - 1

/**
 * A pool of `slots` free slots in `areas` equal areas; lives until the next reset. Returns its address.
 *
 * Models: Linux v6.12 kernel/dma/swiotlb.c: swiotlb_init_io_tlb_pool
 */
export function swiotlbOpen(slots: u32, areas: u32): u32 {
  const bytes = S.SW_SLOT_BASE + slots * S.SW_SLOT_STRIDE
  const pool = <u32>heapTakeZeroed((bytes + L.PAGE_SIZE - 1) >> L.PAGE_SHIFT)
  store<u32>(pool, slots, S.SWH_SLOTS)
  store<u32>(pool, slots / areas, S.SWH_AREA_SLOTS)
  store<u32>(pool, areas, S.SWH_AREAS)
  for (let i: u32 = 0; i < slots; i++) {
    const at = slotAt(pool, i)
    store<u32>(at, min<u32>(S.SW_SEGMENT - (i & (S.SW_SEGMENT - 1)), slots - i), S.SWS_LIST)
    store<u64>(at, u64.MAX_VALUE, S.SWS_ORIG)
  }
  return pool
}

/**
 * Takes a run of slots for `size` bytes and returns its first slot, or -1. Areas are tried from `cpu` on.
 *
 * base      bus address of slot 0, already cut to the device's segment boundary
 * boundary  segment boundary mask of the device
 * orig      original address; 0 is not compared
 * align     alignment mask of the allocation
 * minAlign  address bits that the device wants kept
 *
 * Models: Linux v6.12 kernel/dma/swiotlb.c: swiotlb_find_slots
 */
export function swiotlbFind(
  pool: u32,
  cpu: u32,
  baseHi: u32,
  baseLo: u32,
  boundaryHi: u32,
  boundaryLo: u32,
  origHi: u32,
  origLo: u32,
  size: u32,
  align: u32,
  minAlign: u32,
): i32 {
  const areas = load<u32>(pool, S.SWH_AREAS)
  const start = cpu & (areas - 1)
  const base = pair(baseHi, baseLo)
  const boundary = pair(boundaryHi, boundaryLo)
  const orig = pair(origHi, origLo)
  let area = start
  do {
    const slot = searchArea(pool, area, base, boundary, orig, size, align, minAlign)
    if (slot >= 0) return slot
    area = area + 1 == areas ? 0 : area + 1
  } while (area != start)
  return -1
}

/**
 * Notes where the mapping's bytes come from: its first `pad` slots are alignment.
 *
 * Models: Linux v6.12 kernel/dma/swiotlb.c: swiotlb_tbl_map_single
 */
export function swiotlbNote(pool: u32, slot: u32, pad: u32, size: u32, origHi: u32, origLo: u32): void {
  const orig = pair(origHi, origLo)
  store<u32>(slotAt(pool, slot + pad), pad, S.SWS_PAD)
  const count = slotsFor(size) - pad
  for (let i: u32 = 0; i < count; i++)
    store<u64>(slotAt(pool, slot + pad + i), orig + ((<u64>i) << S.SW_SLOT_SHIFT), S.SWS_ORIG)
}

/**
 * Gives back the mapping whose first slot with bytes is `slot`; `offset` is the address's own part within that slot. Returns how
 * many slots came free, or -1 when nothing is mapped there.
 *
 * Models: Linux v6.12 kernel/dma/swiotlb.c: swiotlb_release_slots
 * Leaves out: reading past the table in a pool whose slots are no multiple of 128.
 */
export function swiotlbRelease(pool: u32, slot: u32, offset: u32): i32 {
  const index = slot - load<u32>(slotAt(pool, slot), S.SWS_PAD)
  const count = slotsFor(load<u32>(slotAt(pool, index), S.SWS_ALLOC_SIZE) + offset)
  if (load<u32>(slotAt(pool, index), S.SWS_ALLOC_SIZE) == 0) return -1
  const slots = load<u32>(pool, S.SWH_SLOTS)
  const end = index + count
  let run: u32 = 0
  if ((end & (S.SW_SEGMENT - 1)) != 0 && end < slots) run = load<u32>(slotAt(pool, end), S.SWS_LIST)
  for (let i = end; i != index; i--) {
    const at = slotAt(pool, i - 1)
    store<u32>(at, ++run, S.SWS_LIST)
    store<u32>(at, 0, S.SWS_PAD)
    store<u32>(at, 0, S.SWS_ALLOC_SIZE)
    store<u64>(at, u64.MAX_VALUE, S.SWS_ORIG)
  }
  extendRun(pool, index, run)
  const area = areaAt(pool, index / load<u32>(pool, S.SWH_AREA_SLOTS))
  store<u32>(area, load<u32>(area, S.SWA_USED) - count, S.SWA_USED)
  return count
}

/** Models: Linux v6.12 kernel/dma/swiotlb.c: swiotlb_search_pool_area */
function searchArea(
  pool: u32,
  area: u32,
  base: u64,
  boundary: u64,
  orig: u64,
  size: u32,
  align: u32,
  minAlign: u32,
): i32 {
  const count = slotsFor(size)
  const areaSlots = load<u32>(pool, S.SWH_AREA_SLOTS)
  const record = areaAt(pool, area)
  if (count > areaSlots - load<u32>(record, S.SWA_USED)) return -1
  let alignMask = <u64>align
  // Whole pages stay page-aligned where nobody asks for more.
  if (alignMask == 0 && minAlign == 0 && size >= <u32>L.PAGE_SIZE) alignMask = L.PAGE_SIZE - 1
  alignMask |= SLOT_MASK
  const keep = <u64>minAlign & ~alignMask
  const stride = <u32>((max(alignMask, keep) >> S.SW_SLOT_SHIFT) + 1)
  const boundarySlots = (boundary >> S.SW_SLOT_SHIFT) + 1
  const shift = (base >> S.SW_SLOT_SHIFT) + ((base & SLOT_MASK) != 0 ? 1 : 0)
  const first = area * areaSlots
  let index = load<u32>(record, S.SWA_INDEX)
  for (let checked: u32 = 0; checked < areaSlots;) {
    const slot = first + index
    const at = base + ((<u64>slot) << S.SW_SLOT_SHIFT)
    if ((at & alignMask) != 0 || (orig != 0 && (at & keep) != (orig & keep))) {
      index = wrap(index + 1, areaSlots)
      checked++
      continue
    }
    const crosses = ((shift + slot) & (boundarySlots - 1)) + count > boundarySlots
    if (!crosses && load<u32>(slotAt(pool, slot), S.SWS_LIST) >= count) {
      take(pool, slot, count, size - (<u32>orig & minAlign & <u32>SLOT_MASK))
      store<u32>(record, wrap(index + count, areaSlots), S.SWA_INDEX)
      store<u32>(record, load<u32>(record, S.SWA_USED) + count, S.SWA_USED)
      return slot
    }
    index = wrap(index + stride, areaSlots)
    checked += stride
  }
  return -1
}

/** Marks a run taken; the free slots in front of it count down to it. */
function take(pool: u32, slot: u32, count: u32, size: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const at = slotAt(pool, slot + i)
    store<u32>(at, 0, S.SWS_LIST)
    store<u32>(at, size - (i << S.SW_SLOT_SHIFT), S.SWS_ALLOC_SIZE)
  }
  extendRun(pool, slot, 0)
}

/** Counts the free slots in front of `slot`, down to the segment's start, on from `run`. */
function extendRun(pool: u32, slot: u32, run: u32): void {
  for (let i = slot; (i & (S.SW_SEGMENT - 1)) != 0; i--) {
    const at = slotAt(pool, i - 1)
    if (load<u32>(at, S.SWS_LIST) == 0) return
    store<u32>(at, ++run, S.SWS_LIST)
  }
}

/** A step that reaches or passes the end goes on at 0. */
function wrap(index: u32, slots: u32): u32 {
  return index >= slots ? 0 : index
}

function slotsFor(bytes: u32): u32 {
  return (bytes + <u32>SLOT_MASK) >> S.SW_SLOT_SHIFT
}

function slotAt(pool: u32, slot: u32): usize {
  return <usize>pool + S.SW_SLOT_BASE + slot * S.SW_SLOT_STRIDE
}

function areaAt(pool: u32, area: u32): usize {
  return <usize>pool + S.SW_AREA_BASE + area * S.SW_AREA_STRIDE
}

function pair(hi: u32, lo: u32): u64 {
  return ((<u64>hi) << 32) | lo
}
