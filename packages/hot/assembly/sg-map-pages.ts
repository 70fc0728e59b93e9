// Mapping entries that lie in one page each, on a plain machine: most lists of pictures and of network packets. One loop without calls;
// what it leaves alone, quickRun takes, with the same answers.
import { sectionOf } from './section'
import { blockLines, mapBlocks } from './sg-map-blocks'
import * as L from './shared/layout'
import { busMask, flags, highmem, limit, op, skip } from './sg-pass'
import { delta, rangeFirst, rangePages } from './sg-ranges'

/** Inner line operations of the entries that the last call took. */
export let mappedLines: u32 = 0

/** Bits of offset and length (low half) and attributes (high half) that an entry must not have: whole lines are dropped, others are not. */
let unfit: u64 = 0
/** The bitmap that says which pages the operation would change, from a section's start. */
let summary: usize = 0
const WANTED: u32 = L.AF_MAP
const UNWANTED: u32 = L.AF_BY_BUS | L.AF_DMA_LENGTH | L.AF_PAGE_CLEAN

// Pages of one section that lie in the range that served last, as findPages left them.
let fromPage: u32 = 0
let pageCount: u32 = 0
/** Where the bitmap would begin, if it began with page 0. */
let bitmap: usize = 0

/** Is the pass of a kind that has this loop? */
export function prepareMapPages(): bool {
  unfit = ((<u64>skip) << 32) | (op == L.OP_INVALIDATE ? 63 : 0)
  summary = op == L.OP_CLEAN ? L.S_DIRTY_PAGES : L.S_VALID_PAGES
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
  if (rangeFirst >= highmem || pages == 0) return 0
  const span = <u32>min<u64>(pages, highmem - first)
  const low = (((<u64>first) << L.PAGE_SHIFT) + delta) & busMask
  const high = low + ((<u64>span) << L.PAGE_SHIFT) - 1
  // Where all of the range is in reach, each of its pages is.
  if (high > limit || high > busMask || high < low) return 0
  fromPage = 0
  pageCount = 0
  const move = low - ((<u64>first) << L.PAGE_SHIFT)
  const end = e + ((<usize>count) << L.SG_SHIFT)
  let at = e
  while (at != end) {
    const pfn = load<u32>(at, L.SG_PFN)
    if (pfn - fromPage >= pageCount && !findPages(pfn, first, span)) break
    const from = at
    at = mapBlocks(at, end, fromPage, pageCount, bitmap, move, skip)
    mappedLines += blockLines
    at = mapSection(at, end, move, unfit)
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
  const bits = bitmap
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

/** The pages of pfn's section among `span` from `first` on; false where pages must be looked at one by one. */
function findPages(pfn: u32, first: u32, span: u32): bool {
  if (pfn - first >= span) return false
  const number = <usize>(pfn >> L.SECTION_SHIFT)
  if ((flags & L.AF_NEED_PAGE) != 0 && load<u32>(number << 2, L.PAGE_DIRECTORY_BASE) != 1) return false
  const section = sectionOf(pfn)
  if (section == 0) return false
  const sectionFirst = (<u32>number) << L.SECTION_SHIFT
  fromPage = max(first, sectionFirst)
  pageCount = <u32>min<u64>(<u64>first + span, <u64>sectionFirst + L.SECTION_PAGES) - fromPage
  bitmap = section + summary - (number << (L.SECTION_SHIFT - 3))
  return true
}
