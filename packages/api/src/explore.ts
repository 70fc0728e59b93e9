// What an exploration found: defects of a kernel or of a patch, each with its smallest scenario, and what was covered.
import type { JsonObject } from './run-spec.ts'
import type { PatchHunk } from './patch.ts'
import type { ScenarioStep } from './scenario.ts'

/** What a defect is when no finding of a run names it. Append only. */
export const EXPLORED = {
  refused: 'a call is refused that works with ordinary memory',
  'memory-lost': 'something was lent and never given back, in good order on both sides',
  'list-grows': 'struct scatterlist has grown: fewer entries fit a page',
  'attribute-collides': 'an attribute bit means something else on another release',
  'does-not-build': 'a configuration of the kernel does not build',
  'field-kept': 'a field of a list entry is set and never cleared: the next page in the entry inherits it',
  'first-entry-only': 'only the first entry of a list is marked',
  'field-in-some-lists': 'a field of list entries is set by some of the functions that make lists, and not by others',
  'attributes-on-pages': 'attributes of an allocation stay on list entries of ordinary pages',
  'table-not-taught': 'an op table never looks at what the patch writes into lists',
  'length-not-set': 'a list entry has a bus address and no length',
  'range-overflows': 'a function does not know memory of a pool that is large, or that ends where addresses end',
  'attribute-passed-on': 'an attribute stays in a buffer and goes on to calls that do not know it',
} as const

export type ExploredCode = keyof typeof EXPLORED

/** How far an exploration goes. */
export interface ExploreBound {
  /** Steps of the longest scenario of the search. */
  readonly depth: number
  /** States expanded at most in one configuration. */
  readonly states: number
  /** Which configurations: each value alone, each pair of values, or all of them. */
  readonly configurations: 'single' | 'pairwise' | 'all'
  /** Walks in each configuration after the search, and steps of each. */
  readonly walks: number
  readonly walkSteps: number
}

export const EXPLORE_BOUND: ExploreBound = {
  depth: 8,
  states: 60,
  configurations: 'pairwise',
  walks: 2,
  walkSteps: 24,
}

/** Of each axis the value that is not the plain one. */
export type ConfigurationValues = Readonly<Record<string, string>>

/** What the same steps came to elsewhere. `same`: the defect shows there as well. */
export interface Elsewhere {
  readonly same: boolean
  /** `works`, or the step and what stopped there, in words. */
  readonly outcome: string
}

export interface Defect {
  /** Unique in the report, and the same in every run that finds it. */
  readonly id: string
  /** A finding code, or one of EXPLORED. */
  readonly code: string
  /** One sentence: what happened to what. */
  readonly message: string
  /** The step that shows it; null for what was found without a walk. */
  readonly step: string | null
  /** Kernel functions on the way to it, innermost first. */
  readonly symbols: readonly string[]
  readonly configuration: ConfigurationValues
  readonly hunks: readonly PatchHunk[]
  /** The same steps on the kernel below the patch; null where there is none. */
  readonly base: Elsewhere | null
  /** The same steps with ordinary memory in the place of the pool; null where there was no pool. */
  readonly ordinary: Elsewhere | null
  /** The smallest scenario; null for what needs no steps. */
  readonly scenario: DefectScenario | null
}

/** A scenario that shows a defect, as data; the files of --out hold the same. */
export interface DefectScenario {
  readonly name: string
  readonly board: JsonObject
  readonly config: readonly string[]
  readonly cmdline: string
  readonly inject: readonly string[]
  /** Cache lines are evicted and fetched at any legal moment, chosen by this seed; null: they are not. */
  readonly adversary: number | null
  /** Of every pattern, and of the cache adversary. */
  readonly seed: number
  /** With what must come of them. */
  readonly steps: readonly ScenarioStep[]
}

export interface ExploreCoverage {
  readonly configurations: number
  /** Those that were searched to the bound; fewer when the time was up. */
  readonly explored: number
  readonly states: number
  readonly transitions: number
  /** Every state within the depth was expanded, in so many of the explored configurations. */
  readonly exhausted: number
  /** In so many of the explored configurations the call that was to fail never came: they are what they are without it. */
  readonly neverFailed: number
  /** Operations of op tables that were entered, and those that were not, as `table: operation`. */
  readonly entered: readonly string[]
  readonly notEntered: readonly string[]
}

export interface ExploreDevices {
  readonly exporters: readonly string[]
  readonly importers: readonly string[]
  readonly second: string | null
}

export interface ExploreReport {
  readonly schema: 1
  readonly kernel: string
  /** The kernel below its last patch; null for a kernel without patches. */
  readonly base: string | null
  /** Name of the board; of none, words for the machines. */
  readonly board: string
  /** Devices of the board in each part, the usual one first; null on made machines. */
  readonly devices: ExploreDevices | null
  readonly seed: number
  readonly bound: ExploreBound
  readonly coverage: ExploreCoverage
  /** Defects that the base does not have come first. */
  readonly defects: readonly Defect[]
  readonly notes: readonly string[]
}

/** The defects that count against a patch: the base has them not. Without a base, all. */
export const newDefects = ({ defects }: Pick<ExploreReport, 'defects'>): readonly Defect[] =>
  defects.filter(({ base }) => base === null || !base.same)
