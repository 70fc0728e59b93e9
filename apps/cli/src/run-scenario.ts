// What `run` and `compare` do, callable without oclif.
import { atLeast, isInputError, type RunReport, type RunSpec, type RunsView } from '@dmalab/api'
import { type BundleParts, type RunControl, type RunParts, runSpec, withPlugins } from '@dmalab/lab'
import { openLaboratory, pluginSpec, type PluginSources } from '@dmalab/lab/node'
import { commandOf, fragmentOf } from '@dmalab/report'
import { EXIT } from './bad-input.ts'
import { showProgress } from './progress.ts'
import type { FailOnFlag } from './run-flags.ts'
import { type ParsedFlags, scenarioArgument, specFromFile } from './spec-file.ts'
import { type RunWords, specOf } from './spec-of.ts'

export interface ScenarioRequest extends RunWords, RunControl {
  readonly plugins: PluginSources
}

/** The installed plug-ins, and the spec that words mean. @throws InputError for anything the user got wrong */
const openRun = async (
  words: Omit<RunWords, 'scenario'> & { readonly scenario: string | undefined; readonly bundle?: string | undefined },
  { given = [], ...installed }: PluginSources,
): Promise<{ readonly parts: RunParts; readonly spec: RunSpec }> => {
  const parts = await openLaboratory(installed)
  const { registry } = await withPlugins(parts, given.map(pluginSpec))
  const bundle = words.bundle === undefined ? undefined : await bundleOf(words.bundle, parts)
  const scenario = scenarioArgument(words.scenario ?? bundle?.line)
  return { parts, spec: await specOf({ ...words, scenario, plugin: given }, registry, bundle) }
}

const bundleOf = async (file: string, parts: RunParts): Promise<BundleParts> =>
  (await import('./read-bundle.ts')).bundleOf(file, parts)

/** What oclif made of the words of `run` or `compare`. */
interface ParsedRun {
  readonly metadata: ParsedFlags
  readonly args: { readonly scenario: string | undefined }
  readonly flags: Omit<RunWords, 'scenario' | 'kernels' | 'compare'> & {
    readonly spec: string | undefined
    readonly bundle: string | undefined
  }
}

/** The same for a command, whose words may be a spec in a file. @throws InputError for anything the user got wrong */
export const openParsed = async (
  { args, flags, metadata }: ParsedRun,
  choice: Pick<RunWords, 'kernels' | 'compare' | 'defaults'>,
  plugins: PluginSources,
): Promise<{ readonly parts: RunParts; readonly spec: RunSpec }> =>
  flags.spec === undefined
    ? openRun({ ...flags, scenario: args.scenario, ...choice }, plugins)
    : { spec: await specFromFile(flags.spec, args.scenario, flags, metadata), parts: await openLaboratory(plugins) }

/** @throws InputError for anything the user got wrong */
export const runScenario = async (request: ScenarioRequest): Promise<RunReport> => {
  const { parts, spec } = await openRun(request, request.plugins)
  return runSuggesting(parts, spec, request)
}

/** Runs what a command asked for. @throws InputError as `suggesting` makes it */
export const runSuggesting = (
  parts: RunParts,
  spec: RunSpec,
  { bundle, ...control }: RunControl & { readonly bundle?: string | undefined } = {},
): Promise<RunReport> => telling(spec, bundle, control, (told) => runSpec(parts, spec, told))

/** The same with everything that happened, for a page. @throws InputError as `suggesting` makes it */
export const runForPage = (
  parts: RunParts,
  spec: RunSpec,
  { bundle, ...control }: RunControl & { readonly bundle?: string | undefined } = {},
): Promise<RunsView> =>
  telling(spec, bundle, control, async (told) => {
    const { viewRuns } = await import('./view-runs.ts')
    return viewRuns(parts, spec, { ...told, command: commandOf(spec, { files: true, bundle }) })
  })

/** Work that says how far it is. @throws InputError as `suggesting` makes it */
const telling = async <Result>(
  spec: RunSpec,
  bundle: string | undefined,
  control: RunControl,
  work: (told: RunControl) => Promise<Result>,
): Promise<Result> => {
  let text = 'reading'
  const progress = showProgress(() => text)
  try {
    return await work({
      ...control,
      onHead: (head) => {
        progress.clear()
        control.onHead?.(head)
      },
      onKernel: (kernel, number, of) => {
        text = of === 1 ? `running on ${kernel}` : `running on ${kernel}, kernel ${number} of ${of}`
      },
      // Never given: work that can be ended makes pauses, in which the line is printed.
      signal: new AbortController().signal,
    })
  } catch (error) {
    throw suggesting(error, spec, bundle)
  } finally {
    progress.end()
  }
}

/** The run as the fragment of the explorer's address. */
export const permalinkOf = async (spec: RunSpec): Promise<{ readonly permalink: string }> => ({
  permalink: `#${await fragmentOf({ spec, look: {} })}`,
})

/** What was thrown; where it knows work that `spec` could have asked for instead, its hint ends with the command for that. */
export const suggesting = (error: unknown, spec: RunSpec, bundle?: string): unknown => {
  if (!isInputError(error) || error.instead === undefined) return error
  const { line, bind } = error.instead
  const work = { ...spec, work: { line }, options: { ...spec.options, bind } }
  const hint = [error.hint, `a line for this board: ${commandOf(work, { files: true, bundle })}`]
  return Object.assign(error, { hint: hint.filter((part) => part !== undefined).join('\n') })
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
