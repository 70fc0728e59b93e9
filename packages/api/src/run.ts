// A run as plain data: what to do (RunSpec) and what came of it (RunReport, the `--json` of run and compare).
import type { Finding, Severity } from './findings.ts'
import type { InjectionCalls } from './lab.ts'
import type { Oops } from './lab-events.ts'
import type { LogReplay } from './replay.ts'
import type { Assumption, Ignored } from './stated.ts'

/** Options of `dmalab run` that change what happens. */
export interface RunOptions {
  readonly frames: number
  readonly width: number
  readonly height: number
  /** Pixel format of the pictures that the first stage makes, by GStreamer's name; the media type where they are coded. */
  readonly format: string
  /** Buffers asked of each queue. */
  readonly buffers: number
  readonly seed: number
}

/** `unknown`: something that decides the case was only assumed, and `assume` does not accept it. */
export const VERDICTS = ['works', 'refused', 'fault', 'stalled', 'corrupt', 'unknown'] as const
export type Verdict = (typeof VERDICTS)[number]

export type StepOutcome = 'ok' | 'refused' | 'fault' | 'stalled' | 'wrong' | 'not reached'

/** One step of user space: a row of `compare`. */
export interface StepReport {
  readonly step: string
  readonly outcome: StepOutcome
  /** What to tell a person: counts, errno and reason. */
  readonly detail: string
}

/** What a scenario file says must come of a whole pipeline. */
export interface PipelineExpectation {
  readonly verdict?: Verdict
  readonly errno?: string
  readonly finding?: string
}

/** What a scenario said must be so, and whether it was. */
export interface Expectation {
  /** Position of the `expect` step in the scenario, from 1; 0: the whole run. */
  readonly step: number
  readonly expected: string
  readonly got: string
  readonly met: boolean
}

/** What one kernel made of the work. */
export interface KernelRun {
  readonly kernel: string
  readonly verdict: Verdict
  /** Where the verdict is unknown: what it is if all assumptions hold. Else null. */
  readonly assuming: Exclude<Verdict, 'unknown'> | null
  /** Assumptions of the report that decided this run, accepted ones too. */
  readonly assumptions: readonly Assumption[]
  /** The step that decided the verdict, null when it works. */
  readonly step: string | null
  /** What user space saw, such as `EINVAL`. */
  readonly errno: string | null
  /** Why, as the modelled kernel functions said, innermost first. */
  readonly why: string | null
  readonly oops: Oops | null
  readonly frames: { readonly wanted: number; readonly delivered: number; readonly intact: number }
  readonly steps: readonly StepReport[]
  /** Line operations done, lines written back by them, and line operations that tagged entries saved. */
  readonly cache: {
    readonly lines: number
    readonly writtenBack: number
    readonly skippedEntries: number
    readonly skippedLines: number
  }
  readonly elements: readonly ElementReport[]
  /** Frames passed without the CPU copying a byte of them. */
  readonly zeroCopy: boolean
  readonly findings: readonly Finding[]
  /** Only with failure injection: what was asked for, and how many calls there were. */
  readonly injections?: readonly InjectionCalls[]
  /** Only for a scenario that states what must come of it. */
  readonly expectations?: readonly Expectation[]
  /** Only for the replay of a log. */
  readonly replay?: LogReplay
  /** Only where another release was asked for, which is not modelled. */
  readonly standsFor?: StandIn
}

/** A modelled release in the place of one that is not. */
export interface StandIn {
  /** What was asked for, without its patches: `arm64@6.8`. */
  readonly kernel: string
  /** False: nothing is on record about how the two differ. */
  readonly recorded: boolean
  /** What lies between the two, oldest first, and whether this run meets it. */
  readonly between: readonly (RecordNote & { readonly touches: boolean })[]
}

/** A difference between releases, as a report shows it. */
export interface RecordNote {
  readonly id: string
  readonly since: string
  readonly source: string
  readonly seen: string
}

/** Two kernels of a comparison, one beside the other, that did not do the same. */
export interface KernelDifference {
  readonly from: string
  readonly to: string
  /** Differences of their releases that these runs meet, oldest first. */
  readonly records: readonly RecordNote[]
  /** Patches that one has and the other has not. */
  readonly patches: readonly string[]
}

export interface ElementReport {
  readonly element: string
  readonly device: string | null
  readonly buffers: number
  readonly mode: string
  /** Bytes the CPU copied for each frame. */
  readonly cpuBytesPerFrame: number
}

export interface RunReport {
  readonly schema: 1
  readonly scenario: string
  readonly board: string
  readonly options: RunOptions
  /** Which device each element was bound to, and by what. */
  readonly bindings: readonly { readonly element: string; readonly device: string; readonly by: string }[]
  /** Where the bitstream's bytes came from: the file, or the seed. */
  readonly source: string
  /** What a person should know of how the work was understood. */
  readonly notes: readonly string[]
  /** What the work rests on that nothing stated. */
  readonly assumptions: readonly Assumption[]
  /** What was written and makes no difference. */
  readonly ignored: readonly Ignored[]
  /** What may decide the case on a real board, and that the model does not look at. */
  readonly notExamined: readonly string[]
  readonly runs: readonly KernelRun[]
  /** Only for several kernels: neighbours of one architecture that differ in what came of the work, and what made them differ. */
  readonly differences?: readonly KernelDifference[]
}

export interface FailOn {
  readonly severity: Severity | 'never'
}
