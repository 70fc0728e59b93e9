// Streaming mappings and lists of a log, made and undone in the model.
import {
  type Device,
  type DeviceReplay,
  type Direction,
  type DmaAddr,
  type Event,
  type KResult,
  type Lab,
  PAGE_SIZE,
  pfnOf,
  phys,
  type RawEntry,
  type SgTable,
} from '@dmalab/api'
import { AnnouncedBounces } from '@dmalab/trace'
import { ListLengths } from './list-lengths.ts'
import type { LogBlocks } from './log-blocks.ts'
import type { LogMemory, Place } from './log-memory.ts'
import { failed, outcomeOf, tally } from './outcomes.ts'

type Named<Name extends string> = Extract<Event, { readonly event: Name }>
export type MapEvent = Named<'dma_map_page' | 'dma_map_phys' | 'dma_map_resource'>
export type UnmapEvent = Named<'dma_unmap_page' | 'dma_unmap_phys' | 'dma_unmap_resource'>
export type SyncEvent = Named<'dma_sync_single_for_cpu' | 'dma_sync_single_for_device'>

/** A device of the log, and the device of the board that stands for it. */
export interface StandIn {
  readonly target: Device
  readonly report: DeviceReplay
}

/** What mappings need of the replay around them. */
interface Around {
  readonly memory: LogMemory
  readonly blocks: LogBlocks
  /** swiotlb_bounced events of the model so far. */
  bounces(): number
  /** The model refused what line `line` did. */
  refused(line: number, why: { readonly errno: string; readonly why: string }): void
}

interface Live {
  readonly handle: DmaAddr
  readonly place: Place
}

interface LiveList {
  readonly table: SgTable
  readonly places: readonly Place[]
  /** Of its first entry, in the log. */
  readonly dmaAddr: number
}

export class LogMappings {
  readonly #lab: Lab
  readonly #around: Around
  /** By log device and log address; several mappings of one address may be live. */
  readonly #pages = new Map<string, Live[]>()
  readonly #lists = new Map<string, LiveList[]>()
  /** The same by the address of the first entry in the log, which is all that a sync says. */
  readonly #byAddress = new Map<string, LiveList[]>()
  readonly #announced = new AnnouncedBounces()
  readonly #lengths = new ListLengths()
  /** The log is of a machine with an IOMMU: a bus address says nothing about where memory lies. */
  #translated = false

  constructor(lab: Lab, around: Around) {
    this.#lab = lab
    this.#around = around
  }

  bounced(event: Named<'swiotlb_bounced'>): void {
    this.#announced.announce(event)
  }

  iommuMap(event: Named<'map'>): void {
    this.#translated = true
    this.#lengths.update(event)
  }

