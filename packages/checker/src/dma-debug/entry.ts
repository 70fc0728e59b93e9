// One tracked mapping as CONFIG_DMA_API_DEBUG keeps it, and the operation of the driver that made it.

/** Kinds of entries. `page` only exists until 5.x, `phy` only since 6.18. */
export type EntryType = 'single' | 'page' | 'sg' | 'coherent' | 'noncoherent' | 'resource' | 'phy'

/** What a driver mapped or allocated in one call: the unit in which a driver leaks. */
export interface Mapping {
  /** `linked`: memory behind bus addresses that were taken before (dma_iova_link). */
  readonly kind: 'streaming' | 'sg' | 'coherent' | 'linked'
  readonly device: string
  readonly dmaAddr: number
  /** Bytes in all. */
  readonly size: number
  readonly dir: number
  readonly attrs: number
  /** Step or line of the event that made it. */
  readonly at: number
  /** First physical address, where the event names it. */
  readonly physAddr: number | undefined
  readonly virtAddr: string | undefined
  /** Name of the per-device pool; model only. */
  readonly pool: string | undefined
  /** Of an sg list: what the map event listed, cut at 128. */
  readonly list: SgList | undefined
  /** Number in the order in which mappings were made. */
  order: number
  /** Still mapped or allocated, as far as the events tell. */
  live: boolean
  /** Coherent memory that was unmapped as if it were a mapping: nothing but a free gives it back. */
  orphan: boolean
  /** Who may touch the bytes: mapping hands them to the device, syncs hand them back and forth. */
  owner: 'cpu' | 'device'
  /** Step of the CPU's last write through a cached mapping while it owned them; 0 when it did not write. */
  cpuWroteAt: number
  /** swiotlb copied it when it was mapped. */
  bounced: boolean
  synced: boolean
  /** Transfers while it was bounced and never copied, and the first of them that went wrong. */
  uses: number
  harmedAt: number | undefined
  /** Device address of the first access: when it comes again, the mapping is used again. Model only. */
  firstTouched: number | undefined
}

export interface SgList {
  readonly nents: number
  readonly ents: number
  readonly dmaAddrs: readonly number[]
  readonly sizes: readonly number[]
  readonly physAddrs: readonly number[]
}

/** What dma-debug compares: an operation that looks for its entry. */
export interface EntryRef {
  readonly device: string
  readonly dmaAddr: number
  readonly size: number
  readonly type: EntryType
  readonly dir: number
  /** Entries of the call for sg lists, else 0. */
  readonly sgCallEnts: number
  readonly attrs: number
}

export interface DebugEntry extends EntryRef {
  /** Entries that the map call produced; sg only. */
  readonly sgMappedEnts: number
  readonly mapping: Mapping
  /** False while the driver has not asked dma_mapping_error(); undefined where asking makes no sense. */
  mapErrorChecked: boolean | undefined
}

/**
 * An address that a failed mapping returns: all ones. A number cannot hold 2^64 - 1, so everything from 2^64 - 2048 on is taken;
 * 32-bit kernels without LPAE print eight digits.
 */
export const isMappingError = (dmaAddr: number): boolean => dmaAddr >= 2 ** 64 - 2048 || dmaAddr === 2 ** 32 - 1
