// The op table dma-direct, the 64-bit architectures, and the kernels arm@6.12 and arm64@6.12.
import type { Plugin, PluginApi } from '@dmalab/api'
import { arm64, riscv64, x8664 } from './arches.ts'
import { directOps } from './direct-ops.ts'
import { arm612, arm64612 } from './kernels.ts'

export { type DirectLimits, directLimits } from './direct-limits.ts'
export { directOps } from './direct-ops.ts'
export { type DirectStreaming, directStreaming } from './direct-streaming.ts'

export default (api: PluginApi): Plugin => ({
  name: '@dmalab/arch-generic',
  arches: [arm64(api), riscv64(api), x8664(api)],
  ops: [directOps(api)],
  kernels: [arm612(api), arm64612(api)],
})
