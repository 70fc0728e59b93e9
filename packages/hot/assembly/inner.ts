// The inner data cache: write-back, allocating on reads and writes. Everything here works on lines [first, end) of one page.
//
// A page's lines lie in its cpu frame. Most pages hold the same bytes in DRAM and in the cache, so the two share a frame:
//
//   cpu frame == dram frame   shared: every valid line holds what DRAM holds (also when both are 0); none is dirty
//   cpu frame != dram frame   the cache's own; 0 means that every valid line holds poison
//   no valid line             the cpu frame says nothing; a frame of its own is kept for the next use
//
// Cleaning a page whose lines are all dirty hands the cpu frame to DRAM and shares it. With an outer cache nothing is shared.
import * as L from './shared/layout'
import { dirtyLines, hasOuter, lineShift, plain, validLines, wordsPerPage } from './config'
import { dramForWrite } from './dram'
import { setDirtySection } from './dirty-sections'
import { frameForWhole, frameGive, frameTake } from './heap'
import { wentLong } from './long-ways'
import { allLines, anyLine, clearLines, copyLines, maskWord, pageBit, setLines, setWholePage } from './masks'
import { outerAddress, outerFill, outerWrite } from './outer'
import { cpuFrame, dramFrame, frameAddress, setCpuFrame, setDramFrame } from './section'

/** Line fill: makes the lines valid, with the bytes of the next level. */
export function innerFill(section: usize, index: u32, first: u32, end: u32): void {
  if (allLines(section, index, first, end, wordsPerPage, validLines)) return
  wentLong(L.LONG_FILL, 1)
  if (hasOuter) fillFromOuter(section, index, first, end)
  else fillFromDram(section, index, first, end)
  setLines(section, index, first, end, wordsPerPage, validLines, L.S_VALID_PAGES, L.S_VALID_WORDS)
}

function fillFromDram(section: usize, index: u32, first: u32, end: u32): void {
  const cpu = cpuFrame(section, index)
  const dram = dramFrame(section, index)
  if (cpu == dram) return
  if (!anyLine(section, index, wordsPerPage, validLines, L.S_VALID_PAGES)) {
    if (cpu != 0) frameGive(cpu)
    setCpuFrame(section, index, dram)
    return
  }
  fetch(section, index, first, end, frameAddress(dram), ownFrame(section, index))
}

function fillFromOuter(section: usize, index: u32, first: u32, end: u32): void {
  const outerEnd = (((end << lineShift) - 1) >> L.OUTER_LINE_SHIFT) + 1
  outerFill(section, index, (first << lineShift) >> L.OUTER_LINE_SHIFT, outerEnd)
  fetch(section, index, first, end, outerAddress(section, index), ownFrame(section, index))
}

/** Copies the lines that are not valid yet. */
function fetch(section: usize, index: u32, first: u32, end: u32, from: usize, to: usize): void {
  const valid = section + validLines + <usize>((index * wordsPerPage) << 3)
  for (let w: u32 = 0; w < wordsPerPage; w++)
    copyLines(maskWord(first, end, w) & ~load<u64>(valid + (w << 3)), w, lineShift, from, to)
}

/** Address of the page's cpu frame as the cache's own, holding what the valid lines hold. */
function ownFrame(section: usize, index: u32): usize {
  const cpu = cpuFrame(section, index)
  if (cpu != 0 && (hasOuter || cpu != dramFrame(section, index))) return (<usize>cpu) << L.PAGE_SHIFT
  const fresh = frameTake()
  setCpuFrame(section, index, fresh)
  if (anyLine(section, index, wordsPerPage, validLines, L.S_VALID_PAGES))
    memory.copy((<usize>fresh) << L.PAGE_SHIFT, frameAddress(cpu), L.PAGE_SIZE)
  return (<usize>fresh) << L.PAGE_SHIFT
}

/** Address of a page's cached bytes; only valid lines may be read. */
export function innerAddress(section: usize, index: u32): usize {
  return frameAddress(cpuFrame(section, index))
}

