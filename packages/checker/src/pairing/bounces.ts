// Bounced mappings that are never copied again: swiotlb copies at map and unmap, and in between only at a sync.
import {
  ATTR,
  DIR,
  finding,
  has,
  type CheckerContext,
  type Event,
  type EventBase,
  type MediaEvent,
  type ReportFinding,
} from '@dmalab/api'
import { named } from '../dma-debug/describe.ts'
import type { Mapping } from '../dma-debug/entry.ts'
import { BounceTotals } from './bounce-totals.ts'

type BounceEvent = Extract<Event, { event: 'swiotlb_bounced' }>
type BufferEvent = Extract<MediaEvent, { readonly owner: string }>

/** Tasks whose announcements, and whose mappings that wait for a buffer, are remembered. */
const TASKS = 1024
const BUFFERS = 4096
/** Announced pages per task: one list has no more entries. */
const PAGES = 65_536

/** Buffer types of V4L2 that user space fills for the device; all others are filled by the device. */
const OUTPUT_TYPES: ReadonlySet<number> = new Set([2, 3, 5, 7, 8, 10, 12, 14])

/**
 * dma-buf importers map once and stream many frames with SKIP_CPU_SYNC. Behind swiotlb each frame after the first is then the first
 * one again: nothing copies it. That a mapping was not synced proves no harm: a driver may have used it once, or never. So a warning
 * needs the uses: a video buffer that came back while it was mapped, or the accesses of a model run.
 */
export class Bounces {
  readonly #report: ReportFinding
  readonly #context: CheckerContext
  /** Device and task -> what swiotlb announced, by page; the event of the mapping comes next, unless it was refused. */
  readonly #announced = new Map<string, Map<number, BounceEvent>>()
  readonly #told: BounceTotals
  /** pid -> mappings whose buffer has not been queued yet: QBUF maps first. */
  readonly #unqueued = new Map<number, Mapping[]>()
  /** Queue, type and index -> what is mapped for this buffer. */
  readonly #buffers = new Map<string, Mapping[]>()

  constructor(report: ReportFinding, context: CheckerContext) {
    this.#report = report
    this.#context = context
    this.#told = new BounceTotals(report, context)
  }

  /** swiotlb announced something that no mapping has taken yet. */
  get waiting(): boolean {
    return this.#announced.size > 0
  }

  bounced(event: BounceEvent): void {
    const key = taskOf(event)
    let pages = this.#announced.get(key)
    if (pages === undefined) this.#announced.set(key, (pages = new Map()))
    if (pages.size < PAGES) pages.set(event.physAddr ?? event.devAddr, event)
    if (this.#announced.size > TASKS)
      for (const oldest of this.#announced.keys()) return void this.#announced.delete(oldest)
  }

  /** A task's next mapping for the device, also a refused one, takes all that was announced: what does not fit it was refused before. */
  take(event: EventBase & { readonly device: string }, physAddrs: readonly number[], refused = false): boolean {
    if (this.#announced.size === 0) return false
    const key = taskOf(event)
    const pages = this.#announced.get(key)
    this.#announced.delete(key)
    if (pages === undefined) return false
    const own = physAddrs.flatMap((page) => pages.get(page) ?? [])
    if (!refused) this.#told.add(own, event.at)
    return own.length > 0
  }

  /** The stream is over. */
  end(): void {
    this.#told.report()
  }

  /** A model run shows accesses, which say more than buffers. */
  opened(mapping: Mapping, { pid }: EventBase): void {
    if (
      pid === undefined ||
      this.#context.session !== undefined ||
      !neverCopied(mapping) ||
      mapping.dir === DIR.BIDIRECTIONAL
    )
      return
    const waiting = this.#unqueued.get(pid)
    if (waiting !== undefined) waiting.push(mapping)
    else if (this.#unqueued.size < TASKS) this.#unqueued.set(pid, [mapping])
  }

  /** The task that mapped queues the buffer next. */
  queued(event: BufferEvent & EventBase): void {
    const waiting = event.pid === undefined ? undefined : this.#unqueued.get(event.pid)
    if (event.pid === undefined || waiting === undefined) return
    this.#unqueued.delete(event.pid)
    const dir = OUTPUT_TYPES.has(event.type) ? DIR.TO_DEVICE : DIR.FROM_DEVICE
    const planes = waiting.filter((mapping) => mapping.live && mapping.dir === dir)
    if (planes.length === 0) return
    this.#buffers.set(bufferOf(event), planes)
    if (this.#buffers.size > BUFFERS)
      for (const oldest of this.#buffers.keys()) return void this.#buffers.delete(oldest)
  }

  /** User space takes a buffer back: the transfer took place. That a buffer is done proves less, as streaming off makes all buffers done. */
  dequeued(event: BufferEvent & EventBase): void {
    for (const mapping of this.#buffers.get(bufferOf(event)) ?? [])
      used(mapping, mapping.dir !== DIR.TO_DEVICE, event.at)
  }

  /** A device touched it (model runs): passing over the same bytes again is another use. */
  accessed(mapping: Mapping, dmaAddr: number, write: boolean, at: number): void {
    if (!neverCopied(mapping)) return
    mapping.firstTouched ??= dmaAddr
    if (mapping.firstTouched === dmaAddr) used(mapping, write, at)
  }

  closed(mapping: Mapping, at: number): void {
    if (!neverCopied(mapping)) return
    for (const [key, planes] of this.#buffers) if (planes.includes(mapping)) this.#buffers.delete(key)
    if (mapping.synced) return
    const { device, uses, harmedAt } = mapping
    const did = `${device}: ${named(mapping)} was bounced and mapped with SKIP_CPU_SYNC, and never synced`
    if (harmedAt === undefined) {
      this.#report(finding('bounce-not-synced', did, { device, evidence: [mapping.at, at] }))
      return
    }
    const lost =
      mapping.dir === DIR.TO_DEVICE
        ? 'the device got only what was in it when it was mapped'
        : 'what the device wrote stayed in the bounce buffer'
    const times = uses === 1 ? 'once' : `${uses} times`
    this.#report(
      finding('bounce-without-sync', `${did}, but used ${times}: ${lost}`, {
        device,
        evidence: [mapping.at, harmedAt, at],
      }),
    )
  }
}

/** The first transfer to a device is right, as mapping copied; nothing that a device writes is. */
const used = (mapping: Mapping, write: boolean, at: number): void => {
  mapping.uses += 1
  if (write || mapping.uses > 1) mapping.harmedAt ??= at
}

const neverCopied = (mapping: Mapping): boolean => mapping.bounced && has(mapping.attrs, ATTR.SKIP_CPU_SYNC)
const bufferOf = ({ owner, type, index }: BufferEvent): string => `${owner} ${type} ${index}`
/** What an interrupt maps lies between the events of the task it interrupted, under the task's name. */
const taskOf = ({ device, pid, interrupt }: EventBase & { readonly device: string }): string =>
  `${device} ${pid} ${interrupt}`
