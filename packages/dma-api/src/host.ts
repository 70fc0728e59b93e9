// The host: everything the op table of one device may touch.
import { fail } from '@dmalab/api'
import type { Device, DmaOps, Host, IommuHost, KernelFacts, MappingSink, Range, Scatterlists } from '@dmalab/api'
import type { KernelStack, Memory } from '@dmalab/memory'
import type { OpenArch } from './arch.ts'
import type { AtomicPools } from './atomic-pools.ts'
import type { BouncePools } from './bounce-pools.ts'
import type { DeviceBusView } from './bus-view.ts'
import {
  allocFromPool,
  declareCoherentMemory,
  type DeviceParts,
  type DeviceState,
  releaseCoherentMemory,
} from './device.ts'
import { type CacheSummary, forEachEntry } from './entry-pass.ts'
import type { Injector } from './injector.ts'
import { kmallocNeedsBounce, kmallocSgNeedsBounce } from './kmalloc-bounce.ts'

/** What all hosts of a machine share. */
export interface HostParts {
  readonly facts: KernelFacts
  readonly skip: Host['skip']
  readonly bounce: BouncePools
  readonly ram: readonly Range[]
  /** dma_get_cache_alignment, bytes. */
  readonly cacheAlignment: number
  readonly devices: DeviceParts
  /** Memory for allocations that may not sleep. */
  readonly atomic: AtomicPools | undefined
  readonly memory: Memory
  /** The DMA code of the architecture. */
  readonly arch: OpenArch
  readonly stack: KernelStack
  readonly sink: MappingSink
  readonly injector: Injector
  readonly exports: Host['exports']
  /** The scatterlist library, with the failures injected for a device. */
  scatterlists(device: string): Scatterlists
  ops(device: Device): DmaOps
  table(device: DeviceState, name: string): DmaOps
  /** What waits for time to pass, in the order it was set up. */
  readonly timers: ((ms: number) => void)[]
  /** What op tables count themselves. */
  readonly counted: (readonly [what: string, live: () => number])[]
  /** The enabled IOMMU in front of a device. */
  iommu(device: DeviceState): IommuHost | null
}

export const createHost = (parts: HostParts, device: DeviceState, bus: DeviceBusView): Host => {
  const sg = parts.scatterlists(device.name)
  /** A rule `cmaBusy` pins the pages of the nth range that is tried. */
  const fromCma = {
    busy: () => parts.injector.hits('cmaBusy', device.name),
    ...(device.cmaArea === undefined ? {} : { area: device.cmaArea }),
  }
  const entries = {
    memory: parts.memory,
    facts: parts.facts,
    device,
    doesAsCacheSays: parts.arch.doesAsCacheSays,
    emitSummary: (summary: CacheSummary): void =>
      parts.sink.emit({ event: 'cache_summary', device: device.name, ...summary }),
  }
  const kmalloc = { facts: parts.facts, coherent: device.facts.coherent, cacheAlignment: parts.cacheAlignment }
  return {
    device,
    kernel: parts.facts,
    skip: parts.skip,
    ops: () => parts.ops(device),
    table: (name) => parts.table(device, name),
    mem: parts.memory,
    cache: parts.memory.cache,
    arch: parts.arch,
    plainMaintenance: parts.arch.doesAsCacheSays ? parts.memory.cache.plain : null,
    exports: parts.exports,
    physToDma: (at) => device.windows.toDma(at),
    dmaToPhys: (at) => device.windows.toPhys(at),
    sg,
    sgAlloc: (entries) => sg.alloc(entries),
    sgFree: (table) => sg.free(table),
    forEachEntry: (table, nents, pass, each) =>
      forEachEntry({ pageDetail: parts.sink.wants('page'), ...entries }, table, nents, pass, each),
    call: (symbols, body) => parts.stack.call(symbols, body),
    enter: (symbols) => parts.stack.enter(symbols),
    leave: (mark) => parts.stack.leave(mark),
    bug: (what) => parts.stack.fault({ reason: 'BUG', address: 0n, what }),
    stall: (what) => parts.stack.fault({ reason: 'stall', address: 0n, what }),
    printk: (level, text) => parts.sink.emit({ event: 'printk', level, text }),
    wants: (detail) => parts.sink.wants(detail),
    emit: (event) => parts.sink.emit(event),
    tellName: (name, count = 1) => parts.sink.tellName(name, count),
    injected: (what) => parts.injector.hits(what, device.name),
    declareCoherentMemory: (at, deviceAddr, size) => declareCoherentMemory(device, parts.devices, at, deviceAddr, size),
    releaseCoherentMemory: () => releaseCoherentMemory(device),
    allocFromDevCoherent: (size, owner) => allocFromPool(device, size, owner),
    releaseFromDevCoherent: (order, cpuAddr) => device.coherentPool?.release(order, cpuAddr) ?? false,
    mmapFromDevCoherent: (cpuAddr, size, pgoff, userLen) => device.coherentPool?.mmap(cpuAddr, size, pgoff, userLen),
    allocContiguous: (len, options) => parts.memory.allocContiguous(len, { ...options, ...fromCma }),
    allocFromCma: (len, owner) => parts.memory.allocFromCma(len, { owner, ...fromCma }),
    cmaLacks: (len) => parts.memory.cmaLacks(len, device.cmaArea),
    allocFromAtomicPool(size, request) {
      if (parts.injector.hits('atomicPool', device.name))
        return fail('ENOMEM', `the atomic pools are exhausted for ${device.name} on request`)
      return parts.atomic?.alloc(device.name, size, request) ?? fail('ENOMEM', 'this kernel keeps no atomic pool')
    },
    freeToAtomicPool: (cpuAddr, size) => parts.atomic?.free(cpuAddr, size) ?? false,
    iommu: parts.iommu(device),
    swiotlb: () => device.swiotlb,
    initSwiotlb: (init) => parts.bounce.give(device, init),
    ram: parts.ram,
    cacheAlignment: parts.cacheAlignment,
    kmallocNeedsBounce: (size, dir) => kmallocNeedsBounce(kmalloc, size, dir),
    kmallocSgNeedsBounce: (list, nents, dir) => kmallocSgNeedsBounce(kmalloc, list, nents, dir),
    setBusTranslation: (translation) => bus.setTranslation(translation),
    offerIova: (calls) => {
      device.iova = calls
    },
    counts: (what, live) => void parts.counted.push([what, live]),
    onTimePassed: (listener) => parts.timers.push(listener),
  }
}
