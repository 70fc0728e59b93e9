// Golden adapters: the topics whose code lives in this room.
import type { GoldenAdapter } from '@dmalab/api'
import { dmaIommuAdapters } from './golden/dma-iommu.ts'
import { ioPgtableAdapters } from './golden/io-pgtable.ts'
import { iovaAdapters } from './golden/iova.ts'
import { smmuAdapter } from './golden/smmu.ts'

export const adapters: readonly GoldenAdapter[] = [
  ...ioPgtableAdapters,
  ...iovaAdapters,
  ...dmaIommuAdapters,
  smmuAdapter,
]
