// The op table dma-direct, the 64-bit architectures, and the kernels that stand on it.
import type { Plugin, PluginApi } from '@dmalab/api'
import { arm64, arm64V510, arm64V61, arm64V618, riscv64 } from './arches.ts'
import { directOps } from './direct-ops.ts'
import { ARM64_RELEASES, arm64Kernel, ARM_RELEASES, armKernel, RISCV64_RELEASES, riscv64Kernel } from './kernels.ts'
import { x8664 } from './x86-arch.ts'
import { X86_RELEASES, x8664Kernel } from './x86-kernel.ts'

export { type DirectLimits, directLimits } from './direct-limits.ts'
export { directOps } from './direct-ops.ts'
export { type DirectStreaming, directStreaming } from './direct-streaming.ts'

export default (api: PluginApi): Plugin => ({
  name: '@dmalab/arch-generic',
  arches: [arm64(api), arm64V510(api), arm64V61(api), arm64V618(api), riscv64(api), x8664(api)],
  ops: [directOps(api)],
  kernels: [
    ...ARM_RELEASES.map((release) => armKernel(api, release)),
    ...ARM64_RELEASES.map((release) => arm64Kernel(api, release)),
    ...RISCV64_RELEASES.map((release) => riscv64Kernel(api, release)),
    ...X86_RELEASES.map((release) => x8664Kernel(api, release)),
  ],
})
