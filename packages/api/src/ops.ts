// Op tables: struct dma_map_ops in TypeScript, and the host through which they see the machine.
import type { ArchDma } from './arch.ts'
import type { Direction } from './flags.ts'
import type { Detail, EventBody, EventName } from './events.ts'
import type { KResult } from './errno.ts'
import type { IommuHost } from './iommu.ts'
import type { IovaCalls } from './iova.ts'
import type { DeviceFacts, Range } from './machine.ts'
import type { BusTranslation, CacheOps, EntryPass, KernelMemory, PlainMaintenance } from './memory.ts'
import type { KernelFacts } from './kernel-facts.ts'
import type { Scatterlists, SgPage, SgSkip, SgTable } from './sg.ts'
import type { DmaAddr, KernelVaddr, Pfn, PhysAddr } from './units.ts'

/** struct device, as far as DMA is concerned. */
export interface Device {
  readonly name: string
  readonly facts: DeviceFacts
  /** dma_mask and coherent_dma_mask, width in bits. */
  maskBits: number
  coherentMaskBits: number
  /** The masks as values; beyond 2^53 the nearest number. */
  readonly dmaMask: number
  readonly coherentDmaMask: number
  /** dev->dma_mem, or null. */
  readonly pool: CoherentPoolView | null
  /** dev->cma_area: the CMA area that memory-region gives it. Absent: the default one serves it. */
  readonly cmaArea?: string | undefined
  /** For each further memory-region: a child device that owns that pool (of_reserved_mem_device_init_by_idx). */
  readonly memDevices: readonly Device[]
  /** Name of the op table it got. */
  readonly opsName: string
}

/** struct dma_coherent_mem, as code outside the pool may read it. */
export interface CoherentPoolView {
  readonly name: string
  readonly virtBase: KernelVaddr
  readonly deviceBase: DmaAddr
  readonly physBase: PhysAddr
  /** Pages, a C int. */
  readonly pages: number
}

/** Memory that dma_alloc_attrs() returned. `cpuAddr` is a cookie (struct page) under NO_KERNEL_MAPPING. */
export interface Coherent {
  readonly cpuAddr: KernelVaddr
  readonly handle: DmaAddr
}

/** struct vm_area_struct, as far as mmap operations read it: what a task asks for. */
export interface UserArea {
  /** vm_pgoff: the first page, as it counts in the file. */
  readonly pgoff: number
  /** vm_end - vm_start: bytes, whole pages. */
  readonly len: number
}

/** A user mapping made by mmap: physical pages and how the CPU caches them. */
export interface UserMapping {
  readonly phys: PhysAddr
  readonly len: number
  readonly kind: 'cached' | 'uncached' | 'writecombine'
  /** Page frames in order, when they are not consecutive; `phys` is then the first byte's address. */
  readonly pages?: readonly Pfn[]
  /** Whose memory it is, where that is known: a queue that takes the mapping by address does not own it. */
  readonly owner?: string
  /** Its address in the task, where that is known. */
  readonly at?: number
  /** The task may not write there (no PROT_WRITE). */
  readonly readOnly?: boolean
  /** VM_PFNMAP: page table entries without page references (remap_pfn_range); such memory cannot be pinned. */
  readonly pfnMap?: boolean
}

/**
 * struct dma_map_ops. Lengths are bytes; `attrs` are DMA_ATTR_* bits. All methods are always there: what a table lacks does
 * nothing or refuses, and `caps` says so.
 */
