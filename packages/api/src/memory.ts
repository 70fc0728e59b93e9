// What the memory room offers to kernel code (op tables, allocators) and to devices.
import type { Direction } from './flags.ts'
import type { KResult } from './errno.ts'
import type { SgPage, SgSkip } from './sg.ts'
import type { DmaAddr, KernelVaddr, Pfn, PhysAddr } from './units.ts'

/** How a kernel mapping treats the CPU's caches. */
export type MapKind = 'cached' | 'uncached' | 'writecombine'

/** The kernel's address space and its page allocator, as code below the DMA API sees them. */
export interface KernelMemory {
  /** The kernel's own predicate; not the same as "has a struct page" nor "is linearly mapped". */
  pfnValid(pfn: Pfn): boolean
  /** Kernel virtual address of the struct page that pfn_to_page() computes; whether one is there is another matter. */
  pageStructAddress(pfn: Pfn): KernelVaddr
  /** Arithmetic on a page pointer as page_to_pfn() does it: exact for a page, nonsense for a foreign address. */
  pageToPfn(page: SgPage): Pfn
  hasStructPage(pfn: Pfn): boolean
  /** pfn lies above the linear map. */
  isHighmemPfn(pfn: Pfn): boolean
  /**
   * PageHighMem(page): reads page->flags. A pointer outside the page array faults (SimulatedOops); one that reads other
   * bytes answers from those bytes and reports type confusion.
   */
  pageHighMem(page: SgPage): boolean
  /**
   * The 32-bit word `offset` bytes into what a page pointer points at, when that is not a struct page: bytes that lie there, reported as
   * type confusion, or a fault. Undefined for a real struct page, whose members the other predicates tell.
   */
  pageWord(page: SgPage, offset: number): number | undefined
  /** page_address()/phys_to_virt() in the linear map; arithmetic only, the result may be unmapped. */
  linearAddress(at: PhysAddr): KernelVaddr
  /** Is there a kernel mapping of this highmem page now (kmap)? */
  kmapped(pfn: Pfn): boolean
  /** kmap(): a lasting mapping of a highmem page, counted; any other page has its linear address. ENOMEM: all slots are taken. */
  kmap(pfn: Pfn): KResult<KernelVaddr>
  kunmap(pfn: Pfn): void
  /** memremap/ioremap/vmap of a physical range into the vmalloc window. */
  remap(at: PhysAddr, len: number, kind: MapKind): KResult<KernelVaddr>
  /** vmap()/vm_map_ram(): pages from anywhere, side by side in the vmalloc window; undone by unmap. */
  vmap(pages: readonly Pfn[], kind: MapKind): KResult<KernelVaddr>
  unmap(at: KernelVaddr): void
  /** Changes how the linear map caches a range (arm __dma_remap); `cached` restores it. */
  setLinearKind(at: PhysAddr, len: number, kind: MapKind): void
  /** Physical address and kind behind a kernel virtual address; undefined when nothing is mapped there. */
  resolve(at: KernelVaddr): { readonly phys: PhysAddr; readonly kind: MapKind } | undefined
  /** memset through a kernel mapping; faults when unmapped. */
  memset(at: KernelVaddr, byte: number, len: number): void
  /** memcpy between kernel addresses; faults when unmapped. */
  memcpy(to: KernelVaddr, from: KernelVaddr, len: number): void
  /** clear_highpage: zeroes one page through a temporary cached mapping. */
  zeroHighmemPage(at: PhysAddr): void
  /**
   * Memory that is put together from several allocations lies in several places (the default), or in one as far as it goes: in a real
   * system that is chance.
   */
  scattered: boolean
  /**
   * What lies on the kernel's stack behind a local variable, for code that takes it for page pointers: in a real system that is chance.
   * Zeroes (NULL pointers) where nothing is stated.
   */
  strayPages: readonly SgPage[]
  /** totalram_pages at boot, in bytes. */
  readonly totalRam: number
  /** Physically contiguous pages from the buddy allocator; `limit` is the highest physical address allowed, inclusive. */
  allocPages(len: number, options?: AllocOptions): KResult<Pfn>
  freePages(pfn: Pfn, len: number): void
  /** dma_alloc_from_contiguous: memory of a CMA area, of the default one unless told; of the buddy allocator when there is none. EBUSY, ENOMEM. */
  allocContiguous(len: number, options?: AllocOptions): KResult<Pfn>
  freeContiguous(pfn: Pfn, len: number): void
  /** dma_alloc_contiguous: from a CMA area where there is one for this size; undefined when the caller shall take pages. */
  allocFromCma(len: number, options?: AllocOptions): Pfn | undefined
  /** Why a CMA area, or the default one, does not give so much, for people. */
  cmaLacks(len: number, area?: string): string
  /** Who owns a physical range, for people and for the foreign-memory check. */
  own(at: PhysAddr, len: number, owner: string): void
  disown(at: PhysAddr, len: number): void
  ownerAt(at: PhysAddr): string | undefined
}

export interface AllocOptions {
  readonly limit?: number
  /** Alignment, bytes, power of two; default one page. */
  readonly align?: number
  readonly owner?: string
  /** Take highmem (arm) when there is some. */
  readonly highmem?: boolean
  /** Nothing below this address, as if what lies there were in use. */
  readonly above?: number
  /** Memory of the boot only: the highest place that fits, in place of the lowest. */
  readonly highest?: boolean
  /** CMA area to take from (dev->cma_area); absent: the default area. */
  readonly area?: string
  /** CMA only, asked for each range that fits: are its pages pinned, so that the next one has to be tried? */
  readonly busy?: () => boolean
}

