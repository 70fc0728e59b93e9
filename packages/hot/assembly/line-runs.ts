// The inner cache by line, for people who look at it: nothing here changes any state.
import * as L from './shared/layout'
import { dirtyLines, lineShift, validLines, wordsPerPage } from './config'
import { innerAddress } from './inner'
import { pageBit } from './masks'
import { dramFrame, frameAddress, indexOf, sectionOf } from './section'

// The run that is being written.
let runs: u32 = 0
let state: u32 = 0
let length: u32 = 0

/**
 * What the inner cache has of lines, as runs of lines that are alike: two u32 a run from `L.STAGE_BASE` on, how many lines and what they
 * are: LINE_VALID, LINE_DIRTY, and LINE_STALE where a clean line holds other bytes than DRAM.
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
  if (section == 0 || !pageBit(section, index, L.S_VALID_PAGES)) {
    add(0, count)
    return
  }
  const held = innerAddress(section, index)
  const dram = frameAddress(dramFrame(section, index))
  for (let line = first; line < first + count; line++) {
    const offset = (<usize>line) << lineShift
    if (!isSet(section + validLines, index, line)) add(0, 1)
    else if (isSet(section + dirtyLines, index, line)) add(L.LINE_VALID | L.LINE_DIRTY, 1)
    else if (held == dram || memory.compare(held + offset, dram + offset, (<usize>1) << lineShift) == 0)
      add(L.LINE_VALID, 1)
    else add(L.LINE_VALID | L.LINE_STALE, 1)
  }
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
