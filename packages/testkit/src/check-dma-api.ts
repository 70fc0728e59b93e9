// Random legal use of the DMA API by several devices, with lists of several entries: every byte is where the rules say, addresses are
// in reach and do not collide. The smallest use that breaks them comes back as a scenario file, which `dmalab run` replays.
import type { ScenarioStep } from '@dmalab/api'
import fc from 'fast-check'
import { DmaApiModel } from './dma-api-model.ts'
import { DrivenLab, type DrivenMachine } from './driven-lab.ts'
import { scenarioText } from './scenario-text.ts'
import { WISHES } from './wishes.ts'

export interface DmaApiUnderTest extends DrivenMachine {
  /** Those that use the DMA API, by name. */
  readonly devices: readonly string[]
  /** Sequences to try; 100 when absent. */
  readonly runs?: number
  readonly seed?: number
}

export interface DmaApiFailure {
  readonly message: string
  /** The shortest sequence found, and the same as the text of a scenario file. */
  readonly steps: readonly ScenarioStep[]
  readonly scenario: string
}

/** undefined when nothing broke. The same seed tries the same sequences. */
export const checkDmaApi = (under: DmaApiUnderTest): DmaApiFailure | undefined => {
  let last: { readonly steps: readonly ScenarioStep[]; readonly message: string } | undefined
  const property = fc.property(fc.commands([...WISHES], { maxCommands: 60, size: 'max' }), (commands) => {
    const real = new DrivenLab(under)
    try {
      fc.modelRun(() => ({ model: new DmaApiModel(under.devices), real }), commands)
    } catch (e) {
      // Shrinking tries smaller and smaller ones: the last that fails is the smallest.
      last = { steps: real.trail, message: e instanceof Error ? e.message : String(e) }
      throw e
    } finally {
      real.close()
    }
  })
  const { failed } = fc.check(property, { numRuns: under.runs ?? 100, seed: under.seed ?? 1 })
  if (!failed || last === undefined) return undefined
  last = { ...last, steps: withoutNeedlessLooks(under, last.steps) }
  const { kernel, machine } = under
  const title = `${last.message.split('\n')[0] ?? ''} (found by checkDmaApi)`
  return { ...last, scenario: scenarioText({ title, board: machine.name, kernel, steps: last.steps }) }
}

/** Drops each look at a buffer without which it still goes wrong: reading is always allowed to be left out. */
const withoutNeedlessLooks = (under: DmaApiUnderTest, steps: readonly ScenarioStep[]): readonly ScenarioStep[] =>
  steps.reduceRight<readonly ScenarioStep[]>((kept, step, i) => {
    if (step.do !== 'cpu-read' && step.do !== 'device-read') return kept
    const without = kept.toSpliced(i, 1)
    return breaks(under, without) ? without : kept
  }, steps)

const breaks = (under: DmaApiUnderTest, steps: readonly ScenarioStep[]): boolean => {
  const real = new DrivenLab(under)
  try {
    for (const step of steps) real.do(step)
    return false
  } catch {
    return true
  } finally {
    real.close()
  }
}
