// Bounce slots: which run of slots a mapping gets, and giving it back. Addresses cross the boundary as f64.
import * as L from './shared/layout'
import * as S from './shared/swiotlb-layout'
import { keptTake } from './kept'
import { wentLong } from './long-ways'
import { freeSlots } from './swiotlb-clean'

const SLOT_MASK: u64 = (1 << S.SW_SLOT_SHIFT) - 1

/**
 * A pool of `slots` free slots, a multiple of 128, in `areas` equal areas; lives until the next reset. Returns its address. `search` is one of SW_SEARCH_*.
 *
 * Models: Linux v6.12 kernel/dma/swiotlb.c: swiotlb_init_io_tlb_pool
 */
export function swiotlbOpen(slots: u32, areas: u32, search: u32): u32 {
  const records = S.SW_RUNS_BASE + slots + S.SW_RUNS_SLACK
  const touched = records + slots * S.SW_SLOT_STRIDE
  const bytes = touched + slots / S.SW_SEGMENT
  const pool = <u32>keptTake(L.KEPT_POOL + slots, (bytes + L.PAGE_SIZE - 1) >> L.PAGE_SHIFT)
  const isNew = load<u32>(pool, S.SWH_SLOTS) == 0
  store<u32>(pool, slots, S.SWH_SLOTS)
  store<u32>(pool, slots / areas, S.SWH_AREA_SLOTS)
  store<u32>(pool, areas, S.SWH_AREAS)
  store<u32>(pool, pool + records, S.SWH_RECORDS)
  store<u32>(pool, search, S.SWH_SEARCH)
  store<u32>(pool, pool + touched, S.SWH_TOUCHED)
  if (isNew) freeSlots(pool, 0, slots)
  return pool
}

/**
 * Takes a run of slots for `size` bytes and returns its first slot, or -1. Areas are tried from `cpu` on. SW_ENDLESS: the kernel
 * goes round and round there.
 *
 * base      bus address of slot 0, or -1 where the device has none for it
 * bits      width of the device's segment boundary mask, 1..64
 * orig      original address; 0 is not compared
 * align     alignment mask of the allocation
 * minAlign  address bits that the device wants kept
 *
 * Models: Linux v6.12 kernel/dma/swiotlb.c: swiotlb_find_slots
 */
export function swiotlbFind(
  pool: u32,
  cpu: u32,
  base: f64,
  bits: u32,
  orig: f64,
  size: u32,
  align: u32,
  minAlign: u32,
): i32 {
  const areas = load<u32>(pool, S.SWH_AREAS)
  const start = cpu & (areas - 1)
  const boundary = u64.MAX_VALUE >> (64 - bits)
  // No address: all ones, as the kernel goes on with.
  const first = base < 0 ? boundary : <u64>base & boundary
  const byStride = load<u32>(pool, S.SWH_SEARCH) == S.SW_SEARCH_BY_STRIDE
  let area = start
  do {
    const slot = byStride
      ? searchByStride(pool, area, first, boundary, <u64>orig, size, align, minAlign)
      : searchArea(pool, area, first, boundary, <u64>orig, size, align, minAlign)
    if (slot != -1) return slot
    area = area + 1 == areas ? 0 : area + 1
  } while (area != start)
  return -1
}

/**
 * Notes where the mapping's bytes come from: its first `pad` slots are alignment.
 *
 * Models: Linux v6.12 kernel/dma/swiotlb.c: swiotlb_tbl_map_single
 */
export function swiotlbNote(pool: u32, slot: u32, pad: u32, size: u32, orig: f64): void {
  let at = slotAt(pool, slot + pad)
  store<u32>(at, pad, S.SWS_PAD)
  const end = slotAt(pool, slot + slotsFor(size))
  for (let from = <u64>orig; at < end; at += S.SW_SLOT_STRIDE) {
    store<u64>(at, from, S.SWS_ORIG)
    from += 1 << S.SW_SLOT_SHIFT
  }
}

