// The events of system `dma`: what the functions that drivers call tell, in the kernel's terms. A 4.11 kernel has no such tracepoints; the
// model tells the same of it, so that every run reads alike.
import {
  DIR,
  type DmaAddr,
  type Errno,
  type EventBody,
  hex,
  type KernelFacts,
  type KernelMemory,
  type KernelVaddr,
  type ListedEntry,
  type MappingSink,
  type PhysAddr,
  physOf,
  type RawEntry,
  type SgPage,
  type SgTable,
  TRACE_FORMATS,
} from '@dmalab/api'
import { rawEntry } from './stopped-call.ts'

/** Errors of map_sg that the kernel takes for normal: no event tells of them. */
export const EXPECTED_ERRORS: readonly Errno[] = ['EINVAL', 'ENOMEM', 'EIO', 'EREMOTEIO']

/** Arrays of dma_map_sg are cut here. Models: Linux v6.12 include/trace/events/dma.h: DMA_TRACE_MAX_ENTRIES */
const MAX_ENTRIES = 128

export interface Trace {
  /** Physical address of a byte of a page, as page_to_phys() computes it: nonsense for what is not a page. */
  physOfPage(page: SgPage, offset: number): PhysAddr
  /** Names of the events of single pages. */
  readonly pageMapped: 'dma_map_page' | 'dma_map_phys'
  readonly pageUnmapped: 'dma_unmap_page' | 'dma_unmap_phys'
  /** DMA_MAPPING_ERROR: all bits of a dma_addr_t. */
  readonly mappingError: DmaAddr
  alloc(device: string, size: number, attrs: number, gfp: Gfp, got: Allocation | null): void
  free(device: string, size: number, cpuAddr: KernelVaddr, handle: DmaAddr, attrs: number): void
  /** The kernel is silent here; without this a stream would show a leak. */
  poolFree(device: string, pool: string, size: number, handle: DmaAddr): void
  map(
    kind: 'page' | 'resource',
    device: string,
    handle: DmaAddr,
    size: number,
    dir: number,
    attrs: number,
    at: PhysAddr,
  ): void
  unmap(kind: 'page' | 'resource', device: string, handle: DmaAddr, size: number, dir: number, attrs: number): void
  mapSg(device: string, table: SgTable, nents: number, ents: number, dir: number, attrs: number): void
  mapSgErr(device: string, table: SgTable, nents: number, err: number, dir: number, attrs: number): void
  unmapSg(device: string, table: SgTable, nents: number, dir: number, attrs: number): void
  /** The kernel is silent here, too. */
  link(device: string, m: Mapping, at: PhysAddr): void
  linked(what: 'iova_sync' | 'iova_unlink', device: string, at: DmaAddr, size: number): void
  syncSingle(to: 'cpu' | 'device', device: string, handle: DmaAddr, size: number, dir: number): void
  syncSg(to: 'cpu' | 'device', device: string, table: SgTable, nents: number, dir: number): void
}

/** As the trace names the flags of an allocation. */
export type Gfp = 'GFP_KERNEL' | 'GFP_ATOMIC'

interface Allocation {
  readonly cpuAddr: KernelVaddr
  readonly handle: DmaAddr
  readonly phys?: PhysAddr
  readonly pool?: string
}

interface Mapping {
  readonly handle: DmaAddr
  readonly size: number
  readonly dir: number
  readonly attrs: number
}

