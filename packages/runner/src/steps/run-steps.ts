// Runs a steps scenario on each kernel: every step a row, then what the scenario said must come of it.
import {
  type AssumeWord,
  type Event,
  type Expectation,
  type Finding,
  imbalance,
  type Injection,
  InputError,
  type InputPlace,
  type KernelRun,
  type KernelSpec,
  type KResult,
  type Machine,
  type RunReport,
  type ScenarioStep,
  SEVERITIES,
  type StepReport,
  type StepsScenario,
  type Verdict,
} from '@dmalab/api'
import { createChecker } from '@dmalab/checker'
import { judge } from '../assumed/judge.ts'
import { RunWatch } from '../assumed/observed.ts'
import { type Suspect, suspectsOfMachine, type Use } from '../assumed/suspects.ts'
import { isSimulatedOops } from '@dmalab/memory'
import type { LabParts } from '../lab.ts'
import { driverFinder } from '../find-driver.ts'
import { DEFAULT_OPTIONS } from '../run.ts'
import { type Experiment, openExperiment } from './experiment.ts'
import { labelOf } from './step-label.ts'

type ExpectStep = Extract<ScenarioStep, { readonly do: 'expect' }>

export interface StepsRun {
  readonly machine: Machine
  readonly scenario: StepsScenario
  /** Where a step stands, from 0 on; for messages. */
  readonly placeOf?: (step: number) => InputPlace
  readonly seed?: number
  readonly inject?: readonly Injection[]
  readonly adversarialCache?: boolean
  /** Assumptions that are accepted. */
  readonly assume?: readonly AssumeWord[]
  /** Gets every event of every run, for logs and further checks. */
  readonly onEvent?: (event: Event, kernel: string) => void
  /** Gets what each run that ended without a fault left behind: one line for each count that is not as it was. */
  readonly onEnd?: (left: readonly string[], kernel: string) => void
}

/** What a report says of the run itself. */
export const stepsHead = (parts: LabParts, run: StepsRun): Omit<RunReport, 'runs'> => ({
  schema: 1,
  notes: [],
  assumptions: suspectsOf(parts, run).map(({ assumption }) => assumption),
  ignored: [],
  notExamined: [],
  scenario: run.scenario.title ?? run.scenario.name,
  board: run.machine.name,
  options: { ...DEFAULT_OPTIONS, frames: 0, seed: run.seed ?? DEFAULT_OPTIONS.seed },
  bindings: [],
  source: `${run.scenario.steps.length} steps`,
})

/** What the board leaves open of the devices that steps name. */
const suspectsOf = ({ registry }: LabParts, { machine, scenario }: StepsRun): readonly Suspect[] => {
  const uses = new Map<string, Use>()
  for (const step of scenario.steps) {
    if (!('device' in step) || step.device === undefined) continue
    const driver = 'queue' in step || ('from' in step && step.from === 'dumb')
    uses.set(step.device, { device: step.device, driver: driver || uses.get(step.device)?.driver === true })
  }
  return suspectsOfMachine(machine, [...uses.values()], driverFinder(registry))
}

interface Stop {
  readonly step: string
  readonly errno: string | null
  readonly why: string | null
  readonly oops: KernelRun['oops']
}

const faulted = (stop: Stop | undefined): boolean => stop !== undefined && stop.oops !== null

/** The steps on one kernel, a step a piece. @throws InputError for a step that cannot be meant: a device that is not there, a mapping of what was never made */
export const stepsOn = function* (parts: LabParts, kernel: KernelSpec, run: StepsRun): Generator<void, KernelRun> {
  const { machine, seed = DEFAULT_OPTIONS.seed, inject = [], adversarialCache = false } = run
  const task = openExperiment(parts, { kernel, machine, seed, inject, adversarialCache })
  const report = yield* stepsIn(task, parts, kernel, run)
  task.lab.close()
  return report
}

