// What a user asks for, with the usual answer to everything left out, as a RunSpec.
import {
  type ArchName,
  type BoardSpec,
  InputError,
  type KernelDef,
  type Machine,
  type PluginSpec,
  RUN_DEFAULTS,
  RUN_SPEC_VERSION,
  type RunSpec,
  type RunSpecOptions,
  type ScenarioWork,
  type WorkSpec,
} from '@dmalab/api'
import { kernelFromBanner } from '@dmalab/klog'
import { machineData } from '@dmalab/machine'
import { AUTO_KERNEL, chooseKernel, kernelOfLog, type Registry, withArch } from '@dmalab/runner'
import { machineOfSpec, scenarioOfSpec } from '@dmalab/scenario'
import { FOUNDING_BOARD, FOUNDING_KERNELS, foundingLine } from './founding.ts'
import type { Usual } from './usual.ts'

/** A run. Texts are as the command line takes them; options that are left out have the values that `dmalab run --help` names. */
export interface RunRequest extends Partial<RunSpecOptions> {
  /** A name, a machine, or a board as a RunSpec holds it. Absent: the scenario's own, else the founding one. */
  readonly board?: Machine | BoardSpec
  /** `arch@release+patch`, one for each run; `auto` for a log: the kernel that it names. Absent: the scenario's own, else the usual one for the board. */
  readonly kernels?: readonly string[]
  /** Kernel configuration, NAME or NAME=value. */
  readonly config?: readonly string[]
  /** Kernel command line. */
  readonly cmdline?: string
  /** A gst-launch-1.0 line, a scenario or a log. Absent: the founding pipeline. */
  readonly work?: string | WorkSpec
  readonly plugins?: readonly PluginSpec[]
  /** Instead of the usual kernel, where the board is of its architecture. */
  readonly usualKernel?: string
}

/** Which kernels a request gets that names none. */
export type KernelChoice = 'run' | 'compare'

/**
 * The spec of a request: nothing is left to be decided.
 * @throws InputError for a scenario or board with a mistake, and for a board that no kernel here is for
 */
export const specOf = (registry: Registry, request: RunRequest = {}, choice: KernelChoice = 'run'): RunSpec => {
  const {
    board: asked,
    kernels = [],
    config = [],
    cmdline,
    work: given,
    plugins = [],
    usualKernel,
    ...options
  } = request
  const stated = typeof given === 'object' && 'scenario' in given ? statedBy(given) : {}
  const board = boardOf(asked ?? stated.board ?? FOUNDING_BOARD)
  const work = typeof given === 'object' ? given : { line: given ?? foundingLine(machineOfSpec(board, registry)) }
  return {
    version: RUN_SPEC_VERSION,
    board,
    kernels:
      kernels.length > 0
        ? namedKernels(registry, board, kernels, work)
        : usualKernels(registry, board, { stated: stated.kernel, wished: usualKernel }, choice),
    config,
    cmdline: cmdline ?? null,
    work,
    options: { ...RUN_DEFAULTS, ...options },
    plugins,
  }
}

/** The spec of a request, with what is usual for the user where neither it nor its work says otherwise. @throws InputError as specOf does */
export const usualSpec = async (
  registry: Registry,
  request: RunRequest & { readonly work: WorkSpec },
  usual: Usual,
): Promise<RunSpec> => {
  const stated = 'scenario' in request.work ? statedBy(request.work) : {}
  const board = request.board ?? (stated.board === undefined ? await usual.board() : undefined)
  const asked = { ...request, ...(board === undefined ? {} : { board }) }
  const spec = specOf(registry, asked)
  if (stated.kernel !== undefined || request.kernels !== undefined) return spec
  const usualKernel = usual.kernel(machineOfSpec(spec.board, registry).arch)
  return usualKernel === undefined ? spec : { ...spec, kernels: [usualKernel] }
}

const statedBy = (work: ScenarioWork): { readonly board?: string; readonly kernel?: string } => scenarioOfSpec(work)

const boardOf = (board: Machine | BoardSpec): BoardSpec =>
  typeof board === 'object' && 'arch' in board && 'memory' in board && 'devices' in board
    ? { machine: machineData(board) }
    : board

/** A release alone is that of the board's architecture; `auto` is the kernel that the log names. */
const namedKernels = (
  registry: Registry,
  board: BoardSpec,
  kernels: readonly string[],
  work: WorkSpec,
): readonly string[] => {
  const { arch } = machineOfSpec(board, registry)
  return kernels.map((kernel) => (kernel === AUTO_KERNEL ? kernelOfWork(work, arch) : withArch(kernel, arch)))
}

/** @throws InputError for work that is no log, and for a log that names no kernel */
const kernelOfWork = (work: WorkSpec, arch: string): string => {
  if ('log' in work) return kernelOfLog(kernelFromBanner(work.log), arch).kernel
  throw new InputError(
    `--kernel ${AUTO_KERNEL} takes the kernel from a log, and the work is none`,
    {},
    'name it: arch@release, or a release alone for the architecture of the board',
  )
}

/** One kernel for a run; for a comparison the four of the founding case, or the usual one of the board. */
const usualKernels = (
  registry: Registry,
  board: BoardSpec,
  { stated, wished }: { readonly stated: string | undefined; readonly wished: string | undefined },
  choice: KernelChoice,
): readonly string[] => {
  if (choice === 'run' && stated !== undefined) return [stated]
  const { arch, name } = machineOfSpec(board, registry)
  const runsOn = (kernel: KernelDef): string => registry.arches.get(kernel.arch).board
  const fitting = registry.kernels.values().flatMap((kernel) => (runsOn(kernel) === arch ? [kernel.name] : []))
  const [first] = fitting
  if (first === undefined) {
    const others = [...new Set(registry.kernels.values().map(runsOn))].join(', ')
    throw new InputError(
      `board ${name} is ${arch}, and no kernel here is: there are some for ${others}`,
      {},
      'dmalab board show, facts, lint and import need no kernel; a plug-in can bring one (docs/plugin-api.md)',
    )
  }
  const founding = FOUNDING_KERNELS.every((kernel) => fitting.includes(kernel.split('+')[0] ?? ''))
  const usual = fitting.filter((kernel) => USUAL_KERNELS.includes(kernel))
  if (choice === 'compare') return founding ? FOUNDING_KERNELS : usual.length > 0 ? usual : fitting
  return [(wished === undefined ? undefined : kernelFor(registry, wished, arch)) ?? usual[0] ?? first]
}

/** The kernel of a board where nothing names one. @throws InputError for a board that no kernel here is for */
export const usualKernelFor = (registry: Registry, board: Machine | BoardSpec): string => {
  const [kernel] = specOf(registry, { board, work: 'fakesrc ! fakesink' }).kernels
  if (kernel === undefined) throw new Error('usualKernelFor: a run without a kernel')
  return kernel
}

/**
 * The kernel by its whole name, a release alone being one of the board's architecture; undefined: it is not for such boards.
 * @throws InputError for a kernel or patch that does not exist
 */
export const kernelFor = (registry: Registry, kernel: string, arch: ArchName): string | undefined => {
  const name = withArch(kernel, arch)
  const { base } = chooseKernel(name, registry).kernel
  return registry.arches.get(base.arch).board === arch ? name : undefined
}

/** What a board of their architecture gets when no kernel is named: where the story begins, and the best known of today. */
const USUAL_KERNELS: readonly string[] = ['arm@4.11', 'arm64@6.12']
