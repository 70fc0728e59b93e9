// Unmapping a page of a 16 MiB supersection beyond its first section returns 0, with the supersection already split.
import type { Patch } from '@dmalab/api'
import { UNTIL_V6_12 } from './applies-to.ts'

/** Corrects what the vectors show of Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_split_cont (finding v7s-supersection-split-refused). */
export const fixV7sSupersection = (): Patch => ({
  name: 'fix-v7s-supersection',
  title: 'a piece of a supersection can be unmapped beyond its first MiB',
  source: 'a correction of our own; no posted patch',
  appliesTo: UNTIL_V6_12,
  hunks: [
    {
      file: 'drivers/iommu/io-pgtable-arm-v7s.c',
      symbol: 'arm_v7s_split_cont',
      what: 'returns the entry of the piece instead of the first one, so that the exchange that follows finds what it expects',
    },
  ],
  facts: { iommuFixV7sSupersection: true },
})
