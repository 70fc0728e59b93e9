// A DMA domain: bus address space, page tables, invalidation policy and the TLB in front, behind the calls of dma-iommu.
import { ATTR, DIR } from '@dmalab/api'
import { DmaLists, GATHER, type IoEngine, type PageTable, PROT, type U64 } from '@dmalab/hot'
import { FlushQueue, type FlushQueueOptions } from './dma-iommu-flush-queue.ts'
import type { IovaCache } from './iova-rcache.ts'

/** What limits the bus addresses of one device. */
export interface DmaLimits {
  /** Highest address that the device's mask allows. */
  readonly mask: U64
  /** dev->bus_dma_limit; 0 = none. */
  readonly bus: U64
  /** End of the domain's aperture; 0 = not forced. */
  readonly aperture: U64
  /** A PCI device that still tries 32 bits first; cleared by the first failure. */
  pci32: boolean
}

/** Segment limits of one device. */
export interface SegmentLimits {
  /** dma_get_seg_boundary. */
  readonly boundary: U64
  /** dma_get_max_seg_size, bytes. */
  readonly maxSize: number
}

/** What happens around the tables. */
export interface DmaDomainHooks {
  /** Strict: the range is gone from the tables, its TLB entries must go now. */
  syncTlb(iova: number, size: number): void
  /** Lazy: forget every TLB entry of the domain. */
  flushTlb(): void
  notice(text: string): void
  /** Failure injection: does this call fail? Each call counts. */
  readonly injected: (what: string) => boolean
}

export interface DmaDomainFixes {
  /** An oversized segment does not switch off the limit for those after it (finding `dma-segment-limit-wraps`). */
  readonly segmentLimit?: boolean
  /** A mapping that ends at 2^64 is unmapped as well (finding `dma-unmap-at-top-skipped`). */
  readonly unmapAtTop?: boolean
}

export interface DmaDomainOptions {
  /** Absent: strict. */
  readonly lazy?: FlushQueueOptions
  readonly fixes?: DmaDomainFixes
}

/**
 * Protection bits of a DMA mapping.
 *
 * Models: Linux v6.12 drivers/iommu/dma-iommu.c: dma_info_to_prot
 */
export function protOf(dir: number, coherent: boolean, attrs: number): number {
  const access = dir === DIR.NONE ? 0 : (DIRECTION_PROT[dir] ?? 0)
  if (access === 0) return 0
  const privileged = (attrs & ATTR.PRIVILEGED) !== 0 ? PROT.PRIV : 0
  return access | (coherent ? PROT.CACHE : 0) | privileged
}

/** Indexed by direction: both, to the device, from the device. */
const DIRECTION_PROT = [PROT.READ | PROT.WRITE, PROT.READ, PROT.WRITE]
const DMA32 = 2 ** 32 - 1
const EINVAL = -22
const ENOMEM = -12

const highestOf = ({ mask, bus, aperture }: DmaLimits): U64 => {
  const reached = bus !== 0 && bus < mask ? bus : mask
  return aperture !== 0 && aperture < reached ? aperture : reached
}

/** The last page number that limits allow. */
export const lastPage = (limits: DmaLimits, granule: number): number => {
  const highest = highestOf(limits)
  return typeof highest === 'number' ? Math.floor(highest / granule) : Number(highest / BigInt(granule))
}

export class DmaDomain {
  readonly iova: IovaCache
  /** Bytes. */
  readonly granule: number
  readonly queue: FlushQueue | undefined
  private readonly lists: DmaLists
  private readonly table: PageTable
  private readonly hooks: DmaDomainHooks
  private readonly fixes: DmaDomainFixes

  constructor(
    engine: IoEngine,
    table: PageTable,
    iova: IovaCache,
    hooks: DmaDomainHooks,
    options: DmaDomainOptions = {},
  ) {
    this.lists = new DmaLists(engine)
    this.table = table
    this.iova = iova
    this.granule = iova.domain.granule
    this.hooks = hooks
    this.fixes = options.fixes ?? {}
    this.queue = options.lazy && new FlushQueue(options.lazy, iova, () => this.hooks.flushTlb())
  }

  /**
   * Takes `size` bytes (whole granules) of bus address space; undefined = none left.
   *
   * Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_alloc_iova
   */
  allocIova(size: number, limits: DmaLimits): number | undefined {
    if (this.hooks.injected('iova')) return undefined
    const { granule } = this
    const pages = size / granule
    const highest = highestOf(limits)
    if (highest > DMA32 && limits.pci32) {
      const low = this.iova.alloc(pages, Math.floor(DMA32 / granule), false)
      if (low !== undefined) return low * granule
      limits.pci32 = false
      this.hooks.notice(`Using ${BigInt(highest).toString(2).length}-bit DMA addresses`)
    }
    const pfn = this.iova.alloc(pages, lastPage(limits, granule), true)
    return pfn === undefined ? undefined : pfn * granule
  }

