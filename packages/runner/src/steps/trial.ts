// Steps done one by one under the checker's eyes, again and again from the start: what an exploration of many short scenarios needs.
import {
  type Event,
  type Finding,
  imbalance,
  type Lab,
  type LabOptions,
  type Oops,
  type ScenarioStep,
} from '@dmalab/api'
import { type Checker, createChecker } from '@dmalab/checker'
import { isSimulatedOops } from '@dmalab/memory'
import { type LabParts, openLab } from '../lab.ts'
import type { Outcome } from './step-context.ts'
import { labelOf } from './step-label.ts'
import { StepMachine } from './step-machine.ts'

/** What one step came to. */
export interface Seen {
  /** null: the kernel faulted. */
  readonly outcome: Outcome | null
  readonly oops: Oops | null
  /** What the checker found during the step. */
  readonly findings: readonly Finding[]
  /** Bytes of the step that a reader found different from what was written. */
  readonly wrong: number
}

export interface Trial {
  readonly lab: Lab
  /** A new boot of the machine, on the engine of the one before. */
  reset(): void
  /** One step; `expect` is not one. @throws InputError for a step that cannot be meant */
  do(step: ScenarioStep): Seen
  /** Gives back in good order what the steps left; what is still lent then, one line each, or the fault that this met. Ends the boot. */
  settle(): { readonly left: readonly string[]; readonly oops: Oops | null }
}

/** `onEvent` gets every event. @throws InputError when kernel and machine do not fit, or name something that no plug-in provides */
export const openTrial = (parts: LabParts, options: LabOptions, onEvent: (event: Event) => void): Trial => {
  const lab = openLab(parts, options)
  const seed = options.seed ?? 1
  const rules = parts.registry.rules.values()
  let checker: Checker = createChecker({ rules })
  let machine = new StepMachine(lab, seed)
  /** Every boot begins with the same. */
  const atStart = lab.balance()
  let stop = (): void => undefined

  const begin = (): void => {
    checker = createChecker({ rules })
    machine = new StepMachine(lab, seed)
    stop = lab.listen('op', (event) => {
      checker.onEvent(event)
      onEvent(event)
    })
  }
  begin()

  return {
    lab,
    reset() {
      stop()
      lab.reset()
      begin()
    },
    do(step) {
      const before = checker.found.length
      const wrongBefore = machine.wrong
      const since = (outcome: Outcome | null, oops: Oops | null): Seen => ({
        outcome,
        oops,
        findings: checker.found.slice(before),
        wrong: machine.wrong - wrongBefore,
      })
      lab.step(labelOf(step), 'device' in step ? step.device : undefined)
      try {
        return since(machine.do(step), null)
      } catch (e) {
        if (!isSimulatedOops(e)) throw e
        lab.oops(e.oops)
        return since(null, e.oops)
      }
    },
    settle() {
      try {
        machine.exit()
        machine.giveBack()
      } catch (e) {
        if (!isSimulatedOops(e)) throw e
        return { left: [], oops: e.oops }
      }
      return { left: imbalance(atStart, lab.balance()), oops: null }
    },
  }
}