  map({ target, report }: StandIn, event: MapEvent): void {
    this.#lengths.done()
    const inLog = outcomeOf(this.#announced.take(event, [event.physAddr]), event.dmaAddr, event.physAddr)
    tally(report.log, failed(event.dmaAddr) ? 'refused' : inLog)
    const { dma } = this.#lab
    const resource = isResource(event)
    // Registers lie where they lie.
    const place = resource ? { at: phys(event.physAddr), moved: undefined } : this.#place(event.physAddr, event.size)
    const { at } = place
    const [dir, attrs] = [event.dir as Direction, withoutMmio(event.attrs)]
    const handle = this.#judged(report, at, event.at, () =>
      resource
        ? dma.mapResource(target, at, event.size, dir, attrs)
        : dma.mapPageAttrs(target, { kind: 'page', pfn: pfnOf(at) }, at % PAGE_SIZE, event.size, dir, attrs),
    )
    if (handle === undefined) this.#around.memory.giveBack(place)
    else push(this.#pages, `${event.device} ${event.dmaAddr}`, { handle, place })
  }

  /** False when there is no such mapping here. */
  unmap({ target }: StandIn, event: UnmapEvent): boolean {
    const live = this.#pages.get(`${event.device} ${event.dmaAddr}`)?.pop()
    if (live === undefined) return false
    const [dir, attrs] = [event.dir as Direction, withoutMmio(event.attrs)]
    if (isResource(event)) this.#lab.dma.unmapResource(target, live.handle, event.size, dir, attrs)
    else this.#lab.dma.unmapPageAttrs(target, live.handle, event.size, dir, attrs)
    this.#around.memory.giveBack(live.place)
    return true
  }

  /** False when there is no such mapping here. */
  sync({ target }: StandIn, event: SyncEvent): boolean {
    const live = this.#pages.get(`${event.device} ${event.dmaAddr}`)?.at(-1)
    if (live === undefined) return false
    const dir = event.dir as Direction
    if (event.event === 'dma_sync_single_for_cpu') this.#lab.dma.syncSingleForCpu(target, live.handle, event.size, dir)
    else this.#lab.dma.syncSingleForDevice(target, live.handle, event.size, dir)
    return true
  }

  /** False for a list whose entries the log does not show whole. */
  mapSg({ target, report }: StandIn, event: Named<'dma_map_sg'>): boolean {
    const bounced = this.#announced.take(event, event.physAddrs)
    const entries = event.records ?? this.#wholeEntries(event)
    this.#lengths.done()
    if (entries === undefined || !this.#hasRoom(entries)) return false
    tally(report.log, outcomeOf(bounced, event.dmaAddrs[0] ?? 0, event.physAddrs[0] ?? 0))
    const { table, places } = this.#tableOf(entries, event.records !== undefined)
    const first = table.entry(0)
    const at = this.#lab.mem.pageToPfn(first.page) * PAGE_SIZE + first.offset
    const handle = this.#judged(report, at, event.at, () => {
      const mapped = this.#lab.dma.mapSgAttrs(target, table, event.dir as Direction, event.attrs)
      return mapped.ok ? { ok: true, value: table.entry(0).dmaAddress } : mapped
    })
    if (handle === undefined) this.#giveBack(table, places)
    else {
      const list: LiveList = { table, places, dmaAddr: event.dmaAddrs[0] ?? 0 }
      push(this.#lists, `${event.device} ${event.physAddrs[0]}`, list)
      push(this.#byAddress, `${event.device} ${list.dmaAddr}`, list)
    }
    return true
  }

  /** Entries of ordinary memory; undefined where the log does not show them all. */
  #wholeEntries(event: Named<'dma_map_sg'>): readonly RawEntry[] | undefined {
    const entries = event.truncated ? undefined : this.#lengths.of(event)
    return entries?.map(([at, length]) => ({
      page: Math.floor(at / PAGE_SIZE),
      offset: at % PAGE_SIZE,
      length,
      ...NOT_MAPPED,
    }))
  }

  /** A list holds no more than the machine does. */
  #hasRoom(entries: readonly RawEntry[]): boolean {
    const total = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0)
    return (
      entries.length > 0 &&
      total(entries.map(({ length }) => length)) <= total(this.#lab.machine.memory.map(({ len }) => len))
    )
  }

  /** The list here: entries with a struct page get memory of their own; the others, where the log says that there are any, stand as they do in it. */
  #tableOf(entries: readonly RawEntry[], asTheyStand: boolean): Pick<LiveList, 'table' | 'places'> {
    const places: Place[] = []
    const here = entries.map((entry) => {
      const raw = this.#around.blocks.here(entry)
      if (asTheyStand && (raw.page.kind !== 'page' || !this.#lab.mem.pfnValid(raw.page.pfn))) return raw
      const place = this.#place(Number(entry.page) * PAGE_SIZE + entry.offset, entry.length)
      places.push(place)
      return { ...raw, page: { kind: 'page', pfn: pfnOf(place.at) } as const, offset: place.at % PAGE_SIZE }
    })
    const table = this.#lab.sgTable(here)
    for (const [i, { attrs, dmaAddress, dmaLength }] of here.entries()) {
      table.setAttrs(i, attrs)
      table.setDma(i, dmaAddress, dmaLength)
    }
    return { table, places }
  }

  /** False when there is no such list here. */
  syncSg({ target }: StandIn, event: Named<'dma_sync_sg_for_cpu' | 'dma_sync_sg_for_device'>): boolean {
    return this.#syncList(target, event.event === 'dma_sync_sg_for_cpu', event, event.dmaAddrs[0] ?? 0)
  }

  #syncList(
    target: Device,
    forCpu: boolean,
    { device, dir }: { device: string; dir: number },
    dmaAddr: number,
  ): boolean {
    const list = this.#byAddress.get(`${device} ${dmaAddr}`)?.at(-1)
    if (list === undefined) return false
    if (forCpu) this.#lab.dma.syncSgForCpu(target, list.table, dir as Direction)
    else this.#lab.dma.syncSgForDevice(target, list.table, dir as Direction)
    return true
  }