  /**
   * Maps [phys, phys + size); undefined = no address space, or the tables refuse.
   *
   * Models: Linux v6.12 drivers/iommu/dma-iommu.c: __iommu_dma_map
   */
  map(phys: number, size: number, prot: number, limits: DmaLimits): number | undefined {
    const within = this.within(phys)
    const whole = this.align(size + within)
    const iova = this.allocIova(whole, limits)
    if (iova === undefined) return undefined
    const at = phys - within
    const failed = this.hooks.injected('pageTable') ? ENOMEM : this.table.map(iova, at, whole, prot)
    if (failed === 0) return iova + within
    this.freeIova(iova, whole, false)
    return undefined
  }

  /** Returns the bytes unmapped. Models: Linux v6.12 drivers/iommu/dma-iommu.c: __iommu_dma_unmap */
  unmap(address: number, size: number): number {
    const within = this.within(address)
    const iova = address - within
    const whole = this.align(size + within)
    const lazy = this.queue !== undefined
    const done = this.table.unmap(iova, whole, lazy ? GATHER.QUEUED : GATHER.NORMAL)
    if (!lazy) this.hooks.syncTlb(iova, whole)
    this.freeIova(iova, whole, lazy)
    return done
  }

  /**
   * Maps a list as one block of address space; returns the segments that the device sees, or a negative errno.
   *
   * -ENOMEM: no address space; -EINVAL: anything else.
   *
   * Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_map_sg
   */
  mapSg(list: number, count: number, prot: number, limits: DmaLimits, segments: SegmentLimits): number {
    const { lists } = this
    if (count > 0 && lists.pages(list, count, this.granule, segments))
      return this.mapPages(list, count, prot, limits, segments)
    const total = lists.prepare(list, count, this.granule, segments.boundary)
    if (total === undefined) return EINVAL
    const iova = total === 0 ? 0 : this.allocIova(total, limits)
    if (iova === undefined) {
      lists.restore(list, count)
      return ENOMEM
    }
    if (total !== 0) {
      const failed = this.hooks.injected('pageTable')
        ? ENOMEM
        : lists.map(this.table, list, count, iova, prot, 'prepared')
      if (failed !== 0) {
        this.freeIova(iova, total, false)
        lists.restore(list, count)
        return failed === ENOMEM ? ENOMEM : EINVAL
      }
    }
    return lists.finalise(list, count, iova, segments, this.fixes.segmentLimit === true)
  }

  /** mapSg for a list of single whole pages. */
  private mapPages(list: number, count: number, prot: number, limits: DmaLimits, segments: SegmentLimits): number {
    const { lists, granule } = this
    const iova = this.allocIova(count * granule, limits)
    let failed = ENOMEM
    if (iova !== undefined) {
      failed = this.hooks.injected('pageTable') ? ENOMEM : lists.map(this.table, list, count, iova, prot, 'pages')
      if (failed === 0) return lists.finalisePages(list, count, granule, iova, segments)
      this.freeIova(iova, count * granule, false)
    }
    // What a refused list looks like is one matter, whatever its entries.
    lists.prepare(list, count, granule, segments.boundary)
    lists.restore(list, count)
    return failed === ENOMEM ? ENOMEM : EINVAL
  }

  /** Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_unmap_sg */
  unmapSg(list: number, count: number): void {
    const { start, ...extent } = this.lists.extent(list, count)
    let { end } = extent
    if (end === 0n && this.fixes.unmapAtTop && count > 0) end = 2n ** 64n
    // Only the offset within the granule may have more bits than a number holds.
    const within = start % BigInt(this.granule)
    if (end !== 0n) this.unmap(Number(start - within), Number(BigInt.asUintN(64, end - start + within)))
  }

  /** Time passes: the flush timer and the depot workers may run. */
  pass(ms: number): void {
    this.queue?.pass(ms)
    this.iova.pass(ms)
  }

  // Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_free_iova
  private freeIova(iova: number, size: number, queued: boolean): void {
    const pfn = iova / this.granule
    const pages = size / this.granule
    if (queued && this.queue !== undefined) this.queue.queue(pfn, pages)
    else this.iova.free(pfn, pages)
  }

  /** What an address has beyond its granule. The remainder of an address beyond 31 bits is a call in V8; this is four instructions. */
  private within(address: number): number {
    return address - Math.floor(address / this.granule) * this.granule
  }

  private align(size: number): number {
    return Math.ceil(size / this.granule) * this.granule
  }
}
