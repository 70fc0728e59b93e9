// The host: everything the op table of one device may touch.
import { fail } from '@dmalab/api'
import type {
  CacheOps,
  Device,
  DmaOps,
  EventSink,
  Host,
  IommuHost,
  KernelFacts,
  KernelMemory,
  Range,
  SgLoopOptions,
  SgLoopResult,
  SgSkip,
  Scatterlists,
  SgTable,
} from '@dmalab/api'
import type { KernelStack } from '@dmalab/memory'
import type { AtomicPools } from './atomic-pools.ts'
import type { BounceRoom } from './bounce-room.ts'
import type { DeviceBusView } from './bus-view.ts'
import { allocFromPool, declareCoherentMemory, type DeviceRoom, type DeviceState } from './device.ts'
import type { Injector } from './injector.ts'
import { kmallocNeedsBounce } from './kmalloc-bounce.ts'

/** What all hosts of a machine share. */
export interface HostRoom {
  readonly facts: KernelFacts
  readonly skip: SgSkip
  readonly bounce: BounceRoom
  readonly ram: readonly Range[]
  readonly pagesMapped: boolean
  /** dma_get_cache_alignment, bytes. */
  readonly cacheAlignment: number
  readonly devices: DeviceRoom
  /** Memory for allocations that may not sleep. */
  readonly atomic: AtomicPools | undefined
  readonly mem: KernelMemory
  readonly stack: KernelStack
  readonly cache: CacheOps
  readonly sink: EventSink
  readonly injector: Injector
  readonly exports: Host['exports']
  /** The scatterlist library, with the failures injected for a device. */
  scatterlists(device: string): Scatterlists
  sgLoop(device: DeviceState, table: SgTable, options: SgLoopOptions): SgLoopResult
  ops(device: Device): DmaOps
  direct(device: DeviceState): DmaOps
  /** What waits for time to pass, in the order it was set up. */
  readonly timers: ((ms: number) => void)[]
  /** The enabled IOMMU in front of a device. */
  iommu(device: DeviceState): IommuHost | null
}

export const createHost = (room: HostRoom, device: DeviceState, bus: DeviceBusView): Host => {
  const sg = room.scatterlists(device.name)
  /** A rule `cmaBusy` pins the pages of the nth range that is tried. */
  const fromCma = {
    ...(device.cmaArea === undefined ? {} : { area: device.cmaArea }),
    busy: () => room.injector.hits('cmaBusy', device.name),
  }
  const kmalloc = { facts: room.facts, coherent: device.facts.coherent, cacheAlignment: room.cacheAlignment }
  return {
    device,
    kernel: room.facts,
    skip: room.skip,
    ops: () => room.ops(device),
    direct: () => room.direct(device),
    mem: room.mem,
    cache: room.cache,
    exports: room.exports,
    physToDma: (at) => device.windows.toDma(at),
    dmaToPhys: (at) => device.windows.toPhys(at),
    sg,
    sgAlloc: (entries) => sg.alloc(entries),
    sgFree: (table) => sg.free(table),
    sgLoop: (table, options) => room.sgLoop(device, table, options),
    call: (symbols, body) => room.stack.call(symbols, body),
    bug: (what) => room.stack.fault({ reason: 'BUG', address: 0n, what }),
    stall: (what) => room.stack.fault({ reason: 'stall', address: 0n, what }),
    printk: (level, text) => room.sink.emit({ event: 'printk', level, text }),
    wants: (detail) => room.sink.wants(detail),
    emit: (event) => room.sink.emit(event),
    injected: (what) => room.injector.hits(what, device.name),
    declareCoherentMemory: (at, deviceAddr, size) => declareCoherentMemory(device, room.devices, at, deviceAddr, size),
    allocFromDevCoherent: (size, owner) => allocFromPool(device, size, owner),
    releaseFromDevCoherent: (order, cpuAddr) => device.coherentPool?.release(order, cpuAddr) ?? false,
    mmapFromDevCoherent: (cpuAddr, size, pgoff, userLen) => device.coherentPool?.mmap(cpuAddr, size, pgoff, userLen),
    allocContiguous: (len, options) => room.mem.allocContiguous(len, { ...options, ...fromCma }),
    allocFromCma: (len, owner) => room.mem.allocFromCma(len, { owner, ...fromCma }),
    allocFromAtomicPool(size, request) {
      if (room.injector.hits('atomicPool', device.name))
        return fail('ENOMEM', `the atomic pools are exhausted for ${device.name} on request`)
      return room.atomic?.alloc(device.name, size, request) ?? fail('ENOMEM', 'this kernel keeps no atomic pool')
    },
    freeToAtomicPool: (cpuAddr, size) => room.atomic?.free(cpuAddr, size) ?? false,
    iommu: room.iommu(device),
    swiotlb: () => device.swiotlb,
    initSwiotlb: (init) => room.bounce.give(device, init),
    ram: room.ram,
    pagesMapped: room.pagesMapped,
    cacheAlignment: room.cacheAlignment,
    kmallocNeedsBounce: (size, dir) => kmallocNeedsBounce(kmalloc, size, dir),
    setBusTranslation: (translation) => bus.setTranslation(translation),
    onTimePassed: (listener) => room.timers.push(listener),
  }
}
