// 32-bit ARM: its Arch objects, its op tables (direct and bouncing of v4.11, behind an IOMMU of both), and the kernel arm@4.11 that uses them.
import type { Plugin, PluginApi } from '@dmalab/api'
import { arm, armV411, armV61 } from './arches.ts'
import { armCoherentIommuOps, armIommuOps, armIommuOpsV6 } from './arm-iommu-ops.ts'
import { armCoherentOps, armOps } from './arm-ops.ts'
import { dmabounceOps } from './dmabounce-ops.ts'
import { arm411 } from './kernels.ts'

export { armCoherentIommuOps, armCoherentOps, armIommuOps, armOps, dmabounceOps }
export { IovaBitmaps } from './iommu/iova-bitmaps.ts'
export { type ArmIommuParts, armIommuStreaming, protOf } from './iommu/streaming.ts'

export default (api: PluginApi): Plugin => ({
  name: '@dmalab/arch-arm',
  arches: [arm(api), armV411(api), armV61(api)],
  ops: [
    armOps(api),
    armCoherentOps(api),
    armIommuOps(api),
    armCoherentIommuOps(api),
    armIommuOpsV6(api),
    dmabounceOps(api),
  ],
  kernels: [arm411(api)],
})
