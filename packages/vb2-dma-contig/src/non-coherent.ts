// Non-coherent MMAP buffers: contiguous memory that the CPU sees cached; prepare and finish sync it.
import type { KResult, UserArea, UserMapping } from '@dmalab/api'
import type { DcBuf, DcContext } from './dc-buf.ts'

/**
 * Cached pages of the linear map, mapped for the device without sync: what dma_alloc_noncontiguous() comes to without an IOMMU. ENOMEM.
 * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-contig.c: vb2_dc_alloc_non_coherent
 * Models: Linux v6.12 kernel/dma/direct.c: dma_direct_alloc_pages
 * Leaves out: the dma_alloc_sgt event (a dma_map_sg stands for it), scattered pages behind an IOMMU.
 */
export const allocNonCoherent = ({ api, host }: DcContext, buf: DcBuf): KResult<void> => {
  const { ATTR, ok, physOf } = api
  const limit = 2 ** Math.min(buf.dev.coherentMaskBits, 52) - 1
  const { cmaArea } = buf.dev
  const area = host.mem.allocFromCma(buf.size, {
    owner: buf.owner,
    ...(cmaArea === undefined ? {} : { area: cmaArea }),
  })
  const highmem = area !== undefined && host.mem.isHighmemPfn(area)
  if (highmem) host.mem.freeContiguous(area, buf.size)
  const pages = area === undefined || highmem ? host.mem.allocPages(buf.size, { owner: buf.owner, limit }) : ok(area)
  if (!pages.ok)
    return area === undefined ? api.fail(pages.errno, `${host.mem.cmaLacks(buf.size, cmaArea)}; ${pages.why}`) : pages
  const giveBack = (): void => host.mem.freeContiguous(pages.value, buf.size)
  const at = host.mem.linearAddress(physOf(pages.value))
  host.mem.memset(at, 0, buf.size)
  const table = host.sgAlloc(1)
  if (!table.ok) {
    giveBack()
    return table
  }
  table.value.setPage(0, { kind: 'page', pfn: pages.value }, buf.size, 0)
  const mapped = host.dma.mapSgAttrs(buf.dev, table.value, buf.dir, ATTR.SKIP_CPU_SYNC)
  if (!mapped.ok) {
    host.sgFree(table.value)
    giveBack()
    return mapped
  }
  buf.table = table.value
  buf.dmaAddr = table.value.entry(0).dmaAddress
  buf.vaddr = at
  buf.refcount = 1
  buf.priv.nonCoherent = true
  return ok(undefined)
}

/** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-contig.c: vb2_dc_put */
export const freeNonCoherent = ({ api, host }: DcContext, buf: DcBuf): void => {
  const { table } = buf
  if (table === null) return
  const { page } = table.entry(0)
  host.dma.unmapSgAttrs(buf.dev, table, buf.dir, api.ATTR.SKIP_CPU_SYNC)
  host.sgFree(table)
  if (page.kind === 'page') host.mem.freeContiguous(page.pfn, buf.size)
  buf.table = null
  buf.vaddr = null
}

/** ENXIO: beyond the buffer. Models: Linux v6.12 kernel/dma/mapping.c: dma_mmap_noncontiguous, dma_mmap_pages */
export const mmapNonCoherent = ({ api }: DcContext, buf: DcBuf, { pgoff, len }: UserArea): KResult<UserMapping> => {
  const { fail, ok, pageAlign, PAGE_SIZE, phys, physOf } = api
  const page = buf.table?.entry(0).page
  if (page?.kind !== 'page') return fail('EINVAL', `${buf.owner} has no pages`)
  const offset = pgoff * PAGE_SIZE
  if (offset + len > pageAlign(buf.size)) return fail('ENXIO', `${buf.owner} ends before byte ${offset + len}`)
  return ok({ phys: phys(physOf(page.pfn) + offset), len, kind: 'cached', pfnMap: true })
}
