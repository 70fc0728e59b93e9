// The operations of a log driven through the model: what another kernel, mask, IOMMU or bounce buffer would have done with them.
import {
  type Device,
  type Direction,
  type DmaAddr,
  type Event,
  type Finding,
  InputError,
  type KernelSpec,
  type KResult,
  type Lab,
  type Machine,
  PAGE_SIZE,
  pfnOf,
  phys,
  type SgTable,
} from '@dmalab/api'
import { createChecker } from '@dmalab/checker'
import { isSimulatedOops } from '@dmalab/memory'
import { type LabParts, openLab } from '../lab.ts'
import { AnnouncedBounces } from '@dmalab/trace'
import { ListLengths } from './list-lengths.ts'
import { LogBlocks } from './log-blocks.ts'
import { LogMemory, type Place } from './log-memory.ts'
import { failed, outcomeOf, type Outcomes, outcomes, tally } from './outcomes.ts'

export interface DeviceReplay {
  /** Its name in the log, and the device of the board that stood for it. */
  readonly device: string
  readonly as: string
  readonly log: Outcomes
  readonly model: Outcomes
}

export interface ReplayReport {
  readonly kernel: string
  readonly board: string
  readonly devices: readonly DeviceReplay[]
  /** Buffers that lie where the board has no ordinary memory: the model took other memory for them. */
  readonly moved: number
  /** Unmaps, frees and syncs of what the replay does not have. */
  readonly skipped: number
  /** Line of the log at which the model refused, with the reason: the first few. */
  readonly refusals: readonly { readonly line: number; readonly errno: string; readonly why: string }[]
  /** The modelled kernel faulted here; nothing behind it was replayed. */
  readonly fault: { readonly line: number; readonly function: string; readonly address: string } | null
  readonly findings: readonly Finding[]
}

const KEPT_REFUSALS = 8
const KEPT_STRANGERS = 8

export interface Replay {
  onEvent(event: Event): void
  finish(): ReplayReport
}

/** @throws InputError when kernel and board do not fit, or `as` names a device that the board lacks */
export const openReplay = (
  parts: LabParts,
  kernel: KernelSpec,
  machine: Machine,
  as: Readonly<Record<string, string>>,
): Replay => {
  const lab = openLab(parts, { kernel, machine })
  const checker = createChecker()
  let bounces = 0
  lab.listen('op', (event) => {
    checker.onEvent(event)
    if (event.event === 'swiotlb_bounced') bounces += 1
  })
  return new LogReplay(lab, as, checker, () => bounces)
}

interface Live {
  readonly handle: DmaAddr
  readonly place: Place
}

/** The driver sets these limits, and a log does not show them: those of the board's device are no fault of the log. */
const OF_THE_DRIVER: ReadonlySet<string> = new Set(['sg-segment-too-long', 'sg-segment-boundary'])

class LogReplay implements Replay {
  readonly #lab: Lab
  readonly #as: Readonly<Record<string, string>>
  readonly #checker: ReturnType<typeof createChecker>
  readonly #bounces: () => number
  readonly #devices = new Map<string, { readonly target: Device; readonly report: DeviceReplay }>()
  /** By log device and log address; several mappings of one address may be live. */
  readonly #mappings = new Map<string, Live[]>()
  readonly #lists = new Map<string, { readonly table: SgTable; readonly places: readonly Place[] }[]>()
  readonly #blocks: LogBlocks
  /** The log is of a machine with an IOMMU: a bus address says nothing about where memory lies. */
  #translated = false
  readonly #announced = new AnnouncedBounces()
  readonly #lengths = new ListLengths()
  readonly #memory: LogMemory
  readonly #refusals: ReplayReport['refusals'][number][] = []
  /** Devices of the log that nothing stands for: the first few. */
  readonly #strangers = new Set<string>()
  #fault: ReplayReport['fault'] = null
  #line = 0
  #skipped = 0

  constructor(
    lab: Lab,
    as: Readonly<Record<string, string>>,
    checker: ReturnType<typeof createChecker>,
    bounces: () => number,
  ) {
    this.#lab = lab
    this.#as = as
    this.#checker = checker
    this.#bounces = bounces
    this.#memory = new LogMemory(lab)
    this.#blocks = new LogBlocks(lab)
    for (const name of Object.values(as)) lab.device(name)
  }

