// What dma_get_sgtable() made, reported beside where the memory really is: no kernel traces it, and no kernel compares the two.
import {
  ATTR,
  type DmaAddr,
  type EventSink,
  has,
  type KernelMemory,
  type KernelVaddr,
  PAGE_SIZE,
  type Pfn,
  physOf,
  type SgEntry,
  type SgTable,
} from '@dmalab/api'

export interface TableParts {
  readonly mem: KernelMemory
  readonly sink: EventSink
  /** Attributes by which an entry says that importers must not look at its page. */
  readonly tags: number
}

export interface ExportedMemory {
  readonly device: string
  readonly cpuAddr: KernelVaddr
  readonly handle: DmaAddr
  readonly size: number
  readonly attrs: number
}

/** First and last page of each entry: what lies between follows from them, as memory and page pointers both count up. */
export const tellTable = ({ mem, sink, tags }: TableParts, memory: ExportedMemory, table: SgTable): void => {
  if (!sink.wants('op')) return
  const places: number[] = []
  const pages: string[] = []
  const physAddrs: number[] = []
  // Without a kernel mapping the address is a cookie.
  const isCookie = has(memory.attrs, ATTR.NO_KERNEL_MAPPING)
  const look = (entry: SgEntry, at: number, page: number): void => {
    const found = isCookie ? undefined : mem.resolve((memory.cpuAddr + BigInt(at)) as KernelVaddr)
    const pfn = (mem.pageToPfn(entry.page) + page) as Pfn
    physAddrs.push(physOf(pfn))
    places.push(found === undefined ? -1 : found.phys - (found.phys % PAGE_SIZE))
    pages.push(kindOf(mem, entry, pfn))
  }
  let before = 0
  for (const entry of table.entries()) {
    if (!has(entry.attrs, tags)) {
      const last = Math.floor((entry.offset + Math.max(1, entry.length) - 1) / PAGE_SIZE)
      look(entry, before, Math.floor(entry.offset / PAGE_SIZE))
      if (last > 0) look(entry, before + Math.max(1, entry.length) - 1, last)
    }
    before += entry.length
  }
  sink.emit({
    event: 'dma_get_sgtable',
    device: memory.device,
    dmaAddr: memory.handle,
    size: memory.size,
    pages,
    physAddrs,
    places,
  })
}

const kindOf = (mem: KernelMemory, { page }: SgEntry, pfn: Pfn): string => {
  if (page.kind !== 'page') return 'no pointer to one'
  return mem.hasStructPage(pfn) ? 'struct page' : 'no struct page'
}
