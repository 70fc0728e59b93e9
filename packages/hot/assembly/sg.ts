// Scatterlists: runs of 32-byte records. A list is known by the record number (address / 32) of its first entry; a header
// record lies in front of it. Recycled lists of a size class are handed out last in, first out.
import * as L from './shared/layout'
import { heapTake } from './heap'

const RECORDS_PER_PAGE: u32 = L.PAGE_SIZE >> L.SG_SHIFT

/** Takes a list of `count` entries, all zero but the end mark of the last; returns its number. */
export function sgTake(count: u32): u32 {
  const sizeClass = classOf(count + 1)
  const slot = freeSlot(sizeClass)
  let header = load<u32>(slot)
  if (header == 0) {
    carve(sizeClass)
    header = load<u32>(slot)
  }
  const at = (<usize>header) << L.SG_SHIFT
  store<u32>(slot, load<u32>(at, L.SGH_NEXT))
  memory.fill(at, 0, (<usize>(count + 1)) << L.SG_SHIFT)
  store<u32>(at, L.SG_LIVE, L.SGH_MAGIC)
  store<u32>(at, sizeClass, L.SGH_CLASS)
  store<u32>(at, count, L.SGH_COUNT)
  if (count != 0) store<u32>(at + ((<usize>count) << L.SG_SHIFT), L.SG_F_END, L.SG_FLAGS)
  store<u32>(L.HEADER_BASE, load<u32>(L.HEADER_BASE, L.H_SG_LISTS) + 1, L.H_SG_LISTS)
  return header + 1
}

/** Gives a list back; returns false when `list` is not a list in use. */
export function sgGive(list: u32): bool {
  const at = (<usize>(list - 1)) << L.SG_SHIFT
  if (!sgLive(list)) return false
  const slot = freeSlot(load<u32>(at, L.SGH_CLASS))
  store<u32>(at, L.SG_DEAD, L.SGH_MAGIC)
  store<u32>(at, load<u32>(slot), L.SGH_NEXT)
  store<u32>(slot, list - 1)
  store<u32>(L.HEADER_BASE, load<u32>(L.HEADER_BASE, L.H_SG_LISTS) - 1, L.H_SG_LISTS)
  return true
}

/** Is this a list in use? */
export function sgLive(list: u32): bool {
  const at = (<usize>(list - 1)) << L.SG_SHIFT
  const end = (<usize>load<u32>(L.HEADER_BASE, L.H_HEAP_NEXT)) << L.PAGE_SHIFT
  return at >= <usize>L.HEAP_BASE && at < end && load<u32>(at, L.SGH_MAGIC) == L.SG_LIVE
}

/** Sets entries [from, from + count) to one page each; pfns lie as u32 in the stage. */
export function sgSetPages(list: u32, from: u32, count: u32): void {
  let e = (<usize>(list + from)) << L.SG_SHIFT
  for (let i: u32 = 0; i < count; i++, e += L.SG_STRIDE) {
    store<u32>(e, load<u32>((<usize>i) << 2, L.STAGE_BASE), L.SG_PFN)
    store<u32>(e, 0, L.SG_OFFSET)
    store<u32>(e, L.PAGE_SIZE, L.SG_LENGTH)
    store<u32>(e, (load<u32>(e, L.SG_FLAGS) & 0xfffc) | L.SG_F_PAGE, L.SG_FLAGS)
  }
}

/** Size classes grow by quarters of a power of two: 4, 5, 6, 7, 8, 10, 12, 14, 16 ... records. */
function classOf(records: u32): u32 {
  let n = max<u32>(records, 4)
  const step: u32 = 1 << (29 - clz(n))
  n = (n + step - 1) & ~(step - 1)
  const e: u32 = 31 - clz(n)
  return e * 4 + ((n >> (e - 2)) & 3)
}

function recordsOf(sizeClass: u32): u32 {
  return (4 + (sizeClass & 3)) << ((sizeClass >> 2) - 2)
}

function freeSlot(sizeClass: u32): usize {
  return <usize>L.HEADER_BASE + L.H_SG_FREE + (sizeClass << 2)
}

/** Puts fresh blocks of a class on its list: a page full of small ones, or one large one. */
function carve(sizeClass: u32): void {
  const records = recordsOf(sizeClass)
  const blocks = max<u32>(1, RECORDS_PER_PAGE / records)
  const frames = (records * blocks + RECORDS_PER_PAGE - 1) / RECORDS_PER_PAGE
  const first = heapTake(frames) << (L.PAGE_SHIFT - L.SG_SHIFT)
  const slot = freeSlot(sizeClass)
  for (let i = blocks; i != 0; i--) {
    const header = first + (i - 1) * records
    const at = (<usize>header) << L.SG_SHIFT
    store<u32>(at, L.SG_DEAD, L.SGH_MAGIC)
    store<u32>(at, load<u32>(slot), L.SGH_NEXT)
    store<u32>(slot, header)
  }
}
