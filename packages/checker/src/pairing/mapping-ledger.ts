// The state that pairing keeps, and the two steps all kinds of mappings share: opening one, and looking for what an unmap means.
import type { CheckerContext, EventBase, ReportFinding } from '@dmalab/api'
import { isMappingError, type DebugEntry, type EntryRef, type Mapping } from '../dma-debug/entry.ts'
import { type CacheLineFacts, CacheLines } from '../dma-debug/map.ts'
import { DIALECTS, type Dialect, type PhysDigits } from '../dma-debug/dialects.ts'
import { Tracker } from '../dma-debug/tracker.ts'
import { checkUnmap, type UnmapExtra, unmapOfNothing } from '../dma-debug/unmap.ts'
import type { Ledger } from '../quick/ledger.ts'
import { QuickPairing } from '../quick/quick-pairing.ts'
import { Bounces } from './bounces.ts'
import { Overlaps } from './overlaps.ts'
import { Leaks } from './leaks.ts'
import { Unexplained } from './unexplained.ts'

/** Bytes of a cache line where no session names it. */
const LINE_SIZE = 64

/** Memory stays bounded, also where nothing is ever unmapped. */
interface FollowLimit {
  readonly follow?: number
  readonly onForget?: (count: number, at: number) => void
}

/** Its cache line facts are read anew at every use: the session may come after it was made. */
export class MappingLedger implements CacheLineFacts, Ledger {
  readonly report: ReportFinding
  readonly context: CheckerContext
  readonly unexplained: Unexplained
  readonly leaks: Leaks
  readonly quick: QuickPairing
  tracker = new Tracker()
  cacheLines: CacheLines
  overlaps: Overlaps
  bounces: Bounces
  /** Links that no dma_iova_sync() has covered yet. */
  readonly unsynced = new WeakSet<Mapping>()
  /** dma_mapping_error() is traced in this stream, so that its absence means something. */
  checksTraced = false
  #droppedFrees = 0
  #pointerDigits = 16
  readonly #limit: FollowLimit

  /** Mappings live at once that are followed. */
  readonly follow: number

  constructor(report: ReportFinding, context: CheckerContext, limit: FollowLimit = {}) {
    this.#limit = limit
    this.follow = limit.follow ?? Infinity
    this.report = report
    this.context = context
    this.unexplained = new Unexplained(report, context)
    this.leaks = new Leaks(report, context)
    this.cacheLines = new CacheLines(this)
    this.overlaps = new Overlaps(report)
    this.bounces = new Bounces(report, context)
    this.quick = new QuickPairing(this)
  }

  get lineSize(): number {
    return this.context.session?.lineSize ?? LINE_SIZE
  }

  get release(): CheckerContext['kernelText'] {
    return this.context.kernelText
  }

  get dialect(): Dialect {
    return DIALECTS[this.context.kernelText]
  }

  /** A log shows the width by its pointers: a 32-bit kernel is taken for one without LPAE. */
  get physDigits(): PhysDigits {
    const { session } = this.context
    const narrow = session === undefined ? this.#pointerDigits === 8 : session.physAddrBits === 32
    return narrow ? 8 : 16
  }

  /** An allocation prints a pointer, all digits of it. */
  sawPointer(virtAddr: string): void {
    if (/^[0-9a-f]+$/.test(virtAddr)) this.#pointerDigits = virtAddr.length
  }

  /** What an operation brings for comparison beside its reference. */
  unmapExtra(at: number): Omit<UnmapExtra, 'virtAddr'> {
    const { checksTraced, physDigits } = this
    return { at, checksTraced, physDigits }
  }

  get untracedFrees(): number {
    return this.#droppedFrees + this.tracker.untracedFrees
  }

  /** Events are missing: what was mapped before may have been undone in the gap, so nothing can be said about it any more. */
  forget(): void {
    this.#droppedFrees = this.untracedFrees
    this.tracker = new Tracker()
    this.cacheLines = new CacheLines(this)
    this.overlaps = new Overlaps(this.report)
    this.bounces = new Bounces(this.report, this.context)
    this.quick.forget()
  }

