// Scattering allocator of videobuf2, as a plug-in.
import type { PluginApi, Plugin } from '@dmalab/api'
import { vb2DmaSg } from './vb2-dma-sg.ts'

export { vb2DmaSg }

export default (api: PluginApi): Plugin => ({ name: 'vb2-dma-sg', allocators: [vb2DmaSg(api)] })
