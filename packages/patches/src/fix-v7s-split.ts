// A section that is split counts its new entries up from physical address 0: the rest of the mapping leads elsewhere.
import type { Patch } from '@dmalab/api'
import { UNTIL_V6_12 } from './applies-to.ts'

/** Corrects what the vectors show of Linux v6.12 drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_split_blk_unmap (finding v7s-split-loses-address). */
export const fixV7sSplit = (): Patch => ({
  name: 'fix-v7s-split',
  title: 'unmapping part of a section keeps the physical address of the rest',
  source: 'a correction of our own; no posted patch',
  appliesTo: UNTIL_V6_12,
  hunks: [
    {
      file: 'drivers/iommu/io-pgtable-arm-v7s.c',
      symbol: 'arm_v7s_split_blk_unmap',
      what: 'the new level-2 entries start at the physical address of the section instead of 0',
    },
  ],
  facts: { iommuFixV7sSplit: true },
})
