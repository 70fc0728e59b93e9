// Starting a machine again. What it costs follows what was touched, not how much memory the machine has.
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
  clearDirectory(L.PAGE_DIRECTORY_BASE, L.H_PAGES_FIRST, L.H_PAGES_END)
  clearDirectory(L.SECTION_DIRECTORY_BASE, L.H_SECTIONS_FIRST, L.H_SECTIONS_END)
  clearDirtySections(load<u32>(L.HEADER_BASE, L.H_SECTIONS_FIRST), load<u32>(L.HEADER_BASE, L.H_SECTIONS_END))
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

function clearDirectory(base: usize, first: usize, end: usize): void {
  const from = <usize>load<u32>(<usize>L.HEADER_BASE + first)
  const to = <usize>load<u32>(<usize>L.HEADER_BASE + end)
  memory.fill(base + (from << 2), 0, (to - from) << 2)
}