export interface DmaOps {
  /** ENOMEM. */
  alloc(size: number, attrs: number, owner: string): KResult<Coherent>
  /** As alloc, for a caller that may not sleep (GFP_ATOMIC). ENOMEM. */
  allocAtomic(size: number, attrs: number, owner: string): KResult<Coherent>
  free(size: number, cpuAddr: KernelVaddr, handle: DmaAddr, attrs: number): void
  /** ENXIO outside the allocation. `pgoff` and `userLen` as in vm_area_struct. */
  mmap(
    cpuAddr: KernelVaddr,
    handle: DmaAddr,
    size: number,
    pgoff: number,
    userLen: number,
    attrs: number,
  ): KResult<UserMapping>
  /** ENXIO for memory that has no struct page, where the kernel checks; ENOMEM. */
  getSgtable(cpuAddr: KernelVaddr, handle: DmaAddr, size: number, attrs: number): KResult<SgTable>
  /** EIO stands for DMA_MAPPING_ERROR. */
  mapPage(page: SgPage, offset: number, size: number, dir: Direction, attrs: number): KResult<DmaAddr>
  unmapPage(handle: DmaAddr, size: number, dir: Direction, attrs: number): void
  /** Maps the first `nents` entries; the value is the number of DMA segments. EIO/EINVAL/ENOMEM: nothing stays mapped. */
  mapSg(table: SgTable, nents: number, dir: Direction, attrs: number): KResult<number>
  unmapSg(table: SgTable, nents: number, dir: Direction, attrs: number): void
  mapResource(at: PhysAddr, size: number, dir: Direction, attrs: number): KResult<DmaAddr>
  unmapResource(handle: DmaAddr, size: number, dir: Direction, attrs: number): void
  syncSingleForCpu(handle: DmaAddr, size: number, dir: Direction): void
  syncSingleForDevice(handle: DmaAddr, size: number, dir: Direction): void
  syncSgForCpu(table: SgTable, nents: number, dir: Direction): void
  syncSgForDevice(table: SgTable, nents: number, dir: Direction): void
  dmaSupported(maskBits: number): boolean
  /** Bits a device needs to reach all memory. */
  requiredMaskBits(): number
  /** Largest single mapping, bytes; Infinity without a limit. */
  maxMappingSize(): number
}

/** Facts about a table, each with both answers testable. */
export interface DmaOpsCaps {
  /** get_sgtable on memory without struct page: -ENXIO, a page pointer that does not exist, or the handle carried along. */
  readonly pageless: 'refused' | 'fabricated' | 'carried'
  /** Streaming maps do cache maintenance for this device. */
  readonly maintainsCaches: boolean
  /** sync calls look at the struct page / linear mapping of the memory. */
  readonly syncTouchesPage: boolean
  /** Adjacent entries may come out as one segment. */
  readonly mergesSegments: boolean
  /** Unreachable addresses are bounced instead of refused. */
  readonly bounces: boolean
  /** The device sees translated addresses. */
  readonly translates: boolean
}

export interface DmaOpsDef {
  readonly name: string
  /** What it models: release, file. */
  readonly source: string
  readonly caps: DmaOpsCaps
  /**
   * Kernel functions of the call path per operation, outermost first, as a backtrace would show them. A patch of one of them gets the
   * operation. allocAtomic is alloc's unless it says otherwise.
   */
  readonly symbols: Readonly<Partial<Record<keyof DmaOps, readonly string[]>>>
  attach(device: Device, host: Host): DmaOps
}

