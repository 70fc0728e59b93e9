// What the engine reports of kernel bugs, and the findings they are reported as.
import type { FindingCode } from '@dmalab/api'
import { IO_QUIRK } from '@dmalab/hot'

/** Kernel bugs that the engine reports when they bite. */
export const QUIRKS: Readonly<Record<number, { readonly code: FindingCode; readonly text: string }>> = {
  [IO_QUIRK.V7S_SPLIT]: {
    code: 'v7s-split-loses-address',
    text: 'a section was split, and what is left of it now leads to physical address 0 upwards',
  },
  [IO_QUIRK.V7S_SUPERSECTION]: {
    code: 'v7s-supersection-split-refused',
    text: 'a piece of a supersection was not unmapped, but the supersection was split',
  },
  [IO_QUIRK.BLOCK_REPLACES]: {
    code: 'pgtable-block-replaces-live',
    text: 'a block silently replaced pages that were mapped',
  },
  [IO_QUIRK.MAP_DESTROYS]: {
    code: 'pgtable-failed-map-destroys',
    text: 'a map was refused after it had destroyed pages that were mapped',
  },
  [IO_QUIRK.SEGMENT_LIMIT]: {
    code: 'dma-segment-limit-wraps',
    text: 'an oversized segment switched the segment limit off, and the next one joined it',
  },
  [IO_QUIRK.UNMAP_AT_TOP]: {
    code: 'dma-unmap-at-top-skipped',
    text: 'a list that ends at 2^64 was not unmapped',
  },
  [IO_QUIRK.PARTIAL_UNMAP]: {
    code: 'pgtable-part-stays-mapped',
    text: 'a part of a block was to be unmapped, and all of the block stays mapped',
  },
}
