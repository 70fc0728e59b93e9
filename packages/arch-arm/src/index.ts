// Op tables of 32-bit ARM: arm, arm-coherent; and the kernel arm@4.11 that uses them.
import type { Plugin, PluginApi } from '@dmalab/api'
import { arm411 } from './kernels.ts'

export { armCoherentOps, armOps } from './arm-ops.ts'

export default (api: PluginApi): Plugin => ({ name: '@dmalab/arch-arm', kernels: [arm411(api)] })