  onEvent(event: Event): void {
    if (this.#fault !== null) return
    try {
      // Steps are lines, so that evidence of findings points into the log.
      for (; this.#line < event.at; this.#line += 1) this.#lab.step(`line ${this.#line + 1}`)
      this.#replay(event)
    } catch (error) {
      if (!isSimulatedOops(error)) throw error
      this.#fault = { line: event.at, function: error.oops.function, address: error.oops.address }
      this.#lab.oops(error.oops)
    }
  }

  finish(): ReplayReport {
    if (this.#devices.size === 0)
      throw new InputError(
        'no device of the log is a device of the board',
        {},
        `say which stands for which: --device LOG=BOARD; the log has ${[...this.#strangers].join(', ') || 'none at all'}, board ${this.#lab.machine.name} has ${this.#lab.devices.map(({ name }) => name).join(', ')}`,
      )
    return {
      kernel: this.#lab.kernel.name,
      board: this.#lab.machine.name,
      devices: [...this.#devices.values()].map(({ report }) => report),
      moved: this.#memory.moved,
      skipped: this.#skipped,
      refusals: this.#refusals,
      fault: this.#fault,
      findings: this.#checker.finish().findings.filter(({ code }) => !OF_THE_DRIVER.has(code)),
    }
  }

  #replay(event: Event): void {
    if (event.event === 'swiotlb_bounced') return this.#announced.announce(event)
    if (event.event === 'map') {
      this.#translated = true
      return this.#lengths.update(event)
    }
    if (!('device' in event) || event.device === undefined) return
    const found = this.#deviceOf(event.device)
    if (found === undefined) return
    const { target, report } = found
    const { dma: api } = this.#lab
    switch (event.event) {
      case 'dma_map_page':
      case 'dma_map_phys':
      case 'dma_map_resource': {
        this.#lengths.done()
        const inLog = outcomeOf(this.#announced.take(event, [event.physAddr]), event.dmaAddr, event.physAddr)
        tally(report.log, failed(event.dmaAddr) ? 'refused' : inLog)
        const resource = isResource(event)
        // Registers lie where they lie.
        const place = resource
          ? { at: phys(event.physAddr), moved: undefined }
          : this.#place(event.physAddr, event.size)
        const { at } = place
        const [dir, attrs] = [event.dir as Direction, withoutMmio(event.attrs)]
        const handle = this.#judged(report, at, event.at, () =>
          resource
            ? api.mapResource(target, at, event.size, dir, attrs)
            : api.mapPageAttrs(target, { kind: 'page', pfn: pfnOf(at) }, at % PAGE_SIZE, event.size, dir, attrs),
        )
        if (handle !== undefined) push(this.#mappings, `${event.device} ${event.dmaAddr}`, { handle, place })
        else this.#memory.giveBack(place)
        return
      }
      case 'dma_unmap_page':
      case 'dma_unmap_phys':
      case 'dma_unmap_resource': {
        const live = this.#mappings.get(`${event.device} ${event.dmaAddr}`)?.pop()
        if (live === undefined) return this.#skip()
        const [dir, attrs] = [event.dir as Direction, withoutMmio(event.attrs)]
        if (isResource(event)) api.unmapResource(target, live.handle, event.size, dir, attrs)
        else api.unmapPageAttrs(target, live.handle, event.size, dir, attrs)
        this.#memory.giveBack(live.place)
        return
      }
      case 'dma_sync_single_for_cpu':
      case 'dma_sync_single_for_device': {
        const live = this.#mappings.get(`${event.device} ${event.dmaAddr}`)?.at(-1)
        if (live === undefined) return this.#skip()
        if (event.event === 'dma_sync_single_for_cpu')
          api.syncSingleForCpu(target, live.handle, event.size, event.dir as Direction)
        else api.syncSingleForDevice(target, live.handle, event.size, event.dir as Direction)
        return
      }
      case 'dma_map_sg': {
        const bounced = this.#announced.take(event, event.physAddrs)
        const entries = event.truncated ? undefined : this.#lengths.of(event)
        this.#lengths.done()
        if (entries === undefined) return this.#skip()
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
          const mapped = api.mapSgAttrs(target, table, event.dir as Direction, event.attrs)
          return mapped.ok ? { ok: true, value: table.entry(0).dmaAddress } : mapped
        })
        if (handle !== undefined) push(this.#lists, `${event.device} ${event.physAddrs[0]}`, { table, places: pieces })
        else {
          this.#lab.sgFree(table)
          this.#memory.giveBack(...pieces)
        }
        return
      }
      case 'dma_unmap_sg': {
        const list = this.#lists.get(`${event.device} ${event.physAddrs[0]}`)?.pop()
        if (list === undefined) return this.#skip()
        api.unmapSgAttrs(target, list.table, event.dir as Direction, event.attrs)
        this.#lab.sgFree(list.table)
        this.#memory.giveBack(...list.places)
        return
      }
      case 'dma_alloc': {
        const got = this.#blocks.alloc(target, event)
        if (!got.ok) this.#refused(event.at, got)
        return
      }
      case 'dma_free':
        if (!this.#blocks.free(target, event.device, event.dmaAddr)) this.#skip()
        return
      default:
    }
  }

  /** Where the memory of a mapping lies here: in the block that was allocated for it, or at its own address. */
  #place(at: number, len: number): Place {
    const inBlock = this.#translated ? undefined : this.#blocks.find(at, len)
    return inBlock === undefined ? this.#memory.place(at, len) : { at: inBlock, moved: undefined }
  }

  /** Maps what lies at `at`, and notes what became of it. */
  #judged(report: DeviceReplay, at: number, line: number, map: () => KResult<DmaAddr>): DmaAddr | undefined {
    const before = this.#bounces()
    const mapped = map()
    if (!mapped.ok) {
      tally(report.model, 'refused')
      this.#refused(line, mapped)
      return undefined
    }
    tally(report.model, outcomeOf(this.#bounces() > before, mapped.value, at))
    return mapped.value
  }

  #refused(line: number, { errno, why }: { readonly errno: string; readonly why: string }): void {
    if (this.#refusals.length < KEPT_REFUSALS) this.#refusals.push({ line, errno, why })
  }

  #skip(): void {
    this.#skipped += 1
  }

  /** The device of the board that stands for one of the log: the one that was named, else one of the same name. */
  #deviceOf(name: string): { readonly target: Device; readonly report: DeviceReplay } | undefined {
    const known = this.#devices.get(name)
    if (known !== undefined) return known
    const as = this.#as[name] ?? (isOf(this.#lab, name) ? name : undefined)
    if (as === undefined) {
      if (this.#strangers.size < KEPT_STRANGERS) this.#strangers.add(name)
      return undefined
    }
    const report: DeviceReplay = { device: name, as, log: outcomes(), model: outcomes() }
    const found = { target: this.#lab.device(as), report }
    this.#devices.set(name, found)
    return found
  }
}

/** A device of the board, or one of its memory regions (codec.left). */
const isOf = (lab: Lab, name: string): boolean =>
  lab.devices.some((device) => device.name === name || device.memDevices.some((region) => region.name === name))

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
