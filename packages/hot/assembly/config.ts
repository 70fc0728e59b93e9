// What a machine is made of, fixed for its life: set once per instance, so not part of the memory that reset and fork treat.
import { writeSteps } from './pattern'
import * as L from './shared/layout'

/** log2 of the inner line size, bytes: 4, 5 or 6. */
export let lineShift: u32
/** Words of 64 inner lines per page and mask: 1, 2 or 4. */
export let wordsPerPage: u32
export let hasOuter: bool
/** 64-byte lines and no outer cache: what loops are specialised for. */
export let plain: bool

// Offsets in a section that depend on the line size.
export let dirtyLines: usize
export let validLines: usize
export let outerFrames: usize
export let outerDirtyLines: usize
export let outerValidLines: usize
export let sectionFrames: u32

export function layoutVersion(): u32 {
  return L.LAYOUT_VERSION
}

/**
 * shift   log2 of the inner line size
 * poison  word that never-written RAM reads as
 * outer   1: an outer cache lies between inner cache and DRAM
 */
export function configure(shift: u32, poison: u32, outer: u32): void {
  lineShift = shift
  wordsPerPage = (<u32>L.PAGE_SIZE >> shift) >> 6
  hasOuter = outer != 0
  plain = shift == 6 && !hasOuter
  const masks = <usize>wordsPerPage * L.S_MASK_BYTES
  dirtyLines = L.S_LINES
  validLines = dirtyLines + masks
  let end = validLines + masks
  if (hasOuter) {
    outerFrames = end
    outerDirtyLines = outerFrames + L.S_FRAMES_BYTES
    outerValidLines = outerDirtyLines + 2 * L.S_MASK_BYTES
    end = outerValidLines + 2 * L.S_MASK_BYTES
  }
  sectionFrames = <u32>(end >> L.PAGE_SHIFT)
  for (let i: usize = 0; i < <usize>L.PAGE_SIZE; i += 4) store<u32>(i, poison, L.POISON_BASE)
  writeSteps()
}
