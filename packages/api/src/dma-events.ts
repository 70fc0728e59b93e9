// Events of the DMA API and of what it works with: bounce pools, IOMMUs, CMA.

interface Streaming {
  readonly device: string
  readonly dir: number
  readonly dmaAddr: number
  readonly size: number
  readonly attrs: number
}

/** An entry of a scatterlist, for people: what its page pointer is, and its numbers. */
export interface ListedEntry {
  /** `page 0x43000`, `no page: 0xf080_0000`, or `null`. */
  readonly page: string
  readonly offset: number
  readonly length: number
  readonly attrs: number
  readonly dmaAddress: number
  readonly dmaLength: number
}

/**
 * An entry as its record stands, where the kernel's event does not say all of it: what page_to_phys() makes of an entry without struct page tells
 * a reader of the log nothing. `page` is the page frame number it points to, the address that stands there instead, or null.
 */
export interface RawEntry {
  readonly page: number | string | null
  readonly offset: number
  readonly length: number
  readonly attrs: number
  readonly dmaAddress: number
  readonly dmaLength: number
}

export type DmaEvent =
  | (Streaming & {
      readonly event: 'dma_map_page' | 'dma_map_resource' | 'dma_map_phys'
      readonly physAddr: number
      /** Model only: memory that must not be mapped this way, as dma-debug tells it apart. */
      readonly area?: 'stack' | 'stack-page' | 'text' | 'invalid' | 'vmalloc' | 'zone-device'
    })
  | (Streaming & { readonly event: 'dma_unmap_page' | 'dma_unmap_resource' | 'dma_unmap_phys' })
  | (Streaming & {
      readonly event: 'dma_alloc' | 'dma_alloc_pages' | 'dma_alloc_sgt_err'
      /** Kernel address, or what the log shows of it (hashed); empty when the allocation failed. */
      readonly virtAddr: string
      readonly flags: string
      /** Model only: physical address of the memory. */
      readonly physAddr?: number
      /** Model only: name of the per-device pool it came from. */
      readonly pool?: string
    })
  | (Streaming & { readonly event: 'dma_free' | 'dma_free_pages'; readonly virtAddr: string })
  | (Streaming & { readonly event: 'dma_alloc_sgt'; readonly physAddrs: readonly number[]; readonly flags: string })
  | (Omit<Streaming, 'attrs'> & { readonly event: 'dma_free_sgt'; readonly physAddrs: readonly number[] })
  | {
      readonly event: 'dma_map_sg'
      readonly device: string
      readonly dir: number
      /** Entries given and entries that came out; the arrays may be cut at 128. */
      readonly nents: number
      readonly ents: number
      readonly truncated: boolean
      readonly dmaAddrs: readonly number[]
      readonly sizes: readonly number[]
      readonly physAddrs: readonly number[]
      readonly attrs: number
      /** Model only: the entries as they stand in the list. Detail `list`. */
      readonly entries?: readonly ListedEntry[]
      /** Model only: all entries, where one of them has no struct page, or attributes of its own. */
      readonly records?: readonly RawEntry[]
    }
  | {
      readonly event: 'dma_map_sg_err'
      readonly device: string
      readonly dir: number
      readonly physAddrs: readonly number[]
      readonly err: number
      readonly attrs: number
    }
  | {
      readonly event: 'dma_unmap_sg'
      readonly device: string
      readonly dir: number
      readonly physAddrs: readonly number[]
      readonly attrs: number
      /** The line was cut: there were more addresses, and attributes. */
      readonly truncated?: boolean
    }
  | {
      readonly event: 'dma_sync_single_for_cpu' | 'dma_sync_single_for_device'
      readonly device: string
      readonly dir: number
      readonly dmaAddr: number
      readonly size: number
    }
  | {
      readonly event: 'dma_sync_sg_for_cpu' | 'dma_sync_sg_for_device'
      readonly device: string
      readonly dir: number
      readonly dmaAddrs: readonly number[]
      readonly sizes: readonly number[]
    }

/** swiotlb, iommu, cma. */
export type PlatformEvent =
  | {
      readonly event: 'swiotlb_bounced'
      readonly device: string
      readonly dmaMask: number
      /** What the device would have used. */
      readonly devAddr: number
      readonly size: number
      readonly force: boolean
      /** Physical address of the memory; model only, as buses with an offset make it differ. */
      readonly physAddr?: number
    }
  | {
      readonly event: 'add_device_to_group' | 'remove_device_from_group'
      readonly group: number
      readonly device: string
    }
  | { readonly event: 'attach_device_to_domain' | 'detach_device_from_domain'; readonly device: string }
  | {
      readonly event: 'map'
      readonly iova: number
      readonly end: number
      readonly physAddr: number
      readonly size: number
    }
  | {
      readonly event: 'unmap'
      readonly iova: number
      readonly end: number
      readonly size: number
      readonly unmappedSize: number
    }
  | {
      readonly event: 'io_page_fault'
      readonly driver: string
      readonly device: string
      readonly iova: number
      /** 0 read, 1 write. */
      readonly flags: number
    }
  | { readonly event: 'cma_alloc_start'; readonly name: string; readonly count: number; readonly align: number }
  | {
      readonly event: 'cma_alloc_finish' | 'cma_alloc_busy_retry'
      readonly name: string
      readonly pfn: number
      readonly count: number
      readonly align: number
      readonly errno?: number
    }
  | { readonly event: 'cma_release'; readonly name: string; readonly pfn: number; readonly count: number }
