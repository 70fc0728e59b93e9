// A log as the work of a run: its replay on one kernel as a KernelRun, so that reports, comparisons and sweeps take it like any other.
import type {
  AssumeWord,
  DeviceReplay,
  Event,
  KernelRun,
  KernelSpec,
  LogWork,
  Machine,
  ReplayReport,
  RunReport,
  StepReport,
  Verdict,
} from '@dmalab/api'
import { judge } from '../assumed/judge.ts'
import { RunWatch } from '../assumed/observed.ts'
import { type Suspect, suspectsOfMachine } from '../assumed/suspects.ts'
import type { LabParts } from '../lab.ts'
import { driverFinder } from '../find-driver.ts'
import { pause } from '../pieces.ts'
import { DEFAULT_OPTIONS } from '../run.ts'
import { eventsOf, replayLog } from './replay-log.ts'

interface LogRun {
  readonly kernel: KernelSpec
  readonly machine: Machine
  readonly work: LogWork
  readonly assume: readonly AssumeWord[]
  readonly signal: AbortSignal | undefined
  readonly onEvent: ((event: Event, kernel: string) => void) | undefined
}

/** What a report says of the run itself. */
export const logHead = (parts: LabParts, { file }: LogWork, machine: Machine): Omit<RunReport, 'runs'> => ({
  schema: 1,
  notes: [],
  assumptions: suspectsOf(parts, machine).map(({ assumption }) => assumption),
  ignored: [],
  notExamined: [],
  scenario: `replay of ${file}`,
  board: machine.name,
  options: { ...DEFAULT_OPTIONS, frames: 0 },
  bindings: [],
  source: `ftrace log ${file}`,
})

/** A log names its own devices: any of the board may stand for one, by the DMA API alone. */
const suspectsOf = ({ registry }: LabParts, machine: Machine): readonly Suspect[] => {
  const uses = machine.devices.map(({ name }) => ({ device: name, driver: false }))
  return suspectsOfMachine(machine, uses, driverFinder(registry))
}

/** @throws InputError as replayLog does */
export const logOn = async (parts: LabParts, run: LogRun): Promise<KernelRun> => {
  const { kernel, machine, work, signal, onEvent } = run
  const cache = { lines: 0, writtenBack: 0, skippedEntries: 0, skippedLines: 0 }
  const watch = new RunWatch(machine)
  const listen = (event: Event): void => {
    watch.onEvent(event)
    onEvent?.(event, kernel.name)
    if (event.event !== 'cache_summary') return
    cache.lines += event.lines
    cache.writtenBack += event.writtenBack
    cache.skippedEntries += event.skippedEntries
    cache.skippedLines += event.skippedLines
  }
  const report = await replayLog(
    parts,
    { kernel, machine, devices: work.devices, onEvent: listen },
    eventsOf(work.log, () => pause(signal)),
  )
  const { verdict: modelled, ...end } = endOf(report)
  const { findings } = report
  const judged = judge(modelled, suspectsOf(parts, machine), watch.finish(modelled, findings), run.assume)
  return { ...end, ...judged, kernel: kernel.name, cache, ...REST, findings, replay: replayOf(report) }
}

/** What a run of a log has none of. */
const REST = { oops: null, frames: { wanted: 0, delivered: 0, intact: 0 }, elements: [], zeroCopy: false } as const

const endOf = ({
  devices,
  fault,
  refusals,
}: ReplayReport): Pick<KernelRun, 'step' | 'errno' | 'why' | 'steps'> & {
  readonly verdict: Exclude<Verdict, 'unknown'>
} => {
  const steps = devices.map(rowOf)
  if (fault !== null) {
    const why = `${fault.function} at ${fault.address}`
    const step = `line ${fault.line}`
    return { verdict: 'fault', step, errno: null, why, steps: [...steps, { step, outcome: 'fault', detail: why }] }
  }
  const [first] = refusals
  if (first === undefined) return { verdict: 'works', step: null, errno: null, why: null, steps }
  return { verdict: 'refused', step: `line ${first.line}`, errno: first.errno, why: first.why, steps }
}

const rowOf = ({ device, as, model }: DeviceReplay): StepReport => ({
  step: device === as ? device : `${device} as ${as}`,
  outcome: model.refused > 0 ? 'refused' : 'ok',
  detail: Object.entries(model)
    .map(([what, times]) => `${times} ${what}`)
    .join(', '),
})

const replayOf = ({ devices, moved, skipped, refusals, fault }: ReplayReport): NonNullable<KernelRun['replay']> => ({
  devices,
  moved,
  skipped,
  refusals,
  fault,
})
