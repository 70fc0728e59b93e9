// What the explorer shows, as plain JSON: reports with the events behind them. The page makes it by running the model; a file that
// `--html` writes holds it.
import type { BoardDescription } from './board-report.ts'
import type { BootMemory } from './boot-memory.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { Event } from './events.ts'
import type { ExplainedCode } from './explained.ts'
import type { ExploreReport } from './explore.ts'
import type { LogCheck } from './log.ts'
import type { RunReport } from './run.ts'
import type { RunSpec } from './run-spec.ts'
import type { BoundElement, BufferHop } from './scenario.ts'
import type { SweepReport } from './sweep.ts'

/** The number of this format. A changed meaning is a new number. */
export const VIEW_VERSION = 1

export type ViewData = RunsView | TraceView | SweepView | ExploreView | DiagnosisView
export type ViewKind = ViewData['kind']

interface ViewHead {
  readonly view: typeof VIEW_VERSION
  /** One line: what it is about. */
  readonly title: string
  /** The command that gives the same. */
  readonly command: string
  /** Explanations of the finding codes that occur. */
  readonly codes: Readonly<Record<string, ExplainedCode>>
}

/** One run, or several kernels side by side. */
export interface RunsView extends ViewHead {
  readonly kind: 'runs'
  /** Null: only the report is there, not what was asked for. */
  readonly spec: RunSpec | null
  readonly report: RunReport
  /** Null: no board of that name is known. */
  readonly board: BoardDescription | null
  /** Null: the work is steps or a log. */
  readonly pipeline: PipelineView | null
  /** As many as the report has runs, in its order. */
  readonly runs: readonly EventsView[]
}

/** A real log. */
export interface TraceView extends ViewHead {
  readonly kind: 'trace'
  readonly check: LogCheck
  readonly run: EventsView
}

export interface SweepView extends ViewHead {
  readonly kind: 'sweep'
  readonly report: SweepReport
  /** By point: the command that shows it, and its spec; for the first point of each cause. */
  readonly points: Readonly<Record<string, { readonly command: string; readonly spec: RunSpec | null }>>
}

export interface ExploreView extends ViewHead {
  readonly kind: 'explore'
  readonly report: ExploreReport
  /** By defect: the run that shows it. */
  readonly specs: Readonly<Record<string, RunSpec>>
}

export interface DiagnosisView extends ViewHead {
  readonly kind: 'diagnosis'
  readonly diagnosis: Diagnosis
}

export interface PipelineView {
  readonly elements: readonly BoundElement[]
  readonly hops: readonly BufferHop[]
}

/** Everything that happened, in order. */
export interface EventsView {
  /** The kernel that ran; of a log, the release that it names. */
  readonly name: string
  readonly events: readonly Event[]
  /** Events that were left out because there were too many; they are the last ones. */
  readonly leftOut: number
  /** What the kernel made of the memory at boot; null: a log does not say. */
  readonly boot: BootMemory | null
  /** How the CPU's cache held the buffers, each time that it changed. A log says nothing of it. */
  readonly lines: readonly LineSample[]
}

/** Lines of the cache in a buffer after an event. */
export interface LineSample {
  /** Position of the event in `events`. */
  readonly event: number
  readonly base: number
  readonly len: number
  /** Pairs: a number of lines, and what they are (LINE_STATES). */
  readonly runs: readonly number[]
}

/** What a line of a buffer can be, by its number in a sample. */
export const LINE_STATES = ['not cached', 'clean', 'dirty', 'stale', 'foreign'] as const
export type LineState = (typeof LINE_STATES)[number]