/** The bounce pool of a device (dev->dma_io_tlb_mem), with the device's own alignment and windows. */
export interface Swiotlb {
  readonly name: string
  readonly start: PhysAddr
  /** Slots of 2 KiB. */
  readonly slots: number
  /** is_swiotlb_force_bounce: everything bounces. */
  readonly force: boolean
  /** is_swiotlb_for_alloc: coherent memory comes from here too (restricted pools). */
  readonly forAlloc: boolean
  /** swiotlb_find_pool: does the address lie in the pool? */
  contains(at: PhysAddr): boolean
  /**
   * swiotlb_tbl_map_single: takes slots, copies the original in, and returns the bounce address; undefined when no run of slots
   * fits. `allocAlignMask` is what the caller needs aligned; `cpu` chooses the area to begin with.
   */
  tblMapSingle(
    orig: PhysAddr,
    size: number,
    allocAlignMask: number,
    dir: Direction,
    attrs: number,
    cpu?: number,
  ): PhysAddr | undefined
  /** swiotlb_tbl_unmap_single: copies back unless SKIP_CPU_SYNC or to-device, and frees the slots. */
  tblUnmapSingle(tlb: PhysAddr, size: number, dir: Direction, attrs: number): void
  syncSingleForDevice(tlb: PhysAddr, size: number, dir: Direction): void
  syncSingleForCpu(tlb: PhysAddr, size: number, dir: Direction): void
  /** swiotlb_max_mapping_size, bytes. */
  maxMappingSize(): number
  /** swiotlb_alloc, swiotlb_free: whole pages of a restricted pool. ENOMEM. */
  alloc(size: number): KResult<PhysAddr>
  free(at: PhysAddr, size: number): void
  /** Per area: slots in use, and where the next search begins. */
  areas(): readonly { readonly used: number; readonly index: number }[]
  /** Per slot: free slots from here to the end of the run. */
  freeRuns(): readonly number[]
}

/** What an atomic allocation needs of a pool. */
export interface AtomicRequest {
  readonly owner: string
  /** The zone that the device's limit asks for. */
  readonly zone: 'dma' | 'dma32' | 'normal'
  /** No warning when the pools are exhausted (NO_WARN). */
  readonly quiet?: boolean
  /** Does the device reach it? Another pool is tried when not. */
  readonly reachable?: (at: PhysAddr, size: number) => boolean
}

export interface AtomicMemory {
  readonly cpuAddr: KernelVaddr
  readonly phys: PhysAddr
}

export interface SwiotlbInit {
  readonly start: PhysAddr
  readonly slots: number
  readonly areas: number
  readonly force: boolean
}

