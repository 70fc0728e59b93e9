// Looking at entries that lie in one page each, for unmap and sync on a plain machine: none has a cached line that the operation would
// change. One loop without calls; what it leaves alone, quickRun takes, with the same answers.
import * as L from './shared/layout'
import { busMask, flags, highmem, op, PHYS_END, skip } from './sg-pass'
import { delta, rangeFirst, rangePages } from './sg-ranges'
import { findPages, fromPage, pageBits, pageCount, pageSection } from './sg-section-pages'

/** Inner line operations of the entries that the last call took. */
export let checkedLines: u32

/** Where an entry's length is. */
let lengthAt: usize
/** Bits of offset and length that an entry must not have: whole lines are dropped, others are not. */
let unfit: u32

/** Is the pass of a kind that has this loop? */
export function prepareCheckPages(): bool {
  lengthAt = (flags & L.AF_DMA_LENGTH) != 0 ? L.SG_DMA_LENGTH : L.SG_LENGTH
  unfit = op == L.OP_INVALIDATE ? 63 : 0
  return (flags & L.AF_MAP) == 0 && op != L.OP_NONE
}

/**
 * Passes over entries as long as they need no second look: not tagged, all of it in one page frame of the range that served last, and without a
 * cached line that the operation would change. Returns how many.
 */
export function checkPages(e: usize, count: u32): u32 {
  checkedLines = 0
  const first = <u32>rangeFirst
  const span = <u32>min<u64>(rangePages, max<u64>(highmem, rangeFirst) - rangeFirst)
  const byBus = (flags & L.AF_BY_BUS) != 0
  const end = e + ((<usize>count) << L.SG_SHIFT)
  let at = e
  while (at != end) {
    const phys = byBus
      ? (load<u64>(at, L.SG_DMA_ADDRESS) - delta) & busMask
      : (<u64>load<u32>(at, L.SG_PFN)) << L.PAGE_SHIFT
    if (phys >= PHYS_END || !findPages(<u32>(phys >> L.PAGE_SHIFT), first, span)) break
    const marks = (flags & L.AF_PAGE_CLEAN) != 0 ? pageSection : 0
    const from = at
    at = byBus ? checkByBus(at, end, delta, busMask, marks) : checkByPage(at, end, marks)
    if (at == from) break
  }
  return <u32>((at - e) >> L.SG_SHIFT)
}

/** The entries whose pages are those that findPages found; returns the first that is none. `marks`: the section where whole pages become clean; 0: none does. */
function checkByPage(e: usize, end: usize, marks: usize): usize {
  const from = fromPage
  const there = pageCount
  const bits = pageBits
  const never = unfit
  const tags = skip
  const lengths = lengthAt
  let lines: u32 = 0
  for (; e < end; e += L.SG_STRIDE) {
    const place = load<u64>(e, L.SG_PFN)
    const pfn = <u32>place
    const start = place >> 32
    const len = load<u32>(e + lengths)
    if (pfn - from >= there || (((<u32>start | len) & never) | (load<u32>(e, L.SG_ATTRS) & tags)) != 0) break
    if ((bitOf(bits, pfn) & 1) != 0 || start + (len - 1) >= <u64>L.PAGE_SIZE) break
    if ((load<u32>(e, L.SG_FLAGS) & L.SG_F_PAGE) == 0) break
    if (marks != 0 && len == L.PAGE_SIZE) markClean(marks, pfn)
    lines += ((<u32>start & 63) + len + 63) >> 6
  }
  checkedLines += lines
  return e
}

/** The same of entries that are found by their bus addresses. */
function checkByBus(e: usize, end: usize, move: u64, mask: u64, marks: usize): usize {
  const from = fromPage
  const there = pageCount
  const bits = pageBits
  const never = unfit
  const tags = skip
  const lengths = lengthAt
  let lines: u32 = 0
  for (; e < end; e += L.SG_STRIDE) {
    const phys = (load<u64>(e, L.SG_DMA_ADDRESS) - move) & mask
    const pfn = <u32>(phys >> L.PAGE_SHIFT)
    const start = phys & (L.PAGE_SIZE - 1)
    const len = load<u32>(e + lengths)
    if (phys >= PHYS_END || pfn - from >= there) break
    if ((((<u32>start | len) & never) | (load<u32>(e, L.SG_ATTRS) & tags)) != 0) break
    if ((bitOf(bits, pfn) & 1) != 0 || start + (len - 1) >= <u64>L.PAGE_SIZE) break
    if (marks != 0 && len == L.PAGE_SIZE) markClean(marks, pfn)
    lines += ((<u32>start & 63) + len + 63) >> 6
  }
  checkedLines += lines
  return e
}

/** Bit 0 is the page's. The bitmap would begin with page 0. */
// inline
function bitOf(bitmap: usize, pfn: u32): u64 {
  return load<u64>(bitmap + ((pfn >> 6) << 3)) >> (<u64>pfn & 63)
}

/** As setPageClean, of a page in a section at hand. */
// inline
function markClean(section: usize, pfn: u32): void {
  const word = (pfn & (L.SECTION_PAGES - 1)) >> 6
  const at = section + (word << 3)
  store<u8>(section + word, 1, L.S_TOUCHED)
  store<u64>(at, load<u64>(at, L.S_PAGE_CLEAN) | ((<u64>1) << (<u64>pfn & 63)), L.S_PAGE_CLEAN)
}
