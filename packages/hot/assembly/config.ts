// What a machine is made of, fixed for its life: set once per instance, so not part of the memory that reset and fork treat.
import * as L from './shared/layout'

/** log2 of the inner line size, bytes: 4, 5 or 6. */
export let lineShift: u32 = 6
/** Words of 64 lines per page and mask: 1, 2 or 4. */
export let wordsPerPage: u32 = 1

export function layoutVersion(): u32 {
  return L.LAYOUT_VERSION
}

/**
 * shift   log2 of the inner line size
 * poison  word that never-written RAM reads as
 */
export function configure(shift: u32, poison: u32): void {
  lineShift = shift
  wordsPerPage = (L.PAGE_SIZE >> shift) >> 6
  for (let i: usize = 0; i < <usize>L.PAGE_SIZE; i += 4) store<u32>(i, poison, L.POISON_BASE)
}
