// A log as the work of a run: its replay on one kernel as a KernelRun, so that reports, comparisons and sweeps take it like any other.
import type {
  DeviceReplay,
  Event,
  KernelRun,
  KernelSpec,
  LogWork,
  Machine,
  ReplayReport,
  RunReport,
  StepReport,
} from '@dmalab/api'
import type { LabParts } from '../lab.ts'
import { pause } from '../pieces.ts'
import { DEFAULT_OPTIONS } from '../run.ts'
import { eventsOf, replayLog } from './replay-log.ts'

interface LogRun {
  readonly kernel: KernelSpec
  readonly machine: Machine
  readonly work: LogWork
  readonly signal: AbortSignal | undefined
  readonly onEvent: ((event: Event, kernel: string) => void) | undefined
}

/** What a report says of the run itself. */
export const logHead = ({ file }: LogWork, machine: Machine): Omit<RunReport, 'runs'> => ({
  schema: 1,
  notes: [],
  assumptions: [],
  ignored: [],
  scenario: `replay of ${file}`,
  board: machine.name,
  options: { ...DEFAULT_OPTIONS, frames: 0 },
  bindings: [],
  source: `ftrace log ${file}`,
})

/** @throws InputError as replayLog does */
export const logOn = async (parts: LabParts, run: LogRun): Promise<KernelRun> => {
  const { kernel, machine, work, signal, onEvent } = run
  const cache = { lines: 0, writtenBack: 0, skippedEntries: 0, skippedLines: 0 }
  const listen = (event: Event): void => {
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
  return { ...endOf(report), kernel: kernel.name, cache, ...REST, findings: report.findings, replay: replayOf(report) }
}

/** What a run of a log has none of. */
const REST = { oops: null, frames: { wanted: 0, delivered: 0, intact: 0 }, elements: [], zeroCopy: false } as const

const endOf = ({
  devices,
  fault,
  refusals,
}: ReplayReport): Pick<KernelRun, 'verdict' | 'step' | 'errno' | 'why' | 'steps'> => {
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
