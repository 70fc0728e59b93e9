import { openLaboratory, run } from '@dmalab/lab'
import { stepScenario } from '../machines/step-scenario.mjs'

const laboratory = await openLaboratory()

export const scale = {
  name: 'steps',
  title: 'steps of a scenario',
  sizes: [1000, 10_000, 100_000],
  open: (steps) => ({
    run: () => run({ work: { scenario: stepScenario(steps / 4), file: 'steps.yaml' } }, { laboratory }),
  }),
}
