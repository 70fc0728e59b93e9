// A machine as plain data: what a board is, before any kernel runs on it. Written in YAML or read from a device tree.

/** `arm`, `arm64`, `riscv64`, `x86_64`, or one that a plug-in brings (Arch.board). */
export type ArchName = string

/** Machines that run kernels of a smaller architecture, too: a Raspberry Pi 4 with a 32-bit system is one. */
const ALSO_RUNS: Readonly<Record<ArchName, readonly ArchName[]>> = { arm64: ['arm'] }

/** Does a machine run kernels of this architecture? */
export const runsKernelsOf = (machine: ArchName, kernel: ArchName): boolean =>
  machine === kernel || ALSO_RUNS[machine]?.includes(kernel) === true

/** Physical range [base, base + len), bytes. */
export interface Range {
  readonly base: number
  readonly len: number
}

export interface Machine {
  readonly name: string
  readonly title: string
  readonly arch: ArchName
  readonly cpu: Cpu
  /** RAM banks that the kernel knows. */
  readonly memory: readonly Range[]
  readonly reserved: readonly ReservedRegion[]
  /** Highest CPU address that every bus with DMA windows reaches, inclusive; absent: as the devices' own windows say. */
  readonly dmaLimit?: number
  /** Where the kernel puts things; absent parts take the architecture's usual values. */
  readonly layout: KernelLayout
  readonly iommus: readonly IommuFacts[]
  readonly devices: readonly DeviceFacts[]
  /** What the board has and nothing uses: its device tree switches it off. Absent: nothing is known of such. */
  readonly disabled?: readonly DisabledDevice[]
  /** gst-launch element factory -> device name: the visible table that binds a pipeline to this board. */
  readonly bindings: Readonly<Record<string, string>>
  /** Where each fact comes from (node path, data sheet); for people only. */
  readonly sources?: Readonly<Record<string, string>>
  /** Facts above that no input stated: whoever filled them in says so here. Absent: all are stated. */
  readonly assumed?: readonly AssumedFact[]
}

/**
 * What was filled in:
 * - `mask`: maskBits of `device`
 * - `line-size`: bytes of a cache line
 * - `memory`: where memory starts; its size was given
 * - `cma`: size and place of the default CMA area, which a kernel's configuration decides
 */
export type AssumableFact = 'mask' | 'line-size' | 'memory' | 'cma'

export interface AssumedFact {
  readonly fact: AssumableFact
  /** Whose mask. */
  readonly device?: string
  /** Where the value comes from instead. */
  readonly why: string
}

export type LineSize = 16 | 32 | 64

export interface Cpu {
  readonly compatible?: string
  /** Bytes of one inner cache line. */
  readonly lineSize: LineSize
  /** Cache writeback granule (CTR_EL0.CWG), bytes: what dma_get_cache_alignment() says. The line size when absent. */
  readonly writebackGranule?: number
  /** VIPT aliasing data cache (ARMv6 and some ARMv7): highmem without a live mapping skips inner maintenance. */
  readonly aliasing: boolean
  /** Outer cache with maintenance by physical address, such as a PL310. */
  readonly outer?: { readonly model: 'l210' | 'pl310'; readonly lineSize: 32 }
  /** An emulator that models no caches (QEMU's TCG): nothing is stale, and maintenance of an unmapped address does nothing. */
  readonly emulated?: boolean
  /** `none`: no instructions for cache maintenance (RISC-V without Zicbom); `checked`: in spite of `emulated`, unmapped addresses fault. */
  readonly cacheOps?: 'none' | 'checked'
  /** RISC-V only, false: no memory types in page tables (Svpbmt), so memory of devices that do not snoop stays cached for the CPU. */
  readonly svpbmt?: boolean
}

export interface ReservedRegion extends Range {
  readonly name: string
  /** `shared-dma-pool`, `restricted-dma-pool`, or nothing. */
  readonly compatible?: string
  readonly noMap: boolean
  readonly reusable: boolean
  /** linux,cma-default / linux,dma-default. */
  readonly default?: 'cma' | 'dma'
}

