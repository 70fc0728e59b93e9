// A defect's scenario as files: the scenario and its board, as people write them.
import { type Defect, type DefectScenario, RUN_DEFAULTS } from '@dmalab/api'

export interface WrittenFile {
  readonly path: string
  readonly text: string
}

/** The scenario that shows a defect and the board that it names; undefined for a defect that needs no steps. */
export const defectFiles = (defect: Defect, kernel: string): readonly WrittenFile[] => {
  const { scenario } = defect
  if (scenario === null) return []
  const board = `boards/${scenario.name}.yaml`
  return [
    { path: `${scenario.name}.yaml`, text: scenarioText(defect, scenario, kernel, board) },
    { path: board, text: boardText(scenario) },
  ]
}

const scenarioText = (defect: Defect, scenario: DefectScenario, kernel: string, board: string): string =>
  [
    `# ${oneLine(defect.message)}`,
    ...Object.entries({ base: defect.base, 'with ordinary memory': defect.ordinary }).flatMap(([where, there]) =>
      there === null ? [] : [`# ${where}: ${oneLine(there.outcome)}`],
    ),
    `name: ${scenario.name}`,
    `board: ${board}`,
    `kernel: ${kernel}`,
    ...(scenario.config.length === 0 ? [] : [`config: ${flow(scenario.config)}`]),
    ...(scenario.cmdline === '' ? [] : [`cmdline: ${flow(scenario.cmdline)}`]),
    ...(scenario.inject.length === 0 ? [] : [`inject: ${flow(scenario.inject)}`]),
    ...(scenario.seed === RUN_DEFAULTS.seed ? [] : [`seed: ${scenario.seed}`]),
    ...(scenario.adversary === null ? [] : ['adversarialCache: true']),
    'steps:',
    ...scenario.steps.map((step) => `  - ${flow(step)}`),
    '',
  ].join('\n')

const boardText = ({ board }: DefectScenario): string =>
  [
    ...Object.entries(board).flatMap(([key, value]) =>
      Array.isArray(value) && value.length > 0
        ? [`${key}:`, ...value.map((one) => `  - ${flow(one, key !== 'pools')}`)]
        : [`${key}: ${flow(value)}`],
    ),
    '',
  ].join('\n')

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ')

/** Addresses read better in hexadecimal. */
const HEX = new Set(['base', 'cpu', 'bus', 'lowmemEnd', 'len'])

const flow = (value: unknown, hex = false, key = ''): string => {
  if (Array.isArray(value)) return `[${value.map((one) => flow(one, hex)).join(', ')}]`
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([name, member]) => `${name}: ${flow(member, hex, name)}`)
      .join(', ')} }`
  if (typeof value === 'number') return HEX.has(key) && value > 0xffff ? `0x${value.toString(16)}` : String(value)
  return typeof value === 'string' && !/^[A-Za-z_][\w./-]*$/.test(value) ? JSON.stringify(value) : String(value)
}
