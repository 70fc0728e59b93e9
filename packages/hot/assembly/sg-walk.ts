// One pass over a scatterlist: map, unmap or sync. Arguments and results lie in the call block (layout.ts: A_*, AF_*, R_*).
// An entry that cannot be served stops the pass; the caller decides and goes on after it.
import * as L from './shared/layout'
import { hasOuter, lineShift } from './config'
import { logging } from './line-log'
import { countInner, innerLines, innerRange, outerRange, storeCounters, zeroCounters } from './maintenance'
import { nextWord, pageBit } from './masks'
import { hasPage, setPageClean } from './pages'
import { indexOf, sectionOf } from './section'

let op: u32 = 0
let flags: u32 = 0
let highmem: u32 = 0
let ranges: u32 = 0
let badPfn: u32 = 0
let skip: u32 = 0
let limit: u64 = 0
let busMask: u64 = 0
/** The range that served last: its first page, how many pages, bus minus physical address. */
let rangeFirst: u64 = 0
let rangePages: u64 = 0
let delta: u64 = 0
/** Line operations of entries that quickRun took. */
let quickLines: u32 = 0

/**
 * For every entry: tagged by A_SKIP: left alone and counted. Else its physical address is found, with AF_MAP its bus address,
 * then the caches are maintained over it. Stops with R_BAD_PAGE (page_link holds no page, or AF_NEED_PAGE and there is no
 * struct page), R_NO_RANGE (no range translates the address) or R_UNREACHABLE (beyond A_LIMIT).
 *
 * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_dma_map_sg
 * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_dma_unmap_sg
 * Models: Linux v6.12 kernel/dma/direct.c: dma_direct_map_sg
 * Leaves out: what the callers do at the entry where it stopped (unwinding, bouncing, faulting).
 */
export function walkSg(): void {
  const from = load<u32>(L.CALL_BASE, L.A_FROM)
  const count = load<u32>(L.CALL_BASE, L.A_COUNT)
  skip = load<u32>(L.CALL_BASE, L.A_SKIP)
  limit = load<u64>(L.CALL_BASE, L.A_LIMIT_LOW)
  busMask = load<u64>(L.CALL_BASE, L.A_BUS_LOW)
  op = load<u32>(L.CALL_BASE, L.A_OP)
  flags = load<u32>(L.CALL_BASE, L.A_FLAGS)
  highmem = load<u32>(L.CALL_BASE, L.A_HIGHMEM)
  ranges = load<u32>(L.CALL_BASE, L.A_RANGES)
  const quick = canRunQuickly()
  const map = (flags & L.AF_MAP) != 0
  const byBus = (flags & L.AF_BY_BUS) != 0
  const lengthAt: usize = (flags & L.AF_DMA_LENGTH) != 0 ? L.SG_DMA_LENGTH : L.SG_LENGTH
  let code: u32 = L.R_OK
  let served: u32 = 0
  let skipped: u32 = 0
  let skippedLines: u32 = 0
  rangeFirst = 0
  rangePages = ranges == 0 ? <u64>-1 : 0
  delta = 0
  if (ranges == 1) useRange(L.CALL_BASE + L.A_RANGE_BASE)
  quickLines = 0
  let i: u32 = 0
  let e = (<usize>(load<u32>(L.CALL_BASE, L.A_LIST) + from)) << L.SG_SHIFT
  badPfn = 0
  zeroCounters()
  for (; i < count; i++, e += L.SG_STRIDE) {
    if (quick) {
      const taken = quickRun(e, count - i)
      served += taken
      i += taken
      e += (<usize>taken) << L.SG_SHIFT
      if (i == count) break
    }
    const len = load<u32>(e + lengthAt)
    if ((load<u32>(e, L.SG_ATTRS) & skip) != 0) {
      skipped++
      skippedLines += savedLines(e, len)
      continue
    }
    let phys: u64
    if (byBus) {
      phys = physOf(load<u64>(e, L.SG_DMA_ADDRESS))
      if (phys == NOWHERE) {
        code = L.R_NO_RANGE
        break
      }
    } else {
      if ((load<u32>(e, L.SG_FLAGS) & L.SG_F_PAGE) == 0) {
        badPfn = load<u32>(e, L.SG_PFN)
        code = L.R_BAD_PAGE
        break
      }
      phys = ((<u64>load<u32>(e, L.SG_PFN)) << L.PAGE_SHIFT) + load<u32>(e, L.SG_OFFSET)
    }
    if (phys > PHYS_END - len) {
      badPfn = <u32>(phys >> L.PAGE_SHIFT)
      code = L.R_BAD_PAGE
      break
    }
    let bus: u64 = 0
    if (map) {
      const pfn = phys >> L.PAGE_SHIFT
      if (pfn - rangeFirst >= rangePages) {
        const range = rangeOf(pfn)
        if (range == 0) {
          code = L.R_NO_RANGE
          break
        }
        useRange(range)
      }
      bus = (phys + delta) & busMask
      const last = len == 0 ? bus : bus + len - 1
      if (last > limit || last < bus) {
        code = L.R_UNREACHABLE
        break
      }
    }
    if (!maintain(phys, len)) {
      code = L.R_BAD_PAGE
      break
    }
    if (map) {
      store<u64>(e, bus, L.SG_DMA_ADDRESS)
      store<u32>(e, len, L.SG_DMA_LENGTH)
      store<u32>(e, load<u32>(e, L.SG_FLAGS) | L.SG_F_MAPPED, L.SG_FLAGS)
    }
    served++
  }
  store<u32>(L.CALL_BASE, from + i, L.R_NEXT)
  store<u32>(L.CALL_BASE, code, L.R_CODE)
  store<u32>(L.CALL_BASE, served, L.R_MAPPED)
  store<u32>(L.CALL_BASE, skipped, L.R_SKIPPED)
  store<u32>(L.CALL_BASE, skippedLines, L.R_SKIPPED_LINES)
  store<u32>(L.CALL_BASE, code == L.R_BAD_PAGE ? badPfn : 0, L.R_PFN)
  countInner(quickLines)
  storeCounters()
}

