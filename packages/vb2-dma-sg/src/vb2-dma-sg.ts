// vb2-dma-sg: an allocator of pages, for devices that gather.
import type {
  AllocatorDef,
  DmaBufAttachment,
  DmaBufOps,
  KResult,
  PluginApi,
  UserArea,
  Vb2Mem,
  Vb2MemOps,
} from '@dmalab/api'
import { sgExporterOps } from './exporter.ts'
import { allocCompacted, framesOf, freeBlocks } from './page-blocks.ts'
import { newSgBuf, noDevice, type SgBuf, type SgContext, sgBuf, tableFromPages } from './sg-buf.ts'

export const vb2DmaSg = (api: PluginApi): AllocatorDef => ({
  name: 'vb2-dma-sg',
  source: 'Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c, v4.11 drivers/media/v4l2-core',
  caps: { contiguous: false, userptr: true, dma: true },
  create: (host) => {
    const context: SgContext = { api, host }
    const { ATTR, fail, ok } = api

    /** Maps the buffer's own table; the sync to the device follows at prepare. */
    const mapOwn = (buf: SgBuf): KResult<void> => {
      const table = tableFromPages(context, buf.priv.pages, buf.priv.offset, buf.size)
      if (!table.ok) return table
      const mapped = host.dma.mapSgAttrs(buf.dev, table.value, buf.dir, ATTR.SKIP_CPU_SYNC)
      if (!mapped.ok) {
        host.sgFree(table.value)
        return mapped
      }
      buf.table = table.value
      return ok(undefined)
    }
    const unmapOwn = (buf: SgBuf): void => {
      if (buf.table !== null) {
        host.dma.unmapSgAttrs(buf.dev, buf.table, buf.dir, ATTR.SKIP_CPU_SYNC)
        host.sgFree(buf.table)
      }
      buf.table = null
      if (buf.vaddr !== null) host.mem.unmap(buf.vaddr)
      buf.vaddr = null
    }

    /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c: vb2_dma_sg_put */
    const put = (buf: SgBuf): void =>
      host.call('vb2_dma_sg_put', () => {
        buf.refcount -= 1
        if (buf.refcount > 0) return
        unmapOwn(buf)
        freeBlocks(context, buf.priv.blocks)
        buf.priv.blocks = []
      })

    /** Until v5.2 it is always the buffer's start. Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c: vb2_dma_sg_mmap */
    const mmap = (buf: SgBuf, { pgoff, len }: UserArea): ReturnType<Vb2MemOps['mmap']> =>
      host.call('vb2_dma_sg_mmap', () =>
        api.mapPages(buf.priv.pages, { pgoff: host.kernel.media.dmabufOffset === 'lost' ? 0 : pgoff, len }),
      )

    /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c: vb2_dma_sg_vaddr */
    const vaddr = (buf: SgBuf): SgBuf['vaddr'] => {
      if (buf.vaddr !== null) return buf.vaddr
      const at =
        buf.priv.attachment === null
          ? host.mem.vmap(buf.priv.pages, 'cached')
          : host.dmaBuf.vmap(buf.priv.attachment.dmabuf)
      if (!at.ok) return null
      buf.vaddr = buf.priv.attachment === null ? api.vaddr(at.value + BigInt(buf.priv.offset)) : at.value
      return buf.vaddr
    }

    const exporterOps: DmaBufOps = host.exporter('vb2-dma-sg', sgExporterOps(context, { put, mmap, vaddr }))

    const attachmentOf = (buf: SgBuf): DmaBufAttachment => {
      if (buf.priv.attachment === null) throw new Error(`${buf.owner} is not attached to ${buf.dev.name}`)
      return buf.priv.attachment
    }

    /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c: vb2_dma_sg_unmap_dmabuf */
    const unmapDmabuf = (buf: SgBuf): void =>
      host.call('vb2_dma_sg_unmap_dmabuf', () => {
        const attachment = attachmentOf(buf)
        if (buf.table === null) {
          host.printk('err', 'dmabuf buffer is already unpinned')
          return
        }
        if (buf.vaddr !== null) host.dmaBuf.vunmap(attachment.dmabuf, buf.vaddr)
        buf.vaddr = null
        host.dmaBuf.unmapAttachment(attachment, buf.table, buf.dir)
        buf.table = null
      })

    return {
      /** EINVAL: no device. ENOMEM, also when the map fails. Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c: vb2_dma_sg_alloc */
      alloc: (dev, size, dir, owner) =>
        host.call('vb2_dma_sg_alloc', (): KResult<Vb2Mem> => {
          if (dev === null) return noDevice(context, 'vb2_dma_sg_alloc')
          const blocks = allocCompacted(context, size, owner)
          if (!blocks.ok) return fail('ENOMEM', blocks.why)
          const buf = newSgBuf(api, { dev, size, dir, owner })
          buf.priv.blocks = blocks.value
          buf.priv.pages = framesOf(context, blocks.value)
          const mapped = mapOwn(buf)
          if (!mapped.ok) {
            freeBlocks(context, blocks.value)
            return fail('ENOMEM', mapped.why)
          }
          buf.refcount = 1
          return ok(buf)
        }),
      put: (mem) => put(sgBuf(mem)),

      /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c: vb2_dma_sg_get_dmabuf */
      getDmabuf: (mem) =>
        host.call('vb2_dma_sg_get_dmabuf', () => {
          const buf = sgBuf(mem)
          const { size, owner } = buf
          const dbuf = host.dmaBuf.export({ expName: 'videobuf2_dma_sg', size, ops: exporterOps, priv: buf, owner })
          if (dbuf.ok) buf.refcount += 1
          return dbuf
        }),

      /**
       * ENOMEM for whatever fails, memory that cannot be pinned and memory without struct page included.
       * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c: vb2_dma_sg_get_userptr
       */
      getUserptr: (dev, user, size, dir, owner) =>
        host.call('vb2_dma_sg_get_userptr', (): KResult<Vb2Mem> => {
          if (dev === null) return noDevice(context, 'vb2_dma_sg_get_userptr')
          const pinned = api.pinUser(host.kernel, user, size, dir)
          if (!pinned.ok) return fail('ENOMEM', pinned.why)
          const buf = newSgBuf(api, { dev, size, dir, owner })
          const offset = api.offsetInPage(user.phys)
          const count = api.pagesFor(offset + size)
          const first = api.pfnOf(user.phys)
          const pages = user.pages?.slice(0, count) ?? Array.from({ length: count }, (_, i) => api.pfn(first + i))
          if (!pages.every((page) => host.mem.pfnValid(page))) return fail('ENOMEM', `${owner} has no struct pages`)
          buf.priv.pages = pages
          buf.priv.offset = offset
          const mapped = mapOwn(buf)
          return mapped.ok ? ok(buf) : fail('ENOMEM', mapped.why)
        }),
      putUserptr: (mem) => host.call('vb2_dma_sg_put_userptr', () => unmapOwn(sgBuf(mem))),

      /** Imported memory is its exporter's to flush. Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-sg.c: vb2_dma_sg_prepare */
      prepare: (mem) => {
        const { dev, dir, table, priv } = sgBuf(mem)
        if (table === null || priv.attachment !== null) return
        host.call('vb2_dma_sg_prepare', () => host.dma.syncSgForDevice(dev, table, dir))
      },
      /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-sg.c: vb2_dma_sg_finish */
      finish: (mem) => {
        const { dev, dir, table, priv } = sgBuf(mem)
        if (table === null || priv.attachment !== null) return
        host.call('vb2_dma_sg_finish', () => host.dma.syncSgForCpu(dev, table, dir))
      },

      /** EFAULT: too small. Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c: vb2_dma_sg_attach_dmabuf */
      attachDmabuf: (dev, dbuf, size, dir) =>
        host.call('vb2_dma_sg_attach_dmabuf', (): KResult<Vb2Mem> => {
          if (dev === null) return noDevice(context, 'vb2_dma_sg_attach_dmabuf')
          if (dbuf.size < size) return fail('EFAULT', `${dbuf.owner} has ${dbuf.size} bytes, the plane needs ${size}`)
          const attachment = host.dmaBuf.attach(dbuf, dev)
          if (!attachment.ok) {
            host.printk('err', 'failed to attach dmabuf')
            return attachment
          }
          const buf = newSgBuf(api, { dev, size, dir, owner: dbuf.owner })
          buf.dbuf = dbuf
          buf.priv.attachment = attachment.value
          return ok(buf)
        }),
      /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c: vb2_dma_sg_detach_dmabuf */
      detachDmabuf: (mem) =>
        host.call('vb2_dma_sg_detach_dmabuf', () => {
          const buf = sgBuf(mem)
          if (buf.table !== null) unmapDmabuf(buf)
          const attachment = attachmentOf(buf)
          host.dmaBuf.detach(attachment.dmabuf, attachment)
          buf.priv.attachment = null
          buf.dbuf = null
        }),
      /** EINVAL whatever the exporter said. Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c: vb2_dma_sg_map_dmabuf */
      mapDmabuf: (mem) =>
        host.call('vb2_dma_sg_map_dmabuf', (): KResult<void> => {
          const buf = sgBuf(mem)
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
          buf.table = table.value
          buf.vaddr = null
          return ok(undefined)
        }),
      unmapDmabuf: (mem) => unmapDmabuf(sgBuf(mem)),

      vaddr: (mem) => vaddr(sgBuf(mem)),
      cookie: (mem) => mem.table,
      numUsers: (mem) => mem.refcount,
      mmap: (mem, area) => {
        const mapped = mmap(sgBuf(mem), area)
        if (mapped.ok) mem.refcount += 1
        return mapped
      },
    }
  },
})
