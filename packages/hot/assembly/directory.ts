// Two directories have a word for each section of 128 MiB: which of its pages have a struct page, and where its tables are. Those of the first
// 512 GiB have their place, which is all that nearly every machine needs; for what lies above there is one block of the heap, taken when the
// first of its words is set.
import { heapTakeZeroed } from './heap'
import * as L from './shared/layout'

/** Address of a section's word, for who reads it. `base`: PAGE_DIRECTORY_BASE or SECTION_DIRECTORY_BASE. */
// inline
export function wordOf(number: u32, base: usize): usize {
  return number < <u32>L.NEAR_SECTIONS ? base + ((<usize>number) << 2) : farWord(number, base)
}

/** As wordOf, for who sets it. */
export function wordFor(number: u32, base: usize): usize {
  if (number >= <u32>L.NEAR_SECTIONS && load<u32>(L.HEADER_BASE, L.H_FAR_DIRECTORIES) == 0)
    store<u32>(L.HEADER_BASE, <u32>heapTakeZeroed(L.FAR_FRAMES), L.H_FAR_DIRECTORIES)
  return wordOf(number, base)
}

/** Forgets the words of sections [first, end). Those far away go with their block. */
export function clearWords(base: usize, first: u32, end: u32): void {
  const from = min<u32>(first, L.NEAR_SECTIONS)
  const to = min<u32>(end, L.NEAR_SECTIONS)
  memory.fill(base + ((<usize>from) << 2), 0, (<usize>(to - from)) << 2)
}

function farWord(number: u32, base: usize): usize {
  const far: usize = load<u32>(L.HEADER_BASE, L.H_FAR_DIRECTORIES)
  if (far == 0) return L.NOTHING_BASE
  return far + (base == <usize>L.PAGE_DIRECTORY_BASE ? 0 : L.FAR_SIZE) + ((<usize>number) << 2)
}
