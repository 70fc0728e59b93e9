// A list whose last segment ends exactly at 2^64 is never unmapped: its end wraps to 0, which stands for nothing to do.
import type { Patch } from '@dmalab/api'
import { SINCE_V6_1 } from './applies-to.ts'

/** Corrects what the vectors show of Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_unmap_sg (finding dma-unmap-at-top-skipped). */
export const fixDmaUnmapAtTop = (): Patch => ({
  name: 'fix-dma-unmap-at-top',
  title: 'a mapping that ends at 2^64 is unmapped',
  source: 'a correction of our own; no posted patch',
  appliesTo: SINCE_V6_1,
  hunks: [
    {
      file: 'drivers/iommu/dma-iommu.c',
      symbol: 'iommu_dma_unmap_sg',
      what: 'tells "no segment" from an end address that wrapped to 0',
    },
  ],
  facts: { iommuFixUnmapAtTop: true },
})