/** Cache maintenance primitives of the architecture. Virtual ranges fault (SimulatedOops) when unmapped. */
export interface CacheOps {
  /** Bytes of one inner line. */
  readonly lineSize: number
  /** VIPT aliasing: a highmem page without a live mapping needs no inner maintenance. */
  readonly aliasing: boolean
  /** Line operations done so far and lines they wrote back, by the hooks below and the batch loops. */
  counters(): { readonly lines: number; readonly writtenBack: number }
  /** dmac_map_area: before the device owns the range. */
  dmacMap(at: KernelVaddr, len: number, dir: Direction): void
  /** dmac_unmap_area: when the CPU takes the range back. */
  dmacUnmap(at: KernelVaddr, len: number, dir: Direction): void
  dmacFlush(at: KernelVaddr, len: number): void
  /** dmacMap and dmacUnmap on the linear address of a range, which goes without saying for most memory: no address is computed for it. */
  dmacMapLinear(at: PhysAddr, len: number, dir: Direction): void
  dmacUnmapLinear(at: PhysAddr, len: number, dir: Direction): void
  /**
   * The short way of all that the architecture does before a device owns a range (`map`), or when the CPU takes it back (`unmap`), as
   * ArchCache says it. False, and nothing was done: the range is not ordinary memory with a struct page and a linear address each, or
   * there is more to do or to tell than one pass over inner lines.
   */
  maintainPlain(hook: 'map' | 'unmap', at: PhysAddr, len: number, dir: Direction): boolean
  /** The same by physical address for a highmem page mapped for the moment (kmap_atomic). */
  dmacMapPhys(at: PhysAddr, len: number, dir: Direction): void
  dmacUnmapPhys(at: PhysAddr, len: number, dir: Direction): void
  dmacFlushPhys(at: PhysAddr, len: number): void
  outerInv(at: PhysAddr, len: number): void
  outerClean(at: PhysAddr, len: number): void
  outerFlush(at: PhysAddr, len: number): void
  /** Set PG_dcache_clean on a page. */
  markPageClean(pfn: Pfn): void
}

/**
 * maintainPlain() in two halves, around a call of the engine that does the lines in passing (IommuPlain). -1 as work: such memory, or
 * whoever listens, must have the long way.
 */
export interface PlainMaintenance {
  /** Ordinary memory as the last mapWork() found it: bytes [from, end). */
  readonly from: number
  readonly end: number
  /** 1: a partial first line is invalidated twice (ArchCache.invalidatesTwice). */
  readonly old: number
  /** What is to be done before a device owns a range of ordinary memory, as the engine counts it; 0: nothing. */
  mapWork(at: number, len: number, dir: Direction): number
  /** What is to be done when the CPU takes back memory of [from, end). */
  unmapWork(dir: Direction): number
  /** The engine has done it: the lines count, and pages are marked. */
  mapped(work: number): void
  unmapped(work: number, at: number, len: number): void
}

/** How a pass over the entries of a list goes (Host.forEachEntry). */
export interface EntryPass {
  /** Operation that the cache_summary event names; null: none is reported. */
  readonly summary: string | null
  readonly dir: Direction
  /** `map`: before the device owns it; `unmap`: after; `none`: no maintenance. */
  readonly maintain: 'map' | 'unmap' | 'none'
  /** Entries that are left alone. */
  readonly skip: SgSkip
  /** Write dma_address and dma_length (map), or leave them (unmap, sync). */
  readonly assign: boolean
  /** The memory is found by dma_address instead of the page (unmap, sync). */
  readonly byBusAddress: boolean
  /** The length is dma_length (unmap of lists where it may differ). */
  readonly byDmaLength: boolean
  /** An entry whose bus address passes the device's mask or bus limit needs the per-entry way. */
  readonly checkReach: boolean
  /** The per-entry function is the table's own, unwrapped: the batch loop may do its work. */
  readonly batch: boolean
}

/** What a device sends over the bus; expectations make it a comparison. */
export interface BusAccess {
  readonly at: DmaAddr
  readonly len: number
  /** Buffer the driver believes it accesses; another owner there is foreign memory. */
  readonly owner?: string
  readonly buffer?: string
  /** Bytes of the buffer that lie before this access; 0 when absent. */
  readonly offset?: number
}

export interface BusReadResult {
  readonly bytes: number
  readonly wrong: number
  readonly firstWrong: number
  /** Where nothing answered: an IOMMU fault or a hole. */
  readonly blocked: number
  readonly foreign?: string
}

/** Seeded content: byte i of the stream depends on `seed` and `offset + i` only. */
export interface Content {
  readonly seed: number
  readonly offset?: number
}

/** A device's view of memory: bus addresses through its own windows and IOMMU, snooping or not. */
export interface DeviceBus {
  write(access: BusAccess, content: Content | Uint8Array): BusReadResult
  /** Reads and, with an expectation, compares every byte. A number is a byte that every byte must equal. */
  read(access: BusAccess, expect?: Content | Uint8Array | number): BusReadResult
  /** Reads the bytes themselves. */
  fetch(access: BusAccess): Uint8Array
}

/** A stretch of a device's access: where it ends up, or why nothing answers. */
export type BusPart =
  | { readonly phys: PhysAddr; readonly len: number }
  | { readonly fault: string; readonly len: number }

/** Translates a device's access as its IOMMU does. The parts cover [at, at + len) in order. */
export type BusTranslation = (at: DmaAddr, len: number, write: boolean) => readonly BusPart[]
