// Which pages have a struct page. Independent of bytes: a page may have either without the other. One u32 per section: 0 none
// of its pages, 1 all of them, else the address of a bitmap.
import * as L from './shared/layout'
import { wordFor, wordOf } from './directory'
import { frameGive, frameTake } from './heap'
import { pageBit } from './masks'
import { indexOf, sectionFor, sectionOf, span } from './section'

const NONE: u32 = 0
const ALL: u32 = 1

/** Does a page have a struct page? Models: Linux v4.11 arch/arm/mm/init.c: pfn_valid */
export function hasPage(pfn: u32): bool {
  const entry = load<u32>(wordOf(pfn >> L.SECTION_SHIFT, L.PAGE_DIRECTORY_BASE))
  if (entry <= ALL) return entry == ALL
  const i = pfn & (L.SECTION_PAGES - 1)
  return ((load<u64>(<usize>entry + ((i >> 6) << 3)) >> (i & 63)) & 1) != 0
}

/** The first page of [first, last] without a struct page; last + 1 when all have one. */
export function firstMissing(first: u32, last: u32): u64 {
  let pfn: u64 = first
  while (pfn <= last) {
    if (load<u32>(wordOf(<u32>(pfn >> L.SECTION_SHIFT), L.PAGE_DIRECTORY_BASE)) == ALL)
      pfn = (pfn | (L.SECTION_PAGES - 1)) + 1
    else if (hasPage(<u32>pfn)) pfn++
    else return pfn
  }
  return <u64>last + 1
}

/** Gives pages [pfn, pfn + count) a struct page (exists 1) or takes it away (0). */
export function setPages(pfn: u32, count: u32, exists: u32): void {
  if (count == 0) return
  span(pfn >> L.SECTION_SHIFT, ((pfn + count - 1) >> L.SECTION_SHIFT) + 1, L.H_PAGES_FIRST, L.H_PAGES_END)
  while (count != 0) {
    const i = pfn & (L.SECTION_PAGES - 1)
    const n = min<u32>(count, L.SECTION_PAGES - i)
    const number = pfn >> L.SECTION_SHIFT
    // Where no word is, nothing is taken away.
    const word = exists != 0 ? wordFor(number, L.PAGE_DIRECTORY_BASE) : wordOf(number, L.PAGE_DIRECTORY_BASE)
    setInSection(word, i, n, exists != 0)
    pfn += n
    count -= n
  }
}

function setInSection(slot: usize, first: u32, count: u32, exists: bool): void {
  const entry = load<u32>(slot)
  const after = exists ? ALL : NONE
  if (entry == after) return
  if (count == L.SECTION_PAGES) {
    if (entry > ALL) frameGive(entry >> L.PAGE_SHIFT)
    store<u32>(slot, after)
    return
  }
  let bitmap = <usize>entry
  if (entry <= ALL) {
    bitmap = (<usize>frameTake()) << L.PAGE_SHIFT
    memory.fill(bitmap, entry == ALL ? 0xff : 0, L.PAGE_SIZE)
    store<u32>(slot, <u32>bitmap)
  }
  // Whole bytes at once, single bits at the ends.
  const end = first + count
  let i = first
  for (; i < end && (i & 7) != 0; i++) setBit(bitmap, i, exists)
  const bytes = (end - i) >> 3
  memory.fill(bitmap + (i >> 3), exists ? 0xff : 0, bytes)
  for (i += bytes << 3; i < end; i++) setBit(bitmap, i, exists)
}

function setBit(bitmap: usize, i: u32, exists: bool): void {
  const at = bitmap + (i >> 3)
  const bit = 1 << (i & 7)
  store<u8>(at, exists ? load<u8>(at) | bit : load<u8>(at) & ~bit)
}

/** Is the page-clean flag (PG_dcache_clean) of a page set? */
export function pageClean(pfn: u32): bool {
  const section = sectionOf(pfn)
  return section != 0 && pageBit(section, indexOf(pfn), L.S_PAGE_CLEAN)
}

/** Sets (clean 1) or clears (0) the page-clean flag. */
export function setPageClean(pfn: u32, clean: u32): void {
  const index = indexOf(pfn)
  const at = sectionFor(pfn) + L.S_PAGE_CLEAN + ((index >> 6) << 3)
  const bit = (<u64>1) << (index & 63)
  store<u64>(at, clean != 0 ? load<u64>(at) | bit : load<u64>(at) & ~bit)
}
