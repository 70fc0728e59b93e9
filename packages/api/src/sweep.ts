// A sweep: many runs that differ in a few things. What to run (SweepSpec), what came of each point, and all of it (SweepReport).
import type { Severity } from './findings.ts'
import type { RunSpec } from './run-spec.ts'
import type { Verdict } from './run.ts'
import type { AssumeWord } from './stated.ts'

/** The number of this format. A changed meaning is a new number. */
export const SWEEP_SPEC_VERSION = 1

/** What points may differ in, in the order of expansion: the last one changes first. Each is called as the flag of `dmalab run`. */
export const SWEEP_AXES = [
  'board',
  'work',
  'size',
  'format',
  'frames',
  'buffers',
  'seed',
  'restart',
  'adversarial-cache',
  'inject',
  'config',
  'cmdline',
  'kernel',
] as const
export type SweepAxis = (typeof SWEEP_AXES)[number]

/** Words that stand for several values, or for one that depends on the board. */
export const SWEEP_WORDS = {
  /** Of `board`: every board that comes with dmalab or a plug-in. Of `kernel`: every kernel for the board's architecture. */
  all: 'all',
  /** Of `work`: the founding pipeline, with the decoder that the board has. */
  founding: 'founding',
  /** Of `work`: the pipeline that `dmalab board show` suggests. */
  suggested: 'suggested',
} as const

/** Values of axes as texts; an axis that is left out has the one value that `dmalab run` takes for it. */
export type SweepGrid = { readonly [Axis in SweepAxis]?: readonly string[] }

/** Values that a point must have to be left out; `*` stands for any text. */
export type SweepExclusion = SweepGrid

/** What to run: every combination of the values of each grid, but for those that are excluded. */
export interface SweepSpec {
  readonly sweep: typeof SWEEP_SPEC_VERSION
  readonly name: string
  readonly grids: readonly SweepGrid[]
  readonly exclude: readonly SweepExclusion[]
  /** Memory of device trees that state none: SIZE or SIZE@BASE. */
  readonly memory: readonly string[]
  readonly bind: Readonly<Record<string, string>>
  readonly assume: readonly AssumeWord[]
  /** Names for long lines: name -> gst-launch line or scenario file. */
  readonly lines: Readonly<Record<string, string>>
  readonly plugins: readonly string[]
}

/** Where in the sweep a point is: the values that were asked for, by axis. */
export type SweepPlace = { readonly [Axis in SweepAxis]?: string }

export interface SweepPoint {
  /** First half of the digest of its RunSpec: the same run has the same id in every sweep. */
  readonly id: string
  readonly at: SweepPlace
  readonly spec: RunSpec
}

/** What a run of one point came to, small enough to keep ten thousand of. */
export interface PointRun {
  readonly kind: 'ran'
  readonly verdict: Verdict
  readonly assuming: Exclude<Verdict, 'unknown'> | null
  readonly step: string | null
  readonly errno: string | null
  readonly why: string | null
  readonly frames: { readonly wanted: number; readonly delivered: number; readonly intact: number }
  readonly zeroCopy: boolean
  readonly cpuBytesPerFrame: number
  readonly cacheLines: number
  /** Each code once, the gravest first. */
  readonly findings: readonly { readonly code: string; readonly severity: Severity; readonly count: number }[]
  /** What a scenario states: were all expectations met? Null where it states none. */
  readonly met: boolean | null
}

/** Why a point has no run. */
export const POINT_FAILURES = {
  /** The board lacks what the line needs, or the kernel cannot be put together. */
  'not-possible': 'cannot run',
  /** The thread or process that ran it ended. */
  crashed: 'crashed',
  /** It took longer than a point may. */
  'time-limit': 'time limit',
  /** It took more memory than a point may. */
  'memory-limit': 'memory limit',
} as const
export type PointFailureKind = keyof typeof POINT_FAILURES

export interface PointFailure {
  readonly kind: PointFailureKind
  readonly why: string
}

export type PointResult = PointRun | PointFailure

export interface SweepReport {
  readonly schema: 1
  readonly name: string
  /** The values of each axis in the order they were asked for; an axis with none is not among them. */
  readonly axes: readonly { readonly name: SweepAxis; readonly values: readonly string[] }[]
  readonly points: readonly { readonly id: string; readonly at: SweepPlace; readonly result: PointResult }[]
  /** Combinations that are no points, and why. */
  readonly leftOut: readonly { readonly why: string; readonly count: number }[]
  /** `i/n` when only this part was run; else null. */
  readonly shard: string | null
}

/** A point whose result is not that of another report. */
export interface SweepChange {
  readonly at: SweepPlace
  /** Null: the point is new. */
  readonly before: PointResult | null
  /** Null: the point is gone. */
  readonly after: PointResult | null
  readonly worse: boolean
}
