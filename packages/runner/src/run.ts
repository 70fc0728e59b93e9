// One run: the pipeline of a plan on one machine under one kernel, and what came of it.
import {
  type AssumeWord,
  type CheckerRule,
  type Event,
  type Expectation,
  type Finding,
  imbalance,
  InputError,
  type Injection,
  type KernelRun,
  type KernelSpec,
  type Lab,
  type Machine,
  type PipelineExpectation,
  RUN_LIMITS,
  type RunOptions,
  type RunReport,
  type Verdict,
} from '@dmalab/api'
import { createChecker } from '@dmalab/checker'
import { judge } from './assumed/judge.ts'
import { RunWatch } from './assumed/observed.ts'
import { type Suspect, suspectsOfMachine, suspectsOfWork, type Use } from './assumed/suspects.ts'
import { type LabParts, openLab } from './lab.ts'
import { driverFinder } from './find-driver.ts'
import { type PipelinePlan, planSteps } from './pipeline-plan.ts'
import { StepLog } from './step-log.ts'
import type { PictureTally } from './picture-tally.ts'
import { MediaTask } from './media-task.ts'

/** What to run, on what. */
export interface PipelineRun {
  readonly machine: Machine
  readonly plan: PipelinePlan
  readonly options: RunOptions
  readonly bindings: RunReport['bindings']
  readonly inject?: readonly Injection[]
  readonly adversarialCache?: boolean
  /** Assumptions that are accepted. */
  readonly assume?: readonly AssumeWord[]
  /** What must come of each run. */
  readonly expect?: PipelineExpectation | undefined
  /** Stop and start all queues before this picture. */
  readonly restartAt?: number | undefined
  readonly rules?: readonly CheckerRule[]
  /** Gets every event of every run, for logs and further checks. */
  readonly onEvent?: (event: Event, kernel: string) => void
  /** Gets what each run that ended without a fault left behind: one line for each count that is not as it was. */
  readonly onEnd?: (left: readonly string[], kernel: string) => void
}

export const DEFAULT_OPTIONS: RunOptions = {
  frames: 30,
  width: 1920,
  height: 1080,
  format: 'NV12',
  buffers: 4,
  seed: 1,
}

/** @throws InputError for options that no run can have */
const checkOptions = (options: RunOptions): RunOptions => {
  for (const name of ['frames', 'buffers', 'seed', 'width', 'height'] as const) {
    const [low, high] = RUN_LIMITS[name]
    const value = options[name]
    if (!Number.isInteger(value) || value < low || value > high)
      throw new InputError(`${name} is ${value}; it must be a whole number from ${low} to ${high}`)
  }
  return options
}

/** What a report says of the run itself. @throws InputError for options that no run can have */
export const pipelineHead = (parts: LabParts, run: PipelineRun): Omit<RunReport, 'runs'> => {
  const { machine, plan, options, bindings, restartAt } = run
  checkOptions(options)
  if (restartAt !== undefined && restartAt >= options.frames)
    throw new InputError(`restart before picture ${restartAt}: pictures are 0 to ${options.frames - 1}`)
  const assumptions = suspectsOf(parts, run).map(({ assumption }) => assumption)
  const { notes, ignored, notExamined } = plan.told
  const { name: scenario, source } = plan
  return {
    schema: 1,
    scenario,
    board: machine.name,
    options,
    bindings,
    source,
    notes,
    assumptions,
    ignored,
    notExamined,
  }
}

/** What the line and the board leave open. */
const suspectsOf = ({ registry }: LabParts, { machine, plan, bindings }: PipelineRun): readonly Suspect[] => {
  const uses = plan.stages.flatMap(({ element, device }): Use[] => {
    const by = bindings.find((one) => one.element === element)?.by ?? ''
    return device === null ? [] : [{ device, driver: true, element, by }]
  })
  return [...suspectsOfWork(plan.told.assumptions), ...suspectsOfMachine(machine, uses, driverFinder(registry))]
}

/** Opens the machine and its devices for nothing. @throws InputError for what cannot be opened, as pipelineOn does */
export const rehearsePipeline = (
  { registry, module }: LabParts,
  kernel: KernelSpec,
  { machine, plan, options, inject = [] }: PipelineRun,
): void => {
  const lab = openLab({ registry, module }, { kernel, machine, seed: options.seed, inject })
  void new MediaTask(lab, plan, options, new StepLog(lab, []))
  lab.close()
}

