// DMABUF buffers: memory of another owner, attached to this queue's device.
import type { Device, Direction, DmaBuf, DmaBufAttachment, KResult, Vb2Mem, Vb2MemOps } from '@dmalab/api'
import { type DcBuf, type DcContext, dcBuf, mappedRun, newDcBuf, noDevice } from './dc-buf.ts'

type ImportOps = Pick<Vb2MemOps, 'attachDmabuf' | 'detachDmabuf' | 'mapDmabuf' | 'unmapDmabuf'>

export const importedBuffers = (context: DcContext): ImportOps => {
  const { api, host } = context
  const { fail, ok } = api
  const media = host.kernel.media

  const attachmentOf = (buf: DcBuf): DmaBufAttachment => {
    if (buf.priv.attachment === null) throw new Error(`${buf.owner} is not attached to ${buf.dev.name}`)
    return buf.priv.attachment
  }

  /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_unmap_dmabuf */
  const unmap = (buf: DcBuf): void =>
    host.call('vb2_dc_unmap_dmabuf', () => {
      const attachment = attachmentOf(buf)
      if (buf.table === null) {
        host.printk('err', 'dmabuf buffer is already unpinned')
        return
      }
      if (buf.vaddr !== null) host.dmaBuf.vunmap(attachment.dmabuf, buf.vaddr)
      buf.vaddr = null
      host.dmaBuf.unmapAttachment(attachment, buf.table, buf.dir)
      buf.dmaAddr = api.dma(0)
      buf.table = null
    })

  return {
    /**
     * EFAULT: the dma-buf is smaller than the plane. EINVAL: no device. What the exporter's attach says otherwise.
     * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_attach_dmabuf
     */
    attachDmabuf: (dev: Device | null, dbuf: DmaBuf, size: number, dir: Direction): KResult<Vb2Mem> =>
      host.call('vb2_dc_attach_dmabuf', () => {
        if (dbuf.size < size) return fail('EFAULT', `${dbuf.owner} has ${dbuf.size} bytes, the plane needs ${size}`)
        if (dev === null) return noDevice(context, 'vb2_dc_attach_dmabuf')
        const attachment = host.dmaBuf.attach(dbuf, dev)
        if (!attachment.ok) {
          host.printk('err', 'failed to attach dmabuf')
          return attachment
        }
        const buf = newDcBuf(api, { dev, size, dir, owner: dbuf.owner })
        buf.dbuf = dbuf
        buf.priv.attachment = attachment.value
        return ok(buf)
      }),

    /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_detach_dmabuf */
    detachDmabuf: (mem) =>
      host.call('vb2_dc_detach_dmabuf', () => {
        const buf = dcBuf(mem)
        if (buf.table !== null) unmap(buf)
        const attachment = attachmentOf(buf)
        host.dmaBuf.detach(attachment.dmabuf, attachment)
        buf.priv.attachment = null
        buf.dbuf = null
      }),

    /**
     * EINVAL whatever the exporter's map said; EFAULT when the device does not see `size` bytes in one piece.
     * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_map_dmabuf
     */
    mapDmabuf: (mem) =>
      host.call('vb2_dc_map_dmabuf', () => {
        const buf = dcBuf(mem)
        const attachment = attachmentOf(buf)
        if (buf.table !== null) {
          host.printk('err', 'dmabuf buffer is already pinned')
          return ok(undefined)
        }
        const table = host.dmaBuf.mapAttachment(attachment, buf.dir)
        if (!table.ok) {
          host.printk('err', 'Error getting dmabuf scatterlist')
          return fail('EINVAL', table.why)
        }
        const run = mappedRun(table.value, host.kernel)
        if (run < buf.size) {
          host.printk('err', `contiguous chunk is too small ${run}/${buf.size}${media.chunkUnit}`)
          host.dmaBuf.unmapAttachment(attachment, table.value, buf.dir)
          return fail('EFAULT', `${buf.dev.name} sees ${run} of ${buf.size} bytes of ${buf.owner} in one piece`)
        }
        buf.dmaAddr = table.value.entry(0).dmaAddress
        buf.table = table.value
        buf.vaddr = null
        return ok(undefined)
      }),

    unmapDmabuf: (mem) => unmap(dcBuf(mem)),
  }
}
