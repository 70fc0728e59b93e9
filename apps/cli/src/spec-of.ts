// Flags and arguments as a RunSpec: files are read here, and lie in the spec.
import { dirname, isAbsolute, join } from 'node:path'
import { ASSUME_WORDS, InputError, nearNames, type RunSpec, type WorkSpec } from '@dmalab/api'
import {
  type BundleParts,
  FOUNDING_BOARD,
  machineOfSpec,
  parseInjections,
  parseKernelOptions,
  parseSize,
  readScenario,
  type Registry,
  specOf as specOfRequest,
  STANDARD_INPUT,
} from '@dmalab/lab'
import { boardSpecFor, checkLine, pluginSpec } from '@dmalab/lab/node'
import { boardOf } from './board-for.ts'
import { Defaults } from './defaults.ts'
import { checkNamedOnce, readText } from './files.ts'
import { parseBindings } from './run-flags.ts'

/** The words of `run` and `compare`, as their flags are called. */
export interface RunWords {
  /** `founding`, a gst-launch line, or a scenario file. */
  readonly scenario: string
  /** A shipped board or one of a plug-in, a board file, or a device tree. */
  readonly board: string | undefined
  /** Memory where a device tree states none. */
  readonly memory?: readonly string[] | undefined
  /** Overlays for a device tree. */
  readonly overlay?: readonly string[] | undefined
  /** None: the usual ones for a run, or for a comparison. */
  readonly kernels: readonly string[]
  readonly compare?: boolean
  /** Absent: what the line says of them. */
  readonly frames?: number | undefined
  readonly size?: string | undefined
  readonly format?: string | undefined
  readonly buffers: number
  readonly seed: number
  readonly bind: readonly string[]
  readonly inject: readonly string[]
  /** Paths of --plugin. */
  readonly plugin?: readonly string[]
  readonly config: readonly string[]
  readonly cmdline: string | undefined
  readonly restart?: number | undefined
  readonly 'adversarial-cache'?: boolean
  /** Kinds of assumption. */
  readonly assume?: readonly string[]
  /** What the user's configuration says, where nothing else does. */
  readonly defaults?: Defaults
}

/**
 * `bundle`: board, kernel and options where the words name none.
 * `registry` has what the plug-ins bring, too: names of boards and kernels are looked up there.
 * @throws InputError for anything the user got wrong
 */
export const specOf = async (words: RunWords, registry: Registry, bundle?: BundleParts): Promise<RunSpec> => {
  checkNamedOnce([words.scenario, ...(words.board === undefined ? [] : [words.board])])
  const work = await workOf(words.scenario)
  // Of another kernel, configuration and command line would be other options.
  const recorded = words.kernels.length === 0 && words.compare !== true ? bundle : undefined
  const defaults = words.defaults ?? new Defaults()
  const stated = statedBy(work, words.scenario)
  const fromBundle = words.board === undefined ? bundle?.board : undefined
  // Complaints name the flag, so they are made here.
  if (words.size !== undefined) parseSize(words.size)
  parseInjections(words.inject)
  parseKernelOptions(words.config, words.cmdline ?? '')
  const board =
    fromBundle ??
    (await boardOf(
      { ...words, board: words.board ?? stated.board },
      { registry, defaults, other: FOUNDING_BOARD },
      boardSpecFor,
    ))
  const isUsual =
    words.compare !== true && words.kernels.length === 0 && recorded === undefined && stated.kernel === undefined
  const usual = isUsual ? defaults.kernel(registry, machineOfSpec(board, registry).arch) : undefined
  return specOfRequest(
    registry,
    {
      board,
      kernels: recorded === undefined ? words.kernels : [recorded.kernel],
      ...(work === undefined ? {} : { work }),
      ...(usual === undefined ? {} : { usualKernel: usual }),
      config: [...(recorded?.config ?? []), ...words.config],
      ...cmdlineOf(words.cmdline ?? recorded?.cmdline),
      frames: words.frames ?? null,
      size: words.size ?? null,
      format: words.format ?? null,
      buffers: words.buffers,
      seed: words.seed,
      bind: parseBindings(words.bind),
      inject: words.inject,
      restart: words.restart ?? null,
      adversarialCache: words['adversarial-cache'] ?? false,
      assume: ASSUME_WORDS.filter((word) => words.assume?.includes(word)),
      plugins: (words.plugin ?? []).map(pluginSpec),
    },
    words.compare === true ? 'compare' : 'run',
  )
}

const cmdlineOf = (text: string | null | undefined): { readonly cmdline?: string } =>
  typeof text === 'string' ? { cmdline: text } : {}

const FOUNDING = 'founding'

/** What SCENARIO names: a scenario file, or a line as it stands; undefined: the founding line, as it is on the board. */
const workOf = async (scenario: string): Promise<WorkSpec | undefined> => {
  if (scenario === STANDARD_INPUT || /\.(ya?ml|json)$/.test(scenario))
    return { scenario: await readText(scenario), file: scenario }
  if (scenario === FOUNDING) return undefined
  const near = nearNames(scenario, [FOUNDING])
  if (near.length > 0)
    throw new InputError(
      `there is no scenario ${scenario}`,
      {},
      `did you mean ${FOUNDING}? Else a gst-launch-1.0 line or a file`,
    )
  checkLine(scenario)
  return { line: scenario }
}

/** Board and kernel that a scenario file names; a board file lies beside it, unless the whole path is given. */
const statedBy = (
  work: WorkSpec | undefined,
  scenario: string,
): { readonly board?: string | undefined; readonly kernel?: string | undefined } => {
  if (work === undefined || !('scenario' in work) || typeof work.scenario !== 'string') return {}
  const { board, kernel } = readScenario(work.scenario, work.file)
  const isBeside = board !== undefined && /\.(ya?ml|dtb)$/.test(board) && !isAbsolute(board)
  return { board: isBeside ? join(dirname(scenario), board) : board, kernel }
}
