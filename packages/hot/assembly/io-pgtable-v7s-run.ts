// Runs of pages within one level-2 table, where the result is that of the kernel's page after page: nothing in the way,
// no group to split, and no listener that wants to hear of each entry's cache clean.
import { wentLong } from './long-ways'
import { ioWants, logAddPages } from './io-pgtable-log'
import {
  addressBits,
  attributesOf,
  coherent,
  GROUP,
  indexOf,
  isTable,
  tableOf,
  toGroup,
  TYPE,
  TYPE_PAGE,
} from './io-pgtable-v7s-format'
import * as P from './shared/io-pgtable-layout'
import * as L from './shared/layout'

const ENTRIES: u32 = 256
const SMALL: u64 = 0x1000
const LARGE: u64 = 0x10000

/** Maps up to pgcount pages from the first that is free; returns how many, 0 = the next one is not for this loop. */
export function mapRun(pt: usize, iova: u64, paddr: u64, pgsize: u64, pgcount: u32, prot: u32): u32 {
  const at = runStart(pt, iova, pgsize)
  if (at == 0) return 0
  const count = min(pgcount, pagesLeft(pt, iova, pgsize))
  // The address bits above 32 are kept elsewhere in the entry.
  if (paddr >> 32 != (paddr + <u64>count * pgsize - 1) >> 32) return 0
  const entry = attributesOf(pt, prot, 2)
  const address = addressBits(pt, paddr, 2)
  if (pgsize == SMALL) {
    const run = wordsBeforeUsed(at, count)
    fillWords(at, run, entry | address, <u32>SMALL)
    return run
  }
  const run = wordsBeforeUsed(at, count * GROUP) / GROUP
  const first = toGroup(entry, 2) | address
  for (let i: u32 = 0; i < run; i++) fillWords(at + ((i * GROUP) << 2), GROUP, first + i * <u32>LARGE, 0)
  return run
}

/** Unmaps up to pgcount pages; returns how many, 0 = the next one is not for this loop. */
export function unmapRun(pt: usize, iova: u64, pgsize: u64, pgcount: u32, gather: u32): u32 {
  const at = runStart(pt, iova, pgsize)
  if (at == 0) return 0
  const count = min(pgcount, pagesLeft(pt, iova, pgsize))
  const run = pgsize == SMALL ? smallPages(at, count) : validGroups(at, count)
  const entries = pgsize == SMALL ? run : run * GROUP
  memory.fill(at, 0, (<usize>entries) << 2)
  if (gather != P.GATHER_QUEUED) logAddPages(iova, SMALL, entries)
  return run
}

/** The level-2 entry of iova, or 0 when the page is not for these loops. */
function runStart(pt: usize, iova: u64, pgsize: u64): usize {
  if (pgsize != SMALL && (pgsize != LARGE || (iova & (LARGE - 1)) != 0)) return 0
  if (!coherent(pt) && ioWants(P.LOG_TABLE_SYNC)) return 0
  const entry = load<u32>(<usize>load<u32>(pt, P.PT_PGD) + ((<usize>indexOf(pt, iova, 1)) << 2))
  return isTable(entry, 1) ? tableOf(entry) + ((<usize>indexOf(pt, iova, 2)) << 2) : 0
}

/** Pages from iova to the end of its table. */
function pagesLeft(pt: usize, iova: u64, pgsize: u64): u32 {
  const left = ENTRIES - indexOf(pt, iova, 2)
  return pgsize == SMALL ? left : left / GROUP
}

/** How many of `count` entries come before the first that is not zero. */
function wordsBeforeUsed(at: usize, count: u32): u32 {
  let i: u32 = 0
  for (; i + 16 <= count; i += 16) {
    const p = at + (i << 2)
    const low = v128.or(v128.load(p), v128.load(p, 16))
    if (v128.any_true(v128.or(low, v128.or(v128.load(p, 32), v128.load(p, 48))))) break
  }
  const wide = i
  while (i < count && load<u32>(at + (i << 2)) == 0) i++
  wentLong(L.LONG_TABLE_ENTRY, i - wide)
  return i
}

/** How many of `count` entries come before the first that is not a small page: TYPE_PAGE is clear in a large page's entry. */
function smallPages(at: usize, count: u32): u32 {
  const small = i32x4.splat(TYPE_PAGE)
  let i: u32 = 0
  for (; i + 16 <= count; i += 16) {
    const p = at + (i << 2)
    const low = v128.and(v128.load(p), v128.load(p, 16))
    const all = v128.and(low, v128.and(v128.load(p, 32), v128.load(p, 48)))
    if (!i32x4.all_true(v128.and(all, small))) break
  }
  const wide = i
  while (i < count && (load<u32>(at + (i << 2)) & TYPE_PAGE) != 0) i++
  wentLong(L.LONG_TABLE_ENTRY, i - wide)
  return i
}

/** How many of `count` groups come before the first with an empty entry. */
function validGroups(at: usize, count: u32): u32 {
  for (let i: u32 = 0; i < count * GROUP; i++) if ((load<u32>(at + (i << 2)) & TYPE) == 0) return i / GROUP
  return count
}

/** Entry i = first + i * step. */
function fillWords(at: usize, count: u32, first: u32, step: u32): void {
  let i: u32 = 0
  if (count >= 16) {
    let a = i32x4.add(i32x4.splat(first), i32x4.mul(i32x4.splat(step), i32x4(0, 1, 2, 3)))
    const four = i32x4.splat(step * 4)
    for (; i + 16 <= count; i += 16) {
      const p = at + (i << 2)
      const b = i32x4.add(a, four)
      const c = i32x4.add(b, four)
      const d = i32x4.add(c, four)
      v128.store(p, a)
      v128.store(p, b, 16)
      v128.store(p, c, 32)
      v128.store(p, d, 48)
      a = i32x4.add(d, four)
    }
  }
  wentLong(L.LONG_TABLE_ENTRY, count - i)
  for (; i < count; i++) store<u32>(at + (i << 2), first + i * step)
}
