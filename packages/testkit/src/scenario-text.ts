// A steps scenario as the text of a scenario file.
import type { ScenarioStep } from '@dmalab/api'

export interface ScenarioHead {
  readonly title: string
  readonly board: string
  readonly kernel: string
  readonly steps: readonly ScenarioStep[]
}

/** YAML; the last line says what has to come of it, so that the run fails until the fault is fixed. */
export const scenarioText = ({ title, board, kernel, steps }: ScenarioHead): string =>
  [
    'name: shrunk',
    `title: ${JSON.stringify(title)}`,
    `board: ${JSON.stringify(board)}`,
    `kernel: ${JSON.stringify(kernel)}`,
    'steps:',
    ...[...steps, { do: 'expect', verdict: 'works' } as const].map((step) => `  - { ${members(step)} }`),
    '',
  ].join('\n')

const members = (step: ScenarioStep): string =>
  Object.entries(step)
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
