// The exporter's side: dma_buf_ops of a vb2-dma-sg buffer.
import type { Direction, DmaBuf, DmaBufAttachment, DmaBufOps, SgTable, UserArea } from '@dmalab/api'
import { type SgBuf, type SgContext, sgBuf } from './sg-buf.ts'

interface SgAttachment {
  readonly sgt: SgTable
  /** DMA_NONE while it is not mapped. */
  dir: Direction
}

/** Unlike vb2-dma-contig, every kernel maps without SKIP_CPU_SYNC: page memory is cached. */
const MAP_ATTRS = 0

export const sgExporterOps = (
  { api, host }: SgContext,
  buffer: {
    put(mem: SgBuf): void
    mmap(mem: SgBuf, area: UserArea): ReturnType<DmaBufOps['mmap']>
    vaddr(mem: SgBuf): SgBuf['vaddr']
  },
): DmaBufOps => {
  const { DIR, fail, ok } = api
  const { sgCpuAccess } = host.kernel.media
  const bufOf = (dbuf: DmaBuf): SgBuf => sgBuf(dbuf.priv as SgBuf)
  const attachmentOf = (attachment: DmaBufAttachment): SgAttachment | null => attachment.priv as SgAttachment | null

  const tableOf = (dbuf: DmaBuf): SgTable => {
    const { table } = bufOf(dbuf)
    if (table === null) throw new Error(`${dbuf.owner} has no table`)
    return table
  }
  const unmapCached = (attachment: DmaBufAttachment, mine: SgAttachment): void => {
    if (mine.dir !== DIR.NONE) host.dma.unmapSgAttrs(attachment.dev, mine.sgt, mine.dir, MAP_ATTRS)
    mine.dir = DIR.NONE
  }

  return {
    /** ENOMEM. Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c: vb2_dma_sg_dmabuf_ops_attach */
    attach: (dbuf, attachment) =>
      host.call('vb2_dma_sg_dmabuf_ops_attach', () => {
        const base = tableOf(dbuf)
        const sgt = host.sgAlloc(base.origNents)
        if (!sgt.ok) return fail('ENOMEM', sgt.why)
        for (let i = 0; i < base.origNents; i++) {
          const { page, length, offset } = base.entry(i)
          sgt.value.setPage(i, page, length, offset)
        }
        attachment.priv = { sgt: sgt.value, dir: DIR.NONE } satisfies SgAttachment
        return ok(undefined)
      }),

    /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c: vb2_dma_sg_dmabuf_ops_detach */
    detach: (_dbuf, attachment) =>
      host.call('vb2_dma_sg_dmabuf_ops_detach', () => {
        const mine = attachmentOf(attachment)
        if (mine === null) return
        unmapCached(attachment, mine)
        host.sgFree(mine.sgt)
        attachment.priv = null
      }),

    /** Once for an attachment and a direction. EIO. Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c: vb2_dma_sg_dmabuf_ops_map */
    map: (attachment, dir) =>
      host.call('vb2_dma_sg_dmabuf_ops_map', () => {
        const mine = attachmentOf(attachment)
        if (mine === null) throw new Error(`attachment ${attachment.id} has no table`)
        if (mine.dir === dir) return ok(mine.sgt)
        unmapCached(attachment, mine)
        const mapped = host.dma.mapSgAttrs(attachment.dev, mine.sgt, dir, MAP_ATTRS)
        if (!mapped.ok) {
          host.printk('err', 'failed to map scatterlist')
          return fail('EIO', mapped.why)
        }
        mine.dir = dir
        return ok(mine.sgt)
      }),

    /** The mapping stays cached. Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c: vb2_dma_sg_dmabuf_ops_unmap */
    unmap: () => undefined,
    release: (dbuf) => host.call('vb2_dma_sg_dmabuf_ops_release', () => buffer.put(bufOf(dbuf))),

    /**
     * Syncs the exporter's own mapping, not the importers'.
     * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c: vb2_dma_sg_dmabuf_ops_begin_cpu_access
     */
    beginCpuAccess: (dbuf) => {
      const buf = bufOf(dbuf)
      if (sgCpuAccess)
        host.call('vb2_dma_sg_dmabuf_ops_begin_cpu_access', () =>
          host.dma.syncSgForCpu(buf.dev, tableOf(dbuf), buf.dir),
        )
      return ok(undefined)
    },
    endCpuAccess: (dbuf) => {
      const buf = bufOf(dbuf)
      if (sgCpuAccess)
        host.call('vb2_dma_sg_dmabuf_ops_end_cpu_access', () =>
          host.dma.syncSgForDevice(buf.dev, tableOf(dbuf), buf.dir),
        )
      return ok(undefined)
    },

    mmap: (dbuf, area) => host.call('vb2_dma_sg_dmabuf_ops_mmap', () => buffer.mmap(bufOf(dbuf), area)),
    vmap: (dbuf) => {
      const at = buffer.vaddr(bufOf(dbuf))
      return at === null ? fail('EINVAL', `${dbuf.owner} cannot be mapped into the kernel`) : ok(at)
    },
    vunmap: () => undefined,

    /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-sg.c: vb2_dma_sg_dmabuf_ops_kmap */
    kmap: (dbuf, page) => {
      if (!host.kernel.dmabufKmap) return fail('EINVAL', 'dma_buf_ops has no kmap')
      const { vaddr } = bufOf(dbuf)
      if (vaddr === null) return fail('EINVAL', `${dbuf.owner} is not mapped into the kernel`)
      return ok(api.vaddr(vaddr + BigInt(page * api.PAGE_SIZE)))
    },
  }
}
