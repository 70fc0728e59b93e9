// `--spec FILE`: the whole run stands in a file.
import { InputError, type RunSpec } from '@dmalab/api'
import { readRunSpec } from '@dmalab/lab'
import { Args, Flags } from '@oclif/core'
import { IGNORE_STDIN, OR_STANDARD_INPUT, readText } from './files.ts'
import { RUN_FLAGS } from './run-flags.ts'

export const SCENARIO_ARG = Args.string({
  ...IGNORE_STDIN,
  description: `A gst-launch-1.0 line, 'founding', scenario file, ${OR_STANDARD_INPUT}`,
})

export const SPEC_FLAG = {
  spec: Flags.string({
    helpValue: 'FILE',
    summary: `A run as JSON (docs/run-spec.schema.json), ${OR_STANDARD_INPUT}: it holds all that other flags say`,
  }),
} as const

/** What oclif knows of a flag after parsing. */
export interface ParsedFlags {
  readonly flags: Readonly<Record<string, { readonly setFromDefault?: boolean } | undefined>>
}

/** What a spec says, flags must not say again. `fail-on` is about the exit code, and stays. */
const SAID_BY_SPEC: readonly string[] = [...Object.keys(RUN_FLAGS).filter((flag) => flag !== 'fail-on'), 'kernel']

/** @throws InputError for words beside the spec, and as readRunSpec does */
export const specFromFile = async (
  file: string,
  scenario: string | undefined,
  flags: Readonly<Record<string, unknown>>,
  parsed: ParsedFlags,
): Promise<RunSpec> => {
  const given = SAID_BY_SPEC.filter((name) => flags[name] !== undefined && parsed.flags[name]?.setFromDefault !== true)
  const beside = [...(scenario === undefined ? [] : [`'${scenario}'`]), ...given.map((name) => `--${name}`)]
  if (beside.length > 0)
    throw new InputError(
      `--spec holds the whole run; it does not go with ${beside.join(', ')}`,
      {},
      `change it in ${file}`,
    )
  return readRunSpec(await readText(file), file)
}

/** @throws InputError when there is neither a scenario nor a spec */
export const scenarioArgument = (scenario: string | undefined): string => {
  if (scenario === undefined)
    throw new InputError('give a gst-launch-1.0 line, a scenario file, founding, or --spec FILE')
  return scenario
}
