// The DMA API as drivers call it: include/linux/dma-mapping.h.
import type { Direction } from './flags.ts'
import type { KResult } from './errno.ts'
import type { IovaState } from './iova.ts'
import type { Coherent, Device, UserMapping } from './ops.ts'
import type { SgPage, SgTable } from './sg.ts'
import type { DmaAddr, KernelVaddr, PhysAddr } from './units.ts'

/** Each emits its trace event and goes to the device's op table (per-device pool first where the kernel does). */
export interface DmaMapping {
  allocAttrs(dev: Device, size: number, attrs: number, owner: string): KResult<Coherent>
  /** As allocAttrs, for a caller that may not sleep (GFP_ATOMIC): an interrupt handler, or one that holds a spinlock. ENOMEM. */
  allocAtomic(dev: Device, size: number, attrs: number, owner: string): KResult<Coherent>
  freeAttrs(dev: Device, size: number, cpuAddr: KernelVaddr, handle: DmaAddr, attrs: number): void
  /** `userLen` defaults to the whole allocation, `pgoff` (pages, as vm_pgoff) to its beginning. ENXIO beyond it. */
  mmapAttrs(
    dev: Device,
    cpuAddr: KernelVaddr,
    handle: DmaAddr,
    size: number,
    attrs: number,
    userLen?: number,
    pgoff?: number,
  ): KResult<UserMapping>
  getSgtableAttrs(dev: Device, cpuAddr: KernelVaddr, handle: DmaAddr, size: number, attrs: number): KResult<SgTable>
  mapPageAttrs(dev: Device, page: SgPage, offset: number, size: number, dir: Direction, attrs: number): KResult<DmaAddr>
  unmapPageAttrs(dev: Device, handle: DmaAddr, size: number, dir: Direction, attrs: number): void
  /** Maps the first `nents` entries (table.origNents unless told) and sets table.nents (dma_map_sgtable); the value is table.nents. */
  mapSgAttrs(dev: Device, table: SgTable, dir: Direction, attrs: number, nents?: number): KResult<number>
  unmapSgAttrs(dev: Device, table: SgTable, dir: Direction, attrs: number, nents?: number): void
  /** dma_map_phys, dma_unmap_phys (since v6.18): memory, or with DMA_ATTR_MMIO a device's registers. EIO. */
  mapPhys(dev: Device, at: PhysAddr, size: number, dir: Direction, attrs: number): KResult<DmaAddr>
  unmapPhys(dev: Device, handle: DmaAddr, size: number, dir: Direction, attrs: number): void
  /**
   * dma_iova_try_alloc and what follows it (since v6.16), for devices whose bus addresses dma-iommu manages. EOPNOTSUPP for all others,
   * where the kernel says false too; the rest as IovaCalls says.
   */
  iovaTryAlloc(dev: Device, at: PhysAddr, size: number): KResult<IovaState>
  iovaLink(
    dev: Device,
    state: IovaState,
    at: PhysAddr,
    offset: number,
    size: number,
    dir: Direction,
    attrs: number,
  ): KResult<void>
  iovaSync(dev: Device, state: IovaState, offset: number, size: number): KResult<void>
  iovaUnlink(dev: Device, state: IovaState, offset: number, size: number, dir: Direction, attrs: number): void
  iovaFree(dev: Device, state: IovaState): void
  iovaDestroy(dev: Device, state: IovaState, mapped: number, dir: Direction, attrs: number): void
  mapResource(dev: Device, at: PhysAddr, size: number, dir: Direction, attrs: number): KResult<DmaAddr>
  unmapResource(dev: Device, handle: DmaAddr, size: number, dir: Direction, attrs: number): void
  syncSingleForCpu(dev: Device, handle: DmaAddr, size: number, dir: Direction): void
  syncSingleForDevice(dev: Device, handle: DmaAddr, size: number, dir: Direction): void
  syncSgForCpu(dev: Device, table: SgTable, dir: Direction, nents?: number): void
  syncSgForDevice(dev: Device, table: SgTable, dir: Direction, nents?: number): void
  /** EIO when the table does not support it. */
  setMask(dev: Device, bits: number): KResult<void>
  setCoherentMask(dev: Device, bits: number): KResult<void>
}
