// Op tables of 32-bit ARM as of v4.11: direct, behind an IOMMU, bouncing; and the kernel arm@4.11 that uses them.
import type { Plugin, PluginApi } from '@dmalab/api'
import { arm411 } from './kernels.ts'

export { armCoherentIommuOps, armIommuOps } from './arm-iommu-ops.ts'
export { armCoherentOps, armOps } from './arm-ops.ts'
export { dmabounceOps } from './dmabounce-ops.ts'

export default (api: PluginApi): Plugin => ({ name: '@dmalab/arch-arm', kernels: [arm411(api)] })
