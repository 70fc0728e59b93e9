// The op table dma-direct, and the kernels arm@6.12 and arm64@6.12 that use it.
import type { Plugin, PluginApi } from '@dmalab/api'
import { directOps } from './direct-ops.ts'
import { arm612, arm64612 } from './kernels.ts'

export { directOps } from './direct-ops.ts'

export default (api: PluginApi): Plugin => {
  const ops = [directOps(api)]
  return { name: '@dmalab/arch-generic', kernels: [arm612(api, ops), arm64612(api, ops)] }
}
