// Which sections may have a dirty line in the inner cache: a bit each, so that a look at gigabytes without one is a look at a word or two.
// A bit may stay set after the last dirty line has gone; the next clean of the section clears it.
import { anyDirty } from './clean-pages'
import * as L from './shared/layout'

/** A line of the section becomes dirty. */
export function setDirtySection(section: usize): void {
  const number = load<u32>(section, L.S_NUMBER)
  const at = wordAt(number)
  store<u64>(at, load<u64>(at, L.DIRTY_SECTIONS_BASE) | ((<u64>1) << (number & 63)), L.DIRTY_SECTIONS_BASE)
}

/** Forgets the section if it has no dirty line any more. */
export function dropDirtySection(section: usize): void {
  if (anyDirty(section)) return
  const number = load<u32>(section, L.S_NUMBER)
  const at = wordAt(number)
  store<u64>(at, load<u64>(at, L.DIRTY_SECTIONS_BASE) & ~((<u64>1) << (number & 63)), L.DIRTY_SECTIONS_BASE)
}

/** The sections that may have one among the 64 of `number`, from `number` on to `last`: bit i stands for section (number & ~63) + i. */
// inline
export function dirtySections(number: u32, last: u32): u64 {
  const bits = (load<u64>(wordAt(number), L.DIRTY_SECTIONS_BASE) >> (number & 63)) << (number & 63)
  return (number ^ last) >> 6 == 0 ? bits & (<u64>-1 >> (~last & 63)) : bits
}

/** None of sections [from, to) has one. */
export function clearDirtySections(from: u32, to: u32): void {
  const end = ((to + 63) >> 6) << 3
  memory.fill(<usize>L.DIRTY_SECTIONS_BASE + wordAt(from), 0, end - wordAt(from))
}

function wordAt(number: u32): usize {
  return (<usize>(number >> 6)) << 3
}
