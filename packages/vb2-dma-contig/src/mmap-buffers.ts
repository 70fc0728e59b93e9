// MMAP buffers: memory of the queue's own, from dma_alloc_attrs, and its export.
import type {
  AllocBufOptions,
  Device,
  Direction,
  DmaBuf,
  DmaBufOps,
  KResult,
  SgTable,
  UserArea,
  UserMapping,
  Vb2MemOps,
} from '@dmalab/api'
import { type DcBuf, type DcContext, dcBuf, newDcBuf, noDevice } from './dc-buf.ts'
import { dcExporterOps } from './exporter.ts'
import { allocNonCoherent, freeNonCoherent, mmapNonCoherent } from './non-coherent.ts'

type MmapOps = Pick<Vb2MemOps, 'alloc' | 'put' | 'getDmabuf' | 'mmap' | 'numUsers'>

export const mmapBuffers = (context: DcContext): MmapOps => {
  const { api, host } = context
  const { ATTR, fail, has, ok } = api
  const media = host.kernel.media

  /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_put */
  const put = (buf: DcBuf): void =>
    host.call('vb2_dc_put', () => {
      buf.refcount -= 1
      if (buf.refcount > 0) return
      if (buf.priv.nonCoherent) {
        freeNonCoherent(context, buf)
        return
      }
      if (buf.priv.sgtBase !== null) host.sgFree(buf.priv.sgtBase)
      buf.priv.sgtBase = null
      if (buf.cookie !== null) host.dma.freeAttrs(buf.dev, buf.size, buf.cookie, buf.dmaAddr, buf.attrs)
      buf.cookie = null
      buf.vaddr = null
    })

  /**
   * With the attributes it was allocated with. Until v5.2 it is always the buffer's start.
   * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_mmap
   */
  const mmap = (buf: DcBuf, { pgoff, len }: UserArea): KResult<UserMapping> =>
    host.call('vb2_dc_mmap', () => {
      if (buf.priv.nonCoherent) return mmapNonCoherent(context, buf, { pgoff, len })
      if (buf.cookie === null) return fail('EINVAL', `${buf.owner} has no memory of its own`)
      const first = media.dmabufOffset === 'lost' ? 0 : pgoff
      const mapped = host.dma.mmapAttrs(buf.dev, buf.cookie, buf.dmaAddr, buf.size, buf.attrs, len, first)
      if (!mapped.ok) {
        host.printk('err', `Remapping memory failed, error: ${api.negative(mapped.errno)}`)
        return mapped
      }
      // Pages that an IOMMU makes contiguous are inserted one by one; everything else is one remap_pfn_range().
      return ok({ pfnMap: mapped.value.pages === undefined, ...mapped.value })
    })

  const exporterOps: DmaBufOps = host.exporter('vb2-dma-contig', dcExporterOps(context, { put, mmap }))

  /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_get_base_sgt */
  const baseSgt = (buf: DcBuf): KResult<SgTable> =>
    host.call('vb2_dc_get_base_sgt', () => {
      if (buf.priv.nonCoherent && buf.table !== null) return ok(buf.table)
      if (buf.cookie === null) return fail('EINVAL', `${buf.owner} has no memory of its own`)
      const table = host.dma.getSgtableAttrs(buf.dev, buf.cookie, buf.dmaAddr, buf.size, buf.attrs)
      if (!table.ok) host.printk('err', `${api.devString(buf.dev)}: failed to get scatterlist from DMA API`)
      return table
    })

  return {
    /**
     * The attributes stay with the buffer: free, mmap and get_sgtable get the same ones. EINVAL: no device. ENOMEM.
     * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_alloc
     */
    alloc: (dev: Device | null, size: number, dir: Direction, owner: string, options?: AllocBufOptions) =>
      host.call('vb2_dc_alloc', () => {
        if (dev === null) return noDevice(context, 'vb2_dc_alloc')
        const buf = newDcBuf(api, { dev, size, dir, owner, attrs: options?.dmaAttrs ?? 0 })
        if (options?.nonCoherent === true) {
          const cached = allocNonCoherent(context, buf)
          if (cached.ok) return ok(buf)
          host.printk('err', `${api.devString(dev)}: ${media.allocFailure} ${size} failed`)
          return fail('ENOMEM', cached.why)
        }
        const memory = host.dma.allocAttrs(dev, size, buf.attrs, owner)
        if (!memory.ok) {
          host.printk('err', `${api.devString(dev)}: ${media.allocFailure} ${size} failed`)
          return fail('ENOMEM', memory.why)
        }
        buf.cookie = memory.value.cpuAddr
        buf.dmaAddr = memory.value.handle
        if (!has(buf.attrs, ATTR.NO_KERNEL_MAPPING)) buf.vaddr = buf.cookie
        buf.refcount = 1
        return ok(buf)
      }),

    put: (mem) => put(dcBuf(mem)),

    /**
     * C returns a null pointer for each of these failures; vb2_core_expbuf makes EINVAL of it.
     * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_get_dmabuf
     */
    getDmabuf: (mem): KResult<DmaBuf> =>
      host.call('vb2_dc_get_dmabuf', () => {
        const buf = dcBuf(mem)
        if (buf.priv.sgtBase === null) {
          const table = baseSgt(buf)
          if (!table.ok) {
            host.printk('warn', 'WARNING: vb2_dc_get_dmabuf: the buffer has no scatterlist')
            return table
          }
          buf.priv.sgtBase = table.value
        }
        const dbuf = host.dmaBuf.export({
          expName: 'videobuf2_dma_contig',
          size: buf.size,
          ops: exporterOps,
          priv: buf,
          owner: buf.owner,
        })
        if (dbuf.ok) buf.refcount += 1
        return dbuf
      }),

    mmap: (mem, area) => {
      const mapped = mmap(dcBuf(mem), area)
      if (mapped.ok) mem.refcount += 1
      return mapped
    },

    /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_num_users */
    numUsers: (mem) => mem.refcount,
  }
}
