// A block mapped over live smaller pages replaces them silently; a map of several blocks that is refused has already destroyed the pages before the obstacle.
import type { Patch } from '@dmalab/api'
import { WITH_ARM_TABLES } from './applies-to.ts'

/** Corrects what the vectors show of Linux v6.12 drivers/iommu/io-pgtable-arm.c: arm_lpae_init_pte (finding pgtable-block-replaces-live, pgtable-failed-map-destroys). */
export const fixPgtableOverwrite = (): Patch => ({
  name: 'fix-pgtable-overwrite',
  title: 'a block never replaces live pages, and a refused map changes nothing',
  source: 'a correction of our own; no posted patch',
  appliesTo: WITH_ARM_TABLES,
  hunks: [
    {
      file: 'drivers/iommu/io-pgtable-arm.c',
      symbol: 'arm_lpae_init_pte',
      what: 'looks at every entry first; a table that still maps something is in the way as a leaf is',
    },
  ],
  facts: { iommuFixOverwrite: true },
})
