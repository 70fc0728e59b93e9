// vb2-dma-contig: the allocator whose buffers a device sees as one contiguous range.
import type { AllocatorDef, PluginApi } from '@dmalab/api'
import { type DcBuf, type DcContext, dcBuf } from './dc-buf.ts'
import { importedBuffers } from './imported-buffers.ts'
import { mmapBuffers } from './mmap-buffers.ts'
import { userptrBuffers } from './userptr-buffers.ts'

export const vb2DmaContig = (api: PluginApi): AllocatorDef => ({
  name: 'vb2-dma-contig',
  source: 'Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c, v6.12 drivers/media/common/videobuf2',
  caps: { contiguous: true, userptr: true, dma: true },
  create: (host) => {
    const context: DcContext = { api, host }
    /** Imported memory is its exporter's to flush; coherent memory needs none. */
    const synced = (buf: DcBuf): boolean => buf.priv.nonCoherent && buf.priv.attachment === null
    return {
      /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_prepare */
      prepare: (mem) => {
        const buf = dcBuf(mem)
        const { table } = buf
        if (table === null || !synced(buf)) return
        host.call('vb2_dc_prepare', () => host.dma.syncSgForDevice(buf.dev, table, buf.dir))
      },

      /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_finish */
      finish: (mem) => {
        const buf = dcBuf(mem)
        const { table } = buf
        if (table === null || !synced(buf)) return
        host.call('vb2_dc_finish', () => host.dma.syncSgForCpu(buf.dev, table, buf.dir))
      },

      /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_vaddr */
      vaddr: (mem) => {
        const buf = dcBuf(mem)
        if (buf.vaddr === null && buf.priv.attachment !== null) {
          const at = host.dmaBuf.vmap(buf.priv.attachment.dmabuf)
          if (at.ok) buf.vaddr = at.value
        }
        return buf.vaddr
      },

      /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_cookie */
      cookie: (mem) => mem.dmaAddr,

      ...mmapBuffers(context),
      ...importedBuffers(context),
      ...userptrBuffers(context),
    }
  },
})
