// Every step of every state of one configuration, tried on walks that go as far as they can before the machine boots anew.
import { type DmaOpsDef, type ExploreBound, isInputError, type ScenarioStep } from '@dmalab/api'
import type { Trial } from '@dmalab/runner'
import type { Configuration } from './axes.ts'
import type { Coverage } from './coverage.ts'
import { type Edge, type State, StateGraph, trailTo, untriedOf, wayOn, wayTo } from './state-graph.ts'
import type { Setup } from './setup.ts'
import { placeOf, signatureOf, type Suspect } from './suspects.ts'
import { faultOf, lostOf, stops, type Symptom, symptomsOf } from './symptoms.ts'
import { through, Wanderer } from './wander.ts'

/** What one configuration came to. Plain data: workers send it. */
export interface Searched {
  readonly suspects: readonly Suspect[]
  readonly states: number
  readonly transitions: number
  /** Every state within the depth was expanded. */
  readonly exhausted: boolean
  readonly entered: readonly string[]
  /** A call was to fail, and never came. */
  readonly neverFailed: boolean
  /** Why the configuration cannot be: its kernel does not build, or kernel and machine do not fit. */
  readonly impossible: string | null
}

/** Where two values are not plain, so many times fewer states are expanded: each alone was looked at in full. */
const PAIR_SHARE = 4
/** Steps in which a task maps the memory. */
const LOOKS: ReadonlySet<string> = new Set(['mmap', 'cpu-read', 'cpu-write'])
/** Refused where there is no pool, or no linear mapping of the memory: nothing that a driver would do. */
const NOT_THERE: ReadonlySet<string> = new Set(['release-pool', 'declare-pool', 'linear-write'])
/** Steps between two boots. */
const LONGEST_WALK = 40
/** Steps of a walk beyond the states that are expanded. */
const STEPS_BEYOND = 4

/** One boot: what was done since, and which of it was tried for the first time. */
interface Walk {
  readonly steps: ScenarioStep[]
  /** By the number of the step. */
  readonly first: Map<number, Edge>
}

export class Search {
  private readonly trial: Trial
  private readonly tables: ReadonlyMap<string, DmaOpsDef>
  private readonly setup: Setup
  private readonly configuration: Configuration
  private readonly bound: ExploreBound
  private readonly seed: number
  private readonly coverage: Coverage
  private readonly graph: StateGraph
  private readonly suspects = new Map<string, Suspect>()
  /** Steps after which the end of a boot finds something lost. */
  private readonly losing = new Set<Edge>()
  /** Met on the walk that goes on: to see it once more would end it. */
  private later: { readonly symptoms: readonly Symptom[]; readonly way: readonly ScenarioStep[] }[] = []
  private transitions = 0
  private hasFailed = false
  /** Of each call that is counted: the most of one boot. */
  readonly calls: number[] = []

  constructor(
    trial: Trial,
    tables: ReadonlyMap<string, DmaOpsDef>,
    setup: Setup,
    configuration: Configuration,
    bound: ExploreBound,
    seed: number,
    coverage: Coverage,
  ) {
    this.trial = trial
    this.tables = tables
    this.setup = setup
    this.configuration = configuration
    this.bound = bound
    this.seed = seed
    this.coverage = coverage
    this.graph = new StateGraph(setup.rules, bound.depth)
  }

  run(): Searched {
    const most = this.configuration.size > 1 ? Math.ceil(this.bound.states / PAIR_SHARE) : this.bound.states
    let laidOut = this.graph.layOut(most)
    // What went wrong leads nowhere: then others are within the bound.
    while (laidOut.expanded.some((state) => untriedOf(state) !== undefined)) {
      for (const state of laidOut.expanded) while (this.walkFrom(state));
      laidOut = this.graph.layOut(most)
    }
    const wanderer = new Wanderer(this.seed)
    for (let walk = 0; walk < this.bound.walks; walk++) this.wander(wanderer)
    this.suspectLater()
    this.countCalls()
    return {
      suspects: [...this.suspects.values()],
      states: this.graph.reached,
      transitions: this.transitions,
      exhausted: laidOut.exhausted,
      entered: this.coverage.entered(this.trial.lab),
      neverFailed: this.setup.inject.length > 0 && !this.hasFailed,
      impossible: null,
    }
  }

  private restart(): void {
    this.countCalls()
    this.trial.reset()
  }

  private countCalls(): void {
    for (const [i, { calls, nth }] of this.trial.lab.injections.entries()) {
      this.calls[i] = Math.max(this.calls[i] ?? 0, calls)
      this.hasFailed ||= calls >= nth
    }
  }

  /** One boot, from a state on. False when nothing is left to try there, or no way leads there any more. */
  private walkFrom(state: State): boolean {
    let edge = untriedOf(state)
    if (edge === undefined) return false
    const walk = this.boot(wayTo(state))
    if (walk === undefined) return false
    let here = state
    let beyond = 0
    while (edge !== undefined && walk.steps.length < LONGEST_WALK) {
      if (!this.take(edge, walk)) return true
      if (!edge.dead) here = edge.to
      beyond = here.edges === null ? beyond + 1 : 0
      edge = beyond > 0 ? this.backFrom(here, beyond) : untriedOf(here)
      if (edge !== undefined || beyond > 0) continue
      const way = wayOn(here)
      if (way?.every((one) => this.take(one, walk)) === false) return true
      here = way?.at(-1)?.to ?? here
      edge = untriedOf(here)
    }
    this.settle(walk)
    return true
  }