/** Models: Linux v6.12 include/trace/events/dma.h: dma_map_page, dma_map_sg, dma_alloc, dma_sync_single_for_cpu, dma_sync_sg_for_cpu */
export const createTrace = (sink: MappingSink, facts: KernelFacts, mem: KernelMemory): Trace => {
  const { mapEvents } = TRACE_FORMATS[facts.traceFormat]
  const byPhys = mapEvents === 'phys'
  const tell = (event: () => EventBody): void => {
    if (sink.wants('op')) sink.emit(event())
  }
  const physOfPage = (page: SgPage, offset: number): PhysAddr =>
    physOf(page.kind === 'page' ? page.pfn : mem.pageToPfn(page), offset)
  const physAddrs = (table: SgTable, count: number): number[] =>
    table.physAddresses(count) ??
    Array.from({ length: count }, (_, i) => {
      const { page, offset } = table.entry(i)
      return physOfPage(page, offset)
    })
  const dmaFields = (table: SgTable, count: number): { dmaAddrs: number[]; sizes: number[] } => ({
    dmaAddrs: table.dmaAddresses(count),
    sizes: table.dmaLengths(count),
  })
  /** Are all pages of these those of memory, and is there nothing else to say of the entries? */
  const usual = (table: SgTable, count: number): boolean => {
    const pfns = table.isPlain(count) ? table.pfns(count) : undefined
    if (pfns === undefined) return false
    for (const pfn of pfns) if (!mem.pfnValid(pfn)) return false
    return true
  }
  /** The whole list as it stands, where the addresses of some entries are those of no memory, or their attributes count. */
  const odd = (table: SgTable, count: number): { readonly records?: readonly RawEntry[] } =>
    usual(table, count) ? {} : { records: Array.from({ length: count }, (_, index) => rawEntry(table.entry(index))) }
  const streaming = (device: string, { handle, size, dir, attrs }: Mapping) => ({
    device,
    dir,
    dmaAddr: handle,
    size,
    attrs,
  })

  return {
    physOfPage,
    pageMapped: byPhys ? 'dma_map_phys' : 'dma_map_page',
    pageUnmapped: byPhys ? 'dma_unmap_phys' : 'dma_unmap_page',
    mappingError: (2 ** (8 * facts.dmaAddrSize) - 1) as DmaAddr,
    alloc: (device, size, attrs, gfp, got) =>
      tell(() => ({
        event: 'dma_alloc',
        ...streaming(device, { handle: got?.handle ?? (0 as DmaAddr), size, dir: DIR.BIDIRECTIONAL, attrs }),
        virtAddr: got === null ? '' : hex(got.cpuAddr),
        flags: gfp,
        ...(got?.phys === undefined ? {} : { physAddr: got.phys }),
        ...(got?.pool === undefined ? {} : { pool: got.pool }),
      })),
    free: (device, size, cpuAddr, handle, attrs) =>
      tell(() => ({
        event: 'dma_free',
        ...streaming(device, { handle, size, dir: DIR.BIDIRECTIONAL, attrs }),
        virtAddr: hex(cpuAddr),
      })),
    poolFree: (device, pool, size, handle) => tell(() => ({ event: 'pool_free', device, pool, dmaAddr: handle, size })),
    map: (kind, device, handle, size, dir, attrs, at) =>
      sink.emitMap(byPhys ? 'dma_map_phys' : MAP_NAMES[kind], device, handle, size, dir, attrs, at),
    unmap: (kind, device, handle, size, dir, attrs) =>
      sink.emitUnmap(byPhys ? 'dma_unmap_phys' : UNMAP_NAMES[kind], device, handle, size, dir, attrs),
    mapSg: (device, table, nents, ents, dir, attrs) =>
      tell(() => ({
        event: 'dma_map_sg',
        device,
        dir,
        nents,
        ents,
        truncated: nents > MAX_ENTRIES || ents > MAX_ENTRIES,
        ...dmaFields(table, Math.min(ents, MAX_ENTRIES)),
        physAddrs: physAddrs(table, Math.min(nents, MAX_ENTRIES)),
        attrs,
        ...odd(table, nents),
        ...(sink.wants('list') ? { entries: listed(table, Math.min(nents, MAX_ENTRIES)) } : {}),
      })),
    mapSgErr: (device, table, nents, err, dir, attrs) =>
      tell(() => ({
        event: 'dma_map_sg_err',
        device,
        dir,
        physAddrs: physAddrs(table, Math.min(nents, MAX_ENTRIES)),
        err,
        attrs,
      })),
    unmapSg: (device, table, nents, dir, attrs) =>
      tell(() => ({ event: 'dma_unmap_sg', device, dir, physAddrs: physAddrs(table, nents), attrs })),
    link: (device, m, at) => tell(() => ({ event: 'iova_link', ...streaming(device, m), physAddr: at })),
    linked: (what, device, dmaAddr, size) => tell(() => ({ event: what, device, dmaAddr, size })),
    syncSingle: (to, device, handle, size, dir) =>
      tell(() => ({ event: `dma_sync_single_for_${to}`, device, dir, dmaAddr: handle, size })),
    syncSg: (to, device, table, nents, dir) =>
      tell(() => ({ event: `dma_sync_sg_for_${to}`, device, dir, ...dmaFields(table, nents) })),
  }
}

const MAP_NAMES = { page: 'dma_map_page', resource: 'dma_map_resource' } as const
const UNMAP_NAMES = { page: 'dma_unmap_page', resource: 'dma_unmap_resource' } as const

const listed = (table: SgTable, count: number): readonly ListedEntry[] =>
  Array.from({ length: count }, (_, i) => {
    const { page, ...numbers } = table.entry(i)
    return { page: pageText(page), ...numbers }
  })

const pageText = (page: SgPage): string => {
  if (page.kind === 'page') return `page ${hex(page.pfn)}`
  return page.kind === 'vaddr' ? `no page: ${hex(page.at)}` : 'null'
}
