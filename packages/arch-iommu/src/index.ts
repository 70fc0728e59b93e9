// Op table dma-iommu of 6.12: for kernels of other plug-ins to name.
import type { Plugin, PluginApi } from '@dmalab/api'
import { dmaIommuOps } from './dma-iommu-ops.ts'

export { dmaIommuOps } from './dma-iommu-ops.ts'
export { type IommuModel, modelOf } from './iommu-models.ts'

export default (api: PluginApi): Plugin => ({ name: '@dmalab/arch-iommu', ops: [dmaIommuOps(api)] })
