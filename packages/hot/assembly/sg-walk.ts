// One pass over a scatterlist: map, unmap or sync. Arguments and results lie in the call block (layout.ts: A_*, AF_*, R_*).
// An entry that cannot be served stops the pass; the caller decides and goes on after it.
import * as L from './shared/layout'
import { innerLines, innerRange, outerRange, storeCounters, zeroCounters } from './maintenance'
import { hasPage, setPageClean } from './pages'

let op: u32 = 0
let flags: u32 = 0
let highmem: u32 = 0
let ranges: u32 = 0
let badPfn: u32 = 0

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
  const skip = load<u32>(L.CALL_BASE, L.A_SKIP)
  const limit = load<u64>(L.CALL_BASE, L.A_LIMIT_LOW)
  const busMask = load<u64>(L.CALL_BASE, L.A_BUS_LOW)
  op = load<u32>(L.CALL_BASE, L.A_OP)
  flags = load<u32>(L.CALL_BASE, L.A_FLAGS)
  highmem = load<u32>(L.CALL_BASE, L.A_HIGHMEM)
  ranges = load<u32>(L.CALL_BASE, L.A_RANGES)
  const map = (flags & L.AF_MAP) != 0
  const byBus = (flags & L.AF_BY_BUS) != 0
  const lengthAt: usize = (flags & L.AF_DMA_LENGTH) != 0 ? L.SG_DMA_LENGTH : L.SG_LENGTH
  let code: u32 = L.R_OK
  let served: u32 = 0
  let skipped: u32 = 0
  let skippedLines: u32 = 0
  let i: u32 = 0
  let e = (<usize>(load<u32>(L.CALL_BASE, L.A_LIST) + from)) << L.SG_SHIFT
  badPfn = 0
  zeroCounters()
  for (; i < count; i++, e += L.SG_STRIDE) {
    const len = load<u32>(e + lengthAt)
    if ((load<u32>(e, L.SG_ATTRS) & skip) != 0) {
      skipped++
      skippedLines += savedLines(e, len)
      continue
    }
    let phys: u64
    if (byBus) {
      phys = physOf(load<u64>(e, L.SG_DMA_ADDRESS), busMask)
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
    let bus: u64 = 0
    if (map) {
      const delta = busDelta(phys)
      if (delta == NO_DELTA) {
        code = L.R_NO_RANGE
        break
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
  store<u32>(L.CALL_BASE, badPfn, L.R_PFN)
  storeCounters()
}

const NOWHERE: u64 = <u64>-1
const NO_DELTA: u64 = (<u64>1) << 63

/** Bus minus physical address for a physical address, modulo 2^64. */
function busDelta(phys: u64): u64 {
  if (ranges == 0) return 0
  const pfn = phys >> L.PAGE_SHIFT
  for (let r: u32 = 0; r < ranges; r++) {
    const at = <usize>L.CALL_BASE + L.A_RANGE_BASE + r * L.A_RANGE_STRIDE
    if (pfn >= load<u32>(at) && pfn < load<u32>(at, 4)) return load<u64>(at, 8)
  }
  return NO_DELTA
}

/** Physical address behind a bus address. */
function physOf(bus: u64, busMask: u64): u64 {
  if (ranges == 0) return bus
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
  return pfn <= <u64>u32.MAX_VALUE && hasPage(<u32>pfn)
}
