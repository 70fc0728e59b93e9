// Makes the tables of a section as new: all zero. Only groups of 64 pages that were touched are looked at.
import { dirtyLines, hasOuter, outerDirtyLines, outerFrames, outerValidLines, validLines, wordsPerPage } from './config'
import * as L from './shared/layout'

const GROUPS: usize = L.SECTION_PAGES >> 6
/** Bytes of one u32, and of one u64, for each page of a group. */
const FRAMES: usize = 64 * 4
const MASKS: usize = 64 * 8

/** Returns how many of them there were. */
export function cleanSection(section: usize): u32 {
  let groups: u32 = 0
  const touched = section + L.S_TOUCHED
  for (let eight: usize = 0; eight < GROUPS; eight += 8) {
    for (let bits = load<u64>(touched + eight); bits != 0; bits &= bits - 1) {
      cleanGroup(section, eight + (<usize>ctz(bits) >> 3))
      groups++
    }
    store<u64>(touched + eight, 0)
  }
  memory.fill(section + L.S_DIRTY_WORDS, 0, 4 * (GROUPS >> 3))
  return groups
}

function cleanGroup(section: usize, group: usize): void {
  memory.fill(section + L.S_DRAM + group * FRAMES, 0, FRAMES)
  memory.fill(section + L.S_CPU + group * FRAMES, 0, FRAMES)
  const bits = section + (group << 3)
  store<u64>(bits, 0, L.S_DIRTY_PAGES)
  store<u64>(bits, 0, L.S_VALID_PAGES)
  store<u64>(bits, 0, L.S_PAGE_CLEAN)
  store<u64>(bits, 0, L.S_OUTER_DIRTY_PAGES)
  store<u64>(bits, 0, L.S_OUTER_VALID_PAGES)
  const inner = MASKS * wordsPerPage
  memory.fill(section + dirtyLines + group * inner, 0, inner)
  memory.fill(section + validLines + group * inner, 0, inner)
  if (!hasOuter) return
  memory.fill(section + outerFrames + group * FRAMES, 0, FRAMES)
  memory.fill(section + outerDirtyLines + group * (2 * MASKS), 0, 2 * MASKS)
  memory.fill(section + outerValidLines + group * (2 * MASKS), 0, 2 * MASKS)
}
