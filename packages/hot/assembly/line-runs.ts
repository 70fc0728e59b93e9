// The caches by line, for people who look at them: nothing here changes any state.
import * as L from './shared/layout'
import { dirtyLines, lineShift, outerDirtyLines, outerValidLines, validLines, wordsPerPage } from './config'
import { innerAddress } from './inner'
import { pageBit } from './masks'
import { outerAddress } from './outer'
import { dramFrame, frameAddress, indexOf, sectionOf } from './section'

// The run that is being written.
let runs: u32
let state: u32
let length: u32

/**
 * What the caches have of lines of the inner one, as runs of lines that are alike: two u32 a run from `L.STAGE_BASE` on, how many lines and
 * what they are: LINE_VALID, LINE_DIRTY where one of the caches has bytes that are still to be written, and LINE_STALE where a clean line
 * holds other bytes than DRAM. The inner cache is asked first, then the outer one.
 *
 * at       first byte, on a line
 * count    lines
 * returns  runs; they may cover fewer lines, where the stage has no room for more
 */
export function lineRuns(at: f64, count: u32): u32 {
  const perPage = <u32>L.PAGE_SIZE >> lineShift
  let address = <u64>at
  let done: u32 = 0
  runs = 0
  length = 0
  while (done < count && runs < MOST_RUNS - perPage) {
    const first = (<u32>address & (L.PAGE_SIZE - 1)) >> lineShift
    const here = min(perPage - first, count - done)
    pageRuns(<u32>(address >> L.PAGE_SHIFT), first, here)
    address += (<u64>here) << lineShift
    done += here
  }
  flush()
  return runs
}

const MOST_RUNS: u32 = L.STAGE_SIZE / 8

/** Lines [first, first + count) of a page. */
function pageRuns(pfn: u32, first: u32, count: u32): void {
  const section = sectionOf(pfn)
  const index = indexOf(pfn)
  const isInner = section != 0 && pageBit(section, index, L.S_VALID_PAGES)
  const isOuter = section != 0 && pageBit(section, index, L.S_OUTER_VALID_PAGES)
  if (!isInner && !isOuter) {
    add(0, count)
    return
  }
  const dram = frameAddress(dramFrame(section, index))
  for (let line = first; line < first + count; line++) {
    const isHeld = isInner && isSet(section + validLines, index, line)
    if (isHeld && isSet(section + dirtyLines, index, line)) add(L.LINE_VALID | L.LINE_DIRTY, 1)
    else if (isOuter && outerHas(section + outerDirtyLines, index, line)) add(L.LINE_VALID | L.LINE_DIRTY, 1)
    else if (isHeld) add(compared(innerAddress(section, index), dram, line), 1)
    else if (isOuter && outerHas(section + outerValidLines, index, line))
      add(outerCompared(section, index, dram, line), 1)
    else add(0, 1)
  }
}

/** A clean line whose page lies at `held`. */
function compared(held: usize, dram: usize, line: u32): u32 {
  const offset = (<usize>line) << lineShift
  if (held == dram || memory.compare(held + offset, dram + offset, (<usize>1) << lineShift) == 0) return L.LINE_VALID
  return L.LINE_VALID | L.LINE_STALE
}

/** The same in the outer cache, which may have a part of it. */
function outerCompared(section: usize, index: u32, dram: usize, line: u32): u32 {
  const held = outerAddress(section, index)
  const end = outerEnd(line)
  for (let at = outerFirst(line); at < end; at++) {
    const offset = (<usize>at) << L.OUTER_LINE_SHIFT
    if (!outerIsSet(section + outerValidLines, index, at)) continue
    if (memory.compare(held + offset, dram + offset, (<usize>1) << L.OUTER_LINE_SHIFT) != 0)
      return L.LINE_VALID | L.LINE_STALE
  }
  return L.LINE_VALID
}

/** Lines of the outer cache that an inner line lies in. */
function outerFirst(line: u32): u32 {
  return (line << lineShift) >> L.OUTER_LINE_SHIFT
}
function outerEnd(line: u32): u32 {
  return ((((line + 1) << lineShift) - 1) >> L.OUTER_LINE_SHIFT) + 1
}

/** Is one of them in the map of the page at `lines`? */
function outerHas(lines: usize, index: u32, line: u32): bool {
  const end = outerEnd(line)
  for (let at = outerFirst(line); at < end; at++) if (outerIsSet(lines, index, at)) return true
  return false
}

function outerIsSet(lines: usize, index: u32, at: u32): bool {
  return ((load<u64>(lines + ((<usize>index) << 4) + ((<usize>(at >> 6)) << 3)) >> (at & 63)) & 1) != 0
}

function add(what: u32, lines: u32): void {
  if (what != state) flush()
  state = what
  length += lines
}

function flush(): void {
  if (length == 0) return
  store<u32>(L.STAGE_BASE + ((<usize>runs) << 3), length)
  store<u32>(L.STAGE_BASE + ((<usize>runs) << 3), state, 4)
  runs++
  length = 0
}

function isSet(lines: usize, index: u32, line: u32): bool {
  const word = load<u64>(lines + <usize>((index * wordsPerPage + (line >> 6)) << 3))
  return ((word >> (line & 63)) & 1) != 0
}