/** The pipeline on one kernel, a picture a piece. */
export const pipelineOn = function* (
  parts: LabParts,
  kernel: KernelSpec,
  run: PipelineRun,
): Generator<void, KernelRun> {
  const { machine, options, inject = [], adversarialCache = false } = run
  const lab = openLab(parts, { kernel, machine, seed: options.seed, inject, adversarialCache })
  const report = yield* pipelineIn(lab, parts, kernel, run)
  lab.close()
  return report
}

const pipelineIn = function* (
  lab: Lab,
  parts: LabParts,
  kernel: KernelSpec,
  run: PipelineRun,
): Generator<void, KernelRun> {
  const { machine, plan, options, inject = [], rules = [] } = run
  const before = run.onEnd && lab.balance()
  const watch = new RunWatch(machine)
  const checker = createChecker({ rules: [...parts.registry.rules.values(), ...rules] })
  const cache = { lines: 0, writtenBack: 0, skippedEntries: 0, skippedLines: 0 }
  lab.listen('op', (event) => {
    checker.onEvent(event)
    watch.onEvent(event)
    run.onEvent?.(event, kernel.name)
    if (event.event === 'cache_summary') addSummary(cache, event)
  })
  const log = new StepLog(lab, planSteps(plan, run.restartAt !== undefined))
  const task = new MediaTask(lab, plan, options, log)
  const finished = yield* log.walkInPieces(wholeTask(task, run.restartAt))
  // A machine that stopped leaks nothing: there is no later. A program that gave up is closed by the kernel.
  const oops = log.halt?.oops ?? null
  if (oops !== null) lab.oops(oops)
  else {
    if (!finished) log.walk(() => task.abandon())
    lab.end()
    if (before !== undefined) run.onEnd?.(imbalance(before, lab.balance()), kernel.name)
  }
  const findings = [...checker.finish().findings, ...task.findings()]
  const modelled = verdictOf(log, task.tally, findings)
  const judged = judge(modelled, suspectsOf(parts, run), watch.finish(modelled, findings), run.assume ?? [])
  const { verdict } = judged
  const expectations = expectationsOf(run.expect ?? {}, verdict, log.halt?.errno ?? null, findings)
  return {
    kernel: kernel.name,
    ...judged,
    step: log.halt?.step ?? null,
    errno: log.halt?.errno ?? null,
    why: log.halt?.why ?? null,
    oops,
    frames: { wanted: options.frames, delivered: task.tally.delivered, intact: task.tally.intact },
    steps: log.report(),
    cache,
    elements: task.elements(),
    // What an element copies that only user space knows is not known.
    zeroCopy:
      finished &&
      task.elements().every((element) => element.cpuBytesPerFrame === 0) &&
      !plan.stages.some(({ worksByCpu }) => worksByCpu) &&
      !plan.told.assumptions.some(({ kind }) => kind === 'element'),
    findings,
    ...(inject.length > 0 ? { injections: lab.injections } : {}),
    ...(expectations.length > 0 ? { expectations } : {}),
  }
}

const wholeTask = function* (task: MediaTask, restartAt: number | undefined): Generator<void> {
  task.setUp()
  yield* task.stream(restartAt)
  task.tearDown()
}

const expectationsOf = (
  { verdict, errno, finding }: PipelineExpectation,
  gotVerdict: Verdict,
  gotErrno: string | null,
  findings: readonly Finding[],
): Expectation[] => {
  const codes = findings.map((f) => f.code)
  const all: Expectation[] = []
  const add = (expected: string, got: string, met: boolean): void => void all.push({ step: 0, expected, got, met })
  if (verdict !== undefined) add(`verdict ${verdict}`, gotVerdict, verdict === gotVerdict)
  if (errno !== undefined) add(`errno ${errno}`, gotErrno ?? 'none', errno === gotErrno)
  if (finding !== undefined) add(`finding ${finding}`, codes.join(', '), codes.includes(finding))
  return all
}

const addSummary = (sum: { -readonly [K in keyof KernelRun['cache']]: number }, more: KernelRun['cache']): void => {
  for (const key of ['lines', 'writtenBack', 'skippedEntries', 'skippedLines'] as const) sum[key] += more[key]
}

const verdictOf = (log: StepLog, tally: PictureTally, findings: readonly Finding[]): Exclude<Verdict, 'unknown'> => {
  const { halt } = log
  if (halt !== undefined) {
    if (halt.oops === null) return 'refused'
    return halt.oops.reason === 'stall' ? 'stalled' : 'fault'
  }
  if (tally.intact < tally.delivered || findings.some((f) => f.code === 'wrong-bytes' || f.code === 'foreign-memory'))
    return 'corrupt'
  return 'works'
}
