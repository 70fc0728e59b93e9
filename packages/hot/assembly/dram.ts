// What DRAM holds, page by page.
import * as L from './shared/layout'
import { hasOuter, validLines, wordsPerPage } from './config'
import { frameForWhole, frameTake } from './heap'
import { anyLine } from './masks'
import { cpuFrame, dramFrame, frameAddress, setCpuFrame, setDramFrame } from './section'

/** Address of a page's DRAM bytes, for writing part of them: a page never written gets a frame full of poison. */
export function dramForWrite(section: usize, index: u32): usize {
  const dram = dramFrame(section, index)
  if (dram != 0) return (<usize>dram) << L.PAGE_SHIFT
  const fresh = frameTake()
  setDramFrame(section, index, fresh)
  memory.copy((<usize>fresh) << L.PAGE_SHIFT, L.POISON_BASE, L.PAGE_SIZE)
  return (<usize>fresh) << L.PAGE_SHIFT
}

/**
 * As dramForWrite, for a writer that bypasses the caches: cached lines keep the bytes they have. Where the inner cache shares
 * the DRAM frame (inner.ts), one of the two gets a frame of its own. `whole`: the caller overwrites the whole page.
 */
export function dramForBypass(section: usize, index: u32, whole: bool): usize {
  const dram = dramFrame(section, index)
  const shared = !hasOuter && cpuFrame(section, index) == dram
  if (shared && dram != 0) {
    if (!anyLine(section, index, wordsPerPage, validLines, L.S_VALID_PAGES)) setCpuFrame(section, index, 0)
    else {
      const fresh = whole ? frameForWhole() : frameTake()
      if (whole) {
        setDramFrame(section, index, fresh)
        return (<usize>fresh) << L.PAGE_SHIFT
      }
      memory.copy((<usize>fresh) << L.PAGE_SHIFT, frameAddress(dram), L.PAGE_SIZE)
      setCpuFrame(section, index, fresh)
    }
  }
  if (dram != 0) return (<usize>dram) << L.PAGE_SHIFT
  if (!whole) return dramForWrite(section, index)
  const fresh = frameForWhole()
  setDramFrame(section, index, fresh)
  return (<usize>fresh) << L.PAGE_SHIFT
}
