// What `run` and `compare` do, callable without oclif.
import { dirname, isAbsolute, join } from 'node:path'
import { atLeast, type Event, InputError, type KernelDef, type Machine, type RunReport } from '@dmalab/api'
import { FOUNDING_BOARD, FOUNDING_KERNELS, FOUNDING_LINE } from '@dmalab/lab'
import { openLaboratory, planFor, type PluginSources } from '@dmalab/lab/node'
import { STANDARD_INPUT, withVirtualDevices } from '@dmalab/machine'
import { DEFAULT_OPTIONS, parseKernel, type Registry, runPipeline, runSteps, withOptions } from '@dmalab/runner'
import {
  parseInjections,
  parseKernelOptions,
  parsePipeline,
  parseSize,
  readScenario,
  type ScenarioFile,
} from '@dmalab/scenario'
import { EXIT } from './base-command.ts'
import { boardFor } from './board-for.ts'
import { checkNamedOnce, readText } from './files.ts'
import { type FailOnFlag, parseBindings } from './run-flags.ts'

export interface ScenarioRequest {
  /** `founding`, a gst-launch line, or a scenario file. */
  readonly scenario: string
  /** A shipped board or one of a plug-in, a board file, or a device tree. */
  readonly board: string | undefined
  /** Memory where a device tree states none. */
  readonly memory?: readonly string[] | undefined
  /** None: the default of a run, or of a comparison. */
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
  readonly plugins: PluginSources
  readonly config: readonly string[]
  readonly cmdline: string | undefined
  readonly restart?: number | undefined
  /** --adversarial-cache */
  readonly 'adversarial-cache'?: boolean
  /** Gets every event of every run. */
  readonly onEvent?: (event: Event, kernel: string) => void
}

/** @throws InputError for anything the user got wrong */
export const runScenario = async (request: ScenarioRequest): Promise<RunReport> => {
  checkNamedOnce([request.scenario, ...(request.board === undefined ? [] : [request.board])])
  const work = await workOf(request.scenario)
  const parts = await openLaboratory(request.plugins)
  const board = request.board ?? boardOf(work.board, request.scenario) ?? FOUNDING_BOARD
  const real = await boardFor(parts.registry, board, { memory: request.memory })
  const overrides = work.kind === 'steps' ? {} : { ...work.bind, ...parseBindings(request.bind) }
  const machine = withVirtualDevices(real, Object.values(overrides))
  const config = [...(work.config ?? []), ...request.config]
  const kernelOptions = parseKernelOptions(config, request.cmdline ?? work.cmdline ?? '')
  const named = request.kernels.length > 0 ? request.kernels : defaultKernels(request, work, machine, parts.registry)
  const kernels = named.map((name) => withOptions(parseKernel(name, parts.registry), kernelOptions))
  const inject = parseInjections([...(work.inject ?? []), ...request.inject])
  const adversarialCache = request['adversarial-cache'] ?? false
  const listening = { adversarialCache, ...(request.onEvent === undefined ? {} : { onEvent: request.onEvent }) }
  if (work.kind === 'steps')
    return runSteps(parts, kernels, { machine, scenario: work, seed: request.seed, inject, ...listening })
  const { size, format, frames, buffers, seed } = request
  const wishes = { format, frames, ...(size === undefined ? {} : { size: parseSize(size) }) }
  const { plan, bindings } = planFor(work.pipeline, machine, overrides, wishes)
  const options = { frames: plan.frames ?? DEFAULT_OPTIONS.frames, buffers, seed, ...plan.picture }
  const restartAt = request.restart
  return runPipeline(parts, kernels, {
    machine,
    plan,
    options,
    bindings,
    inject,
    restartAt,
    expect: work.expect,
    ...listening,
  })
}

/** One kernel for a run; for a comparison the four of the founding case, or all that fit the board. */
const defaultKernels = (
  { compare = false }: ScenarioRequest,
  work: ScenarioFile,
  { arch, name }: Machine,
  registry: Registry,
): readonly string[] => {
  if (!compare && work.kernel !== undefined) return [work.kernel]
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
  if (compare) return arch === 'arm' ? FOUNDING_KERNELS : fitting
  return [DEFAULT_KERNEL[arch] ?? first]
}

/** The kernel a board gets when nobody names one: the oldest of its architecture, where the story begins. */
const DEFAULT_KERNEL: { readonly [arch in Machine['arch']]?: string } = { arm: 'arm@4.11', arm64: 'arm64@6.12' }

/** A board file that a scenario file names lies beside it, unless the whole path is given. */
const boardOf = (board: string | undefined, scenario: string): string | undefined =>
  board !== undefined && /\.(ya?ml|dtb)$/.test(board) && !isAbsolute(board) ? join(dirname(scenario), board) : board

/** What SCENARIO names: the founding line, a scenario file, or a line as it stands. */
const workOf = async (scenario: string): Promise<ScenarioFile> => {
  if (scenario === STANDARD_INPUT || /\.(ya?ml|json)$/.test(scenario))
    return readScenario(await readText(scenario), scenario)
  const line = scenario === 'founding' ? FOUNDING_LINE : scenario
  return { kind: 'pipeline-file', name: scenario, pipeline: parsePipeline(line), bind: {} }
}

/** Exit code of a report: 3 when a run did not work or a finding reached `failOn`; where a scenario says what must come of it, when it did not. */
export const exitCodeFor = (report: RunReport, failOn: FailOnFlag): number => {
  if (failOn === 'never') return EXIT.ok
  const stated = report.runs.flatMap((run) => run.expectations ?? [])
  if (stated.length > 0) return stated.every((one) => one.met) ? EXIT.ok : EXIT.found
  const bad = report.runs.some(
    (run) => run.verdict !== 'works' || run.findings.some((f) => atLeast(f.severity, failOn)),
  )
  return bad ? EXIT.found : EXIT.ok
}
