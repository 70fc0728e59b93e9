// From a gst-launch line to a plan on a board, with the binding table for the report.
import type { Machine, RunReport } from '@dmalab/api'
import { type PipelinePlan, planPipeline } from '@dmalab/runner'
import { bindPipeline, parsePipeline, type PictureWishes, type Pipeline } from '@dmalab/scenario'
import { readUserFile } from './host-files.ts'

/** @throws InputError for a line that does not parse or does not fit the board */
export const planFor = (
  pipeline: string | Pipeline,
  machine: Machine,
  overrides: Readonly<Record<string, string>>,
  wishes: PictureWishes = {},
): { plan: PipelinePlan; bindings: RunReport['bindings'] } => {
  const scenario = bindPipeline(
    typeof pipeline === 'string' ? parsePipeline(pipeline) : pipeline,
    machine,
    overrides,
    wishes,
  )
  const bindings = scenario.elements.flatMap(({ name, device, by }) =>
    device === null ? [] : [{ element: name, device, by }],
  )
  return { plan: planPipeline(scenario, readUserFile), bindings }
}
