// The operations of a log driven through the model: what another kernel, mask, IOMMU or bounce buffer would have done with them.
import {
  type DeviceReplay,
  disabledDevice,
  disabledWords,
  type Event,
  InputError,
  type KernelSpec,
  type Lab,
  type Machine,
  type ReplayReport,
} from '@dmalab/api'
import { type Checker, createChecker } from '@dmalab/checker'
import { isSimulatedOops } from '@dmalab/memory'
import { type LabParts, openLab } from '../lab.ts'
import { LogBlocks } from './log-blocks.ts'
import { LogMappings, type StandIn } from './log-mappings.ts'
import { LogMemory } from './log-memory.ts'
import { outcomes } from './outcomes.ts'

/** A log on one kernel and one board. */
export interface ReplayRequest {
  readonly kernel: KernelSpec
  readonly machine: Machine
  /** Device of the log -> device of the board that stands for it; devices of the same name need none. */
  readonly devices: Readonly<Record<string, string>>
  /** Gets every event of the model. */
  readonly onEvent?: (event: Event) => void
}

/** Takes the events of a log one by one, in order. */
export interface Replay {
  onEvent(event: Event): void
  /** @throws InputError when no device of the log is a device of the board */
  finish(): ReplayReport
}

const KEPT_REFUSALS = 8
const KEPT_UNKNOWN_DEVICES = 8

/** The driver sets these limits, and a log does not show them: those of the board's device are not a fault of the log. */
const OF_THE_DRIVER: ReadonlySet<string> = new Set(['sg-segment-too-long', 'sg-segment-boundary'])

/** @throws InputError when kernel and board do not fit, or `devices` names a device that the board lacks */
export const openReplay = (parts: LabParts, request: ReplayRequest): Replay => {
  const { kernel, machine, devices, onEvent } = request
  const lab = openLab(parts, { kernel, machine })
  const checker = createChecker()
  let bounces = 0
  lab.listen('op', (event) => {
    checker.onEvent(event)
    onEvent?.(event)
    if (event.event === 'swiotlb_bounced') bounces += 1
  })
  return new LogDriver(lab, devices, checker, () => bounces)
}

class LogDriver implements Replay {
  readonly #lab: Lab
  readonly #as: Readonly<Record<string, string>>
  readonly #checker: Checker
  readonly #devices = new Map<string, StandIn>()
  readonly #blocks: LogBlocks
  readonly #memory: LogMemory
  readonly #mappings: LogMappings
  readonly #refusals: ReplayReport['refusals'][number][] = []
  /** Devices of the log that nothing stands for: the first few. */
  readonly #unknown = new Set<string>()
  #fault: ReplayReport['fault'] = null
  #line = 0
  #skipped = 0

  constructor(lab: Lab, as: Readonly<Record<string, string>>, checker: Checker, bounces: () => number) {
    this.#lab = lab
    this.#as = as
    this.#checker = checker
    this.#memory = new LogMemory(lab)
    this.#blocks = new LogBlocks(lab)
    this.#mappings = new LogMappings(lab, {
      memory: this.#memory,
      blocks: this.#blocks,
      bounces,
      refused: (line, why) => this.#refused(line, why),
    })
    for (const name of Object.values(as)) lab.device(name)
  }

  onEvent(event: Event): void {
    if (this.#fault !== null) return
    try {
      // Steps are lines, so that evidence of findings points into the log.
      for (; this.#line < event.at; this.#line += 1) this.#lab.step(`line ${this.#line + 1}`)
      if (!this.#replay(event)) this.#skipped += 1
    } catch (error) {
      if (!isSimulatedOops(error)) throw error
      this.#fault = { line: event.at, function: error.oops.function, address: error.oops.address }
      this.#lab.oops(error.oops)
    }
  }

  /** Devices of the log that the board has, and has switched off. */
  #disabledWords(): string {
    const off = [...this.#unknown].flatMap((name) => disabledDevice(this.#lab.machine, name) ?? [])
    return off.map((device) => `; ${device.name} ${disabledWords(device)}`).join('')
  }

  finish(): ReplayReport {
    if (this.#devices.size === 0)
      throw new InputError(
        'no device of the log is a device of the board',
        {},
        `say which stands for which: --device LOG=BOARD; the log has ${[...this.#unknown].join(', ') || 'none at all'}, board ${this.#lab.machine.name} has ${this.#lab.devices.map(({ name }) => name).join(', ')}${this.#disabledWords()}`,
      )
    const { findings } = this.#checker.finish()
    this.#lab.close()
    return {
      kernel: this.#lab.kernel.name,
      board: this.#lab.machine.name,
      notes: [],
      devices: [...this.#devices.values()].map(({ report }) => report),
      moved: this.#memory.moved,
      skipped: this.#skipped,
      refusals: this.#refusals,
      fault: this.#fault,
      findings: findings.filter(({ code }) => !OF_THE_DRIVER.has(code)),
    }
  }

  /** False for an operation that has nothing to act on here. */
  #replay(event: Event): boolean {
    if (event.event === 'swiotlb_bounced') this.#mappings.bounced(event)
    else if (event.event === 'map') this.#mappings.iommuMap(event)
    if (event.event === 'swiotlb_bounced' || event.event === 'map') return true
    if (!('device' in event) || event.device === undefined) return true
    const device = this.#deviceOf(event.device)
    if (device === undefined) return true
    switch (event.event) {
      case 'dma_map_page':
      case 'dma_map_phys':
      case 'dma_map_resource':
        this.#mappings.map(device, event)
        return true
      case 'dma_unmap_page':
      case 'dma_unmap_phys':
      case 'dma_unmap_resource':
        return this.#mappings.unmap(device, event)
      case 'dma_sync_single_for_cpu':
      case 'dma_sync_single_for_device':
        return this.#mappings.sync(device, event)
      case 'dma_sync_sg_for_cpu':
      case 'dma_sync_sg_for_device':
        return this.#mappings.syncSg(device, event)
      case 'stopped_call':
        return this.#mappings.stopped(device, event)
      case 'dma_map_sg':
        return this.#mappings.mapSg(device, event)
      case 'dma_unmap_sg':
        return this.#mappings.unmapSg(device, event)
      case 'dma_alloc': {
        const got = this.#blocks.alloc(device.target, event)
        if (!got.ok) this.#refused(event.at, got)
        return true
      }
      case 'dma_free':
        return this.#blocks.free(device.target, event.device, event.dmaAddr)
      default:
        return true
    }
  }

  #refused(line: number, { errno, why }: { readonly errno: string; readonly why: string }): void {
    if (this.#refusals.length < KEPT_REFUSALS) this.#refusals.push({ line, errno, why })
  }

  /** The device of the board that stands for one of the log: the one that was named, else one of the same name. */
  #deviceOf(name: string): StandIn | undefined {
    const known = this.#devices.get(name)
    if (known !== undefined) return known
    const as = this.#as[name] ?? (isOf(this.#lab, name) ? name : undefined)
    if (as === undefined) {
      if (this.#unknown.size < KEPT_UNKNOWN_DEVICES) this.#unknown.add(name)
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
