import { syncRow } from '../machines/end-to-end.mjs'

export const row = syncRow('iommu', 'dma-iommu of arm64@6.12', { kernel: 'arm64@6.12', facts: { iommu: 'smmu' } })
