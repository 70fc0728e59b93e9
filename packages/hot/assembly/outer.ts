// The outer cache (L210, PL310): 32-byte lines by physical address between the inner cache and DRAM; write-back, allocating
// on reads and writes. Everything here works on lines [first, end) of one page.
import * as L from './shared/layout'
import { outerDirtyLines, outerFrames, outerValidLines } from './config'
import { dramForWrite } from './dram'
import { frameTake } from './heap'
import { clearLines, copyLines, maskWord, pageBit, setLines } from './masks'
import { dramFrame, frameAddress } from './section'

const WORDS: u32 = 2

/** Address of the bytes behind a page's outer lines. */
export function outerAddress(section: usize, index: u32): usize {
  return (<usize>load<u32>(section + outerFrames + ((<usize>index) << 2))) << L.PAGE_SHIFT
}

/** Line fill: makes the lines valid. */
export function outerFill(section: usize, index: u32, first: u32, end: u32): void {
  const valid = section + outerValidLines + ((<usize>index) << 4)
  const m0 = maskWord(first, end, 0) & ~load<u64>(valid)
  const m1 = maskWord(first, end, 1) & ~load<u64>(valid, 8)
  if ((m0 | m1) == 0) return
  const to = outerForWrite(section, index)
  const from = frameAddress(dramFrame(section, index))
  copyLines(m0, 0, L.OUTER_LINE_SHIFT, from, to)
  copyLines(m1, 1, L.OUTER_LINE_SHIFT, from, to)
  setLines(section, index, first, end, WORDS, outerValidLines, L.S_OUTER_VALID_PAGES, L.S_OUTER_VALID_WORDS)
}

/** Takes bytes [offset, offset + len) that the inner cache writes back, from the page at `from`. */
export function outerWrite(section: usize, index: u32, offset: u32, len: u32, from: usize): void {
  const first = offset >> L.OUTER_LINE_SHIFT
  const end = ((offset + len - 1) >> L.OUTER_LINE_SHIFT) + 1
  if ((offset & 31) != 0) outerFill(section, index, first, first + 1)
  if (((offset + len) & 31) != 0) outerFill(section, index, end - 1, end)
  memory.copy(outerForWrite(section, index) + offset, from + offset, len)
  setLines(section, index, first, end, WORDS, outerValidLines, L.S_OUTER_VALID_PAGES, L.S_OUTER_VALID_WORDS)
  setLines(section, index, first, end, WORDS, outerDirtyLines, L.S_OUTER_DIRTY_PAGES, L.S_OUTER_DIRTY_WORDS)
}

/** Writes dirty lines to DRAM; they stay valid. Returns how many there were. */
export function outerWriteBack(section: usize, index: u32, first: u32, end: u32): u32 {
  if (!pageBit(section, index, L.S_OUTER_DIRTY_PAGES)) return 0
  const dirty = section + outerDirtyLines + ((<usize>index) << 4)
  const m0 = maskWord(first, end, 0) & load<u64>(dirty)
  const m1 = maskWord(first, end, 1) & load<u64>(dirty, 8)
  if ((m0 | m1) == 0) return 0
  const from = outerAddress(section, index)
  const to = dramForWrite(section, index)
  copyLines(m0, 0, L.OUTER_LINE_SHIFT, from, to)
  copyLines(m1, 1, L.OUTER_LINE_SHIFT, from, to)
  clearLines(section, index, first, end, WORDS, outerDirtyLines, L.S_OUTER_DIRTY_PAGES, L.S_OUTER_DIRTY_WORDS)
  return <u32>(popcnt(m0) + popcnt(m1))
}

/** Drops lines with whatever they hold. */
export function outerDrop(section: usize, index: u32, first: u32, end: u32): void {
  if (!pageBit(section, index, L.S_OUTER_VALID_PAGES)) return
  clearLines(section, index, first, end, WORDS, outerDirtyLines, L.S_OUTER_DIRTY_PAGES, L.S_OUTER_DIRTY_WORDS)
  clearLines(section, index, first, end, WORDS, outerValidLines, L.S_OUTER_VALID_PAGES, L.S_OUTER_VALID_WORDS)
}

function outerForWrite(section: usize, index: u32): usize {
  const at = section + outerFrames + ((<usize>index) << 2)
  let frame = load<u32>(at)
  if (frame == 0) {
    frame = frameTake()
    store<u32>(at, frame)
  }
  return (<usize>frame) << L.PAGE_SHIFT
}
