// Line operations on [start, end), both aligned to lines, at one cache level. Whole pages are found through the summaries, so
// the cost follows what is cached, not how long the range is.
import * as L from './shared/layout'
import { cleanPages } from './clean-pages'
import { dirtyLines, lineShift, plain, validLines, wordsPerPage } from './config'
import { wordOf } from './directory'
import { dirtySections, dropDirtySection } from './dirty-sections'
import { innerDrop, innerWriteBack } from './inner'
import { wentLong } from './long-ways'
import { clearPages, maskWord, nextWord } from './masks'
import { outerDrop, outerWriteBack } from './outer'
import { sectionOf } from './section'

export const INNER: u32 = 0
export const OUTER: u32 = 1

const SECTION_BYTES: u64 = (<u64>L.SECTION_PAGES) << L.PAGE_SHIFT

/** Cleans, invalidates or flushes (OP_*) every line of the range; returns how many were written back. */
export function lineOp(level: u32, op: u32, start: u64, end: u64): u32 {
  let writtenBack: u32 = 0
  while (start < end) {
    const sectionEnd = (start | (SECTION_BYTES - 1)) + 1
    const stop = min(end, sectionEnd)
    const section = sectionOf(<u32>(start >> L.PAGE_SHIFT))
    const from = <u32>(start & (SECTION_BYTES - 1))
    if (section != 0) writtenBack += inSection(level, op, section, from, from + <u32>(stop - start))
    start = stop
  }
  return writtenBack
}

/** The part of a range that lies in one section, as offsets from the section's start. */
function inSection(level: u32, op: u32, section: usize, from: u32, to: u32): u32 {
  const first = from >> L.PAGE_SHIFT
  const last = (to - 1) >> L.PAGE_SHIFT
  const within: u32 = L.PAGE_SIZE - 1
  if (first == last) return onPage(level, op, section, first, from & within, ((to - 1) & within) + 1)
  let writtenBack: u32 = 0
  let wholeFirst = first
  let wholeEnd = last + 1
  if ((from & within) != 0) {
    writtenBack += onPage(level, op, section, first, from & within, L.PAGE_SIZE)
    wholeFirst++
  }
  if ((to & within) != 0) {
    writtenBack += onPage(level, op, section, last, 0, to & within)
    wholeEnd--
  }
  return writtenBack + onWholePages(level, op, section, wholeFirst, wholeEnd)
}

/** Bytes [offset, end) of one page. */
function onPage(level: u32, op: u32, section: usize, index: u32, offset: u32, end: u32): u32 {
  let writtenBack: u32 = 0
  wentLong(L.LONG_PAGE, 1)
  if (level == INNER) {
    if (op != L.OP_INVALIDATE) writtenBack = innerWriteBack(section, index, offset >> lineShift, end >> lineShift)
    if (op != L.OP_CLEAN) innerDrop(section, index, offset >> lineShift, end >> lineShift)
  } else {
    const first = offset >> L.OUTER_LINE_SHIFT
    if (op != L.OP_INVALIDATE) writtenBack = outerWriteBack(section, index, first, end >> L.OUTER_LINE_SHIFT)
    if (op != L.OP_CLEAN) outerDrop(section, index, first, end >> L.OUTER_LINE_SHIFT)
  }
  return writtenBack
}

/** Pages [first, end) in full. */
function onWholePages(level: u32, op: u32, section: usize, first: u32, end: u32): u32 {
  if (plain && op == L.OP_CLEAN) return cleanPages(section, first, end)
  if (op == L.OP_INVALIDATE && level == INNER) {
    dropPages(section, first, end)
    return 0
  }
  const dirty = op == L.OP_CLEAN
  let pages: usize = dirty ? L.S_DIRTY_PAGES : L.S_VALID_PAGES
  let words: usize = dirty ? L.S_DIRTY_WORDS : L.S_VALID_WORDS
  if (level == OUTER) {
    pages = dirty ? L.S_OUTER_DIRTY_PAGES : L.S_OUTER_VALID_PAGES
    words = dirty ? L.S_OUTER_DIRTY_WORDS : L.S_OUTER_VALID_WORDS
  }
  const endWord = (end + 63) >> 6
  let writtenBack: u32 = 0
  for (
    let w = nextWord(section, first >> 6, endWord, words);
    w < endWord;
    w = nextWord(section, w + 1, endWord, words)
  ) {
    wentLong(L.LONG_WORD, 1)
    let bits = load<u64>(section + pages + (w << 3)) & maskWord(first, end, w)
    for (; bits != 0; bits &= bits - 1)
      writtenBack += onPage(level, op, section, (w << 6) + <u32>ctz(bits), 0, L.PAGE_SIZE)
  }
  return writtenBack
}

/** Cleans `count` whole pages of a plain machine from pfn on; returns how many lines were written back. */
export function cleanWhole(pfn: u32, count: u32): u32 {
  const last = (pfn + count - 1) >> L.SECTION_SHIFT
  for (let number = pfn >> L.SECTION_SHIFT; number <= last; number = (number | 63) + 1)
    if (dirtySections(number, last) != 0) return cleanSections(number, pfn, pfn + count - 1)
  return 0
}

/** The pages from pfn to `last`, from section `number` on. */
function cleanSections(number: u32, pfn: u32, last: u32): u32 {
  const lastNumber = last >> L.SECTION_SHIFT
  let writtenBack: u32 = 0
  for (; number <= lastNumber; number = (number | 63) + 1)
    for (let bits = dirtySections(number, lastNumber); bits != 0; bits &= bits - 1) {
      wentLong(L.LONG_SECTION, 1)
      const dirty = (number & ~63) + <u32>ctz(bits)
      const section = <usize>load<u32>(wordOf(dirty, L.SECTION_DIRECTORY_BASE))
      const first = dirty << L.SECTION_SHIFT
      const end = min<u32>(last - first, L.SECTION_PAGES - 1) + 1
      writtenBack += cleanPages(section, pfn > first ? pfn - first : 0, end)
      dropDirtySection(section)
    }
  return writtenBack
}

/** Invalidates whole pages: zeroes their masks, 64 pages of summary at a time. */
function dropPages(section: usize, first: u32, end: u32): void {
  const endWord = (end + 63) >> 6
  const words = L.S_VALID_WORDS
  for (
    let w = nextWord(section, first >> 6, endWord, words);
    w < endWord;
    w = nextWord(section, w + 1, endWord, words)
  ) {
    wentLong(L.LONG_WORD, 1)
    const mask = maskWord(first, end, w)
    let bits = load<u64>(section + L.S_VALID_PAGES + (w << 3)) & mask
    while (bits != 0) {
      const page = <u32>ctz(bits)
      const run = <u32>ctz(~(bits >> page))
      const at = section + <usize>((((w << 6) + page) * wordsPerPage) << 3)
      const bytes = <usize>((run * wordsPerPage) << 3)
      memory.fill(at + dirtyLines, 0, bytes)
      memory.fill(at + validLines, 0, bytes)
      bits &= bits + (bits & (0 - bits))
    }
    clearPages(section, w, mask, L.S_DIRTY_PAGES, L.S_DIRTY_WORDS)
    clearPages(section, w, mask, L.S_VALID_PAGES, L.S_VALID_WORDS)
  }
}