export interface KernelLayout {
  /** Kernel virtual address of the first byte of linearly mapped memory. */
  readonly pageOffset?: bigint
  /** Physical end of the linear map (32-bit ARM: lowmem end); memory above is highmem. Absent: all memory is linearly mapped. */
  readonly lowmemEnd?: number
  /** Window for vmalloc, ioremap and memremap. */
  readonly vmalloc?: { readonly start: bigint; readonly end: bigint }
  readonly pageArray?: PageArray
  /** Where the kernel put its bounce pool, as its log says ("software IO TLB: mapped [mem ...]"). */
  readonly bouncePool?: number
  /** Physical ranges with a linear mapping. Absent: RAM without no-map regions and highmem. */
  readonly linear?: readonly Range[]
}

/** The array of struct page. */
export interface PageArray {
  /** Kernel virtual address of the entry of the first page of the first memory bank. */
  readonly base: bigint
  /** sizeof(struct page), bytes. */
  readonly entrySize: number
  /** Physical ranges whose entries exist. Absent: derived from memory, no-map regions and the kernel's rules. */
  readonly covers?: readonly Range[]
  /**
   * What a read of an entry outside `covers` meets: no mapping at all (oops), or memory used for something else that holds
   * this 32-bit word everywhere.
   */
  readonly holes: 'unmapped' | { readonly word: number }
}

export interface IommuFacts {
  readonly name: string
  readonly model: string
  readonly enabled: boolean
}

export type DeviceClass =
  | 'codec'
  | 'converter'
  | 'display'
  | 'camera'
  | 'isp'
  | 'gpu'
  | '2d'
  | 'jpeg'
  | 'network'
  | 'storage'
  | 'dma-engine'
  | 'other'

/** One DMA master. */
export interface DeviceFacts {
  readonly name: string
  readonly title?: string
  readonly compatible?: string
  readonly class: DeviceClass
  /** Does it snoop the CPU's caches? */
  readonly coherent: boolean
  /** Streaming and coherent DMA mask, width in bits 1..64. */
  readonly maskBits: number
  readonly coherentMaskBits?: number
  /** Highest bus address the interconnect carries, inclusive. */
  readonly busLimit?: number
  /** CPU address -> bus address windows; absent: the bus address is the CPU address. */
  readonly dmaRanges?: readonly DmaRange[]
  /** Name of the IOMMU in front of it. */
  readonly iommu?: string
  /** memory-region: names of reserved regions, in order. */
  readonly pools: readonly string[]
  /** dma_parms.max_segment_size, bytes; 64 KiB when absent. */
  readonly maxSegmentSize?: number
  /** dma_parms.min_align_mask: address bits that a bounce must keep; none when absent. */
  readonly minAlignMask?: number
  /** Width of dma_parms.segment_boundary_mask; absent: none, or 32 of a PCI function. */
  readonly segmentBoundaryBits?: number
  /** The masks themselves where they are not a run of ones; else the widths above say all. */
  readonly oddMask?: number
  readonly oddCoherentMask?: number
  /** Name of the driver model; absent: the one for its class. */
  readonly driver?: string
  /** Name that kernel messages give its driver; absent: that of the driver model, where one serves it. */
  readonly driverName?: string
  /** Bus addresses behind its IOMMU that the kernel sets aside (iommu_get_resv_regions). */
  readonly iommuRegions?: readonly IommuRegion[]
  /** It is a PCI function. Absent: it is not. */
  readonly pci?: PciFacts
}

/** A device that is there, and that no driver gets: the status of its node, or of one above it, says so. */
export interface DisabledDevice {
  readonly name: string
  /** Path of its node. */
  readonly title: string
  readonly compatible?: string
  readonly class: DeviceClass
  /** Path of the node whose status it is; the device's own when absent. */
  readonly by?: string
}

/** struct iommu_resv_region. Bus addresses. */
export interface IommuRegion extends Range {
  /**
   * `direct`: mapped one to one before the driver starts; `direct-relaxable`: likewise; `reserved`: never handed out; `msi`: the hardware's
   * window for message interrupts, never handed out; `sw-msi`: the kernel places it itself, so nothing is set aside.
   */
  readonly type: 'direct' | 'direct-relaxable' | 'reserved' | 'msi' | 'sw-msi'
}

/** What a PCI function gets from its host bridge and the ports above it. */
export interface PciFacts {
  /** A port above it is external-facing (Thunderbolt and the like): the kernel does not trust it. */
  readonly untrusted: boolean
  /** The bridge's memory windows, as bus addresses: a DMA address there would reach another card. */
  readonly windows: readonly Range[]
}

export interface DmaRange {
  readonly cpu: number
  readonly bus: number
  readonly len: number
}
