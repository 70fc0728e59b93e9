// Mapping in two steps behind an IOMMU: bus addresses first, then the memory behind them, piece by piece (dma_iova_*).
import type { KResult } from './errno.ts'
import type { Direction } from './flags.ts'
import type { DmaAddr, PhysAddr } from './units.ts'

/** struct dma_iova_state: a stretch of bus addresses that a driver took. */
export interface IovaState {
  readonly addr: DmaAddr
  /** Bytes. */
  readonly size: number
  /** DMA_IOVA_USE_SWIOTLB: something of it went through the bounce pool, and unlinking has to look for it. */
  bounced: boolean
}

/** What a device offers whose bus addresses dma-iommu manages. `offset` counts from `state.addr`. */
export interface IovaCalls {
  /**
   * dma_iova_try_alloc: bus addresses for `size` bytes that begin at the same place in a page as `at` does. Where the kernel says false,
   * a driver maps page by page: EINVAL for no bytes at all, ENOMEM for no address space.
   */
  tryAlloc(at: PhysAddr, size: number): KResult<IovaState>
  /** dma_iova_link. EIO, EOPNOTSUPP, EPERM, ENOMEM, EEXIST. */
  link(state: IovaState, at: PhysAddr, offset: number, size: number, dir: Direction, attrs: number): KResult<void>
  /** dma_iova_sync, before the device uses what was linked. */
  sync(state: IovaState, offset: number, size: number): KResult<void>
  /** dma_iova_unlink: the addresses stay the driver's. */
  unlink(state: IovaState, offset: number, size: number, dir: Direction, attrs: number): void
  /** dma_iova_free: gives the addresses back; all links must be undone. */
  free(state: IovaState): void
  /** dma_iova_destroy: unlinks the first `mapped` bytes, without a hole, and gives the addresses back. */
  destroy(state: IovaState, mapped: number, dir: Direction, attrs: number): void
}
