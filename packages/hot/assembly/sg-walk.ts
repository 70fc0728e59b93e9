// One pass over a scatterlist: map, unmap or sync. Arguments and results lie in the call block (layout.ts: A_*, AF_*, R_*).
// An entry that cannot be served stops the pass; the caller decides and goes on after it.
import * as L from './shared/layout'
import { wentLong } from './long-ways'
import { countInner, storeCounters, zeroCounters } from './maintenance'
import { badPfn, maintain, savedLines, setBadPfn } from './sg-maintain'
import { busMask, flags, limit, loadArguments, PHYS_END, skip } from './sg-pass'
import { beginQuickRuns, quickLines, quickRun } from './sg-quick'
import { beginRanges, delta, findRange, NOWHERE, physOf } from './sg-ranges'

/**
 * For every entry: tagged by A_SKIP: left alone and counted. Else its physical address is found, with AF_MAP its bus address,
 * then the caches are maintained over it. Stops with R_BAD_PAGE (page_link holds no page, or AF_NEED_PAGE and there is no
 * struct page; low memory that is maintained must have them all, and end below highmem), R_NO_RANGE (no range translates the address) or R_UNREACHABLE (beyond A_LIMIT).
 *
 * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_dma_map_sg
 * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_dma_unmap_sg
 * Models: Linux v6.12 kernel/dma/direct.c: dma_direct_map_sg
 * Leaves out: what the callers do at the entry where it stopped (unwinding, bouncing, faulting).
 */
export function walkSg(): void {
  loadArguments()
  beginRanges()
  zeroCounters()
  setBadPfn(0)
  const quick = beginQuickRuns()
  const map = (flags & L.AF_MAP) != 0
  const byBus = (flags & L.AF_BY_BUS) != 0
  const lengthAt: usize = (flags & L.AF_DMA_LENGTH) != 0 ? L.SG_DMA_LENGTH : L.SG_LENGTH
  const from = load<u32>(L.CALL_BASE, L.A_FROM)
  const count = load<u32>(L.CALL_BASE, L.A_COUNT)
  let code: u32 = L.R_OK
  let served: u32 = 0
  let skipped: u32 = 0
  let skippedLines: u32 = 0
  let looked: u32 = 0
  let i: u32 = 0
  let e = (<usize>(load<u32>(L.CALL_BASE, L.A_LIST) + from)) << L.SG_SHIFT
  for (; i < count; i++, e += L.SG_STRIDE) {
    if (quick) {
      const taken = quickRun(e, count - i)
      served += taken
      i += taken
      e += (<usize>taken) << L.SG_SHIFT
      if (i == count) break
    }
    looked++
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
        setBadPfn(load<u32>(e, L.SG_PFN))
        code = L.R_BAD_PAGE
        break
      }
      phys = ((<u64>load<u32>(e, L.SG_PFN)) << L.PAGE_SHIFT) + load<u32>(e, L.SG_OFFSET)
    }
    if (phys > PHYS_END - len) {
      setBadPfn(<u32>(phys >> L.PAGE_SHIFT))
      code = L.R_BAD_PAGE
      break
    }
    let bus: u64 = 0
    if (map) {
      if (!findRange(phys >> L.PAGE_SHIFT)) {
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
  store<u32>(L.CALL_BASE, code == L.R_BAD_PAGE ? badPfn : 0, L.R_PFN)
  countInner(quickLines)
  wentLong(L.LONG_PASS, looked)
  storeCounters()
}
