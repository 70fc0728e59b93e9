// Budget: 30 us a step. A scenario of steps that each are one call of a driver, machine opened and checker on.
import { openLaboratory, run } from '@dmalab/lab'
import { stepScenario } from '../machines/step-scenario.mjs'

export const row = {
  name: 'run-step',
  title: 'a step of a scenario: map, sync both ways, unmap of a dma-buf',
  unit: 'step',
  versions: {
    run: {
      bench: 250,
      check: 2,
      async open(count) {
        const laboratory = await openLaboratory()
        const work = { scenario: stepScenario(count), file: 'steps.yaml' }
        let report
        return {
          work: 4 * count,
          run: async () => (report = await run({ work }, { laboratory })),
          result: () => report.runs[0].verdict,
        }
      },
    },
  },
}
