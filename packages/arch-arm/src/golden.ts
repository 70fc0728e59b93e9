// Adapters for the vectors of arch/arm: they set up the machine of a case, call the DMA API, and tell what it did.
import type { GoldenAdapter } from '@dmalab/api'
import { armCacheOps } from './golden/arm-cache-ops.ts'
import { armDmaIommu } from './golden/arm-dma-iommu-v411.ts'
import { armRfc } from './golden/arm-rfc.ts'

export const adapters: readonly GoldenAdapter[] = [armRfc, armCacheOps, armDmaIommu]