  /** A long walk from the start, longer as long as it shows what was not seen before. */
  private wander(wanderer: Wanderer): void {
    const walk = this.boot([])
    let here = this.graph.start
    let before: Edge | null = null
    let left = this.bound.walkSteps
    while (walk !== undefined && left-- > 0) {
      const edge = wanderer.next(this.graph.edgesOf(here), before)
      if (edge === undefined) break
      const seen = this.coverage.seenPairs
      if (!this.take(edge, walk)) return
      if (this.coverage.seenPairs > seen && walk.steps.length < LONGEST_WALK) left++
      here = through(edge)
      before = edge
    }
    if (walk !== undefined) this.settle(walk)
  }

  /** Beyond the bound a walk goes a little further, best back to where more is to be tried: a step costs less than a boot. */
  private backFrom(here: State, beyond: number): Edge | undefined {
    if (beyond > STEPS_BEYOND) return undefined
    const open = this.graph.edgesOf(here).filter(({ tried }) => !tried)
    return open.find(({ to }) => untriedOf(to) !== undefined) ?? open[0]
  }

  /** undefined when the way leads there no more: a failing call is met elsewhere on it, by another number of calls before. */
  private boot(way: readonly Edge[]): Walk | undefined {
    this.suspectLater()
    this.restart()
    for (const edge of way) {
      const symptoms = edge.dead ? null : this.do(edge.step)
      if (symptoms !== null && !stops(symptoms)) continue
      edge.dead = true
      return undefined
    }
    return { steps: way.map(({ step }) => step), first: new Map() }
  }

  /** One step of a walk. False when it ended the walk: something went wrong. */
  private take(edge: Edge, walk: Walk): boolean {
    const { step, from, to } = edge
    const first = !edge.tried
    edge.tried = true
    if (first) this.transitions++
    const symptoms = this.do(step)
    if (symptoms === null) {
      edge.dead = true
      return first
    }
    if (first) walk.first.set(walk.steps.length, edge)
    walk.steps.push(step)
    if (symptoms.length === 0) return true
    const short = [...trailTo(from), step]
    if (!stops(symptoms)) {
      // What it takes to see it once more would end this boot.
      if (first) this.later.push({ symptoms, way: short })
      return true
    }
    if (first && from !== to) edge.dead = true
    if (symptoms.every(({ code }) => code === 'refused')) this.settle(walk)
    this.suspectAll(symptoms, [short, walk.steps])
    return false
  }

  private suspectLater(): void {
    const { later } = this
    this.later = []
    for (const { symptoms, way } of later) this.suspectAll(symptoms, [way])
  }

  private suspectAll(symptoms: readonly Symptom[], ways: readonly (readonly ScenarioStep[])[]): void {
    for (const symptom of symptoms) this.suspect(symptom, ways, false)
  }

  /** null for a step that cannot be meant here. */
  private do(step: ScenarioStep): readonly Symptom[] | null {
    if (LOOKS.has(step.do)) this.coverage.enter(this.setup.deviceOf(this.setup.owner), 'mmap')
    try {
      const seen = this.trial.do(this.setup.named(step))
      if (NOT_THERE.has(step.do) && seen.outcome?.ok === false) return null
      return symptomsOf(this.trial.lab, this.tables, step, seen, this.setup)
    } catch (e) {
      if (isInputError(e)) return null
      throw e
    }
  }

  /** A boot ends in good order, unless something stopped it: what is lent still was lost. */
  private settle(walk: Walk): void {
    const found = this.end()
    if (found.length === 0) return
    const at = this.firstLost(walk.steps)
    const edge = walk.first.get(at - 1)
    const short = edge === undefined ? [] : [[...trailTo(edge.from), edge.step]]
    for (const symptom of found) this.suspect(symptom, [...short, walk.steps.slice(0, at)], true)
    if (edge === undefined || this.losing.has(edge)) return
    this.losing.add(edge)
    // What was tried after it may have been lost behind it.
    for (const [number, later] of walk.first) if (number >= at && !later.dead) later.tried = false
  }

  private again(steps: readonly ScenarioStep[]): void {
    this.restart()
    for (const step of steps) this.do(step)
  }

  private end(): readonly Symptom[] {
    const { left, oops } = this.trial.settle()
    return [...(oops === null ? [] : [faultOf(oops)]), ...(left.length === 0 ? [] : [lostOf(left)])]
  }

  /** How many of the steps it takes until something is lost. */
  private firstLost(steps: readonly ScenarioStep[]): number {
    let [well, lost] = [0, steps.length]
    while (lost - well > 1) {
      const half = Math.floor((well + lost) / 2)
      this.again(steps.slice(0, half))
      if (this.end().length === 0) well = half
      else lost = half
    }
    return lost
  }

  /** `ways` to it: the first one that shows it again is taken. */
  private suspect(symptom: Symptom, ways: readonly (readonly ScenarioStep[])[], atEnd: boolean): void {
    // What an injected failure refuses is as it should be.
    if (symptom.code === 'refused' && this.setup.inject.length > 0) return
    for (const way of ways) {
      const suspect: Suspect = { symptom, configuration: this.configuration, steps: [...way], atEnd }
      const signature = signatureOf(suspect)
      if (this.suspects.has(signature)) return
      if (this.showsAgain(suspect)) {
        this.suspects.set(signature, suspect)
        return
      }
    }
  }

  private showsAgain({ symptom, steps, atEnd }: Suspect): boolean {
    const place = placeOf({ symptom, steps, atEnd })
    const last = steps.at(-1)
    if (last === undefined) return false
    this.again(steps.slice(0, -1))
    const symptoms = this.do(last) ?? []
    const shown = atEnd ? this.end() : symptoms
    return shown.some((one) => placeOf({ symptom: one, steps, atEnd }) === place)
  }
}