  /** Some task maps or allocates. */
  begins(event: EventBase & { readonly device: string }): void {
    this.leaks.active(event.device)
    this.unexplained.mapped(event.device, event.pid)
  }

  open(mapping: Mapping, entries: readonly DebugEntry[], event: EventBase): void {
    this.tracker.open(mapping, entries)
    this.overlaps.insert(mapping, this.lineSize)
    this.bounces.opened(mapping, event)
    const { liveCount } = this.tracker
    if (liveCount <= this.follow) return
    this.forget()
    this.#limit.onForget?.(liveCount, event.at)
  }

  /** A mapping that was made before, about which there was nothing to say. */
  learn(mapping: Mapping, entries: readonly DebugEntry[]): void {
    const { physAddr, list } = mapping
    const pages = list?.physAddrs ?? (physAddr === undefined ? [] : [physAddr])
    for (const page of pages) this.cacheLines.insert(mapping, page, this.report)
    this.tracker.open(mapping, entries)
    this.tracker.liveCount -= 1
    this.overlaps.insert(mapping, this.lineSize)
  }

  /** Does a live mapping that a device may write have a part of these bytes, or begin in their first cache line? */
  meets(physAddr: number, size: number): boolean {
    return this.cacheLines.has(physAddr) || this.overlaps.meets(physAddr, size)
  }

  isEmpty(): boolean {
    const { tracker, quick, cacheLines, overlaps } = this
    return (
      tracker.liveCount === quick.pending.count &&
      tracker.table.count === 0 &&
      cacheLines.isEmpty() &&
      overlaps.isEmpty()
    )
  }

  /** An unmap or free by device address. */
  undo(ref: EntryRef, event: EventBase, virtAddr?: string): void {
    const { at } = event
    this.leaks.active(ref.device)
    const { tracker } = this
    const extra = virtAddr === undefined ? this.unmapExtra(at) : { virtAddr, ...this.unmapExtra(at) }
    const entry = isMappingError(ref.dmaAddr) ? undefined : checkUnmap(tracker, ref, extra, this.report, this.context)
    if (entry !== undefined) {
      this.unexplained.explained(ref.device, longLived(ref))
      tracker.table.remove(entry)
      this.#undone(entry.mapping, ref, at)
      return
    }
    // Where something is missing nothing is proved, so that it is counted and not described.
    const described = this.context.complete || isMappingError(ref.dmaAddr)
    if (described) this.quick.tellAll()
    const nothing = described ? unmapOfNothing(tracker, ref, at, this.context.unit) : undefined
    const orphan = tracker.at(ref.device, ref.dmaAddr).find(({ kind }) => kind === 'coherent')
    if (orphan !== undefined && longLived(ref)) tracker.close(orphan, at)
    if (nothing === undefined) this.unexplained.unseen(ref.device, longLived(ref), at)
    else if (isMappingError(ref.dmaAddr)) this.report(nothing)
    else this.unexplained.add(nothing, longLived(ref), event)
  }

  /** Coherent memory stays allocated until it is freed, whatever else is done to its address. */
  #undone(mapping: Mapping, ref: EntryRef, at: number): void {
    if (mapping.kind === 'coherent' && !longLived(ref) && ref.type !== 'sg') {
      mapping.orphan = true
      return
    }
    this.close(mapping, at)
  }

  close(mapping: Mapping, at: number): void {
    const pages = mapping.list === undefined ? [mapping.physAddr] : mapping.list.physAddrs.slice(0, mapping.list.ents)
    for (const page of pages) if (page !== undefined) this.cacheLines.remove(page, mapping.dir, mapping.at)
    this.overlaps.remove(mapping)
    this.bounces.closed(mapping, at)
    this.tracker.close(mapping, at)
  }
}

const longLived = (ref: EntryRef): boolean => ref.type === 'coherent' || ref.type === 'noncoherent'
