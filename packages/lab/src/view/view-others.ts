// Logs, sweeps, explorations and diagnoses as the explorer shows them.
import {
  type Diagnosis,
  type DiagnosisView,
  type Event,
  type ExploreReport,
  type ExploreView,
  type JsonObject,
  type LogCheck,
  RUN_DEFAULTS,
  RUN_SPEC_VERSION,
  type RunSpec,
  type SweepReport,
  type SweepView,
  type TraceView,
  VIEW_VERSION,
} from '@dmalab/api'
import { explainDefect } from '../explore.ts'
import { checkLog, type ReadEvents } from '../check.ts'
import { MOST_EVENTS } from './record.ts'
import { explained } from './view-runs.ts'

/** A log through reader and checker, with its events. @throws InputError as `read` does */
export const viewTrace = async (file: string, read: ReadEvents, command: string): Promise<TraceView> => {
  const events: Event[] = []
  let leftOut = 0
  let release = 'of the log'
  const check: LogCheck = await checkLog(file, (onEvent) =>
    read((event) => {
      onEvent(event)
      if (event.event === 'kernel_release') ({ release } = event)
      if (events.length < MOST_EVENTS) events.push(event)
      else leftOut++
    }),
  )
  return {
    view: VIEW_VERSION,
    kind: 'trace',
    title: file,
    command,
    codes: explained(check.findings),
    check,
    run: { name: release, events, leftOut, boot: null, lines: [] },
  }
}

/** `points`: what is known of the first point of each cause. */
export const viewSweep = (report: SweepReport, points: SweepView['points'], command: string): SweepView => ({
  view: VIEW_VERSION,
  kind: 'sweep',
  title: report.name,
  command,
  codes: explained(report.points.flatMap(({ result }) => (result.kind === 'ran' ? result.findings : []))),
  report,
  points,
})

export const viewExploration = (report: ExploreReport, command: string): ExploreView => ({
  view: VIEW_VERSION,
  kind: 'explore',
  title: `what can go wrong with ${report.kernel}`,
  command,
  codes: Object.fromEntries(
    [...new Set(report.defects.map(({ code }) => code))].flatMap((code) => {
      const told = explainDefect(code)
      return told === undefined ? [] : [[code, told]]
    }),
  ),
  report,
  specs: Object.fromEntries(
    report.defects.flatMap((defect) =>
      defect.scenario === null ? [] : [[defect.id, specOfDefect(report, defect.scenario)]],
    ),
  ),
})

/** The run that shows a defect: the steps on the board that they were found on. */
const specOfDefect = (
  { kernel, base }: ExploreReport,
  {
    name,
    board,
    config,
    cmdline,
    inject,
    adversary,
    seed,
    steps,
  }: NonNullable<ExploreReport['defects'][number]['scenario']>,
): RunSpec => {
  const scenario: JsonObject = { name, steps }
  return {
    version: RUN_SPEC_VERSION,
    board: { machine: board },
    kernels: base === null ? [kernel] : [kernel, base],
    config,
    cmdline: cmdline === '' ? null : cmdline,
    work: { scenario, file: `${name}.yaml` },
    options: { ...RUN_DEFAULTS, inject, seed, adversarialCache: adversary !== null },
    plugins: [],
  }
}

export const viewDiagnosis = (diagnosis: Diagnosis, command: string): DiagnosisView => ({
  view: VIEW_VERSION,
  kind: 'diagnosis',
  title: 'Diagnosis',
  command,
  codes: {},
  diagnosis,
})
