// The same case on the model: whole runs, and the commands that repeat them. A command is printed only after its run was made here.
import {
  ASSUME_WORDS,
  type AssumeWord,
  type Assumption,
  type BoardSpec,
  type Experiment,
  type InputError,
  isInputError,
  type KernelRun,
  type Machine,
  RUN_DEFAULTS,
  RUN_SPEC_VERSION,
  type RunReport,
  type RunSpec,
  type Shown,
  type WorkSpec,
} from '@dmalab/api'
import { type RunParts, runSpec } from '@dmalab/runner'
import { base64Of, machineOfSpec } from '@dmalab/scenario'
import type { BoardContent } from '../input/content.ts'
import type { Case } from './case-facts.ts'
import { kernelOf, type ModelKernel } from './kernel.ts'

/** What the house puts in: the registry and engine, and the words of commands and usual kernels. */
export interface ModelParts {
  readonly parts: RunParts
  /** Where the run is that a bundle holds, `bundle` names it. */
  readonly commandOf: (spec: RunSpec, bundle: string | undefined) => string
  /** A word as a shell takes it. */
  readonly quote: (word: string) => string
  /** The kernel of a board where nothing names one. @throws InputError where no kernel here is for it */
  readonly usualKernel: (board: BoardSpec) => string
}

export interface ModelRun {
  readonly spec: RunSpec
  readonly report: RunReport
  readonly run: KernelRun
}

export interface Model {
  readonly kernel: ModelKernel | undefined
  readonly board: BoardSpec | undefined
  readonly machine: Machine | undefined
  /** Why nothing can run; undefined: it can. */
  readonly why: string | undefined
  /** Runs work on the board and kernel of the case; a text says why it cannot run. */
  run(work: WorkSpec, change?: Partial<RunSpec>): Promise<ModelRun | string>
  /** The same as an answer shows it; undefined where it cannot run. */
  show(work: WorkSpec, why: string, change?: Partial<RunSpec>): Promise<Shown | undefined>
  shownOf(run: ModelRun, why: string): Shown
  command(spec: RunSpec): string
  experiment(run: ModelRun, why: string): Experiment
}

export const boardSpecOf = (content: BoardContent): BoardSpec =>
  content.kind === 'tree'
    ? {
        dtb: base64Of(content.blob),
        file: content.file,
        overlays: content.overlays,
        memory: content.memory,
        arch: null,
      }
    : { text: content.text, file: content.file }

/** A scenario of steps that fits a command line. */
export const stepsWork = (name: string, steps: readonly object[]): WorkSpec => ({
  scenario: JSON.stringify({ name, steps }),
  file: '-',
})

export const createModel = (input: ModelParts, one: Case, named: BoardSpec | undefined): Model => {
  const { parts, commandOf, usualKernel } = input
  const board = one.board === undefined ? named : boardSpecOf(one.board)
  const bundle = one.contents.find(({ kind }) => kind === 'bundle')?.file
  let kernel: ModelKernel | undefined
  let machine = one.board?.machine
  let why = board === undefined ? 'there is no board: give a device tree (/sys/firmware/fdt of the board)' : undefined
  if (board !== undefined)
    try {
      machine ??= machineOfSpec(board, parts.registry)
      kernel = kernelOf(parts.registry, one, machine.arch, () => usualKernel(board))
    } catch (error) {
      if (!isInputError(error)) throw error
      why = error.message
    }
  const specOf = (work: WorkSpec, change: Partial<RunSpec>): RunSpec | undefined =>
    board === undefined || kernel === undefined
      ? undefined
      : {
          version: RUN_SPEC_VERSION,
          board,
          kernels: [kernel.kernel],
          config: kernel.config,
          cmdline: kernel.cmdline,
          work,
          options: RUN_DEFAULTS,
          plugins: [],
          ...change,
        }
  const once = async (spec: RunSpec): Promise<ModelRun | string> => {
    try {
      const report = await runSpec(parts, spec)
      const [run] = report.runs
      return run === undefined ? 'nothing was run' : { spec, report, run }
    } catch (error) {
      if (!isInputError(error)) throw error
      return sentence(error)
    }
  }
  const run = async (work: WorkSpec, change: Partial<RunSpec> = {}): Promise<ModelRun | string> => {
    const spec = specOf(work, change)
    if (spec === undefined) return why ?? 'there is no board'
    const first = await once(spec)
    if (typeof first === 'string' || first.run.verdict !== 'unknown') return first
    // The command says what it takes for granted.
    const kinds = new Set<string>([...spec.options.assume, ...first.run.assumptions.map(({ kind }) => kind)])
    const assume: readonly AssumeWord[] = ASSUME_WORDS.filter((word) => kinds.has(word))
    return once({ ...spec, options: { ...spec.options, assume } })
  }
  const command = (spec: RunSpec): string => {
    const whole =
      bundle !== undefined &&
      spec.board === board &&
      spec.kernels[0] === kernel?.kernel &&
      spec.config === kernel?.config &&
      spec.cmdline === kernel?.cmdline
    return commandOf(spec, whole ? bundle : undefined)
  }
  const shownOf = (made: ModelRun, reason: string): Shown => ({
    why: reason,
    command: command(made.spec),
    kernel: made.run.kernel,
    verdict: made.run.verdict,
    detail: detailOf(made.run),
  })
  return {
    kernel,
    board,
    machine,
    why,
    run,
    shownOf,
    command,
    show: async (work, reason, change) => {
      const made = await run(work, change)
      return typeof made === 'string' ? undefined : shownOf(made, reason)
    },
    experiment: (made, reason) => ({ why: reason, command: command(made.spec) }),
  }
}

/** The first line: hints are about flags of `run`, and as long as a board has devices. */
const sentence = ({ message }: InputError): string => message.split('\n')[0] ?? message

const detailOf = ({ step, errno, why, findings, assumptions }: KernelRun): string => {
  const failed = step === null ? '' : `${step}${errno === null ? '' : `: ${errno}`}${why === null ? '' : ` (${why})`}`
  const found = findings
    .filter(({ severity }) => severity !== 'info')
    .slice(0, 3)
    .map(({ code, message }) => `${code}: ${message}`)
  return [...(failed === '' ? [] : [failed]), ...found, ...assumptions.map(assumed)].join('; ')
}

const assumed = ({ what }: Assumption): string => `assumed: ${what}`
