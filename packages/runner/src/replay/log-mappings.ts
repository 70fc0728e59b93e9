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

export class LogMappings {
  readonly #lab: Lab
  readonly #around: Around
  /** By log device and log address; several mappings of one address may be live. */
  readonly #pages = new Map<string, Live[]>()
  readonly #lists = new Map<string, { readonly table: SgTable; readonly places: readonly Place[] }[]>()
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
    const entries = event.truncated ? undefined : this.#lengths.of(event)
    this.#lengths.done()
    if (entries === undefined) return false
    tally(report.log, outcomeOf(bounced, event.dmaAddrs[0] ?? 0, event.physAddrs[0] ?? 0))
    const pieces = entries.map(([start, len]) => ({ ...this.#place(start, len), len }))
    const table = this.#lab.sgTable(
      pieces.map(({ at, len }) => ({
        page: { kind: 'page', pfn: pfnOf(at) },
        offset: at % PAGE_SIZE,
        length: len,
      })),
    )
    const handle = this.#judged(report, pieces[0]?.at ?? 0, event.at, () => {
      const mapped = this.#lab.dma.mapSgAttrs(target, table, event.dir as Direction, event.attrs)
      return mapped.ok ? { ok: true, value: table.entry(0).dmaAddress } : mapped
    })
    if (handle === undefined) this.#giveBack(table, pieces)
    else push(this.#lists, `${event.device} ${event.physAddrs[0]}`, { table, places: pieces })
    return true
  }

  /** False when there is no such list here. */
  unmapSg({ target }: StandIn, event: Named<'dma_unmap_sg'>): boolean {
    const list = this.#lists.get(`${event.device} ${event.physAddrs[0]}`)?.pop()
    if (list === undefined) return false
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
