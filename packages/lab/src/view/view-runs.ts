// A run with the events behind it, as the explorer shows it.
import {
  type ExplainedCode,
  type Finding,
  isInputError,
  type Machine,
  type PipelineView,
  type RunReport,
  type RunSpec,
  type RunsView,
  VIEW_VERSION,
} from '@dmalab/api'
import { explainCode } from '@dmalab/checker'
import { describeBoard } from '@dmalab/machine'
import { commandOf } from '@dmalab/report/view'
import { type RunControl, type RunParts, runSpec, withPlugins } from '@dmalab/runner'
import { checkRunSpec, describePipeline, machineOfSpec, scenarioOfSpec } from '@dmalab/scenario'
import { RunRecorder } from './record.ts'

/** `command`: how the user asked for it; absent: the command that says the same. */
export interface ViewOptions extends RunControl {
  readonly command?: string
}

/** Runs a spec and keeps everything that happens. @throws InputError as runSpec does */
export const viewRuns = async (parts: RunParts, spec: RunSpec, options: ViewOptions = {}): Promise<RunsView> => {
  const { command = commandOf(spec, { files: true }), ...control } = options
  const checked = checkRunSpec(spec)
  const { registry } = await withPlugins(parts, checked.plugins)
  const machine = machineOfSpec(checked.board, registry)
  const recorders: RunRecorder[] = []
  const open: RunParts = {
    ...parts,
    onOpen: (lab) => {
      // What is run again to tell two kernels apart is of no report.
      if (recorders.length < checked.kernels.length) recorders.push(new RunRecorder(lab))
      parts.onOpen?.(lab)
    },
  }
  const report = await runSpec(open, checked, control)
  return {
    view: VIEW_VERSION,
    kind: 'runs',
    title: report.scenario,
    command,
    codes: explained(report.runs.flatMap(({ findings }) => findings)),
    spec: checked,
    report,
    board: describeBoard(machine),
    pipeline: pipelineOf(checked, machine, report),
    runs: recorders.map((recorder, i) => recorder.finish(report.runs[i]?.kernel ?? '')),
  }
}

/** Explanations of the codes of findings. */
export const explained = (findings: readonly Pick<Finding, 'code'>[]): Readonly<Record<string, ExplainedCode>> => {
  const codes = [...new Set(findings.map(({ code }) => code))].toSorted()
  return Object.fromEntries(
    codes.flatMap((code) => {
      const told = explainCode(code)
      return told === undefined ? [] : [[code, told]]
    }),
  )
}

/** The line as it was bound for the run; null where the work is none, or needs devices that the board only pretends to have. */
const pipelineOf = ({ work, options }: RunSpec, machine: Machine, { bindings }: RunReport): PipelineView | null => {
  const line = lineOf(work)
  if (line === undefined) return null
  try {
    const bind = Object.fromEntries(bindings.map(({ element, device }) => [element, device]))
    const { binding } = describePipeline(line, machine, { ...bind, ...options.bind })
    return binding === undefined ? null : { elements: binding.elements, hops: binding.hops }
  } catch (error) {
    if (!isInputError(error)) throw error
    return null
  }
}

const lineOf = (work: RunSpec['work']): string | undefined => {
  if ('line' in work) return work.line
  if (!('scenario' in work)) return undefined
  const scenario = scenarioOfSpec(work)
  return scenario.kind === 'pipeline-file' ? scenario.pipeline.text : undefined
}
