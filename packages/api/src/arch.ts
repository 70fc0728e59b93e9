// An architecture as one plain object: widths, where the kernel puts things, cache work, texts. Data first, then its DMA code.
import type { Detail, EventBody } from './events.ts'
import type { Direction } from './flags.ts'
import type { ArchName, Range } from './machine.ts'
import type { CacheOps, KernelMemory } from './memory.ts'
import type { PhysAddr } from './units.ts'

/** What an architecture does to the lines of a range. */
export type CacheLineOp = 'clean' | 'invalidate' | 'flush' | 'none'

/** By direction, as enum dma_data_direction counts: BIDIRECTIONAL, TO_DEVICE, FROM_DEVICE, NONE. */
export type CacheLineOpByDirection = readonly [CacheLineOp, CacheLineOp, CacheLineOp, CacheLineOp]

/** Cache maintenance of streaming mappings as data: what the batch engine does must be said here, for it calls no function. */
export interface ArchCache {
  /** dmac_map_area, or what arch_sync_dma_for_device does: before the device owns the range. */
  readonly forDevice: CacheLineOpByDirection
  /** dmac_unmap_area, or what arch_sync_dma_for_cpu does: when the CPU takes the range back. */
  readonly forCpu: CacheLineOpByDirection
  /** Symbols of the routines that walk the lines, for backtraces; none where they are inlined. */
  readonly symbols: Readonly<Record<Exclude<CacheLineOp, 'none'>, readonly string[]>>
  /** A partial first line is invalidated a second time, and at least one line is (v7_dma_inv_range until v4.20). */
  readonly invalidatesTwice: boolean
  /** What is marked D-cache clean (PG_dcache_clean) when a device gives a range back: nothing, the pages it covers wholly, or the folios. */
  readonly marksClean: 'nothing' | 'pages' | 'folios'
}

/** Where the kernel puts things unless the board says otherwise. */
export interface ArchLayout {
  readonly pageOffset: bigint
  readonly vmalloc: { readonly start: bigint; readonly end: bigint }
  /** Virtual address of the array of struct page, and sizeof(struct page). */
  readonly pageArray: bigint
  readonly entrySize: number
  /** Physical memory that the kernel keeps from boot on: its image, counted from the first bank, and the start of memory. Bytes. */
  readonly image: Range
  readonly lowKept: number
}

/** An access to an address that nothing is mapped at. */
export interface PageFault {
  /** Within the first page. */
  readonly nullPointer: boolean
  readonly address: string
  readonly write: boolean
}

/** Console texts of a fault. Addresses come in hex, padded to a pointer's width, without 0x. */
export interface OopsTexts {
  /** What backtraces call memcpy(). */
  readonly memcpy: string
  /** The lines of a page fault above the registers. */
  pageFault(fault: PageFault): readonly string[]
  /** The first lines when nothing answers on the bus. */
  externalAbort(address: string): readonly string[]
  /** Registers and backtrace; the innermost function comes first. */
  backtrace(path: readonly string[]): readonly string[]
}

/** What the DMA code of an architecture may touch: the machine, not a device. */
export interface ArchHost {
  readonly mem: KernelMemory
  readonly cache: CacheOps
  /** Runs `body` inside a kernel function, so that an oops shows the path. */
  call<T>(symbols: string | readonly string[], body: () => T): T
  /** As Host's: enters kernel functions, and returns what `leave` takes. */
  enter(symbols: string | readonly string[]): number
  leave(mark: number): void
  /** A loop that does not end: the modelled kernel hangs in it. */
  stall(what: string): never
  wants(detail: Detail): boolean
  emit(event: EventBody): void
}

/** The DMA code of an architecture on one machine. Sizes are bytes. */
export interface ArchDma {
  /** arch_sync_dma_for_device: before the device owns the range. */
  syncForDevice(at: PhysAddr, size: number, dir: Direction): void
  /** arch_sync_dma_for_cpu: when the CPU takes the range back. */
  syncForCpu(at: PhysAddr, size: number, dir: Direction): void
  /** arch_dma_prep_coherent: no dirty line of these pages may land in memory later. */
  prepCoherent(at: PhysAddr, size: number): void
  /** Zeroes fresh pages; the zeros reach memory before the device looks, unless it snoops (`snooped`). */
  clearBuffer(at: PhysAddr, size: number, snooped: boolean): void
}

export interface Arch {
  /** What a KernelDef names, such as `arm64`, or `arm-v4.11` for how an old release did it. */
  readonly name: string
  /** What board files call the machines it runs on (`arch:`). */
  readonly board: ArchName
  readonly source: string
  /** Bits of a pointer and of a C long. */
  readonly pointerBits: 32 | 64
  /** There is memory above the linear map, and PageHighMem() reads page->flags; else that is a constant. */
  readonly highmem: boolean
  /**
   * pfn_valid(): `memblock` = mapped memory only; `pageblock` = any memory within one pageblock; `section` = a section with a memory map
   * (the generic one).
   */
  readonly pfnValid: 'memblock' | 'pageblock' | 'section'
  /** ARCH_DMA_MINALIGN: what dma_get_cache_alignment() says at most, bytes; 1 where all devices snoop. */
  readonly dmaMinAlign: number
  /**
   * Which devices snoop (dev_is_dma_coherent): all of them, those of which nothing says otherwise (CONFIG_ARCH_DMA_DEFAULT_COHERENT), or
   * those of which something says so.
   */
  readonly snoops: 'always' | 'unless-told' | 'when-told'
  /** It allocates coherent memory of devices that do not snoop itself (arch_dma_alloc), from CMA alone where there is any. */
  readonly allocatesCoherent: boolean
  /** A shared-dma-pool without no-map is refused outright. */
  readonly poolsNeedNoMap: boolean
  readonly layout: ArchLayout
  readonly cache: ArchCache
  readonly oops: OopsTexts
  /** From the system call to the ioctl of a file, outermost first. */
  readonly syscallPath: readonly string[]
  attach(host: ArchHost): ArchDma
}
