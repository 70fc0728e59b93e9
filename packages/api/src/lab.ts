// The laboratory: one machine under one kernel, opened. What `run`, golden adapters, the test kit and library users drive.
import type { BootMemory } from './boot-memory.ts'
import type { Balance } from './balance.ts'
import type { DmaAddr, PhysAddr } from './units.ts'
import type { DriverNode } from './kernel-driver.ts'
import type { DmaBufCore } from './dma-buf.ts'
import type { DmaMapping } from './dma-mapping.ts'
import type { Driver } from './driver.ts'
import type { Detail, Event, NumberListener } from './events.ts'
import type { Oops } from './lab-events.ts'
import type { KernelFacts } from './kernel-facts.ts'
import type { KernelSpec } from './kernel.ts'
import type { KResult } from './errno.ts'
import type { Machine } from './machine.ts'
import type { AllocOptions, BusPart, CacheOps, Content, DeviceBus, KernelMemory } from './memory.ts'
import type { Device, DmaOps, Host, UserMapping } from './ops.ts'
import type { Scatterlists, SgEntry, SgTable } from './sg.ts'
import type { AllocatorHost, DriverQueue, QueueSetup, Vb2MemOps } from './vb2.ts'

/**
 * Calls that can be made to fail: what the kernel does for a device, by operation; then what it does for no device in particular, so that a
 * rule names no device: `pages` of the buddy allocator, `vmap` (each stretch of the vmalloc window, and kmap), `fd`.
 */
export const INJECTABLE: readonly string[] = [
  'alloc',
  'mmap',
  'getSgtable',
  'mapPage',
  'mapSg',
  'mapResource',
  'sgAlloc',
  'atomicPool',
  'cmaBusy',
  'iova',
  'pageTable',
  'pages',
  'vmap',
  'fd',
]

/** Failure injection: which calls fail. `what` is one of INJECTABLE, `nth` counts from 1. */
export interface Injection {
  readonly what: string
  readonly nth: number
  /** Only calls for this device. */
  readonly device?: string
}

/** An injection, and how many calls it has counted: fewer than `nth`, and nothing failed. */
export interface InjectionCalls extends Injection {
  readonly calls: number
}

export interface LabOptions {
  readonly kernel: KernelSpec
  readonly machine: Machine
  readonly seed?: number
  readonly inject?: readonly Injection[]
  /** Evict and prefetch cache lines at any legal moment. */
  readonly adversarialCache?: boolean
}

/** Attribute bits of the queues of a device. */
export interface QueueAttrs {
  readonly capture: number
  readonly output: number
}

export interface Lab {
  readonly machine: Machine
  readonly kernel: KernelSpec
  readonly facts: KernelFacts
  readonly devices: readonly Device[]
  /** @throws InputError for a device the machine lacks. */
  device(name: string): Device
  readonly dma: DmaMapping
  readonly dmaBuf: DmaBufCore
  readonly mem: KernelMemory
  readonly cache: CacheOps
  /** The final op table of a device and its host. */
  ops(device: Device): DmaOps
  host(device: Device): Host
  bus(device: Device): DeviceBus
  /** Where an access of the device ends up, or why nothing answers. */
  translate(device: Device, at: DmaAddr, len: number, write: boolean): readonly BusPart[]
  allocator(name: string): Vb2MemOps
  readonly allocatorHost: AllocatorHost
  createQueue(device: Device, setup: QueueSetup): DriverQueue
  /** What was to fail, and how far its calls got. */
  readonly injections: readonly InjectionCalls[]
  /** Opens the device's driver model; `queueAttrs` is what its driver adds to vb2_queue.dma_attrs, DMA_ATTR_* bits. */
  open(device: Device, queueAttrs?: QueueAttrs, node?: DriverNode['kind']): Driver
  /** sg_alloc_table + sg_set_page for each entry; entries without dma fields start at zero. */
  sgTable(entries: readonly (Pick<SgEntry, 'page' | 'offset' | 'length'> & Partial<SgEntry>)[]): SgTable
  sgFree(table: SgTable): void
  /** The other functions of lib/scatterlist.c, for code that belongs to no device. */
  readonly sg: Scatterlists
  /** Memory of a user-space task (malloc + mlock): cached, physically contiguous when asked and possible. */
  userAlloc(len: number, owner: string, options?: AllocOptions): KResult<UserMapping>
  userFree(mapping: UserMapping): void
  /** Takes the pages around [at, at + len) for user space, for good. EBUSY when the kernel or another owner has any of them. */
  userClaim(at: PhysAddr, len: number, owner: string): KResult<UserMapping>
  /** CPU access of user space through a mapping, `offset` bytes into it; content as a device would write it. */
  userWrite(
    mapping: UserMapping,
    content: { seed: number } | Uint8Array,
    len: number,
    owner: string,
    offset?: number,
  ): void
  /** CPU access of user space: `len` bytes of a mapping, from `offset` on. */
  userRead(mapping: UserMapping, len: number, owner: string, offset?: number): Uint8Array
  /** memcpy of user space; what the source's owner last wrote is what the target's owner has now. */
  userCopy(to: UserMapping, from: UserMapping, len: number, owner: { readonly from: string; readonly to: string }): void
  /** Compares with `expect`, or with what was last written into the owner's memory. */
  userCompare(
    mapping: UserMapping,
    len: number,
    owner: string,
    expect?: { readonly offset: number; readonly content: Content },
  ): { bytes: number; wrong: number }
  /** Lets modelled time pass, and timers fire (lazy IOMMU invalidation). It never passes by itself. */
  passTime(ms: number): void
  /**
   * What the machine has and has lent now. What the kernel keeps for later counts as given back: cached bus addresses, ranges that wait
   * for a flush, empty page tables, atomic pools that have grown.
   */
  balance(): Balance
  /** Zones and pools for DMA, as the kernel made them at boot. */
  readonly bootMemory: BootMemory
  /**
   * What the CPU's inner cache has of the lines that a range touches, as pairs: how many lines, and what they are: 0 nothing, 1 clean,
   * 3 dirty, 5 clean with other bytes than DRAM has. Looking changes nothing.
   */
  lineRuns(at: PhysAddr, len: number): readonly number[]
  /** Calls `listener` for every event up to `detail`; returns how to stop. Listening to more detail may slow a run, never change it. */
  listen(detail: Detail, listener: (event: Event) => void): () => void
  /** As listen('op', ...), for a listener that takes the commonest events as numbers: a checker, for one. */
  listenInNumbers(listener: NumberListener): () => void
  /** Opens a step: events that follow carry its number. */
  step(what: string, device?: string): void
  /** The case is over: what is live now is a leak, unless the step `stoppedAt` ended it early. */
  end(stoppedAt?: string): void
  /** Puts a fault of the modelled kernel on record; the runner that caught it calls this. */
  oops(oops: Oops): void
  /** Back to the state after opening. */
  reset(): void
  /** Hands the machine's memory on to the next laboratory that is opened: nothing of this one may be used any more. */
  close(): void
}
