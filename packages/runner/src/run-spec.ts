// The one way to run: a RunSpec on every kernel that it names.
import {
  type Event,
  type KernelRun,
  type KernelSpec,
  type LogWork,
  type Machine,
  type RunReport,
  type RunSpec,
} from '@dmalab/api'
import {
  bindToMachine,
  checkRunSpec,
  lineForBoard,
  machineOfSpec,
  parseInjections,
  parseKernelOptions,
  parsePipeline,
  parseSize,
  placeOfStep,
  scenarioOfSpec,
  type PipelineFile,
  type ScenarioFile,
} from '@dmalab/scenario'
import { type ChosenKernel, chooseKernel } from './choose-kernel.ts'
import { withOptions } from './compose-kernel.ts'
import { type RunParts, withPlugins } from './host-files.ts'
import { withEnoughCma } from './enough-cma.ts'
import { pause, withPauses } from './pieces.ts'
import { planPipeline } from './plan-pipeline.ts'
import { logHead, logOn } from './replay/log-run.ts'
import { DEFAULT_OPTIONS, pipelineHead, pipelineOn, type PipelineRun, rehearsePipeline } from './run.ts'
import { judgeStandIn, standInNotes } from './stand-in.ts'
import { stepsHead, stepsOn, type StepsRun } from './steps/run-steps.ts'
import { TouchWatch } from './touches.ts'
import { differencesOf, type TouchedRun } from './kernel-differences.ts'

export interface RunControl {
  /** Ends the run: between kernels, pictures, steps, and pieces of a log. */
  readonly signal?: AbortSignal
  /** Gets every event of every run. */
  readonly onEvent?: (event: Event, kernel: string) => void
  /**
   * Gets what the report says of the run itself: before the work of a pipeline begins, once its machines and devices could be opened (memory may still end on the way);
   * of other work, and where a kernel stands in for another, with the results.
   */
  readonly onHead?: (head: RunHead) => void
  /** Called before the run on each kernel. */
  readonly onKernel?: (kernel: string, number: number, of: number) => void
  /** Gets what each run that ended without a fault left behind: one line for each count that is not as it was. */
  readonly onEnd?: (left: readonly string[], kernel: string) => void
}

/** A report without what came of it. */
export type RunHead = Omit<RunReport, 'runs' | 'differences'>

/**
 * Runs a spec and reports. The same spec and parts give the same report.
 * @throws InputError for a spec that cannot be meant: an unknown key, board, kernel, patch, device, option, or a scenario with a mistake
 * @throws the reason of `signal` once it is given
 */
export const runSpec = async (parts: RunParts, spec: RunSpec, control: RunControl = {}): Promise<RunReport> => {
  const checked = checkRunSpec(spec)
  const withPlugin = await withPlugins(parts, checked.plugins)
  const machine = machineOfSpec(checked.board, withPlugin.registry)
  const isAlone = checked.kernels.length === 1 && withPlugin.registry.kernels.has(baseOf(checked.kernels[0]))
  const tap = isAlone ? undefined : new Tap(control.onEvent)
  const heard = tap === undefined ? control : { ...control, onEvent: tap.onEvent }
  const { head, kernels, on, rehearse } = prepare(withPlugin, checked, machine, heard)
  const isSettled = rehearse !== undefined && kernels.every(({ standsFor }) => standsFor === null)
  if (isSettled && control.onHead !== undefined) {
    for (const { kernel } of kernels) rehearse(kernel)
    control.onHead(head)
  }
  const { signal } = control
  const unheard = (kernel: KernelSpec): Promise<KernelRun> =>
    prepare(withPlugin, shortened(checked, head), machine, signal === undefined ? {} : { signal }).on(kernel)
  const runs: TouchedRun[] = []
  for (const chosen of kernels) {
    control.onKernel?.(chosen.kernel.name, runs.length + 1, kernels.length)
    await pause(control.signal)
    const watch = new TouchWatch(machine)
    tap?.listen(watch)
    const run = await withEnoughCma(await on(chosen.kernel), chosen.kernel, unheard)
    const touches = watch.finish(run.oops !== null, run.findings)
    runs.push({ chosen, touches, run: judgeStandIn(run, chosen, touches, checked.options.assume) })
  }
  const again = async (kernel: KernelSpec): Promise<KernelRun> => {
    await pause(control.signal)
    tap?.mute()
    return on(kernel)
  }
  const differences = runs.length > 1 ? { differences: await differencesOf(withPlugin.registry, runs, again) } : {}
  const told = standInNotes(runs.map(({ run }) => run))
  const whole = {
    ...head,
    notes: [...head.notes, ...told.notes],
    assumptions: [...head.assumptions, ...told.assumptions],
  }
  if (!isSettled) control.onHead?.(whole)
  return { ...whole, runs: runs.map(({ run }) => run), ...differences }
}

