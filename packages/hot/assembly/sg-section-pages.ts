// The pages of one section that the loops over short entries work with, so that they look at numbers instead of directories.
import { wordOf } from './directory'
import { sectionOf } from './section'
import * as L from './shared/layout'
import { flags, op } from './sg-pass'

/** Pages of one section that lie in the range that served last, as findPages left them. */
export let fromPage: u32
export let pageCount: u32
/** The bitmap that says which of them the operation would change: where it would begin, if it began with page 0. */
export let pageBits: usize
/** The section's tables; 0 where it has none, and no line of its pages is cached. */
export let pageSection: usize

/** The pages of pfn's section among `span` from `first` on; false where pages must be looked at one by one. */
export function findPages(pfn: u32, first: u32, span: u32): bool {
  if (pfn - first >= span) return false
  const number = <usize>(pfn >> L.SECTION_SHIFT)
  if ((flags & L.AF_NEED_PAGE) != 0 && load<u32>(wordOf(<u32>number, L.PAGE_DIRECTORY_BASE)) != 1) return false
  const section = sectionOf(pfn)
  // Whoever marks a page makes the tables.
  if (section == 0 && (flags & L.AF_PAGE_CLEAN) != 0) return false
  const sectionFirst = (<u32>number) << L.SECTION_SHIFT
  fromPage = max(first, sectionFirst)
  pageCount = <u32>min<u64>(<u64>first + span, <u64>sectionFirst + L.SECTION_PAGES) - fromPage
  const bits = op == L.OP_CLEAN ? section + L.S_DIRTY_PAGES : section + L.S_VALID_PAGES
  pageBits = (section != 0 ? bits : <usize>L.NOTHING_BASE) - (number << (L.SECTION_SHIFT - 3))
  pageSection = section
  return true
}
