// The exporter's side: dma_buf_ops of a vb2-vmalloc buffer.
import type { Direction, DmaBuf, DmaBufAttachment, DmaBufOps, SgTable, UserArea } from '@dmalab/api'
import { type VmallocBuf, type VmallocContext, vmallocBuf } from './vmalloc-buf.ts'

interface VmallocAttachment {
  readonly sgt: SgTable
  /** DMA_NONE while it is not mapped. */
  dir: Direction
}

export const vmallocExporterOps = (
  { api, host }: VmallocContext,
  buffer: { put(mem: VmallocBuf): void; mmap(mem: VmallocBuf, area: UserArea): ReturnType<DmaBufOps['mmap']> },
): DmaBufOps => {
  const { DIR, fail, ok } = api
  const bufOf = (dbuf: DmaBuf): VmallocBuf => vmallocBuf(dbuf.priv as VmallocBuf)
  const attachmentOf = (attachment: DmaBufAttachment): VmallocAttachment | null =>
    attachment.priv as VmallocAttachment | null

  const unmapCached = (attachment: DmaBufAttachment, mine: VmallocAttachment): void => {
    if (mine.dir !== DIR.NONE) host.dma.unmapSgAttrs(attachment.dev, mine.sgt, mine.dir, 0)
    mine.dir = DIR.NONE
  }

  return {
    /** One entry a page, neighbours or not. ENOMEM. Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-vmalloc.c: vb2_vmalloc_dmabuf_ops_attach */
    attach: (dbuf, attachment) =>
      host.call('vb2_vmalloc_dmabuf_ops_attach', () => {
        const { pages } = bufOf(dbuf).priv
        const sgt = host.sgAlloc(pages.length)
        if (!sgt.ok) return sgt
        for (const [i, pfn] of pages.entries()) sgt.value.setPage(i, { kind: 'page', pfn }, api.PAGE_SIZE, 0)
        attachment.priv = { sgt: sgt.value, dir: DIR.NONE } satisfies VmallocAttachment
        return ok(undefined)
      }),

    /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-vmalloc.c: vb2_vmalloc_dmabuf_ops_detach */
    detach: (_dbuf, attachment) =>
      host.call('vb2_vmalloc_dmabuf_ops_detach', () => {
        const mine = attachmentOf(attachment)
        if (mine === null) return
        unmapCached(attachment, mine)
        host.sgFree(mine.sgt)
        attachment.priv = null
      }),

    /** Once for an attachment and a direction. EIO. Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-vmalloc.c: vb2_vmalloc_dmabuf_ops_map */
    map: (attachment, dir) =>
      host.call('vb2_vmalloc_dmabuf_ops_map', () => {
        const mine = attachmentOf(attachment)
        if (mine === null) throw new Error(`attachment ${attachment.id} has no table`)
        if (mine.dir === dir) return ok(mine.sgt)
        unmapCached(attachment, mine)
        const mapped = host.dma.mapSgAttrs(attachment.dev, mine.sgt, dir, 0)
        if (!mapped.ok) {
          host.printk('err', 'failed to map scatterlist')
          return fail('EIO', mapped.why)
        }
        mine.dir = dir
        return ok(mine.sgt)
      }),

    /** The mapping stays cached. Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-vmalloc.c: vb2_vmalloc_dmabuf_ops_unmap */
    unmap: () => undefined,
    release: (dbuf) => host.call('vb2_vmalloc_dmabuf_ops_release', () => buffer.put(bufOf(dbuf))),
    beginCpuAccess: () => ok(undefined),
    endCpuAccess: () => ok(undefined),
    mmap: (dbuf, area) => host.call('vb2_vmalloc_dmabuf_ops_mmap', () => buffer.mmap(bufOf(dbuf), area)),
    /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-vmalloc.c: vb2_vmalloc_dmabuf_ops_vmap */
    vmap: (dbuf) => {
      const { vaddr } = bufOf(dbuf)
      return vaddr === null ? fail('EINVAL', `${dbuf.owner} is not mapped`) : ok(vaddr)
    },
    vunmap: () => undefined,
    /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-vmalloc.c: vb2_vmalloc_dmabuf_ops_kmap */
    kmap: (dbuf, page) => {
      if (!host.kernel.dmabufKmap) return fail('EINVAL', 'dma_buf_ops has no kmap')
      const { vaddr } = bufOf(dbuf)
      if (vaddr === null) return fail('EINVAL', `${dbuf.owner} is not mapped`)
      return ok(api.vaddr(vaddr + BigInt(page * api.PAGE_SIZE)))
    },
  }
}
