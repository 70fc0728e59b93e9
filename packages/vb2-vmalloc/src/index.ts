// CPU-only allocator of videobuf2, as a plug-in.
import type { PluginApi, Plugin } from '@dmalab/api'
import { vb2Vmalloc } from './vb2-vmalloc.ts'

export { vb2Vmalloc }

export default (api: PluginApi): Plugin => ({ name: 'vb2-vmalloc', allocators: [vb2Vmalloc(api)] })
