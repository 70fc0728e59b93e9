// What the short way needs of the ledger.
import type { CheckerContext } from '@dmalab/api'
import type { Dialect } from '../dma-debug/dialects.ts'
import type { DebugEntry, Mapping } from '../dma-debug/entry.ts'
import type { Tracker } from '../dma-debug/tracker.ts'
import type { Bounces } from '../pairing/bounces.ts'
import type { Leaks } from '../pairing/leaks.ts'
import type { Unexplained } from '../pairing/unexplained.ts'

export interface Ledger {
  readonly context: CheckerContext
  readonly tracker: Tracker
  readonly bounces: Bounces
  readonly leaks: Leaks
  readonly unexplained: Unexplained
  readonly dialect: Dialect
  readonly release: CheckerContext['kernelText']
  /** Bytes. */
  readonly lineSize: number
  /** Mappings live at once that are followed. */
  readonly follow: number
  /** dma_mapping_error() is traced in this stream. */
  checksTraced: boolean
  /** A mapping that was made before, about which there was nothing to say. */
  learn(mapping: Mapping, entries: readonly DebugEntry[]): void
  /** Does a live mapping that a device may write have a part of these bytes, or begin in their first cache line? */
  meets(physAddr: number, size: number): boolean
  /** Is nothing live but what is pending? */
  isEmpty(): boolean
}