/** The same work over so few pictures that every buffer has been used once and twice. */
const shortened = (spec: RunSpec, { options: { frames, buffers } }: RunHead): RunSpec => ({
  ...spec,
  options: { ...spec.options, frames: Math.min(frames, buffers + 2), restart: null },
})

const baseOf = (kernel = ''): string => kernel.split('+')[0] ?? ''

/** Hands the events of each run to its watch, too. */
class Tap {
  private readonly to: RunControl['onEvent']
  private watch: TouchWatch | undefined
  private isMute = false

  constructor(to: RunControl['onEvent']) {
    this.to = to
  }

  /** What runs from here on is of no report. */
  mute(): void {
    this.isMute = true
  }

  listen(watch: TouchWatch): void {
    this.watch = watch
  }

  readonly onEvent = (event: Event, kernel: string): void => {
    if (this.isMute) return
    this.watch?.onEvent(event)
    this.to?.(event, kernel)
  }
}

interface Prepared {
  readonly head: RunHead
  readonly kernels: readonly ChosenKernel[]
  readonly on: (kernel: KernelSpec) => Promise<KernelRun>
  /** Refuses what `on` would before its first step; later only memory that ends can be refused. */
  readonly rehearse?: (kernel: KernelSpec) => void
}

const prepare = (parts: RunParts, spec: RunSpec, real: Machine, control: RunControl): Prepared => {
  if ('log' in spec.work) return prepareLog(parts, spec, spec.work, real, control)
  const given = spec.work
  const work: ScenarioFile =
    'line' in given
      ? { kind: 'pipeline-file', name: given.line, pipeline: parsePipeline(given.line), bind: {} }
      : scenarioOfSpec(given)
  const kernels = kernelsOf(parts, spec, work)
  if (work.kind === 'steps') {
    const run: StepsRun = {
      machine: real,
      scenario: work,
      ...('scenario' in given ? { placeOf: (step) => placeOfStep(given, step) } : {}),
      seed: work.seed ?? spec.options.seed,
      ...common(spec, work, control),
      adversarialCache: work.adversarialCache ?? spec.options.adversarialCache,
    }
    return {
      head: stepsHead(parts, run),
      kernels,
      on: (kernel) => withPauses(stepsOn(parts, kernel, run), control.signal),
    }
  }
  const run = pipelineRun(parts, spec, work, real, control)
  return {
    head: pipelineHead(parts, run),
    kernels,
    on: (kernel) => withPauses(pipelineOn(parts, kernel, run), control.signal),
    rehearse: (kernel) => rehearsePipeline(parts, kernel, run),
  }
}

/** What a scenario states of kernel and failures comes first; the command line of the spec takes the place of the scenario's. */
type Stated = Pick<ScenarioFile, 'config' | 'cmdline' | 'inject'>

const kernelsOf = ({ registry }: RunParts, spec: RunSpec, stated: Stated): readonly ChosenKernel[] => {
  const config = [...(stated.config ?? []), ...spec.config]
  const options = parseKernelOptions(config, spec.cmdline ?? stated.cmdline ?? '')
  return spec.kernels.map((name) => {
    const chosen = chooseKernel(name, registry)
    return { ...chosen, kernel: withOptions(chosen.kernel, options) }
  })
}

const common = ({ options }: RunSpec, stated: Stated, { onEvent, onEnd }: RunControl) => ({
  inject: parseInjections([...(stated.inject ?? []), ...options.inject]),
  adversarialCache: options.adversarialCache,
  assume: options.assume,
  ...(onEvent === undefined ? {} : { onEvent }),
  ...(onEnd === undefined ? {} : { onEnd }),
})

const pipelineRun = (
  { files }: RunParts,
  spec: RunSpec,
  work: PipelineFile,
  real: Machine,
  control: RunControl,
): PipelineRun => {
  const { frames, buffers, seed, size, format, bind, restart } = spec.options
  const { machine, bound } = bindToMachine(
    work.pipeline,
    real,
    { ...work.bind, ...bind },
    {
      frames: frames ?? undefined,
      size: size === null ? undefined : parseSize(size),
      format: format ?? undefined,
    },
  )
  const plan = planPipeline(bound, files.readFile, lineForBoard(machine))
  return {
    machine,
    plan,
    options: { frames: plan.frames ?? DEFAULT_OPTIONS.frames, buffers, seed, ...plan.picture },
    bindings: bound.elements.flatMap(({ name, device, by }) =>
      device === null ? [] : [{ element: name, device, by }],
    ),
    restartAt: restart ?? undefined,
    expect: work.expect,
    ...common(spec, work, control),
  }
}

const prepareLog = (
  parts: RunParts,
  spec: RunSpec,
  work: LogWork,
  machine: Machine,
  { signal, onEvent }: RunControl,
): Prepared => ({
  head: logHead(parts, work, machine),
  kernels: kernelsOf(parts, spec, {}),
  on: (kernel) => logOn(parts, { kernel, machine, work, assume: spec.options.assume, signal, onEvent }),
})
