// Cleaning whole pages of a plain machine: 64-byte lines, one mask word a page, no outer cache. The same answers and the same memory as
// the general way in line-ops.ts, in loops without calls: most of what a benchmark, a sweep or a pipeline does to caches is this.
import { dramForWrite } from './dram'
import { clearPages, copyRuns, maskWord } from './masks'
import { cpuFrame, frameAddress } from './section'
import * as L from './shared/layout'

const ALL: u64 = 0xffff_ffff_ffff_ffff
/** Words of the dirty summary that one u64 of its own summary stands for, as pages. */
const GROUP_SHIFT: u32 = 12
/** Up to so many lines are copied one by one. */
const FEW: u64 = 8

/** Writes back every dirty line of pages [first, end) of a section; returns how many there were. */
export function cleanPages(section: usize, first: u32, end: u32): u32 {
  let writtenBack: u32 = 0
  const lastGroup = (end - 1) >> GROUP_SHIFT
  for (let group = first >> GROUP_SHIFT; group <= lastGroup; group++) {
    const mask = maskWord(first >> 6, ((end - 1) >> 6) + 1, group)
    let words = load<u64>(section + (group << 3), L.S_DIRTY_WORDS) & mask
    for (; words != 0; words &= words - 1) {
      const w = (group << 6) + <u32>ctz(words)
      writtenBack += cleanWord(section, w, load<u64>(section + (w << 3), L.S_DIRTY_PAGES) & maskWord(first, end, w))
    }
  }
  return writtenBack
}

/** Can a section have a dirty line? One look at the summary of all its pages. */
// inline
export function anyDirty(section: usize): bool {
  const a = v128.or(v128.load(section, L.S_DIRTY_WORDS), v128.load(section, L.S_DIRTY_WORDS + 16))
  const b = v128.or(v128.load(section, L.S_DIRTY_WORDS + 32), v128.load(section, L.S_DIRTY_WORDS + 48))
  return v128.any_true(v128.or(a, b))
}

/** The pages of `bits`, of the 64 of word w: runs of pages that are dirty all over first, the others line by line. */
function cleanWord(section: usize, w: u32, bits: u64): u32 {
  let writtenBack: u32 = 0
  let cleaned: u64 = 0
  while (bits != 0) {
    const page = <u32>ctz(bits)
    const index = (w << 6) + page
    const mask = load<u64>(section + (index << 3), L.S_LINES)
    if (mask == ALL) {
      const left = <u32>ctz(~(bits >> page))
      const run = handOver(section, index, left)
      writtenBack += run << 6
      const done = (ALL >> (64 - run)) << page
      cleaned |= done
      bits &= ~done
      continue
    }
    bits &= bits - 1
    if (mask == 0) continue
    store<u64>(section + (index << 3), 0, L.S_LINES)
    const frames = section + (index << 2)
    const to = load<u32>(frames, L.S_DRAM) << L.PAGE_SHIFT
    const from = load<u32>(frames, L.S_CPU) << L.PAGE_SHIFT
    if (to == 0 || from == 0 || popcnt(mask) > FEW) copyDirty(section, index, mask)
    else
      for (let left = mask; left != 0; left &= left - 1) {
        const at = (<usize>ctz(left)) << 6
        copyLine(from + at, to + at)
      }
    cleaned |= (<u64>1) << page
    writtenBack += <u32>popcnt(mask)
  }
  if (cleaned != 0) clearPages(section, w, cleaned, L.S_DIRTY_PAGES, L.S_DIRTY_WORDS)
  return writtenBack
}

/** Pages from `index` on that are dirty all over, at most `most`: the cpu frame becomes DRAM's, whose own is free. Returns how many. */
function handOver(section: usize, index: u32, most: u32): u32 {
  let top = load<u32>(L.HEADER_BASE, L.H_FREE_FRAMES)
  let given: u32 = 0
  let line = section + (index << 3)
  let frame = section + (index << 2)
  const end = line + (most << 3)
  for (; line < end && load<u64>(line, L.S_LINES) == ALL; line += 8, frame += 4) {
    const old = load<u32>(frame, L.S_DRAM)
    if (old != 0) {
      store<u32>(old << L.PAGE_SHIFT, top)
      top = old
      given++
    }
    store<u32>(frame, load<u32>(frame, L.S_CPU), L.S_DRAM)
    store<u64>(line, 0, L.S_LINES)
  }
  store<u32>(L.HEADER_BASE, top, L.H_FREE_FRAMES)
  store<u32>(L.HEADER_BASE, load<u32>(L.HEADER_BASE, L.H_FREE_COUNT) + given, L.H_FREE_COUNT)
  return most - ((end - line) >> 3)
}

/** The long way: a page without a frame of its own, or with many dirty lines. */
function copyDirty(section: usize, index: u32, mask: u64): void {
  const from = frameAddress(cpuFrame(section, index))
  const to = dramForWrite(section, index)
  copyRuns(mask, from, to, 6)
}

// inline
function copyLine(from: usize, to: usize): void {
  const a = v128.load(from)
  const b = v128.load(from, 16)
  const c = v128.load(from, 32)
  const d = v128.load(from, 48)
  v128.store(to, a)
  v128.store(to, b, 16)
  v128.store(to, c, 32)
  v128.store(to, d, 48)
}
