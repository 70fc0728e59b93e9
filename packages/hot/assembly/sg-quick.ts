// The tight loop over entries that need no second look.
import * as L from './shared/layout'
import { hasOuter, lineShift, plain } from './config'
import { logging } from './line-log'
import { wentLong } from './long-ways'
import { nextWord, pageBit } from './masks'
import { setPageClean } from './pages'
import { indexOf, sectionOf } from './section'
import { lowSpanThere } from './sg-maintain'
import { busMask, flags, highmem, limit, op, PHYS_END, skip } from './sg-pass'
import { delta, rangeFirst, rangePages } from './sg-ranges'
import { checkedLines, checkPages, prepareCheckPages } from './sg-check-pages'
import { mapPages, mappedLines, prepareMapPages } from './sg-map-pages'

/** Inner line operations of the entries that quickRun took. */
export let quickLines: u32

/** Have entries that lie in one page each a loop of their own, for maps or for all else? */
let mapsPages: bool
let checksPages: bool

/** Bytes of the longest entry of a quick run. */
const LONGEST: u32 = L.SECTION_PAGES << L.PAGE_SHIFT

/** Can the pass have quick runs? Not with an outer cache or a line log. Bus addresses of more than one meaning have no range that served last. */
export function beginQuickRuns(): bool {
  quickLines = 0
  mapsPages = plain && prepareMapPages()
  checksPages = plain && prepareCheckPages()
  return !hasOuter && !logging()
}

/**
 * Serves entries that need no second look, up to `count`; returns how many. Such an entry is not tagged, lies in low memory
 * and in the range that served last, is in reach, and has no cached line that the operation would change.
 * The general loop gives the same answers, and takes the entry where this one ends.
 */
export function quickRun(e: usize, count: u32): u32 {
  const summary: usize = op == L.OP_CLEAN ? L.S_DIRTY_PAGES : L.S_VALID_PAGES
  const words: usize = op == L.OP_CLEAN ? L.S_DIRTY_WORDS : L.S_VALID_WORDS
  const within = ((<u32>1) << lineShift) - 1
  const unaligned: u32 = op == L.OP_INVALIDATE ? within : 0
  const lengthAt: usize = (flags & L.AF_DMA_LENGTH) != 0 ? L.SG_DMA_LENGTH : L.SG_LENGTH
  const map = (flags & L.AF_MAP) != 0
  const byBus = (flags & L.AF_BY_BUS) != 0
  const needPage = (flags & L.AF_NEED_PAGE) != 0
  const pageCleans = (flags & L.AF_PAGE_CLEAN) != 0
  const first = rangeFirst
  const pages = rangePages
  const offset = delta
  let found: u32 = 0
  let taken: u32 = 0
  if (mapsPages || checksPages) {
    taken = mapsPages ? mapPages(e, count) : checkPages(e, count)
    found = mapsPages ? mappedLines : checkedLines
    e += (<usize>taken) << L.SG_SHIFT
  }
  let i = taken
  for (; i < count; i++, e += L.SG_STRIDE) {
    const flagsNow = load<u32>(e, L.SG_FLAGS)
    if ((load<u32>(e, L.SG_ATTRS) & skip) != 0) break
    const len = load<u32>(e + lengthAt)
    let pfn: u32
    let start: u32
    if (byBus) {
      const phys = (load<u64>(e, L.SG_DMA_ADDRESS) - offset) & busMask
      if (phys >= PHYS_END) break
      pfn = <u32>(phys >> L.PAGE_SHIFT)
      start = <u32>phys & (L.PAGE_SIZE - 1)
    } else {
      if ((flagsNow & L.SG_F_PAGE) == 0) break
      pfn = load<u32>(e, L.SG_PFN)
      start = load<u32>(e, L.SG_OFFSET)
    }
    if (<u64>pfn - first >= pages || pfn >= highmem) break
    if (len - 1 >= LONGEST || start >= <u32>L.PAGE_SIZE || ((start | len) & unaligned) != 0) break
    if (pfn > u32.MAX_VALUE - ((start + len - 1) >> L.PAGE_SHIFT)) break
    if (needPage && !lowSpanThere(pfn, (start + len - 1) >> L.PAGE_SHIFT)) break
    if (pageCleans && start + len > <u32>L.PAGE_SIZE) break
    if (op != L.OP_NONE) {
      const section = sectionOf(pfn)
      if (start + len <= <u32>L.PAGE_SIZE) {
        if (section != 0 && pageBit(section, indexOf(pfn), summary)) break
      } else if (section == 0 || !spanClear(section, indexOf(pfn), start + len, words)) break
    }
    if (map) {
      const bus = ((((<u64>pfn) << L.PAGE_SHIFT) | start) + offset) & busMask
      if (limit < len - 1 || bus > limit - (len - 1)) break
      store<u64>(e, bus, L.SG_DMA_ADDRESS)
      store<u32>(e, len, L.SG_DMA_LENGTH)
      store<u32>(e, flagsNow | L.SG_F_MAPPED, L.SG_FLAGS)
    }
    if (op != L.OP_NONE) found += ((start & within) + len + within) >> lineShift
    if (pageCleans && len == L.PAGE_SIZE) setPageClean(pfn, 1)
  }
  quickLines += found
  wentLong(L.LONG_ENTRY, i - taken)
  return i
}

/** Is the summary clear over the pages of `bytes` bytes from a page on? Looks at 64 pages at a time. */
function spanClear(section: usize, index: u32, bytes: u32, words: usize): bool {
  const last = index + ((bytes - 1) >> L.PAGE_SHIFT)
  if (last >= <u32>L.SECTION_PAGES) return false
  const end = (last >> 6) + 1
  return nextWord(section, index >> 6, end, words) == end
}