const stepsIn = function* (
  task: Experiment,
  parts: LabParts,
  kernel: KernelSpec,
  run: StepsRun,
): Generator<void, KernelRun> {
  const { machine, scenario, inject = [], placeOf = (step) => ({ path: `steps.${step}` }) } = run
  const atEnd = (): InputPlace => placeOf(scenario.steps.length - 1)
  const { lab } = task
  const before = run.onEnd && lab.balance()
  const watch = new RunWatch(machine)
  const checker = createChecker({ rules: parts.registry.rules.values() })
  const cache = { lines: 0, writtenBack: 0, skippedEntries: 0, skippedLines: 0 }
  const stopListening = lab.listen('op', (event) => {
    checker.onEvent(event)
    watch.onEvent(event)
    run.onEvent?.(event, kernel.name)
    if (event.event === 'cache_summary') {
      cache.lines += event.lines
      cache.writtenBack += event.writtenBack
      cache.skippedEntries += event.skippedEntries
      cache.skippedLines += event.skippedLines
    }
  })
  const rows: StepReport[] = []
  const errnos: Expectation[] = []
  let stop: Stop | undefined
  let last: KResult<string> = { ok: true, value: '' }
  for (const [i, step] of scenario.steps.entries()) {
    if (step.do === 'expect') {
      if (step.says !== undefined) errnos.push(wordsExpectation(i + 1, step.says, faulted(stop) ? undefined : last))
      if (step.errno !== undefined) errnos.push(errnoExpectation(i + 1, step.errno, faulted(stop) ? undefined : last))
      continue
    }
    yield
    const label = labelOf(step)
    if (stop !== undefined) {
      rows.push({ step: label, outcome: 'not reached', detail: '' })
      continue
    }
    const wrongBefore = task.wrong
    const done = attempt(
      () => task.do(step),
      () => placeOf(i),
    )
    if ('oops' in done) {
      stop = { step: label, errno: null, why: done.oops.text[0] ?? null, oops: done.oops }
      rows.push({
        step: label,
        outcome: done.oops.reason === 'stall' ? 'stalled' : 'fault',
        detail: `${done.oops.reason} in ${done.oops.function}`,
      })
      continue
    }
    last = done
    if (done.ok) rows.push({ step: label, outcome: task.wrong > wrongBefore ? 'wrong' : 'ok', detail: done.value })
    else {
      rows.push({ step: label, outcome: 'refused', detail: `${done.errno}: ${done.why}` })
      // An errno that the scenario expects is what the task was ready for; any other ends it.
      const next = scenario.steps[i + 1]
      if (next?.do !== 'expect' || next.errno === undefined)
        stop = { step: label, errno: done.errno, why: done.why, oops: null }
    }
  }
  const oops = stop?.oops ?? null
  if (oops !== null) lab.oops(oops)
  else {
    attempt(() => {
      task.exit()
      return { ok: true, value: '' }
    }, atEnd)
    lab.end(stop?.step)
  }
  const { findings } = checker.finish()
  if (before !== undefined && oops === null) {
    stopListening()
    const given = attempt(() => {
      task.giveBack()
      return { ok: true, value: '' }
    }, atEnd)
    if (!('oops' in given)) run.onEnd?.(imbalance(before, lab.balance()), kernel.name)
  }
  const modelled = verdictOf(stop, task.wrong, findings, last)
  const judged = judge(modelled, suspectsOf(parts, run), watch.finish(modelled, findings), run.assume ?? [])
  const { verdict } = judged
  const expectations = [...errnos, ...laterExpectations(scenario, verdict, findings)].toSorted(
    (a, b) => a.step - b.step,
  )
  return {
    kernel: kernel.name,
    ...judged,
    step: stop?.step ?? null,
    errno: stop?.errno ?? null,
    why: stop?.why ?? null,
    oops,
    frames: { wanted: 0, delivered: 0, intact: 0 },
    steps: rows,
    cache,
    elements: [],
    zeroCopy: false,
    findings,
    ...(inject.length > 0 ? { injections: lab.injections } : {}),
    ...(expectations.length > 0 ? { expectations } : {}),
  }
}

/** A step's result, or the oops it ended in. @throws InputError with the step's place */
const attempt = (
  body: () => KResult<string>,
  place: () => InputPlace,
): KResult<string> | { readonly oops: NonNullable<KernelRun['oops']> } => {
  try {
    return body()
  } catch (e) {
    if (isSimulatedOops(e)) return { oops: e.oops }
    if (e instanceof InputError) throw new InputError(e.message, { ...place(), ...e.place }, e.hint)
    throw e
  }
}

const verdictOf = (
  stop: Stop | undefined,
  wrong: number,
  findings: readonly Finding[],
  last: KResult<string>,
): Exclude<Verdict, 'unknown'> => {
  const oops = stop?.oops ?? null
  if (oops !== null) return oops.reason === 'stall' ? 'stalled' : 'fault'
  if (wrong > 0 || findings.some((f) => f.code === 'wrong-bytes' || f.code === 'foreign-memory')) return 'corrupt'
  return stop !== undefined || !last.ok ? 'refused' : 'works'
}

const errnoExpectation = (step: number, errno: string, last: KResult<string> | undefined): Expectation => {
  const got = last === undefined ? 'a fault' : last.ok ? 'success' : last.errno
  return { step, expected: `errno ${errno}`, got, met: got === errno }
}

const wordsExpectation = (step: number, words: string, last: KResult<string> | undefined): Expectation => {
  const got = last === undefined ? 'a fault' : last.ok ? last.value : `${last.errno}: ${last.why}`
  return { step, expected: `words "${words}"`, got, met: got.includes(words) }
}

/** Expectations that only the whole run can meet. */
const laterExpectations = (scenario: StepsScenario, verdict: Verdict, findings: readonly Finding[]): Expectation[] =>
  scenario.steps.flatMap((step, i) => (step.do === 'expect' ? expectationsOf(step, i + 1, verdict, findings) : []))

const expectationsOf = (
  step: ExpectStep,
  number: number,
  verdict: Verdict,
  findings: readonly Finding[],
): Expectation[] => {
  const list: Expectation[] = []
  if (step.verdict !== undefined)
    list.push({ step: number, expected: `verdict ${step.verdict}`, got: verdict, met: verdict === step.verdict })
  if (step.finding !== undefined) {
    const met = findings.some((f) => f.code === step.finding)
    const got = findings.map((f) => f.code).join(', ')
    list.push({ step: number, expected: `finding ${step.finding}`, got: got === '' ? 'no finding' : got, met })
  }
  if (step.severity !== undefined && step.finding === undefined) {
    const worst = SEVERITIES.findLast((severity) => findings.some((f) => f.severity === severity)) ?? 'none'
    list.push({ step: number, expected: `findings up to ${step.severity}`, got: worst, met: worst === step.severity })
  }
  return list
}
