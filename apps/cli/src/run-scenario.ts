// What `run` and `compare` do, callable without oclif.
import { atLeast, type RunReport, type RunSpec } from '@dmalab/api'
import { openLaboratory, pluginSpec, type PluginSources } from '@dmalab/lab/node'
import { type RunControl, type RunParts, runSpec, withPlugins } from '@dmalab/runner'
import { EXIT } from './base-command.ts'
import type { FailOnFlag } from './run-flags.ts'
import { type RunWords, specOf } from './spec-of.ts'

export interface ScenarioRequest extends RunWords, RunControl {
  readonly plugins: PluginSources
}

/** The installed plug-ins, and the spec that words mean. @throws InputError for anything the user got wrong */
export const openRun = async (
  words: RunWords,
  { given = [], ...installed }: PluginSources,
): Promise<{ readonly parts: RunParts; readonly spec: RunSpec }> => {
  const parts = await openLaboratory(installed)
  const { registry } = await withPlugins(parts, given.map(pluginSpec))
  return { parts, spec: await specOf({ ...words, plugin: given }, registry) }
}

/** @throws InputError for anything the user got wrong */
export const runScenario = async (request: ScenarioRequest): Promise<RunReport> => {
  const { parts, spec } = await openRun(request, request.plugins)
  return runSpec(parts, spec, request)
}

/** Exit code of a report: 3 when a run did not work or a finding reached `failOn`; where a scenario says what must come of it, when it did not. */
export const exitCodeFor = (report: RunReport, failOn: FailOnFlag): number => {
  if (failOn === 'never') return EXIT.ok
  const stated = report.runs.flatMap((run) => run.expectations ?? [])
  if (stated.length > 0) return stated.every((one) => one.met) ? EXIT.ok : EXIT.found
  const bad = report.runs.some(
    (run) => run.verdict !== 'works' || run.findings.some((f) => atLeast(f.severity, failOn)),
  )
  return bad ? EXIT.found : EXIT.ok
}
