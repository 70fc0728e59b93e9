// One input segment longer than the limit makes an unsigned difference wrap, and all that follow join without limit.
import type { Patch } from '@dmalab/api'
import { WITH_DMA_IOMMU } from './applies-to.ts'

/** Corrects what the vectors show of Linux v6.12 drivers/iommu/dma-iommu.c: __finalise_sg (finding dma-segment-limit-wraps). */
export const fixDmaSegmentLimit = (): Patch => ({
  name: 'fix-dma-segment-limit',
  title: 'an oversized segment does not switch off the segment limit',
  source: 'a correction of our own; no posted patch',
  appliesTo: WITH_DMA_IOMMU,
  hunks: [
    {
      file: 'drivers/iommu/dma-iommu.c',
      symbol: '__finalise_sg',
      what: 'treats a segment at or above the limit as full; the unsigned difference no longer wraps',
    },
  ],
  facts: { iommuFixSegmentLimit: true },
})
