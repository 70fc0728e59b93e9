// Mapping entries that lie in one page each, on a plain machine: most lists of pictures and of network packets. One loop without calls;
// what it leaves alone, quickRun takes, with the same answers.
import { wentLong } from './long-ways'
import { blockLines, mapBlocks } from './sg-map-blocks'
import * as L from './shared/layout'
import { busMask, flags, highmem, limit, op, PHYS_END, skip } from './sg-pass'
import { delta, rangeFirst, rangePages } from './sg-ranges'
import { findPages, fromPage, pageBits, pageCount } from './sg-section-pages'

/** Inner line operations of the entries that the last call took. */
export let mappedLines: u32

/** Bits of offset and length (low half) and attributes (high half) that an entry must not have: whole lines are dropped, others are not. */
let unfit: u64
const WANTED: u32 = L.AF_MAP
const UNWANTED: u32 = L.AF_BY_BUS | L.AF_DMA_LENGTH | L.AF_PAGE_CLEAN

/** Is the pass of a kind that has this loop? */
export function prepareMapPages(): bool {
  unfit = ((<u64>skip) << 32) | (op == L.OP_INVALIDATE ? 63 : 0)
  return (flags & (WANTED | UNWANTED)) == WANTED && op != L.OP_NONE
}

/**
 * Maps entries as long as they need no second look: not tagged, a page, all of it in one page frame of the range that served last, in
 * reach, and without a cached line that the operation would change. Returns how many.
 */
export function mapPages(e: usize, count: u32): u32 {
  mappedLines = 0
  const first = <u32>rangeFirst
  const pages = rangePages
  const low = (((<u64>first) << L.PAGE_SHIFT) + delta) & busMask
  const last = min(limit, busMask)
  if (low > last) return 0
  // Pages that are in reach to their last byte, and do not wrap around.
  const reach = last - low >= PHYS_END ? pages : (last - low + 1) >> L.PAGE_SHIFT
  const span = <u32>min(min(pages, reach), max<u64>(highmem, first) - first)
  const move = low - ((<u64>first) << L.PAGE_SHIFT)
  const end = e + ((<usize>count) << L.SG_SHIFT)
  let at = e
  while (at != end) {
    const pfn = load<u32>(at, L.SG_PFN)
    if (!findPages(pfn, first, span)) break
    const from = at
    const behind = mapBlocks(at, end, fromPage, pageCount, pageBits, move, skip)
    mappedLines += blockLines
    at = mapSection(behind, end, move, unfit)
    wentLong(L.LONG_SINGLE, <u32>((at - behind) >> L.SG_SHIFT))
    if (at == from) break
  }
  return <u32>((at - e) >> L.SG_SHIFT)
}

/**
 * The entries in the pages that findPages found; returns the first that is none. In a function of its own, with as few values as it can do
 * with: what does not fit into registers costs the loop a fifth.
 *
 * move   bus minus physical address
 * never  see unfit
 */
function mapSection(e: usize, end: usize, move: u64, never: u64): usize {
  const from = fromPage
  const there = pageCount
  const bits = pageBits
  let lines: u32 = 0
  for (; e < end; e += L.SG_STRIDE) {
    const place = load<u64>(e, L.SG_PFN)
    const pfn = <u32>place
    const amount = load<u64>(e, L.SG_LENGTH)
    const start = place >> 32
    if (pfn - from >= there || ((start | amount) & never) != 0) break
    if (((load<u64>(bits + ((pfn >> 6) << 3)) >> (<u64>pfn & 63)) & 1) != 0) break
    const len = <u32>amount
    if (start + (len - 1) >= <u64>L.PAGE_SIZE) break
    const now = load<u32>(e, L.SG_FLAGS)
    if ((now & L.SG_F_PAGE) == 0) break
    store<u64>(e, ((<u64>pfn) << L.PAGE_SHIFT) + start + move, L.SG_DMA_ADDRESS)
    store<u64>(e, ((<u64>(now | L.SG_F_MAPPED)) << 32) | len, L.SG_DMA_LENGTH)
    lines += ((<u32>start & 63) + len + 63) >> 6
  }
  mappedLines += lines
  return e
}
