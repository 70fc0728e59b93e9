// A defect as it is reported: its name, the hunks of the patch that it goes through, and its scenario with what must come of it.
import {
  type Defect,
  type DefectScenario,
  type Elsewhere,
  type JsonObject,
  type Machine,
  type PatchHunk,
  RUN_DEFAULTS,
  type RunSpec,
  type ScenarioStep,
} from '@dmalab/api'
import { type RunParts, runSpec } from '@dmalab/runner'
import type { Judged } from './judge.ts'
import type { Replayer } from './replay-steps.ts'
import type { Ground, Setup } from './setup.ts'

export const defectOf = async (
  parts: RunParts,
  { kernel, seed }: Ground,
  replayer: Replayer,
  judged: Judged,
  taken: Set<string>,
): Promise<Defect> => {
  const { symptom, configuration, steps, atEnd, base, ordinary } = judged
  const setup = replayer.setup(configuration)
  const id = freeName(idOf(judged), taken)
  taken.add(id)
  const scenario = await scenarioOf(parts, { kernel: kernel.name, seed, setup, id, judged })
  return {
    id,
    code: symptom.code,
    message: symptom.errno === null ? symptom.message : `${symptom.errno}: ${symptom.message}`,
    step: atEnd ? 'the end' : (steps.at(-1)?.do ?? null),
    symbols: symptom.symbols,
    configuration: Object.fromEntries(configuration),
    hunks: hunksOf(
      kernel.patches.flatMap(({ hunks }) => hunks),
      symptom.symbols,
    ),
    base: told(base),
    ordinary: told(ordinary),
    scenario,
  }
}

const told = (there: Elsewhere | null): Elsewhere | null =>
  there === null ? null : { same: there.same, outcome: there.outcome }

/** The same words twice: the second gets a number. */
const freeName = (name: string, taken: ReadonlySet<string>): string => {
  if (!taken.has(name)) return name
  let nth = 2
  while (taken.has(`${name}-${nth}`)) nth++
  return `${name}-${nth}`
}

/** Words of the signature, joined: letters, digits and dashes, so that a file may be named after it. */
const idOf = ({ symptom, configuration, steps, atEnd }: Judged): string => {
  const words = [
    symptom.code,
    symptom.errno ?? '',
    symptom.symbols[0] ?? '',
    ...symptom.symbols.filter((symbol) => /_dma_sync_|get_sgtable/.test(symbol)).slice(-1),
    ...[...new Set(steps.map((step) => step.do))].filter((name) => !USUAL.has(name)),
    atEnd ? 'end' : (steps.at(-1)?.do ?? ''),
    ...configuration.values(),
  ]
  return [...new Set(words)]
    .filter((word) => word !== '')
    .join('-')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
}

const USUAL: ReadonlySet<string> = new Set([
  'alloc',
  'export',
  'attach',
  'map',
  'device-write',
  'cpu-write',
  'reqbufs',
  'expbuf',
  'qbuf',
  'streamon',
])

/** Hunks of the functions on the way; where there is none, the path leads through code that the patch leaves as it was. */
const hunksOf = (hunks: readonly PatchHunk[], symbols: readonly string[]): readonly PatchHunk[] =>
  hunks.filter(({ symbol }) => symbols.includes(symbol))

interface Wanted {
  readonly kernel: string
  readonly seed: number
  readonly setup: Setup
  readonly id: string
  readonly judged: Judged
}

/** The steps, run as any scenario is; what came of them is stated. */
const scenarioOf = async (parts: RunParts, wanted: Wanted): Promise<DefectScenario> => {
  const { setup, id, judged } = wanted
  const { symptom, steps, atEnd } = judged
  const bare = {
    name: id,
    board: boardOf(setup.machine),
    config: setup.config,
    cmdline: setup.cmdline,
    inject: setup.inject,
    adversary: setup.adversary,
    seed: setup.adversary ?? wanted.seed,
  }
  const refused: readonly ScenarioStep[] =
    symptom.errno === null || atEnd ? [] : [{ do: 'expect', errno: symptom.errno }]
  const plain = { ...bare, steps: [...steps.map(setup.named), ...refused] }
  const { runs } = await runSpec(parts, specOfDefect(wanted.kernel, plain))
  const [run] = runs
  if (run === undefined) throw new Error('a run of one kernel has one result')
  const found = run.findings.some(({ code }) => code === symptom.code)
  return {
    ...plain,
    steps: [...plain.steps, { do: 'expect', verdict: run.verdict, ...(found ? { finding: symptom.code } : {}) }],
  }
}

/** The run that `dmalab run` makes of the scenario's file. */
export const specOfDefect = (kernel: string, scenario: DefectScenario): RunSpec => ({
  version: 1,
  board: { machine: scenario.board },
  kernels: [kernel],
  config: scenario.config,
  cmdline: scenario.cmdline === '' ? null : scenario.cmdline,
  work: { scenario: { name: scenario.name, steps: scenario.steps }, file: scenario.name },
  options: {
    ...RUN_DEFAULTS,
    seed: scenario.seed,
    inject: scenario.inject,
    adversarialCache: scenario.adversary !== null,
  },
  plugins: [],
})

/** A board as JSON can hold it: kernel addresses are texts. */
export const boardOf = (machine: Machine): JsonObject =>
  JSON.parse(
    JSON.stringify(machine, (_key, value: unknown) => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value)),
  ) as JsonObject
