// `dmalab trace stats`: what each device did, in memory that does not grow with the log.
import type { DeviceStats, Event, Histogram, TraceStats } from '@dmalab/api'
import { Lifetimes, timeOf, type Lifetime } from './lifetimes.ts'

const OPERATIONS: Readonly<Record<string, string>> = {
  dma_map_page: 'map',
  dma_map_phys: 'map',
  dma_map_resource: 'map',
  dma_unmap_page: 'unmap',
  dma_unmap_phys: 'unmap',
  dma_unmap_resource: 'unmap',
  dma_map_sg: 'mapSg',
  dma_map_sg_err: 'mapSgError',
  dma_unmap_sg: 'unmapSg',
  dma_sync_single_for_cpu: 'syncForCpu',
  dma_sync_sg_for_cpu: 'syncForCpu',
  dma_sync_single_for_device: 'syncForDevice',
  dma_sync_sg_for_device: 'syncForDevice',
  dma_alloc: 'alloc',
  dma_alloc_pages: 'alloc',
  dma_alloc_sgt: 'alloc',
  dma_alloc_sgt_err: 'allocError',
  dma_free: 'free',
  dma_free_pages: 'free',
  dma_free_sgt: 'free',
  swiotlb_bounced: 'bounce',
}

export interface StatsCollector {
  onEvent(event: Event): void
  finish(): TraceStats
}

/** `follow`: mappings live at once that are followed to their end; the oldest are forgotten first. */
export const createStats = (follow?: number): StatsCollector => {
  const devices = new Map<string, Device>()
  let begins: number | null = null
  let ends: number | null = null
  const of = (name: string): Device => {
    let device = devices.get(name)
    if (device === undefined) devices.set(name, (device = new Device(name)))
    return device
  }
  const lifetimes = new Lifetimes(
    {
      began: (life, event) => of(life.device).began(life, timeOf(event)),
      ended: (life, event) => of(life.device).ended(life, timeOf(event)),
    },
    follow,
  )
  return {
    onEvent(event): void {
      if (event.event !== 'lost' && event.event !== 'session') {
        begins ??= timeOf(event)
        ends = timeOf(event)
      }
      const operation = OPERATIONS[event.event]
      if (operation !== undefined && 'device' in event && event.device !== undefined) of(event.device).count(operation)
      if (event.event === 'lost') for (const device of devices.values()) device.lost()
      lifetimes.onEvent(event)
    },
    finish: () => ({
      begins,
      ends,
      devices: [...devices.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((device) => device.stats()),
      notFollowed: lifetimes.notFollowed,
    }),
  }
}

class Device {
  readonly name: string
  readonly #operations = new Map<string, number>()
  readonly #sizes = new Counts()
  readonly #lifetimes = new Counts()
  readonly #overTime = new Slices()
  #mapped = 0
  #allocated = 0
  #mappings = 0
  #bounced = 0
  #live = { mappings: 0, bytes: 0, allocations: 0, allocatedBytes: 0 }
  #peak = { mappings: 0, bytes: 0 }
  #iova: { lowest: number; highest: number; bytes: number; peakBytes: number } | undefined

  constructor(name: string) {
    this.name = name
  }

  count(operation: string): void {
    this.#operations.set(operation, (this.#operations.get(operation) ?? 0) + 1)
  }

  began(life: Lifetime, now: number): void {
    this.#sizes.add(life.size)
    if (life.kind === 'coherent') {
      this.#allocated += life.size
      this.#live.allocations += 1
      this.#live.allocatedBytes += life.size
      return
    }
    this.#mappings += 1
    this.#mapped += life.size
    this.#bounced += life.bounced ? 1 : 0
    this.#live.mappings += 1
    this.#live.bytes += life.size
    this.#peak.mappings = Math.max(this.#peak.mappings, this.#live.mappings)
    this.#peak.bytes = Math.max(this.#peak.bytes, this.#live.bytes)
    this.#overTime.note(now, this.#live.mappings)
    if (!life.translated || life.bounced) return
    this.#iova ??= { lowest: life.dmaAddr, highest: 0, bytes: 0, peakBytes: 0 }
    this.#iova.lowest = Math.min(this.#iova.lowest, life.dmaAddr)
    this.#iova.highest = Math.max(this.#iova.highest, life.dmaAddr + life.size)
    this.#iova.bytes += life.size
    this.#iova.peakBytes = Math.max(this.#iova.peakBytes, this.#iova.bytes)
  }

  ended(life: Lifetime, now: number): void {
    this.#lifetimes.add((now - life.began) * 1e6)
    if (life.kind === 'coherent') {
      this.#live.allocations -= 1
      this.#live.allocatedBytes -= life.size
      return
    }
    this.#live.mappings -= 1
    this.#live.bytes -= life.size
    this.#overTime.note(now, this.#live.mappings)
    if (life.translated && !life.bounced && this.#iova !== undefined) this.#iova.bytes -= life.size
  }

  /** What was live may have ended in the gap. */
  lost(): void {
    this.#live = { mappings: 0, bytes: 0, allocations: 0, allocatedBytes: 0 }
    if (this.#iova !== undefined) this.#iova.bytes = 0
  }

  stats(): DeviceStats {
    const iova = this.#iova
    return {
      device: this.name,
      operations: Object.fromEntries([...this.#operations].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      mappedBytes: this.#mapped,
      allocatedBytes: this.#allocated,
      live: this.#live,
      peak: this.#peak,
      sizes: this.#sizes.histogram(),
      lifetimes: this.#lifetimes.histogram(),
      bounceShare: this.#mappings === 0 ? 0 : this.#bounced / this.#mappings,
      bounces: this.#operations.get('bounce') ?? 0,
      iova: iova === undefined ? null : { lowest: iova.lowest, highest: iova.highest, peakBytes: iova.peakBytes },
      overTime: this.#overTime.result(),
    }
  }
}

class Counts {
  readonly #slots = new Map<number, number>()
  #count = 0
  #min = Infinity
  #max = 0

  add(value: number): void {
    const slot = Math.max(0, Math.floor(Math.log2(Math.max(value, 1))))
    this.#slots.set(slot, (this.#slots.get(slot) ?? 0) + 1)
    this.#count += 1
    this.#min = Math.min(this.#min, value)
    this.#max = Math.max(this.#max, value)
  }

  histogram(): Histogram {
    const slots = Object.fromEntries([...this.#slots].toSorted(([a], [b]) => a - b))
    return { slots, count: this.#count, min: this.#count === 0 ? 0 : this.#min, max: this.#max }
  }
}

/** A time line of fixed length: when the log runs past its end, slices are joined two by two. */
const SLICES = 64

class Slices {
  #start: number | undefined
  #step = 1e-6
  #values: number[] = []
  #last = 0

  note(now: number, value: number): void {
    this.#start ??= now
    let slice = Math.floor((now - this.#start) / this.#step)
    while (slice >= SLICES) {
      this.#values = Array.from({ length: Math.ceil(this.#values.length / 2) }, (_, index) =>
        Math.max(this.#values[index * 2] ?? 0, this.#values[index * 2 + 1] ?? 0),
      )
      this.#step *= 2
      slice = Math.floor((now - this.#start) / this.#step)
    }
    // Between two events the number stays what it was.
    while (this.#values.length <= slice) this.#values.push(this.#last)
    this.#values[slice] = Math.max(this.#values[slice] ?? 0, value)
    this.#last = value
  }

  result(): DeviceStats['overTime'] {
    return { start: this.#start ?? 0, step: this.#step, mappings: this.#values }
  }
}
