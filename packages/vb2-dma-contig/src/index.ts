// Contiguous allocator of videobuf2, as a plug-in.
import type { PluginApi, Plugin } from '@dmalab/api'
import { vb2DmaContig } from './vb2-dma-contig.ts'

export { contiguousSize, type MappedEntry } from './contiguous-size.ts'
export { vb2DmaContig } from './vb2-dma-contig.ts'

export default (api: PluginApi): Plugin => ({ name: 'vb2-dma-contig', allocators: [vb2DmaContig(api)] })