const NOWHERE: u64 = <u64>-1
/** Bytes of the longest entry of a quick run. */
const LONGEST: u32 = L.SECTION_PAGES << L.PAGE_SHIFT
/** Page numbers have 32 bits. */
const PHYS_END: u64 = (<u64>1) << 44

/** The range that holds a page; 0 where none does. */
function rangeOf(pfn: u64): usize {
  for (let r: u32 = 0; r < ranges; r++) {
    const at = <usize>L.CALL_BASE + L.A_RANGE_BASE + r * L.A_RANGE_STRIDE
    if (pfn >= load<u32>(at) && pfn < load<u32>(at, 4)) return at
  }
  return 0
}

function useRange(at: usize): void {
  rangeFirst = load<u32>(at)
  const end = <u64>load<u32>(at, 4)
  rangePages = end > rangeFirst ? end - rangeFirst : 0
  delta = load<u64>(at, 8)
}

/** Physical address behind a bus address. */
function physOf(bus: u64): u64 {
  if (ranges == 0) return bus & busMask
  for (let r: u32 = 0; r < ranges; r++) {
    const at = <usize>L.CALL_BASE + L.A_RANGE_BASE + r * L.A_RANGE_STRIDE
    const phys = (bus - load<u64>(at, 8)) & busMask
    const pfn = phys >> L.PAGE_SHIFT
    if (pfn >= load<u32>(at) && pfn < load<u32>(at, 4)) return phys
  }
  return NOWHERE
}

/** Inner line operations that a tagged entry does without; its bus address stands in where there is no page. */
function savedLines(e: usize, len: u32): u32 {
  if (op == L.OP_NONE) return 0
  const page = (load<u32>(e, L.SG_FLAGS) & L.SG_F_PAGE) != 0
  const at = page ? <u64>load<u32>(e, L.SG_OFFSET) : load<u64>(e, L.SG_DMA_ADDRESS)
  return innerLines(op, at, len, (flags & L.AF_OLD_CODE) != 0)
}

/** Quick runs are for machines without an outer cache while nobody keeps a log, and for bus addresses with one meaning. */
function canRunQuickly(): bool {
  return !hasOuter && !logging() && ((flags & L.AF_BY_BUS) == 0 || ranges <= 1)
}

/**
 * Serves entries that need no second look, up to `count`; returns how many. Such an entry is not tagged, lies in low memory
 * and in the range that served last, is in reach, and has no cached line that the operation would change.
 * The general loop gives the same answers, and takes the entry where this one ends.
 */
function quickRun(e: usize, count: u32): u32 {
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
  let i: u32 = 0
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
    if (needPage && !hasPage(pfn)) break
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
  return i
}

/** Is the summary clear over the pages of `bytes` bytes from a page on? Looks at 64 pages at a time. */
function spanClear(section: usize, index: u32, bytes: u32, words: usize): bool {
  const last = index + ((bytes - 1) >> L.PAGE_SHIFT)
  if (last >= <u32>L.SECTION_PAGES) return false
  const end = (last >> 6) + 1
  return nextWord(section, index >> 6, end, words) == end
}

/**
 * Maintains both cache levels over one entry: low memory in one piece, highmem page by page; the first page decides.
 * Returns false, with the page in badPfn, where a struct page is needed and missing.
 *
 * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __dma_page_cpu_to_dev
 * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __dma_page_dev_to_cpu
 * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: dma_cache_maint_page
 */
function maintain(phys: u64, len: u32): bool {
  const cpuSide = (flags & L.AF_CPU_SIDE) != 0
  const old = (flags & L.AF_OLD_CODE) != 0
  if (cpuSide && op != L.OP_NONE) outerRange(op, phys, len)
  if (!pageThere(phys)) return false
  if (op != L.OP_NONE) {
    if (phys >> L.PAGE_SHIFT < highmem) innerRange(op, phys, len, old)
    else if (!maintainHighmem(phys, len, old)) return false
    if (!cpuSide) outerRange(op, phys, len)
  }
  return (flags & L.AF_PAGE_CLEAN) == 0 || markPagesClean(phys, len)
}

function maintainHighmem(phys: u64, len: u32, old: bool): bool {
  let left = len
  do {
    if (!pageThere(phys)) return false
    const n = min<u32>(left, L.PAGE_SIZE - <u32>(phys & (L.PAGE_SIZE - 1)))
    if ((flags & L.AF_HIGHMEM_INNER) != 0) innerRange(op, phys, n, old)
    phys += n
    left -= n
  } while (left != 0)
  return true
}

/** Sets the page-clean flag of every page that [phys, phys + len) covers in full. */
function markPagesClean(phys: u64, len: u32): bool {
  let at = (phys + L.PAGE_SIZE - 1) & ~(<u64>(L.PAGE_SIZE - 1))
  const end = phys + len
  for (; at + L.PAGE_SIZE <= end; at += L.PAGE_SIZE) {
    if (!pageThere(at)) return false
    setPageClean(<u32>(at >> L.PAGE_SHIFT), 1)
  }
  return true
}

function pageThere(phys: u64): bool {
  if ((flags & L.AF_NEED_PAGE) == 0) return true
  const pfn = phys >> L.PAGE_SHIFT
  badPfn = <u32>pfn
  return hasPage(<u32>pfn)
}
