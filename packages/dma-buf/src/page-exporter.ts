// dma_buf_ops over ordinary pages: what the heaps share. Each attachment has its own list; CPU access syncs every mapping, the newest first.
import type {
  AllocatorHost,
  Direction,
  DmaBufAttachment,
  DmaBufOps,
  KernelVaddr,
  KResult,
  Pfn,
  SgTable,
} from '@dmalab/api'
import { fail, mapPages, ok, PAGE_SIZE } from '@dmalab/api'

/** Pages in the order of the buffer, as the exporter lists them: one entry each. */
export interface PageRun {
  readonly first: Pfn
  readonly pages: number
}

export interface PageExporter {
  /** Name of the exporter's functions: `system_heap`, `cma_heap`. */
  readonly stem: string
  readonly runs: readonly PageRun[]
  /** What a failed map returns: `null` hands the errno through. */
  readonly mapErrno: 'ENOMEM' | null
  release(): void
}

interface PageAttachment {
  readonly table: SgTable
  mapped: boolean
}

/** Models: Linux v6.12 drivers/dma-buf/heaps/system_heap.c: system_heap_buf_ops */
export const pageExporterOps = (host: AllocatorHost, exporter: PageExporter): DmaBufOps => {
  const { stem, runs } = exporter
  const attachments = new Map<DmaBufAttachment, PageAttachment>()
  const frames = runs.flatMap(({ first, pages }) => Array.from({ length: pages }, (_, i) => (first + i) as Pfn))

  const mine = (attachment: DmaBufAttachment): PageAttachment => {
    const found = attachments.get(attachment)
    if (found === undefined) throw new Error(`attachment ${attachment.id} has no table`)
    return found
  }
  const eachMapped = (body: (dev: DmaBufAttachment['dev'], table: SgTable) => void): void => {
    for (const [{ dev }, { table, mapped }] of [...attachments].toReversed()) if (mapped) body(dev, table)
  }

  return {
    /** A list of its own for each importer. ENOMEM. */
    attach: (_buf, attachment) =>
      host.call(`${stem}_attach`, () => {
        const table = host.sgAlloc(runs.length)
        if (!table.ok) return fail('ENOMEM', table.why)
        for (const [i, { first, pages }] of runs.entries())
          table.value.setPage(i, { kind: 'page', pfn: first }, pages * PAGE_SIZE, 0)
        attachments.set(attachment, { table: table.value, mapped: false })
        return ok(undefined)
      }),
    detach: (_buf, attachment) =>
      host.call(`${stem}_detach`, () => {
        host.sgFree(mine(attachment).table)
        attachments.delete(attachment)
      }),

    map: (attachment, dir: Direction): KResult<SgTable> =>
      host.call(`${stem}_map_dma_buf`, () => {
        const found = mine(attachment)
        const mapped = host.dma.mapSgAttrs(attachment.dev, found.table, dir, 0)
        if (!mapped.ok) return exporter.mapErrno === null ? mapped : fail(exporter.mapErrno, mapped.why)
        found.mapped = true
        return ok(found.table)
      }),
    unmap: (attachment, table, dir) =>
      host.call(`${stem}_unmap_dma_buf`, () => {
        mine(attachment).mapped = false
        host.dma.unmapSgAttrs(attachment.dev, table, dir, 0)
      }),

    beginCpuAccess: (_buf, dir) =>
      host.call(`${stem}_dma_buf_begin_cpu_access`, () => {
        eachMapped((dev, table) => host.dma.syncSgForCpu(dev, table, dir))
        return ok(undefined)
      }),
    endCpuAccess: (_buf, dir) =>
      host.call(`${stem}_dma_buf_end_cpu_access`, () => {
        eachMapped((dev, table) => host.dma.syncSgForDevice(dev, table, dir))
        return ok(undefined)
      }),

    /**
     * Cached, as any page of user space: page table entries without page references.
     * Models: Linux v6.12 drivers/dma-buf/heaps/system_heap.c: system_heap_mmap
     * Models: Linux v6.12 drivers/dma-buf/heaps/cma_heap.c: cma_heap_mmap, cma_heap_vm_fault
     */
    mmap: (_buf, area) => {
      const mapped = host.call(`${stem}_mmap`, () => mapPages(frames, area))
      return mapped.ok ? ok({ pfnMap: true, ...mapped.value }) : mapped
    },
    vmap: () => host.call(`${stem}_vmap`, () => host.mem.vmap(frames, 'cached')),
    vunmap: (_buf, at: KernelVaddr) => host.mem.unmap(at),
    kmap: () => fail('EINVAL', `${stem} has no kmap`),
    release: () => host.call(`${stem}_dma_buf_release`, () => exporter.release()),
  }
}
