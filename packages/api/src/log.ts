// What reading and checking a log says, as data: reports of `trace check` and `trace stats` are made of it.
import type { Finding, Severity } from './findings.ts'
import type { KernelText } from './kernel-logs.ts'

export interface LineNote {
  readonly line: number
  /** The beginning of the line. */
  readonly text: string
}

/** What the reader found in a log. */
export interface ReadSummary {
  readonly bytes: number
  readonly lines: number
  /** Events of the vocabulary, by the name the log prints. */
  readonly events: Readonly<Record<string, number>>
  /** Well-formed lines of other events, by name: the first names only. */
  readonly unknown: Readonly<Record<string, { readonly count: number; readonly line: number }>>
  readonly unknownCount: number
  readonly damaged: readonly LineNote[]
  readonly damagedCount: number
  /** Lines of stack traces. */
  readonly stackLines: number
  /** Entries in the buffer and written to it, from the header; undefined without one. */
  readonly entries: { readonly inBuffer: number; readonly written: number } | undefined
  /** Events the log says are missing. */
  readonly lost: number
  /** Places where events are missing. */
  readonly gaps: number
}

/** Finding codes about which a log says nothing. */
export interface NotJudged {
  /** What the log does not have. */
  readonly lacks: string
  readonly codes: readonly string[]
}

/** What the checker saw, besides its findings. */
export interface CheckSummary {
  readonly events: number
  /** False: no event was about DMA memory, so nothing was checked. */
  readonly examined: boolean
  /** What no event could prove or exclude. */
  readonly notJudged: readonly NotJudged[]
  /** The events say nothing about gaps. A log may still have begun while devices were in use. */
  readonly complete: boolean
  /** Events that the log says are missing; undefined when it says only that some are. */
  readonly lost: number | undefined
  /** The log shows operations on mappings from before it began. */
  readonly startsInTheMiddle: boolean
  /** Mapped or allocated at the end, leaks not counted. */
  readonly live: number
  /** Mappings forgotten because too many were live at once. */
  readonly notFollowed: number
  /** Allocations whose memory was handed out again without a traced free: a per-device pool. */
  readonly untracedFrees: number
  /** Findings by code, all of them. */
  readonly counts: Readonly<Record<string, number>>
  readonly bySeverity: Readonly<Record<Severity, number>>
  /** Release whose dma-debug the events were compared with. */
  readonly kernelText: KernelText
  /** Release that the events name, where its dma-debug is not known: `kernelText` is the nearest one before it. */
  readonly unknownRelease: string | undefined
}

/** One log through reader and checker: the `--json` of `trace check`. */
export interface LogCheck {
  /** As it was named; `-` is standard input. */
  readonly file: string
  readonly read: ReadSummary
  readonly summary: CheckSummary
  readonly findings: readonly Finding[]
  /** Names of drivers by device, where the log has them: one that a run wrote does. */
  readonly drivers: Readonly<Record<string, string>>
}

/** A log that was not checked: it cannot be read, or has no event to check. */
export interface UncheckedLog {
  readonly file: string
  readonly error: { readonly message: string; readonly hint?: string }
}
export type LogOutcome = LogCheck | UncheckedLog

/** Values by power of two. */
export interface Histogram {
  readonly slots: Readonly<Record<number, number>>
  readonly count: number
  readonly min: number
  readonly max: number
}

export interface DeviceStats {
  readonly device: string
  /** Events by kind: map, unmap, sync, alloc, free, list map, list unmap. */
  readonly operations: Readonly<Record<string, number>>
  /** Bytes mapped by streaming mappings and lists, and allocated. */
  readonly mappedBytes: number
  readonly allocatedBytes: number
  readonly live: {
    readonly mappings: number
    readonly bytes: number
    readonly allocations: number
    readonly allocatedBytes: number
  }
  readonly peak: { readonly mappings: number; readonly bytes: number }
  /** Bytes by power of two. */
  readonly sizes: Histogram
  /** Time between map and unmap, in millionths of the clock's unit. */
  readonly lifetimes: Histogram
  /** Share of mappings that swiotlb bounced, 0..1. */
  readonly bounceShare: number
  readonly bounces: number
  /** Device addresses used where they are not physical ones; null without translation. */
  readonly iova: { readonly lowest: number; readonly highest: number; readonly peakBytes: number } | null
  /** Most mappings live at once in each slice of the log. */
  readonly overTime: { readonly start: number; readonly step: number; readonly mappings: readonly number[] }
}

/** The `--json` of `trace stats`. */
export interface TraceStats {
  readonly begins: number | null
  readonly ends: number | null
  readonly devices: readonly DeviceStats[]
  /** Mappings and allocations that were too many to follow: they count as live, whatever became of them. */
  readonly notFollowed: number
}
