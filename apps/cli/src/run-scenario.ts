// What `run` and `compare` do, callable without oclif.
import { atLeast, type RunReport } from '@dmalab/api'
import { parseKernel, runPipeline, withOptions } from '@dmalab/runner'
import { EXIT } from './base-command.ts'
import { FOUNDING_BOARD, FOUNDING_LINE } from './founding.ts'
import { findBoard } from './find-board.ts'
import { openLaboratory } from './laboratory.ts'
import { planFor } from './plan-for.ts'
import { type FailOnFlag, parseBindings, parseInjections, parseKernelOptions, parseSize } from './run-flags.ts'

export interface ScenarioRequest {
  /** `founding`, a gst-launch line, or a scenario file. */
  readonly scenario: string
  readonly board: string | undefined
  readonly kernels: readonly string[]
  readonly frames: number
  readonly size: string
  readonly buffers: number
  readonly seed: number
  readonly bind: readonly string[]
  readonly inject: readonly string[]
  readonly plugins: readonly string[]
  readonly config: readonly string[]
  readonly cmdline: string | undefined
}

/** @throws InputError for anything the user got wrong */
export const runScenario = async (request: ScenarioRequest): Promise<RunReport> => {
  const parts = await openLaboratory(request.plugins)
  const machine = findBoard(parts.registry, request.board ?? FOUNDING_BOARD)
  const kernelOptions = parseKernelOptions(request.config, request.cmdline)
  const kernels = request.kernels.map((name) => withOptions(parseKernel(name, parts.registry), kernelOptions))
  const options = { frames: request.frames, buffers: request.buffers, seed: request.seed, ...parseSize(request.size) }
  const line = request.scenario === 'founding' ? FOUNDING_LINE : request.scenario
  const { plan, bindings } = planFor(line, machine, parseBindings(request.bind))
  return runPipeline(parts, kernels, { machine, plan, options, bindings, inject: parseInjections(request.inject) })
}

/** Exit code of a report: 3 when a run did not work or a finding reached `failOn`. */
export const exitCodeFor = (report: RunReport, failOn: FailOnFlag): number => {
  if (failOn === 'never') return EXIT.ok
  const bad = report.runs.some(
    (run) => run.verdict !== 'works' || run.findings.some((f) => atLeast(f.severity, failOn)),
  )
  return bad ? EXIT.found : EXIT.ok
}