  /** The call in which the kernel of the log stopped. Where it returns, what it made is given back: the log has no more of it. */
  stopped({ target }: StandIn, event: Named<'stopped_call'>): boolean {
    const { call, attrs, entries } = event
    const dir = event.dir as Direction
    if (!this.#hasRoom(entries)) return false
    // The event of an unmapping comes before its work: that was done.
    if (call === 'unmap_sg') return true
    if (call === 'sync_sg_for_cpu' || call === 'sync_sg_for_device')
      return this.#syncList(target, call === 'sync_sg_for_cpu', event, entries[0]?.dmaAddress ?? 0)
    const { dma } = this.#lab
    const { table, places } = this.#tableOf(entries, true)
    const { page, offset, length } = table.entry(0)
    if (call === 'map_sg') {
      if (dma.mapSgAttrs(target, table, dir, attrs).ok) dma.unmapSgAttrs(target, table, dir, attrs)
    } else if (call === 'map_page') {
      const mapped = dma.mapPageAttrs(target, page, offset, length, dir, attrs)
      if (mapped.ok) dma.unmapPageAttrs(target, mapped.value, length, dir, attrs)
    } else {
      const mapped = dma.mapResource(
        target,
        phys(this.#lab.mem.pageToPfn(page) * PAGE_SIZE + offset),
        length,
        dir,
        attrs,
      )
      if (mapped.ok) dma.unmapResource(target, mapped.value, length, dir, attrs)
    }
    this.#giveBack(table, places)
    return true
  }

  /** False when there is no such list here. */
  unmapSg({ target }: StandIn, event: Named<'dma_unmap_sg'>): boolean {
    const list = this.#lists.get(`${event.device} ${event.physAddrs[0]}`)?.pop()
    if (list === undefined) return false
    const alike = this.#byAddress.get(`${event.device} ${list.dmaAddr}`) ?? []
    alike.splice(alike.indexOf(list), 1)
    this.#lab.dma.unmapSgAttrs(target, list.table, event.dir as Direction, event.attrs)
    this.#giveBack(list.table, list.places)
    return true
  }

  #giveBack(table: SgTable, places: readonly Place[]): void {
    this.#lab.sgFree(table)
    this.#around.memory.giveBack(...places)
  }

  /** Where the memory of a mapping lies here: in the block that was allocated for it, or at its own address. */
  #place(at: number, len: number): Place {
    const inBlock = this.#translated ? undefined : this.#around.blocks.find(at, len)
    return inBlock === undefined ? this.#around.memory.place(at, len) : { at: inBlock, moved: undefined }
  }

  /** Maps what lies at `at`, and notes what became of it. */
  #judged(report: DeviceReplay, at: number, line: number, map: () => KResult<DmaAddr>): DmaAddr | undefined {
    const before = this.#around.bounces()
    const mapped = map()
    if (!mapped.ok) {
      tally(report.model, 'refused')
      this.#around.refused(line, mapped)
      return undefined
    }
    tally(report.model, outcomeOf(this.#around.bounces() > before, mapped.value, at))
    return mapped.value
  }
}

const NOT_MAPPED = { attrs: 0, dmaAddress: 0, dmaLength: 0 } as const

/** 7.x has one event for pages and resources, and an attribute that tells them apart. */
const MMIO = 1024
const isMmio = (attrs: number): boolean => Math.floor(attrs / MMIO) % 2 === 1
const withoutMmio = (attrs: number): number => (isMmio(attrs) ? attrs - MMIO : attrs)
const isResource = (event: { readonly event: string; readonly attrs: number }): boolean =>
  event.event.endsWith('_resource') || isMmio(event.attrs)

const push = <T>(index: Map<string, T[]>, key: string, value: T): void => {
  const values = index.get(key)
  if (values === undefined) index.set(key, [value])
  else values.push(value)
}
