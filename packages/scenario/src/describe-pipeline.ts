// What a gst-launch line means, as data.
import { nearNames } from '@dmalab/api'
import type { Machine, PipelineScenario } from '@dmalab/api'
import { bindPipeline } from './bind/bind-pipeline.ts'
import type { Overrides } from './bind/find-device.ts'
import { FAMILIAR_ELEMENTS } from './elements/familiar.ts'
import { parsePipeline } from './pipeline/parse-pipeline.ts'
import type { PipelineError, PipelineErrorKind } from './pipeline/pipeline-error.ts'
import type { Pipeline, UnknownElement } from './pipeline/pipeline.ts'

/** GStreamer's answer to a line, and what dmalab makes of it. */
export interface PipelineDescription {
  /** Would GStreamer take the line, given the plug-ins that dmalab knows of? */
  readonly ok: boolean
  /** Class of GstParseError: `no-such-element` also for elements that dmalab goes on with, see `unknown`. */
  readonly error?: PipelineErrorKind
  readonly message?: string
  readonly line?: number | undefined
  readonly column?: number | undefined
  readonly hint?: string | undefined
  readonly elements?: Pipeline['elements']
  readonly links?: Pipeline['links']
  /** `meant`: the familiar element that is a slip of the hand away. */
  readonly unknown?: readonly (UnknownElement & { readonly meant: string | null })[]
  readonly warnings?: Pipeline['warnings']
  /** What of the line is for the shell. */
  readonly ignored?: Pipeline['ignored']
  readonly binding?: Pick<
    PipelineScenario,
    'elements' | 'hops' | 'pictures' | 'frames' | 'notes' | 'assumptions' | 'ignored' | 'notExamined'
  >
}

/** @throws PipelineError for a line that does not parse, InputError for a binding that does not fit */
export const describePipeline = (text: string, machine?: Machine, overrides: Overrides = {}): PipelineDescription => {
  const pipeline = parsePipeline(text)
  const { elements, links, unknown, warnings, ignored } = pipeline
  const bound = machine && bindPipeline(pipeline, machine, overrides)
  return {
    ok: unknown.length === 0,
    ...(unknown.length > 0 ? { error: 'no-such-element' as const } : {}),
    elements,
    links,
    unknown: unknown.map((one) => ({ ...one, meant: nearNames(one.factory, FAMILIAR_ELEMENTS, 1)[0] ?? null })),
    warnings,
    ignored,
    ...(bound ? { binding: bindingOf(bound) } : {}),
  }
}

const bindingOf = ({
  elements,
  hops,
  pictures,
  frames,
  notes,
  assumptions,
  ignored,
  notExamined,
}: PipelineScenario): NonNullable<PipelineDescription['binding']> => ({
  elements,
  hops,
  pictures,
  frames,
  notes,
  assumptions,
  ignored,
  notExamined,
})

/** A refused line as data. */
export const describeError = ({ kind, reason, place, hint }: PipelineError): PipelineDescription => ({
  ok: false,
  error: kind,
  message: reason,
  line: place.line,
  column: place.column,
  ...(hint === undefined ? {} : { hint }),
})
