// Cache maintenance over one entry of the running pass.
import * as L from './shared/layout'
import { innerLines, innerRange, outerRange } from './maintenance'
import { firstMissing, hasPage, setPageClean } from './pages'
import { flags, highmem, op } from './sg-pass'

/** Where a pass stops with R_BAD_PAGE: the page. */
export let badPfn: u32
export function setBadPfn(pfn: u32): void {
  badPfn = pfn
}

/**
 * Maintains both cache levels over one entry: low memory in one piece, highmem page by page; the first page decides.
 * Returns false, with the page in badPfn, where a struct page is needed and missing.
 *
 * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __dma_page_cpu_to_dev
 * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __dma_page_dev_to_cpu
 * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: dma_cache_maint_page
 */
export function maintain(phys: u64, len: u32): bool {
  const cpuSide = (flags & L.AF_CPU_SIDE) != 0
  const old = (flags & L.AF_OLD_CODE) != 0
  if (cpuSide && op != L.OP_NONE) outerRange(op, phys, len)
  if (!pageThere(phys)) return false
  if (op != L.OP_NONE) {
    if (phys >> L.PAGE_SHIFT < highmem) {
      if (!spanThere(phys, len)) return false
      innerRange(op, phys, len, old)
    } else if (!maintainHighmem(phys, len, old)) return false
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

/** Low memory goes through the linear map in one piece: does every page of the range lie there? */
function spanThere(phys: u64, len: u32): bool {
  if ((flags & L.AF_NEED_PAGE) == 0) return true
  const first = <u32>(phys >> L.PAGE_SHIFT)
  return lowSpanThere(first, <u32>((phys + max<u32>(len, 1) - 1) >> L.PAGE_SHIFT) - first)
}

/** Pages from `first` on, `more` behind it; the first that does not lie in the linear map goes to badPfn. */
export function lowSpanThere(first: u32, more: u32): bool {
  const last = first + more
  const missing = more == 0 ? (hasPage(first) ? <u64>last + 1 : <u64>first) : firstMissing(first, last)
  if (missing > last && last < highmem) return true
  badPfn = <u32>min<u64>(missing, highmem)
  return false
}

function pageThere(phys: u64): bool {
  if ((flags & L.AF_NEED_PAGE) == 0) return true
  const pfn = phys >> L.PAGE_SHIFT
  badPfn = <u32>pfn
  return hasPage(<u32>pfn)
}

/** Inner line operations that a tagged entry does without; its bus address stands in where there is no page. */
export function savedLines(e: usize, len: u32): u32 {
  if (op == L.OP_NONE) return 0
  const page = (load<u32>(e, L.SG_FLAGS) & L.SG_F_PAGE) != 0
  const at = page ? <u64>load<u32>(e, L.SG_OFFSET) : load<u64>(e, L.SG_DMA_ADDRESS)
  return innerLines(op, at, len, (flags & L.AF_OLD_CODE) != 0)
}
