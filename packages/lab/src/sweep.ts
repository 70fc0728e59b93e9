// Sweeps with the built-in plug-ins, for programs.
import { InputError, type SweepReport, type SweepSpec } from '@dmalab/api'
import type { RunParts } from '@dmalab/runner'
import { lineForBoard, machineOfSpec } from '@dmalab/scenario'
import { inlineExecutor, planSweep, runSweep, type SweepControl, type SweepHost, type SweepPlan } from '@dmalab/sweep'
import { openLaboratory } from './laboratory.ts'
import { type RunRequest, specOf } from './request.ts'

/** How a sweep reads the files that it names. */
export type SweepFiles = Pick<SweepHost, 'board' | 'work' | 'plugin'>

export interface LabSweepControl extends Omit<SweepControl, 'executor'> {
  /** Absent: in this thread. */
  readonly executor?: SweepControl['executor']
  /** An opened laboratory, with the plug-ins that the sweep names; absent, one is opened for this call. */
  readonly laboratory?: RunParts
  /** Absent: boards by name, and lines. */
  readonly files?: SweepFiles
}

/**
 * Every point of a sweep, without running any; `usual`: of points where neither the sweep nor the work names one.
 * @throws InputError for an unknown board, kernel or option, and for a line or file with a mistake
 */
export const planOf = (
  parts: RunParts,
  spec: SweepSpec,
  files: SweepFiles = NO_FILES,
  usual: Pick<RunRequest, 'board' | 'usualKernel'> = {},
): SweepPlan =>
  planSweep(spec, {
    ...files,
    registry: parts.registry,
    suggested: (board) => lineForBoard(machineOfSpec(board, parts.registry)),
    specOf: (request) => specOf(parts.registry, { ...usual, ...request }),
  })

/** Runs a sweep to its report. @throws InputError as planOf does; the reason of `control.signal` once it is given */
export const sweep = async (spec: SweepSpec, control: LabSweepControl = {}): Promise<SweepReport> => {
  const { laboratory, files, executor, ...rest } = control
  const parts = laboratory ?? (await openLaboratory())
  return runSweep(planOf(parts, spec, files), { ...rest, executor: executor ?? inlineExecutor(parts) })
}

const NO_FILES: SweepFiles = {
  board: (reference) => reference,
  work: (line) => ({ work: { line } }),
  plugin: (path) => {
    throw new InputError(`plug-in ${path} is a file, and there are no files here`)
  },
}
