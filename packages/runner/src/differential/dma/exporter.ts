// The dma-buf exporter of the kernel module that the programs were recorded with: each importer has a list of its own; CPU access syncs
// what is mapped, for pages only; coherent memory is shared with SKIP_CPU_SYNC.
import {
  ATTR,
  type DmaBufAttachment,
  type DmaBufOps,
  fail,
  type Lab,
  ok,
  pageAlign,
  physOf,
  type SgTable,
} from '@dmalab/api'
import type { CoherentBlock, Pages } from './objects.ts'

interface Importer {
  readonly table: SgTable
  mapped: boolean
}

export const programExporter = (lab: Lab, memory: Pages | CoherentBlock): DmaBufOps => {
  const importers = new Map<DmaBufAttachment, Importer>()
  const attrs = memory.kind === 'coherent' ? ATTR.SKIP_CPU_SYNC : 0
  const importer = (attachment: DmaBufAttachment): Importer => {
    const found = importers.get(attachment)
    if (found === undefined) throw new Error(`attachment ${attachment.id} has no list`)
    return found
  }
  const eachMapped = (body: (attachment: DmaBufAttachment, table: SgTable) => void): void => {
    if (memory.kind === 'pages')
      for (const [attachment, { table, mapped }] of importers) if (mapped) body(attachment, table)
  }

  return {
    attach(_buf, attachment) {
      const table = tableOf(lab, memory)
      if (!table.ok) return table
      importers.set(attachment, { table: table.value, mapped: false })
      return ok(undefined)
    },
    detach(_buf, attachment) {
      lab.sgFree(importer(attachment).table)
      importers.delete(attachment)
    },
    map(attachment, dir) {
      const found = importer(attachment)
      const mapped = lab.dma.mapSgAttrs(attachment.dev, found.table, dir, attrs)
      if (!mapped.ok) return mapped
      found.mapped = true
      return ok(found.table)
    },
    unmap(attachment, table, dir) {
      importer(attachment).mapped = false
      lab.dma.unmapSgAttrs(attachment.dev, table, dir, attrs)
    },
    release: () => undefined,
    beginCpuAccess(_buf, dir) {
      eachMapped(({ dev }, table) => lab.dma.syncSgForCpu(dev, table, dir))
      return ok(undefined)
    },
    endCpuAccess(_buf, dir) {
      eachMapped(({ dev }, table) => lab.dma.syncSgForDevice(dev, table, dir))
      return ok(undefined)
    },
    mmap: () => fail('EINVAL', 'this exporter has no mmap'),
    /** page_address() of the first page: a highmem page has none. */
    vmap() {
      if (memory.kind === 'coherent') return ok(memory.cpuAddr)
      if (lab.mem.isHighmemPfn(memory.pfn)) return fail('ENOMEM', `${memory.name} lies in highmem`)
      return ok(lab.mem.linearAddress(physOf(memory.pfn)))
    },
    vunmap: () => undefined,
    kmap: () => fail('EINVAL', 'this exporter has no kmap'),
  }
}

/** sg_alloc_table of what get_sgtable says, or of the pages as one entry. */
const tableOf = (lab: Lab, memory: Pages | CoherentBlock) => {
  if (memory.kind === 'pages')
    return ok(lab.sgTable([{ page: { kind: 'page', pfn: memory.pfn }, offset: 0, length: pageAlign(memory.size) }]))
  const { device, cpuAddr, handle, size, attrs } = memory
  const got = lab.dma.getSgtableAttrs(device, cpuAddr, handle, pageAlign(size), attrs)
  if (!got.ok) return got
  const entries = got.value.entries().map(({ page, offset, length }) => ({ page, offset, length }))
  lab.sgFree(got.value)
  return ok(lab.sgTable(entries))
}
