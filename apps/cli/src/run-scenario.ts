// What `run` and `compare` do, callable without oclif.
import { atLeast, isInputError, type RunReport, type RunSpec } from '@dmalab/api'
import { type RunControl, type RunParts, runSpec, withPlugins } from '@dmalab/lab'
import { openLaboratory, pluginSpec, type PluginSources } from '@dmalab/lab/node'
import { commandOf } from '@dmalab/report'
import { EXIT } from './bad-input.ts'
import type { FailOnFlag } from './run-flags.ts'
import { type ParsedFlags, scenarioArgument, specFromFile } from './spec-file.ts'
import { type RunWords, specOf } from './spec-of.ts'

export interface ScenarioRequest extends RunWords, RunControl {
  readonly plugins: PluginSources
}

/** The installed plug-ins, and the spec that words mean. @throws InputError for anything the user got wrong */
const openRun = async (
  words: RunWords,
  { given = [], ...installed }: PluginSources,
): Promise<{ readonly parts: RunParts; readonly spec: RunSpec }> => {
  const parts = await openLaboratory(installed)
  const { registry } = await withPlugins(parts, given.map(pluginSpec))
  return { parts, spec: await specOf({ ...words, plugin: given }, registry) }
}

/** What oclif made of the words of `run` or `compare`. */
interface ParsedRun {
  readonly metadata: ParsedFlags
  readonly args: { readonly scenario: string | undefined }
  readonly flags: Omit<RunWords, 'scenario' | 'kernels' | 'compare'> & { readonly spec: string | undefined }
}

/** The same for a command, whose words may be a spec in a file. @throws InputError for anything the user got wrong */
export const openParsed = async (
  { args, flags, metadata }: ParsedRun,
  choice: Pick<RunWords, 'kernels' | 'compare'>,
  plugins: PluginSources,
): Promise<{ readonly parts: RunParts; readonly spec: RunSpec }> =>
  flags.spec === undefined
    ? openRun({ ...flags, scenario: scenarioArgument(args.scenario), ...choice }, plugins)
    : { spec: await specFromFile(flags.spec, args.scenario, flags, metadata), parts: await openLaboratory(plugins) }

/** @throws InputError for anything the user got wrong */
export const runScenario = async (request: ScenarioRequest): Promise<RunReport> => {
  const { parts, spec } = await openRun(request, request.plugins)
  return runSuggesting(parts, spec, request)
}

/** Runs what a command asked for. @throws InputError as `suggesting` makes it */
export const runSuggesting = (parts: RunParts, spec: RunSpec, control: RunControl = {}): Promise<RunReport> =>
  runSpec(parts, spec, control).catch((error: unknown) => {
    throw suggesting(error, spec)
  })

/** What was thrown; where it knows work that `spec` could have asked for instead, its hint ends with the command for that. */
export const suggesting = (error: unknown, spec: RunSpec): unknown => {
  if (!isInputError(error) || error.instead === undefined) return error
  const { line, bind } = error.instead
  const work = { ...spec, work: { line }, options: { ...spec.options, bind } }
  const hint = [error.hint, `a line for this board: ${commandOf(work, { files: true })}`]
  return Object.assign(error, { hint: hint.filter((part) => part !== undefined).join('; ') })
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
