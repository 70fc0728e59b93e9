// The same steps again, in any configuration and on any kernel: what shrinking and comparing ask.
import { isInputError, type KernelSpec, type ScenarioStep } from '@dmalab/api'
import { type LabParts, openTrial, opTablesOf, type Trial } from '@dmalab/runner'
import type { Configuration } from './axes.ts'
import { type Ground, labOptionsOf, type Setup, setupOf } from './setup.ts'
import { placeOf } from './suspects.ts'
import { faultOf, lostOf, stops, type Symptom, symptomsOf } from './symptoms.ts'

/** What the steps came to: symptoms of the step that was the first to have any, or of the end. */
export interface Replayed {
  /** Index of that step; the number of steps for the end; null when all went well. */
  readonly at: number | null
  readonly symptoms: readonly Symptom[]
}

interface Opened {
  readonly setup: Setup
  readonly trial: Trial
  readonly tables: Parameters<typeof symptomsOf>[1]
}

/** Neither stopped the kernel nor was refused: the next step can be done. */
export const goesOn = ({ code }: Symptom): boolean => code !== 'kernel-oops' && code !== 'refused'

/** Laboratories kept open: shrinking asks for a few of them again and again. */
const KEPT = 24

export class Replayer {
  private readonly parts: LabParts
  private readonly ground: Ground
  private readonly opened = new Map<string, Opened | null>()

  constructor(parts: LabParts, ground: Ground) {
    this.parts = parts
    this.ground = ground
  }

  setup(configuration: Configuration): Setup {
    return setupOf(this.parts, this.ground, configuration)
  }

  /**
   * null when they cannot be meant there. Settles at the end when `settle` says so. The first symptom that stops a walk ends the steps; with `goOn` only a
   * fault or a refusal does, and of the others the last one is told.
   */
  replay(
    configuration: Configuration,
    steps: readonly ScenarioStep[],
    kernel: KernelSpec | null,
    settle: boolean,
    goOn = false,
  ): Replayed | null {
    const opened = this.open(configuration, kernel)
    if (opened === null) return null
    const { setup, trial, tables } = opened
    trial.reset()
    let met: Replayed = { at: null, symptoms: [] }
    try {
      for (const [at, step] of steps.entries()) {
        const symptoms = symptomsOf(trial.lab, tables, step, trial.do(setup.named(step)), setup)
        if (symptoms.length === 0 || (!goOn && !stops(symptoms) && (settle || at < steps.length - 1))) continue
        met = { at, symptoms }
        if (goOn && symptoms.every(goesOn)) continue
        // What the last step was refused may have left something behind.
        if (!settle || at < steps.length - 1 || symptoms.some(({ code }) => code !== 'refused')) return met
      }
    } catch (e) {
      if (isInputError(e)) return null
      throw e
    }
    if (!settle) return met
    const { left, oops } = trial.settle()
    const symptoms = [...(oops === null ? [] : [faultOf(oops)]), ...(left.length === 0 ? [] : [lostOf(left)])]
    return symptoms.length > 0 ? { at: steps.length, symptoms } : met
  }

  /** Does the suspect's symptom show at the last of these steps, or at the end where the suspect showed there? */
  shows(configuration: Configuration, steps: readonly ScenarioStep[], place: string, atEnd: boolean): boolean {
    if (!this.keepsRules(configuration, steps)) return false
    const replayed = this.replay(configuration, steps, null, atEnd)
    if (replayed === null || replayed.at !== (atEnd ? steps.length : steps.length - 1)) return false
    return replayed.symptoms.some((symptom) => placeOf({ symptom, steps, atEnd }) === place)
  }

  /** May each step be done after those before it? What is left out must not make a driver break rules. */
  private keepsRules(configuration: Configuration, steps: readonly ScenarioStep[]): boolean {
    const rules = this.open(configuration, null)?.setup.rules
    if (rules === undefined) return false
    let state = rules.first
    for (const step of steps) {
      const text = JSON.stringify(step)
      const move = rules.movesIn(state).find((one) => one.text === text)
      if (move === undefined) return false
      state = move.to
    }
    return true
  }

  private open(configuration: Configuration, kernel: KernelSpec | null): Opened | null {
    const key = JSON.stringify([...configuration, kernel?.name ?? ''])
    const known = this.opened.get(key)
    if (known !== undefined) {
      // Those that were not asked for longest go first.
      this.opened.delete(key)
      this.opened.set(key, known)
      return known
    }
    const opened = this.openNew(configuration, kernel)
    const oldest = this.opened.entries().next().value
    if (this.opened.size >= KEPT && oldest !== undefined) {
      this.opened.delete(oldest[0])
      // Its engine serves the next one.
      oldest[1]?.trial.lab.close()
    }
    this.opened.set(key, opened)
    return opened
  }

  private openNew(configuration: Configuration, kernel: KernelSpec | null): Opened | null {
    try {
      const setup = this.setup(configuration)
      const used = kernel === null ? setup.kernel : { ...kernel, options: setup.kernel.options }
      const trial = openTrial(this.parts, labOptionsOf(setup, this.ground.seed, used), () => undefined)
      const tables = new Map(opTablesOf(used.base, this.parts.registry).map((table) => [table.name, table]))
      return { setup, trial, tables }
    } catch (e) {
      if (isInputError(e)) return null
      throw e
    }
  }
}
