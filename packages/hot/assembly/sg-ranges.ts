// Physical and bus addresses: the ranges of the running pass.
import * as L from './shared/layout'
import { busMask, ranges } from './sg-pass'

/** The range that served last: its first page, how many pages, bus minus physical address. */
export let rangeFirst: u64
export let rangePages: u64
export let delta: u64

export const NOWHERE: u64 = <u64>-1

/** Without ranges every page serves itself; the only range there is serves from the start. */
export function beginRanges(): void {
  rangeFirst = 0
  rangePages = ranges == 0 ? <u64>-1 : 0
  delta = 0
  if (ranges == 1) useRange(L.CALL_BASE + L.A_RANGE_BASE)
}

/** Makes the range that holds a page the one that serves; false where none does. */
export function findRange(pfn: u64): bool {
  if (pfn - rangeFirst < rangePages) return true
  for (let r: u32 = 0; r < ranges; r++) {
    const at = <usize>L.CALL_BASE + L.A_RANGE_BASE + r * L.A_RANGE_STRIDE
    if (pfn >= load<u32>(at) && pfn < load<u32>(at, 4)) {
      useRange(at)
      return true
    }
  }
  return false
}

function useRange(at: usize): void {
  rangeFirst = load<u32>(at)
  const end = <u64>load<u32>(at, 4)
  rangePages = end > rangeFirst ? end - rangeFirst : 0
  delta = load<u64>(at, 8)
}

/** Physical address behind a bus address, NOWHERE where no range has it. */
export function physOf(bus: u64): u64 {
  if (ranges == 0) return bus & busMask
  for (let r: u32 = 0; r < ranges; r++) {
    const at = <usize>L.CALL_BASE + L.A_RANGE_BASE + r * L.A_RANGE_STRIDE
    const phys = (bus - load<u64>(at, 8)) & busMask
    const pfn = phys >> L.PAGE_SHIFT
    if (pfn >= load<u32>(at) && pfn < load<u32>(at, 4)) return phys
  }
  return NOWHERE
}
