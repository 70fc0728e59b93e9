// Breadth first over the states of one configuration: every step that may come next, from every state that was not seen before.
import { type DmaOpsDef, type ExploreBound, isInputError, type ScenarioStep } from '@dmalab/api'
import { type LabParts, openTrial, opTablesOf, type Trial } from '@dmalab/runner'
import type { Configuration } from './axes.ts'
import { Coverage } from './coverage.ts'
import { mainStates } from './main-lines.ts'
import { after, keyOf, type Protocol } from './protocol.ts'
import { type Ground, labOptionsOf, type Setup, setupOf } from './setup.ts'
import { signatureOf, type Suspect } from './suspects.ts'
import { faultOf, lostOf, type Symptom, symptomsOf } from './symptoms.ts'

/** What one configuration came to. Plain data: workers send it. */
export interface Searched {
  readonly suspects: readonly Suspect[]
  readonly states: number
  readonly transitions: number
  /** Every state within the depth was expanded. */
  readonly exhausted: boolean
  readonly entered: readonly string[]
  /** Why the configuration cannot be: its kernel does not build, or kernel and machine do not fit. */
  readonly impossible: string | null
}

/** Where two values are not plain, so many times fewer states are expanded: each alone was looked at in full. */
const PAIR_SHARE = 4

interface Node {
  readonly trail: readonly ScenarioStep[]
  readonly state: Protocol
}

export const searchConfiguration = (
  parts: LabParts,
  ground: Ground,
  configuration: Configuration,
  bound: ExploreBound,
): Searched => {
  const coverage = new Coverage()
  try {
    const setup = setupOf(parts, ground, configuration)
    const trial = openTrial(parts, labOptionsOf(setup, ground.seed), (event) => coverage.see(event))
    const tables = new Map(opTablesOf(setup.kernel.base, parts.registry).map((table) => [table.name, table]))
    return new Search(trial, tables, setup, configuration, bound, coverage).run()
  } catch (e) {
    if (!isInputError(e)) throw e
    return { suspects: [], states: 0, transitions: 0, exhausted: true, entered: [], impossible: e.message }
  }
}

class Search {
  private readonly trial: Trial
  private readonly tables: ReadonlyMap<string, DmaOpsDef>
  private readonly setup: Setup
  private readonly configuration: Configuration
  private readonly bound: ExploreBound
  private readonly coverage: Coverage
  private readonly suspects = new Map<string, Suspect>()
  /** Keys of the states that were reached. */
  private readonly seen = new Set<string>()
  private transitions = 0

  constructor(
    trial: Trial,
    tables: ReadonlyMap<string, DmaOpsDef>,
    setup: Setup,
    configuration: Configuration,
    bound: ExploreBound,
    coverage: Coverage,
  ) {
    this.trial = trial
    this.tables = tables
    this.setup = setup
    this.configuration = configuration
    this.bound = bound
    this.coverage = coverage
  }

  run(): Searched {
    const { first } = this.setup
    const { seen } = this
    seen.add(keyOf(first))
    const main = mainStates(this.setup)
    const open: Node[] = [{ trail: [], state: first }]
    const states = this.configuration.size > 1 ? Math.ceil(this.bound.states / PAIR_SHARE) : this.bound.states
    let expanded = 0
    let deeper = false
    for (let node = open.shift(); node !== undefined && expanded < states; node = open.shift()) {
      expanded++
      for (const reached of this.expand(node)) {
        const key = keyOf(reached.state)
        if (reached.trail.length >= this.bound.depth) deeper = true
        else if (main.has(key)) open.unshift(reached)
        else open.push(reached)
      }
    }
    return {
      suspects: [...this.suspects.values()],
      states: seen.size,
      transitions: this.transitions,
      exhausted: open.length === 0 && !deeper,
      entered: this.coverage.entered(this.trial.lab),
      impossible: null,
    }
  }

  /** The states one step from `node`. A step that changes nothing is followed by the next one, on the same boot. */
  private expand(node: Node): readonly Node[] {
    const reached: Node[] = []
    const here = keyOf(node.state)
    let since: ScenarioStep[] | null = null
    for (const step of this.setup.next(node.state)) {
      if (since === null) {
        this.replay(node.trail)
        since = []
      }
      const symptoms = this.do(step)
      if (symptoms === null) continue
      const steps = [...node.trail, ...since, step]
      for (const symptom of symptoms) this.suspect(symptom, steps, false)
      const state = after(node.state, step)
      if (symptoms.length > 0) {
        this.leave(steps, symptoms)
        since = null
      } else if (keyOf(state) === here) since.push(step)
      else {
        if (!this.seen.has(keyOf(state))) {
          this.seen.add(keyOf(state))
          reached.push({ trail: [...node.trail, step], state })
          this.leave(steps, symptoms)
        }
        since = null
      }
    }
    return reached
  }

  private replay(trail: readonly ScenarioStep[]): void {
    this.trial.reset()
    for (const step of trail) this.trial.do(step)
  }

  /** null for a step that cannot be meant here. */
  private do(step: ScenarioStep): readonly Symptom[] | null {
    this.transitions++
    try {
      return symptomsOf(this.trial.lab, this.tables, step, this.trial.do(step))
    } catch (e) {
      if (isInputError(e)) return null
      throw e
    }
  }

  /** A boot ends in good order, unless something stopped it: what is lent still was lost. */
  private leave(steps: readonly ScenarioStep[], symptoms: readonly Symptom[]): void {
    if (symptoms.some(({ code }) => code !== 'refused')) return
    const { left, oops } = this.trial.settle()
    if (oops !== null) this.suspect(faultOf(oops), steps, true)
    if (left.length > 0) this.suspect(lostOf(left), steps, true)
  }

  private suspect(symptom: Symptom, steps: readonly ScenarioStep[], atEnd: boolean): void {
    // What an injected failure refuses is as it should be.
    if (symptom.code === 'refused' && this.setup.inject.length > 0) return
    const suspect = { symptom, configuration: this.configuration, steps, atEnd }
    const signature = signatureOf(suspect)
    if (!this.suspects.has(signature)) this.suspects.set(signature, suspect)
  }
}