/**
 * Prepares a CPU write of bytes [offset, offset + len) of a page: fills lines written in part (a line written in full is not
 * fetched), marks all of them valid and dirty.
 * Returns the address of the page's bytes; the caller writes every one of the len bytes.
 */
export function innerForWrite(section: usize, index: u32, offset: u32, len: u32): usize {
  if (plain && len == L.PAGE_SIZE) return wholeForWrite(section, index)
  const first = offset >> lineShift
  const end = ((offset + len - 1) >> lineShift) + 1
  const within = ((<u32>1) << lineShift) - 1
  if ((offset & within) != 0) innerFill(section, index, first, first + 1)
  if (((offset + len) & within) != 0) innerFill(section, index, end - 1, end)
  if (len == L.PAGE_SIZE)
    clearLines(section, index, first, end, wordsPerPage, validLines, L.S_VALID_PAGES, L.S_VALID_WORDS)
  const at = ownFrame(section, index)
  setLines(section, index, first, end, wordsPerPage, validLines, L.S_VALID_PAGES, L.S_VALID_WORDS)
  setLines(section, index, first, end, wordsPerPage, dirtyLines, L.S_DIRTY_PAGES, L.S_DIRTY_WORDS)
  setDirtySection(section)
  return at
}

/** The same for a whole page of a plain machine, of which nothing that was there is left. */
function wholeForWrite(section: usize, index: u32): usize {
  let frame = cpuFrame(section, index)
  if (frame == 0 || frame == dramFrame(section, index)) {
    frame = frameForWhole()
    setCpuFrame(section, index, frame)
  }
  setWholePage(section, index, validLines, L.S_VALID_PAGES, L.S_VALID_WORDS)
  setWholePage(section, index, dirtyLines, L.S_DIRTY_PAGES, L.S_DIRTY_WORDS)
  setDirtySection(section)
  return (<usize>frame) << L.PAGE_SHIFT
}

/** Writes dirty lines to the next level; they stay valid. Returns how many there were. */
export function innerWriteBack(section: usize, index: u32, first: u32, end: u32): u32 {
  if (!pageBit(section, index, L.S_DIRTY_PAGES)) return 0
  const dirty = section + dirtyLines + <usize>((index * wordsPerPage) << 3)
  let count: u32 = 0
  for (let w: u32 = 0; w < wordsPerPage; w++)
    count += <u32>popcnt(load<u64>(dirty + (w << 3)) & maskWord(first, end, w))
  if (count == 0) return 0
  if (!hasOuter && count == <u32>L.PAGE_SIZE >> lineShift) {
    const dram = dramFrame(section, index)
    if (dram != 0) frameGive(dram)
    setDramFrame(section, index, cpuFrame(section, index))
  } else {
    const from = innerAddress(section, index)
    const to: usize = hasOuter ? 0 : dramForWrite(section, index)
    for (let w: u32 = 0; w < wordsPerPage; w++) {
      const mask = load<u64>(dirty + (w << 3)) & maskWord(first, end, w)
      if (hasOuter) writeBackToOuter(section, index, mask, w, from)
      else copyLines(mask, w, lineShift, from, to)
    }
  }
  clearLines(section, index, first, end, wordsPerPage, dirtyLines, L.S_DIRTY_PAGES, L.S_DIRTY_WORDS)
  return count
}

function writeBackToOuter(section: usize, index: u32, mask: u64, w: u32, from: usize): void {
  while (mask != 0) {
    const first = <u32>ctz(mask)
    const run = <u32>ctz(~(mask >> first))
    outerWrite(section, index, ((w << 6) + first) << lineShift, run << lineShift, from)
    mask &= mask + (mask & (0 - mask))
  }
}

/** Drops lines with whatever they hold. */
export function innerDrop(section: usize, index: u32, first: u32, end: u32): void {
  if (!pageBit(section, index, L.S_VALID_PAGES)) return
  clearLines(section, index, first, end, wordsPerPage, dirtyLines, L.S_DIRTY_PAGES, L.S_DIRTY_WORDS)
  clearLines(section, index, first, end, wordsPerPage, validLines, L.S_VALID_PAGES, L.S_VALID_WORDS)
}