/** Everything an op table may touch. One per device. */
export interface Host {
  readonly device: Device
  readonly kernel: KernelFacts
  /** Entries that composed patches exempt from the loops of an operation. */
  readonly skip: Readonly<Record<'map' | 'unmap' | 'sync', SgSkip>>
  /** The device's final table, patches applied (get_dma_ops). Call through it where the kernel does. */
  ops(): DmaOps
  /** Another op table for this device, patches applied: for a table that hands over to it, or calls one of its functions. */
  table(name: string): DmaOps
  readonly mem: KernelMemory
  readonly cache: CacheOps
  /** The DMA code of the architecture (arch_sync_dma_for_device and the like), for this device. */
  readonly arch: ArchDma
  /** What `arch` does with ordinary memory, for calls of the engine that do it in passing; null where only `arch` knows what that is. */
  readonly plainMaintenance: PlainMaintenance | null
  /** Functions that patches export, by kernel name. */
  readonly exports: Readonly<Record<string, (...args: never[]) => unknown>>
  /** Bus address of a physical address through this device's windows; undefined where no window matches. */
  physToDma(at: PhysAddr): DmaAddr | undefined
  dmaToPhys(at: DmaAddr): PhysAddr | undefined
  /** sg_alloc_table: zeroed entries. ENOMEM, EINVAL for 0. */
  sgAlloc(entries: number): KResult<SgTable>
  sgFree(table: SgTable): void
  /** The other functions of lib/scatterlist.c. */
  readonly sg: Scatterlists
  /** One pass over a list: batches of ordinary entries in a call of the engine, `each` for the others; false ends it. The value: entries handled. */
  forEachEntry(table: SgTable, nents: number, pass: EntryPass, each: (index: number) => boolean): number
  /** Runs `body` inside a kernel function, so that an oops shows the path. */
  call<T>(symbols: string | readonly string[], body: () => T): T
  /** The same for paths that run often, without a function in between: enters kernel functions, and returns what `leave` takes. */
  enter(symbols: string | readonly string[]): number
  /** Not needed behind a fault, which leaves them by itself. */
  leave(mark: number): void
  /** BUG(): stops the modelled kernel. */
  bug(what: string): never
  /** A loop that does not end: the modelled kernel hangs in it. */
  stall(what: string): never
  printk(level: 'err' | 'warn' | 'info' | 'debug', text: string): void
  wants(detail: Detail): boolean
  emit(event: EventBody): void
  /** Tells the name of so many events, 1 by default, where whoever listens needs no more of them. False: emit() them. */
  tellName(name: EventName, count?: number): boolean
  /** True when failure injection says that this call fails; each call counts. */
  injected(what: string): boolean
  /** dma_declare_coherent_memory: a pool of its own; `deviceAddr` null means the address that its windows give. EINVAL, EBUSY. */
  declareCoherentMemory(at: PhysAddr, deviceAddr: DmaAddr | null, size: number): KResult<void>
  /** dma_release_coherent_memory: the device has no pool any more, and the kernel's mapping of it is gone, whatever is in use. */
  releaseCoherentMemory(): void
  /** dma_alloc_from_dev_coherent: undefined when the device has no pool. ENOMEM. */
  allocFromDevCoherent(size: number, owner: string): KResult<Coherent> | undefined
  /** dma_release_from_dev_coherent: false when the memory is not of this device's pool. */
  releaseFromDevCoherent(order: number, cpuAddr: KernelVaddr): boolean
  /** dma_mmap_from_dev_coherent: undefined when the memory is not of this device's pool. */
  mmapFromDevCoherent(
    cpuAddr: KernelVaddr,
    size: number,
    pgoff: number,
    userLen: number,
  ): KResult<UserMapping> | undefined
  /** dma_alloc_from_contiguous for this device: of its CMA area, the default one, or pages where there is none. EBUSY, ENOMEM. */
  allocContiguous(len: number, options: { readonly owner: string; readonly limit?: number }): KResult<Pfn>
  /** dma_alloc_contiguous for this device: undefined when CMA has nothing for it and the caller shall take pages. */
  allocFromCma(len: number, owner: string): Pfn | undefined
  /** Why CMA has nothing for this device, in sizes: the reason where the pages in its place are refused, too. */
  cmaLacks(len: number): string
  /** dma_alloc_from_pool: zeroed memory of the pools for atomic allocations. ENOMEM. */
  allocFromAtomicPool(size: number, request: AtomicRequest): KResult<AtomicMemory>
  /** dma_free_from_pool: false when the memory is of no such pool. */
  freeToAtomicPool(cpuAddr: KernelVaddr, size: number): boolean
  /** The enabled IOMMU in front of the device, or null. */
  readonly iommu: IommuHost | null
  /** The device's bounce pool; null when it has none. */
  swiotlb(): Swiotlb | null
  /** swiotlb_init_io_tlb_pool: gives the device a pool at a stated place. */
  initSwiotlb(init: SwiotlbInit): void
  /** RAM as the kernel counts it, in order. */
  readonly ram: readonly Range[]
  /** dma_get_cache_alignment, bytes. */
  readonly cacheAlignment: number
  /** dma_kmalloc_needs_bounce: a buffer so small may share cache lines with others, and this device does not snoop. */
  kmallocNeedsBounce(size: number, dir: Direction): boolean
  /** The same of any of the first `nents` entries of a list. */
  kmallocSgNeedsBounce(list: SgTable, nents: number, dir: Direction): boolean
  /** What stands between the device and its bus (an IOMMU) answers the device's accesses from now on; null: nothing does. */
  setBusTranslation(translation: BusTranslation | null): void
  /** dev->dma_iommu: the device maps in two steps through these calls from now on (dma_iova_*). */
  offerIova(calls: IovaCalls): void
  /** A resource that this op table hands out: `live` counts what it has not got back, for the laboratory's balance. */
  counts(what: string, live: () => number): void
  /** Timers and delayed work of this device's code: `listener` gets every stretch of modelled time, milliseconds. */
  onTimePassed(listener: (ms: number) => void): void
}
