// A laboratory and the steps done in it. Steps are data and runs are deterministic, so the same steps in a fresh laboratory are a copy of
// its state: memory, page allocator, pools, mappings, IOMMU tables, and whatever plug-ins keep.
import { type Lab, type LabOptions, type ScenarioStep } from '@dmalab/api'
import { type LabParts, openLab } from '../lab.ts'
import { labelOf } from './step-label.ts'
import type { Outcome } from './step-context.ts'
import { StepMachine } from './step-machine.ts'

export interface Experiment {
  /** To listen to and to look into. What is done to it other than by steps is not in a fork. */
  readonly lab: Lab
  /** Bytes that readers found different from what was written, so far. */
  readonly wrong: number
  /** One step; `expect` is not one. @throws InputError for a step that cannot be meant, SimulatedOops */
  do(step: ScenarioStep): Outcome
  /** Closes what is open, as the kernel does when a task exits. */
  exit(): void
  /** After exit(): gives back mappings, attachments and memory that the steps left. */
  giveBack(): void
  /** Another experiment in the state of this one; from here on neither knows of the other. Costs the steps so far once more. */
  fork(): Experiment
}

/** @throws InputError when kernel and machine do not fit, or name something that no plug-in provides */
export const openExperiment = (parts: LabParts, options: LabOptions): Experiment => begin(parts, options, [])

interface Done {
  readonly step: ScenarioStep
  /** Ended in a fault, or could not be meant: whoever did it saw that, and went on. */
  threw: boolean
}

const begin = (parts: LabParts, options: LabOptions, past: readonly Done[]): Experiment => {
  const lab = openLab(parts, options)
  const machine = new StepMachine(lab, options.seed ?? 1)
  const trail: Done[] = []

  const perform = (step: ScenarioStep): Outcome => {
    const done: Done = { step, threw: true }
    trail.push(done)
    lab.step(labelOf(step), 'device' in step ? step.device : undefined)
    const outcome = machine.do(step)
    done.threw = false
    return outcome
  }
  for (const { step, threw } of past)
    try {
      perform(step)
    } catch (e) {
      if (!threw) throw e
    }

  return {
    lab,
    get wrong() {
      return machine.wrong
    },
    do: perform,
    exit: () => machine.exit(),
    giveBack: () => machine.giveBack(),
    fork: () => begin(parts, options, [...trail]),
  }
}
