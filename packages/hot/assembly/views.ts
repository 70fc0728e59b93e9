// The three views of memory: where bytes [offset, offset + len) of a page are read, and where they are written.
import * as L from './shared/layout'
import { hasOuter, lineShift, outerValidLines, validLines, wordsPerPage } from './config'
import { dramForBypass } from './dram'
import { innerAddress, innerDrop, innerFill, innerForWrite, innerWriteBack } from './inner'
import { allLines, anyLine, copyLines, maskWord, pageBit } from './masks'
import { outerAddress, outerDrop, outerWriteBack } from './outer'
import { dramFrame, frameAddress, indexOf, sectionFor, sectionOf } from './section'

/** Address from which byte `offset` and the following ones can be read, until the next call. */
export function readAt(view: u32, pfn: u32, offset: u32, len: u32): usize {
  const index = indexOf(pfn)
  if (view == L.VIEW_CPU) {
    const section = sectionFor(pfn)
    innerFill(section, index, offset >> lineShift, ((offset + len - 1) >> lineShift) + 1)
    return innerAddress(section, index) + offset
  }
  const section = sectionOf(pfn)
  if (section == 0) return <usize>L.POISON_BASE + offset
  if (view == L.VIEW_SNOOP && cached(section, index)) return snoopRead(section, index, offset, len) + offset
  return frameAddress(dramFrame(section, index)) + offset
}

/** Address to which byte `offset` and the following ones go; the caller writes every one of the len bytes. */
export function writeAt(view: u32, pfn: u32, offset: u32, len: u32): usize {
  const section = sectionFor(pfn)
  const index = indexOf(pfn)
  if (view == L.VIEW_CPU) return innerForWrite(section, index, offset, len) + offset
  if (view == L.VIEW_SNOOP && cached(section, index)) snoopWrite(section, index, offset, len)
  return dramForBypass(section, index, len == L.PAGE_SIZE) + offset
}

function cached(section: usize, index: u32): bool {
  return pageBit(section, index, L.S_VALID_PAGES) || (hasOuter && pageBit(section, index, L.S_OUTER_VALID_PAGES))
}

/** Page with the newest bytes of the lines: the inner cache's, else the outer cache's, else DRAM's. */
function snoopRead(section: usize, index: u32, offset: u32, len: u32): usize {
  const first = offset >> lineShift
  const end = ((offset + len - 1) >> lineShift) + 1
  if (allLines(section, index, first, end, wordsPerPage, validLines)) return innerAddress(section, index)
  memory.copy(L.MIX_BASE, frameAddress(dramFrame(section, index)), L.PAGE_SIZE)
  if (hasOuter && pageBit(section, index, L.S_OUTER_VALID_PAGES)) {
    const valid = section + outerValidLines + ((<usize>index) << 4)
    const from = outerAddress(section, index)
    copyLines(load<u64>(valid), 0, L.OUTER_LINE_SHIFT, from, L.MIX_BASE)
    copyLines(load<u64>(valid, 8), 1, L.OUTER_LINE_SHIFT, from, L.MIX_BASE)
  }
  if (anyLine(section, index, wordsPerPage, validLines, L.S_VALID_PAGES)) {
    const valid = section + validLines + <usize>((index * wordsPerPage) << 3)
    const from = innerAddress(section, index)
    for (let w: u32 = 0; w < wordsPerPage; w++)
      copyLines(load<u64>(valid + (w << 3)) & maskWord(first, end, w), w, lineShift, from, L.MIX_BASE)
  }
  return L.MIX_BASE
}

/** A coherent write takes the touched lines out of the caches: written back first, because it may cover them in part. */
function snoopWrite(section: usize, index: u32, offset: u32, len: u32): void {
  const from = offset & ~63
  const to = (offset + len + 63) & ~63
  innerWriteBack(section, index, from >> lineShift, to >> lineShift)
  innerDrop(section, index, from >> lineShift, to >> lineShift)
  if (!hasOuter) return
  outerWriteBack(section, index, from >> L.OUTER_LINE_SHIFT, to >> L.OUTER_LINE_SHIFT)
  outerDrop(section, index, from >> L.OUTER_LINE_SHIFT, to >> L.OUTER_LINE_SHIFT)
}
