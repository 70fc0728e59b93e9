// Starting a machine again. What it costs follows what was touched, not how much memory the machine has.
import { clearWords } from './directory'
import { clearDirtySections } from './dirty-sections'
import { heapReset } from './heap'
import { keptCount, keptRecord } from './kept'
import { wentLong } from './long-ways'
import { forgetTold } from './maintenance'
import { cleanSection } from './section-clean'
import * as L from './shared/layout'
import { cleanPool } from './swiotlb-clean'

/** Forgets everything the machine held: a reset machine answers as a fresh one. */
export function reset(): void {
  const first = load<u32>(L.HEADER_BASE, L.H_SECTIONS_FIRST)
  const end = load<u32>(L.HEADER_BASE, L.H_SECTIONS_END)
  clearWords(L.PAGE_DIRECTORY_BASE, load<u32>(L.HEADER_BASE, L.H_PAGES_FIRST), load<u32>(L.HEADER_BASE, L.H_PAGES_END))
  clearWords(L.SECTION_DIRECTORY_BASE, first, end)
  clearDirtySections(first, end)
  const count = keptCount()
  let cleaned: u32 = 0
  for (let i: u32 = 0; i < count; i++) {
    const record = keptRecord(i)
    if (load<u32>(record, L.K_SPARE) != 0) continue
    const at = (<usize>load<u32>(record, L.K_FRAME)) << L.PAGE_SHIFT
    cleaned += load<u32>(record, L.K_KIND) == L.KEPT_SECTION ? cleanSection(at) : cleanPool(at)
    store<u32>(record, 1, L.K_SPARE)
  }
  heapReset()
  forgetTold()
  wentLong(L.LONG_RESET, cleaned)
}
