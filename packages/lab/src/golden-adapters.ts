// The adapters of all rooms that have golden vectors.
import type { GoldenAdapter } from '@dmalab/api'
import { adapters as archArm } from '@dmalab/arch-arm/golden'
import { adapters as archGeneric } from '@dmalab/arch-generic/golden'
import { adapters as dmaApi } from '@dmalab/dma-api/golden'
import { adapters as hot } from '@dmalab/hot/golden'
import { adapters as iommu } from '@dmalab/iommu/golden'
import { adapters as scenario } from '@dmalab/scenario/golden'
import { adapters as vb2DmaContig } from '@dmalab/vb2-dma-contig/golden'

export const GOLDEN_ADAPTERS: readonly GoldenAdapter[] = [
  ...archArm,
  ...archGeneric,
  ...dmaApi,
  ...hot,
  ...iommu,
  ...scenario,
  ...vb2DmaContig,
]
