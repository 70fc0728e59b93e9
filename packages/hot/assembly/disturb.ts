// What caches may do behind the program's back at any moment: write a dirty line back and drop it, drop a clean one, fetch a
// line that was not asked for. Whether a line is hit depends on the key and its address alone, never on the order of a loop.
import * as L from './shared/layout'
import { hasOuter, lineShift, outerValidLines, validLines, wordsPerPage } from './config'
import { wordOf } from './directory'
import { innerDrop, innerFill, innerWriteBack } from './inner'
import { maskWord, nextWord } from './masks'
import { outerDrop, outerWriteBack } from './outer'
import { indexOf, sectionFor } from './section'

const EVICT_INNER: u64 = 1
const EVICT_OUTER: u64 = 2
const PREFETCH: u64 = 3
const OUTER_WORDS: u32 = 2

let key: u64

/** splitmix64's output function. */
function mix(x: u64): u64 {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb
  return x ^ (x >> 31)
}

/** Lines of word `w` of a page that are hit: about one in four. */
function chosen(what: u64, pfn: u32, w: u32): u64 {
  const at = mix(key + what * 0x9e3779b97f4a7c15) ^ (((<u64>pfn) << 2) | w)
  return mix(at) & mix(at + 0x9e3779b97f4a7c15)
}

/** Sets the key of the following calls. */
export function disturbKey(seed: u32, purpose: u32, operation: u32): void {
  key = mix((((<u64>seed) << 32) | purpose) + mix(operation))
}

/** Evicts lines all over the machine: inner cache first, then the outer one. */
export function disturbEvict(): void {
  const first = load<u32>(L.HEADER_BASE, L.H_SECTIONS_FIRST)
  const end = load<u32>(L.HEADER_BASE, L.H_SECTIONS_END)
  for (let level: u32 = 0; level <= <u32>hasOuter; level++)
    for (let s = first; s < end; s++) {
      const section = <usize>load<u32>(wordOf(s, L.SECTION_DIRECTORY_BASE))
      if (section != 0) evictSection(section, s << L.SECTION_SHIFT, level)
    }
}

function evictSection(section: usize, firstPfn: u32, level: u32): void {
  const pages: usize = level == 0 ? L.S_VALID_PAGES : L.S_OUTER_VALID_PAGES
  const words: usize = level == 0 ? L.S_VALID_WORDS : L.S_OUTER_VALID_WORDS
  const end: u32 = L.SECTION_PAGES >> 6
  for (let w = nextWord(section, 0, end, words); w < end; w = nextWord(section, w + 1, end, words))
    for (let bits = load<u64>(section + pages + (w << 3)); bits != 0; bits &= bits - 1) {
      const index = (w << 6) + <u32>ctz(bits)
      if (level == 0) evictInner(section, index, firstPfn + index)
      else evictOuter(section, index, firstPfn + index)
    }
}

function evictInner(section: usize, index: u32, pfn: u32): void {
  for (let w: u32 = 0; w < wordsPerPage; w++) {
    const at = section + validLines + ((<usize>(index * wordsPerPage + w)) << 3)
    for (let bits = load<u64>(at) & chosen(EVICT_INNER, pfn, w); bits != 0; bits &= bits - 1) {
      const line = (w << 6) + <u32>ctz(bits)
      innerWriteBack(section, index, line, line + 1)
      innerDrop(section, index, line, line + 1)
    }
  }
}

function evictOuter(section: usize, index: u32, pfn: u32): void {
  for (let w: u32 = 0; w < OUTER_WORDS; w++) {
    const at = section + outerValidLines + ((<usize>(index * OUTER_WORDS + w)) << 3)
    for (let bits = load<u64>(at) & chosen(EVICT_OUTER, pfn, w); bits != 0; bits &= bits - 1) {
      const line = (w << 6) + <u32>ctz(bits)
      outerWriteBack(section, index, line, line + 1)
      outerDrop(section, index, line, line + 1)
    }
  }
}

/** Fetches lines that touch the range, into every level: memory that is mapped cached. */
export function disturbPrefetch(phys: f64, len: f64): void {
  let at = <u64>phys
  const end = at + <u64>len
  while (at < end) {
    const pfn = <u32>(at >> L.PAGE_SHIFT)
    const offset = <u32>at & (L.PAGE_SIZE - 1)
    const n = <u32>min<u64>(L.PAGE_SIZE - offset, end - at)
    const first = offset >> lineShift
    const last = ((offset + n - 1) >> lineShift) + 1
    for (let w: u32 = 0; w < wordsPerPage; w++)
      for (let bits = maskWord(first, last, w) & chosen(PREFETCH, pfn, w); bits != 0; bits &= bits - 1) {
        const line = (w << 6) + <u32>ctz(bits)
        innerFill(sectionFor(pfn), indexOf(pfn), line, line + 1)
      }
    at += n
  }
}