/**
 * Gives back the mapping whose first slot with bytes is `slot`; `offset` is the address's own part within that slot. Returns how
 * many slots came free, or -1 when nothing is mapped there.
 *
 * Models: Linux v6.12 kernel/dma/swiotlb.c: swiotlb_release_slots
 * Leaves out: reading past the table in a pool whose slots are not a multiple of 128.
 */
export function swiotlbRelease(pool: u32, slot: u32, offset: u32): i32 {
  const index = slot - load<u32>(slotAt(pool, slot), S.SWS_PAD)
  const size = load<u32>(slotAt(pool, index), S.SWS_ALLOC_SIZE)
  if (size == 0) return -1
  const count = slotsFor(size + offset)
  const end = index + count
  let run: u32 = 0
  if ((end & (S.SW_SEGMENT - 1)) != 0) run = load<u8>(runAt(pool, end))
  const free = i64x2(0, -1)
  for (let at = slotAt(pool, index), stop = slotAt(pool, end); at < stop; at += S.SW_SLOT_STRIDE) v128.store(at, free)
  for (let i = end; i != index; i--) store<u8>(runAt(pool, i - 1), <u8>++run)
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
  // Whole pages stay page-aligned where nothing asks for more.
  if (alignMask == 0 && minAlign == 0 && size >= <u32>L.PAGE_SIZE) alignMask = L.PAGE_SIZE - 1
  alignMask |= SLOT_MASK
  const keep = <u64>minAlign & ~alignMask
  const stride = <u32>((max(alignMask, keep) >> S.SW_SLOT_SHIFT) + 1)
  const boundarySlots = (boundary >> S.SW_SLOT_SHIFT) + 1
  const shift = (base >> S.SW_SLOT_SHIFT) + ((base & SLOT_MASK) != 0 ? 1 : 0)
  const first = area * areaSlots
  // Once one slot is aligned, those a stride further on are, and only those. Where masks leave a gap it is not so.
  const regular =
    stride <= 16 && count <= <u32>S.SW_SEGMENT && (alignMask | keep) + 1 == (<u64>stride) << S.SW_SLOT_SHIFT
  let index = load<u32>(record, S.SWA_INDEX)
  let looked: u32 = 0
  for (let checked: u32 = 0; checked < areaSlots;) {
    looked++
    const slot = first + index
    const at = base + ((<u64>slot) << S.SW_SLOT_SHIFT)
    if ((at & alignMask) != 0 || (orig != 0 && (at & keep) != (orig & keep))) {
      index = wrap(index + 1, areaSlots)
      checked++
      continue
    }
    const crosses = ((shift + slot) & (boundarySlots - 1)) + count > boundarySlots
    if (!crosses && <u32>load<u8>(runAt(pool, slot)) >= count) {
      take(pool, slot, count, size - (<u32>orig & minAlign & <u32>SLOT_MASK))
      goOn(record, wrap(index + count, areaSlots), count)
      wentLong(L.LONG_SLOTS, looked)
      return slot
    }
    const step = regular ? strideToRun(runAt(pool, first), index, areaSlots, stride, count) : stride
    index = wrap(index + step, areaSlots)
    checked += step
  }
  wentLong(L.LONG_SLOTS, looked)
  return -1
}

/**
 * The search starts at a multiple of the stride, and slots are looked at a stride apart once one has the bits that the device wants
 * kept. It ends where it began; from a slot with such bits it may never come back there.
 *
 * Models: Linux v6.1 kernel/dma/swiotlb.c: swiotlb_do_find_slots
 */
