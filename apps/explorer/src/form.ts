// What the page asks the user for, as plain texts.
import type { AssumeWord, BoardSpec, RunSpec, WorkSpec } from '@dmalab/api'

export interface Form {
  readonly board: BoardSpec
  readonly kernels: readonly string[]
  /** Names with values, with blanks between. */
  readonly config: string
  readonly cmdline: string
  /** A gst-launch-1.0 line, or a scenario. */
  readonly work: string
  /** What messages call a scenario. */
  readonly file: string
  /** A log to replay; `work` counts for nothing then. */
  readonly log: Extract<WorkSpec, { readonly log: string }> | null
  readonly frames: string
  readonly size: string
  readonly format: string
  readonly buffers: string
  readonly seed: string
  readonly restart: string
  readonly inject: string
  readonly bind: string
  readonly assume: readonly AssumeWord[]
  readonly adversarialCache: boolean
}

export const formOf = ({ board, kernels, config, cmdline, work, options }: RunSpec): Form => ({
  board,
  kernels,
  config: config.join(' '),
  cmdline: cmdline ?? '',
  work: 'line' in work ? work.line : 'scenario' in work ? scenarioText(work.scenario) : '',
  file: 'scenario' in work ? work.file : 'scenario.yaml',
  log: 'log' in work ? work : null,
  frames: text(options.frames),
  size: options.size ?? '',
  format: options.format ?? '',
  buffers: String(options.buffers),
  seed: String(options.seed),
  restart: text(options.restart),
  inject: options.inject.join(' '),
  bind: Object.entries(options.bind)
    .map((pair) => pair.join('='))
    .join(' '),
  assume: options.assume,
  adversarialCache: options.adversarialCache,
})

/** A scenario has keys; a line has elements. */
export const isScenario = (work: string): boolean => /^\s*[{]|^(steps|pipeline)\s*:/m.test(work)

const scenarioText = (scenario: string | object): string =>
  typeof scenario === 'string' ? scenario : JSON.stringify(scenario, null, 2)

const text = (value: number | null): string => (value === null ? '' : String(value))
