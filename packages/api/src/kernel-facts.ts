// Release facts: what other rooms read of a kernel instead of its version. Every fact has a value: nothing is said by leaving one out.
import type { Arch } from './arch.ts'
import type { StatedBank, StatedCma } from './kernel-params.ts'
import type { MediaFacts } from './media-facts.ts'
import type { KernelText, TraceRelease } from './kernel-logs.ts'

/** What a release is like on every architecture, with the options in force. Rooms read these; no room compares versions. */
export interface ReleaseFacts {
  readonly release: string
  /** Attribute bits by name: those of the release (attrsOf), then those of patches. */
  readonly attrs: Readonly<Record<string, number>>
  /** What becomes of a no-map region inside a bank: removed from memory, or kept with struct pages but no linear map (v5.12 on). */
  readonly noMap: 'removed' | 'kept'
  /** Attributes that vb2 importers pass to dma_map_sg (SKIP_CPU_SYNC since v4.15 or so). */
  readonly vb2ImportAttrs: number
  /** Attributes that DRM PRIME importers pass to dma_map_sg. */
  readonly primeImportAttrs: number
  /** DQBUF unmaps an imported dma-buf (4.11), or keeps it mapped until the buffer changes. */
  readonly dqbufUnmaps: boolean
  /** DMABUF_DEBUG: page pointers handed to importers are mangled, or replaced by copies without pages. */
  readonly dmabufDebug: 'none' | 'mangle' | 'page-less'
  /** What CONFIG_DMABUF_DEBUG does to the lists of importers: mangled page pointers, or copies without pages (since v7.0). */
  readonly dmabufDebugTables: 'mangle' | 'page-less'
  /** dma_buf_ops has kmap (until v5.6). */
  readonly dmabufKmap: boolean
  /** A failed per-device pool allocation fails the call (else it falls back to general memory unless the pool is exclusive). */
  readonly poolIsFinal: boolean
  /** The release whose trace events it prints; one from before the `dma` events has the oldest that are known. */
  readonly traceFormat: TraceRelease
  /** The release whose dma-debug it has: texts, types and set of checks. */
  readonly dmaDebug: KernelText
  /** Free of per-device pool memory is traced. */
  readonly tracesPoolFree: boolean
  /** Call paths, texts and answers of drivers/media and drivers/dma-buf. */
  readonly media: MediaFacts
  /** sg_split() ends with its last list, as a fix would have it; stock kernels count on when that list ends inside an entry. */
  readonly sgSplitEnds: boolean
  /** CONFIG_ARM_DMA_IOMMU_ALIGNMENT: order of the largest alignment of bus addresses, in pages (op tables of arch/arm). */
  readonly iommuAlignment: number
  /** How dma-iommu works: invalidate at once, and translate at all (`iommu.strict`, `iommu.passthrough`). */
  readonly iommu: { readonly strict: boolean; readonly passthrough: boolean }
  /** io-pgtable asked to unmap a part of a block: it splits the block, or unmaps nothing and warns. */
  readonly iommuPartialUnmap: 'split' | 'refused'
  /** IOMMU bugs that a patch corrects; false: as the release has them. */
  readonly iommuFixV7sSplit: boolean
  readonly iommuFixV7sSupersection: boolean
  readonly iommuFixOverwrite: boolean
  readonly iommuFixSegmentLimit: boolean
  readonly iommuFixUnmapAtTop: boolean
  /** What swiotlb_init() makes; null where the kernel has no swiotlb. */
  readonly swiotlb: SwiotlbPolicy | null
  /** RAM that the kernel uses at most (`mem=`), bytes; the rest answers on the bus all the same. null: all of it. */
  readonly memLimit: number | null
  /** No RAM from this address on is used (`mem=` of x86). null: all of it. */
  readonly memTop: number | null
  /** RAM as the command line states it in the place of the board's (`mem=nn@ss` of arm); the rest answers on the bus all the same. */
  readonly memBanks: readonly StatedBank[] | null
  /** Memory that is remapped for devices that do not snoop stays cached all the same (RISC-V without Svpbmt; the machine decides). */
  readonly cachedRemaps: boolean
  /** `cma=`: size and place of the default CMA area, bytes; size 0: none. null: what the board says. */
  readonly cma: StatedCma | null
  /** Memory for coherent allocations that may not sleep; null where the kernel keeps none. */
  readonly atomicPools: AtomicPoolPolicy | null
  /** zone_dma_limit where the kernel has ZONE_DMA: smaller masks than this are refused. null: there is no such zone. */
  readonly zoneDmaLimit: number | null
  /**
   * Where ZONE_DMA ends: at that limit (`fixed`), where the tree's dma-ranges end it (arm64), at the next power of two behind that
   * (`dma-range-bits`, arm64 until v6.11), or with low memory, whatever the limit (arm).
   */
  readonly zoneDmaEnd: 'fixed' | 'dma-ranges' | 'dma-range-bits' | 'lowmem'
  /** CONFIG_HIGHMEM, or an architecture whose linear map holds all memory: RAM above the linear map is used. */
  readonly highmem: boolean
  /** MAX_PAGE_ORDER: order of the largest block of the buddy allocator. */
  readonly maxPageOrder: number
  /** Bus windows: the first one's offset serves every address (dma_pfn_offset, until v5.9), or all are kept. */
  readonly busWindows: 'one-offset' | 'ranges'
  /** A reserved-memory pool hands out physical addresses whatever the device's windows (until v4.13). */
  readonly poolIgnoresWindows: boolean
  /** There are per-device pools (CONFIG_HAVE_GENERIC_DMA_COHERENT); else coherent memory is general memory. */
  readonly devicePools: boolean
  /** The length of a per-device pool is computed in a C int: one of 2 GiB gives nothing (v4.11; v6.12 widens it first). */
  readonly poolLengthIsInt: boolean
  /** Sync calls of a coherent device that never bounced return before the op table and the trace event (CONFIG_DMA_NEED_SYNC). */
  readonly skipsNeedlessSync: boolean
  /** struct scatterlist begins with sg_magic (CONFIG_DEBUG_SG, as in v4.11). */
  readonly sgMagic: boolean
  /** CONFIG_DMA_API_DEBUG looks at the struct page of what was mapped: whether it is highmem, and if not, where it lies. */
  readonly debugReadsPages: boolean
  /** dma_map_resource() of memory with a valid pfn is a BUG (until v5.2). */
  readonly mapResourceRefusesRam: boolean
  /** How a run of bounce slots is searched for: each slot by its address, or a stride apart (until v6.3). */
  readonly bounceSearch: 'by-slot' | 'by-stride'
  /** A sync that begins below the mapping's offset in its slot: copied, or refused with a warning, and both sides stay stale. */
  readonly bounceBeforeStart: 'copied' | 'refused'
  /** The bounce pool is divided into areas, which makes its slots a power of two (since v6.0). */
  readonly bounceAreas: boolean
  /** riscv64: a machine whose RAM lies below 4 GiB gets a pool for small buffers all the same. */
  readonly kmallocPool: boolean
  /** `swiotlb=noforce` makes a pool of one slot that only limits the size of mappings (until v5.12), or none. */
  readonly bounceNoforce: 'none' | 'one-slot'
  /** The kernel knows of kmalloc() buffers that share cache lines, and bounces them where the architecture asks for it (since v6.5). */
  readonly bouncesKmalloc: boolean
  /** A device whose windows leave some RAM out counts as limited (since v6.7). */
  readonly windowsLimit: boolean
  /** dma_map_sgtable() that fails hands the reason on (since v5.15), or says EINVAL whatever it is. */
  readonly mapSgErrno: 'own' | 'EINVAL'
  /** An atomic pool that is exhausted warns in spite of NO_WARN (until v5.11). */
  readonly atomicPoolWarns: boolean
  /** Bus addresses of PCI devices: below 4 GiB is tried for each, or not any more once it has failed (since v6.5). */
  readonly iommuPci32: 'once' | 'always'
  /** udmabuf joins adjacent pages to one entry (since v7.0), or has an entry a page. */
  readonly udmabufMerges: boolean
  /** udmabuf's maps and unmaps do cache work. */
  readonly udmabufSyncs: boolean
  /** dma-buf keeps the list of a udmabuf that a device has mapped until it detaches. */
  readonly dmabufKeepsTables: boolean
  /** The heap of the default CMA area is called default_cma_region, besides the name of the area. */
  readonly defaultCmaHeap: boolean
  /** Exporters of device memory that list bus addresses alone (dma_buf_phys_vec_to_sgt). */
  readonly physVecTables: boolean
  /** The device of /dev/udmabuf has a DMA mask (since v5.18): without one nothing is mapped for it. */
  readonly udmabufHasMask: boolean
  /** Mappings are made by physical address (dma_map_phys, since v6.18); dma_map_resource() is one with MMIO, which refuses to bounce. */
  readonly mapsByPhys: boolean
  /** Bus addresses can be taken first and linked to memory afterwards (dma_iova_*, since v6.16). */
  readonly twoStepIova: boolean
}