function searchByStride(
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
  const alignMask = <u64>align | SLOT_MASK
  const keep = <u64>minAlign & ~alignMask
  let stride = <u32>(keep >> S.SW_SLOT_SHIFT) + 1
  if (size >= <u32>L.PAGE_SIZE) stride = stride << (L.PAGE_SHIFT - S.SW_SLOT_SHIFT)
  stride = max(stride, <u32>(alignMask >> S.SW_SLOT_SHIFT) + 1)
  const boundarySlots = (boundary >> S.SW_SLOT_SHIFT) + 1
  const shift = (base >> S.SW_SLOT_SHIFT) + ((base & SLOT_MASK) != 0 ? 1 : 0)
  const first = area * areaSlots
  const begin = wrap((load<u32>(record, S.SWA_INDEX) + stride - 1) & ~(stride - 1), areaSlots)
  let index = begin
  // After two rounds every slot that the search ever comes to has been looked at.
  for (let steps: u32 = 0; steps < 2 * areaSlots; steps++) {
    const slot = first + index
    const at = base + ((<u64>slot) << S.SW_SLOT_SHIFT)
    if (orig != 0 && (at & keep) != (orig & keep)) {
      index = wrap(index + 1, areaSlots)
    } else {
      const crosses = ((shift + slot) & (boundarySlots - 1)) + count > boundarySlots
      if (!crosses && <u32>load<u8>(runAt(pool, slot)) >= count) {
        take(pool, slot, count, size - (<u32>orig & minAlign & <u32>SLOT_MASK))
        goOn(record, wrap(index + count, areaSlots), count)
        return slot
      }
      index = wrap(index + stride, areaSlots)
    }
    if (index == begin) return -1
  }
  return S.SW_ENDLESS
}

/**
 * How far ahead of `index`, in whole strides, the next run of at least `count` free slots is; past the area's end if there is none.
 *
 * stride  a power of two up to 16
 * count   at most 255
 */
function strideToRun(runs: usize, index: u32, areaSlots: u32, stride: u32, count: u32): u32 {
  const least = i8x16.splat(<u8>count)
  // One bit for each slot of sixteen that a stride reaches.
  const reached: u32 = 0xffff / ((1 << stride) - 1)
  let at = index + stride
  for (; at < areaSlots; at += 16) {
    const fits = <u32>i8x16.bitmask(i8x16.ge_u(v128.load(runs + at), least)) & reached
    if (fits == 0) continue
    const found = at + <u32>ctz(fits)
    if (found < areaSlots) return found - index
  }
  return (areaSlots - index + stride - 1) & ~(stride - 1)
}

/** Marks a run taken; the free slots in front of it count down to it. */
function take(pool: u32, slot: u32, count: u32, size: u32): void {
  const touched = <usize>load<u32>(pool, S.SWH_TOUCHED)
  for (let segment = slot / S.SW_SEGMENT; segment <= (slot + count - 1) / S.SW_SEGMENT; segment++)
    store<u8>(touched + segment, 1)
  let at = slotAt(pool, slot)
  for (let i: u32 = 0; i < count; i++) {
    store<u8>(runAt(pool, slot + i), 0)
    store<u32>(at, size - (i << S.SW_SLOT_SHIFT), S.SWS_ALLOC_SIZE)
    at += S.SW_SLOT_STRIDE
  }
  extendRun(pool, slot, 0)
}

/** The area has `count` more slots in use, and its next search begins at `next`. */
function goOn(record: usize, next: u32, count: u32): void {
  store<u32>(record, next, S.SWA_INDEX)
  store<u32>(record, load<u32>(record, S.SWA_USED) + count, S.SWA_USED)
}

/** Counts the free slots in front of `slot`, down to the segment's start, on from `run`. */
function extendRun(pool: u32, slot: u32, run: u32): void {
  const end = runAt(pool, slot & ~(S.SW_SEGMENT - 1))
  for (let at = runAt(pool, slot); at != end; at--) {
    if (load<u8>(at - 1) == 0) return
    store<u8>(at - 1, <u8>++run)
  }
}

/** A step that reaches or passes the end goes on at 0. */
function wrap(index: u32, slots: u32): u32 {
  return index >= slots ? 0 : index
}

function slotsFor(bytes: u32): u32 {
  return (bytes + <u32>SLOT_MASK) >> S.SW_SLOT_SHIFT
}

/** Free slots from this one to the end of its run. */
export function runAt(pool: u32, slot: u32): usize {
  return <usize>pool + S.SW_RUNS_BASE + slot
}

export function slotAt(pool: u32, slot: u32): usize {
  return <usize>load<u32>(pool, S.SWH_RECORDS) + slot * S.SW_SLOT_STRIDE
}

function areaAt(pool: u32, area: u32): usize {
  return <usize>pool + S.SW_AREA_BASE + area * S.SW_AREA_STRIDE
}
