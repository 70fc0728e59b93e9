// The exporter's side: dma_buf_ops of a vb2-dma-contig buffer.
import type { Direction, DmaBuf, DmaBufAttachment, DmaBufOps, SgEntry, SgTable, UserArea } from '@dmalab/api'
import { type DcBuf, type DcContext, dcBuf } from './dc-buf.ts'

/** struct vb2_dc_attachment: a copy of the exporter's list and the direction it is mapped for. */
interface DcAttachment {
  readonly sgt: SgTable
  /** DMA_NONE while it is not mapped. */
  dir: Direction
}

/** `put` drops the reference that the dma-buf holds; `mmap` is the allocator's own. */
export const dcExporterOps = (
  { api, host }: DcContext,
  buffer: { put(mem: DcBuf): void; mmap(mem: DcBuf, area: UserArea): ReturnType<DmaBufOps['mmap']> },
): DmaBufOps => {
  const { DIR, fail, has, ok } = api
  const { vb2ImportAttrs } = host.kernel
  const attachmentOf = (attachment: DmaBufAttachment): DcAttachment | null => attachment.priv as DcAttachment | null
  const bufOf = (dbuf: DmaBuf): DcBuf => dcBuf(dbuf.priv as DcBuf)

  const unmapCached = (attachment: DmaBufAttachment, mine: DcAttachment): void => {
    if (mine.dir === DIR.NONE) return
    host.dma.unmapSgAttrs(attachment.dev, mine.sgt, mine.dir, vb2ImportAttrs)
    mine.dir = DIR.NONE
  }

  /** Page, offset and length, and what patches copy besides. Where struct scatterlist has no dma_length, sg_dma_len() is the length. */
  const copyEntry = (from: SgEntry, to: SgTable, i: number): void => {
    to.setPage(i, from.page, from.length, from.offset)
    for (const { member, only } of host.attachCopies) {
      if (only !== 0 && !has(from.attrs, only)) continue
      if (member === 'attrs') to.setAttrs(i, from.attrs)
      else to.setDma(i, from.dmaAddress, host.kernel.sgDmaLength ? to.entry(i).dmaLength : from.length)
    }
  }

  return {
    /**
     * The importer gets a list of its own: page, offset and length entry by entry, and what patches copy besides. ENOMEM.
     * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_dmabuf_ops_attach
     */
    attach: (dbuf, attachment) =>
      host.call('vb2_dc_dmabuf_ops_attach', () => {
        const base = bufOf(dbuf).priv.sgtBase
        if (base === null) throw new Error(`${dbuf.owner} was exported without a table`)
        const sgt = host.sgAlloc(base.origNents)
        if (!sgt.ok) return fail('ENOMEM', sgt.why)
        for (let i = 0; i < base.origNents; i++) copyEntry(base.entry(i), sgt.value, i)
        attachment.priv = { sgt: sgt.value, dir: DIR.NONE } satisfies DcAttachment
        return ok(undefined)
      }),

    /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_dmabuf_ops_detach */
    detach: (_dbuf, attachment) =>
      host.call('vb2_dc_dmabuf_ops_detach', () => {
        const mine = attachmentOf(attachment)
        if (mine === null) return
        unmapCached(attachment, mine)
        host.sgFree(mine.sgt)
        attachment.priv = null
      }),

    /**
     * Maps once for an attachment and a direction; the mapping lives until detach or another direction. EIO.
     * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_dmabuf_ops_map
     */
    map: (attachment, dir) =>
      host.call('vb2_dc_dmabuf_ops_map', () => {
        const mine = attachmentOf(attachment)
        if (mine === null) throw new Error(`attachment ${attachment.id} has no table`)
        if (mine.dir === dir) return ok(mine.sgt)
        unmapCached(attachment, mine)
        const mapped = host.dma.mapSgAttrs(attachment.dev, mine.sgt, dir, vb2ImportAttrs)
        if (!mapped.ok) {
          host.printk('err', 'failed to map scatterlist')
          return fail('EIO', mapped.why)
        }
        mine.dir = dir
        return ok(mine.sgt)
      }),

    /** The mapping stays cached. Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_dmabuf_ops_unmap */
    unmap: () => undefined,

    /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_dmabuf_ops_release */
    release: (dbuf) => host.call('vb2_dc_dmabuf_ops_release', () => buffer.put(bufOf(dbuf))),

    /** Coherent memory needs nothing. Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-contig.c: vb2_dc_dmabuf_ops_begin_cpu_access */
    beginCpuAccess: () => ok(undefined),
    endCpuAccess: () => ok(undefined),

    mmap: (dbuf, area) => host.call('vb2_dc_dmabuf_ops_mmap', () => buffer.mmap(bufOf(dbuf), area)),

    /** EINVAL without a kernel mapping. Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-contig.c: vb2_dc_dmabuf_ops_vmap */
    vmap: (dbuf) => {
      const { vaddr } = bufOf(dbuf)
      return vaddr === null ? fail('EINVAL', `${dbuf.owner} has no kernel mapping`) : ok(vaddr)
    },
    vunmap: () => undefined,

    /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_dmabuf_ops_kmap */
    kmap: (dbuf, page) => {
      if (!host.kernel.dmabufKmap) return fail('EINVAL', 'dma_buf_ops has no kmap')
      const { vaddr } = bufOf(dbuf)
      return vaddr === null
        ? fail('EINVAL', `${dbuf.owner} has no kernel mapping`)
        : ok(api.vaddr(vaddr + BigInt(page * api.PAGE_SIZE)))
    },
  }
}