/** A release built for an architecture: what KernelDef.facts() states. */
export interface BuildFacts extends ReleaseFacts {
  /** sizeof(struct scatterlist), bytes, with the config in force. */
  readonly sgEntrySize: number
  /** Does struct scatterlist have its own dma_length (CONFIG_NEED_SG_DMA_LENGTH)? */
  readonly sgDmaLength: boolean
  /** sizeof(dma_addr_t), bytes. */
  readonly dmaAddrSize: 4 | 8
  /** sizeof(phys_addr_t), bytes: memory beyond what it holds is ignored. */
  readonly physAddrSize: 4 | 8
}

/** The facts of a composed kernel, and its architecture. */
export interface KernelFacts extends BuildFacts {
  readonly arch: Arch
}

/** Pools for atomic allocations. */
export interface AtomicPoolPolicy {
  /** `zones`: one for each memory zone, and they grow (kernel/dma/pool.c); `single`: one of a fixed size (arch/arm). */
  readonly kind: 'zones' | 'single'
  /** `coherent_pool=`, bytes. null: by the size of memory, or the architecture's default. */
  readonly size: number | null
}

/** How a kernel sets up its bounce pool. */
export interface SwiotlbPolicy {
  /** Slots of 2 KiB: 64 MiB, or `swiotlb=N`. */
  readonly slots: number
  readonly areas: number
  readonly mode: 'normal' | 'force' | 'noforce'
  /** RAM above this address makes a pool. */
  readonly dmaLimit: number
  /** DMA_BOUNCE_UNALIGNED_KMALLOC: small unaligned buffers bounce. */
  readonly bouncesKmalloc: boolean
  /** So there is a pool of 1 MiB per GiB at least. */
  readonly kmallocPool: boolean
  /** memblock gives it the highest place below the limit; else the lowest one that is free. */
  readonly highest: boolean
  /** DMA_RESTRICTED_POOL: `restricted-dma-pool` regions bounce everything of their devices. */
  readonly restrictedPools: boolean
}
