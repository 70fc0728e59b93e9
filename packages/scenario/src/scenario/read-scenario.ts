// Scenario file -> plain data. Every complaint names file, line, column and path.
import { InputError } from '@dmalab/api'
import type { InputPlace, PipelineExpectation, StepsScenario } from '@dmalab/api'
import { yamlComplaint } from '@dmalab/machine'
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import type { z } from 'zod'
import type { Overrides } from '../bind/find-device.ts'
import { parsePipeline } from '../pipeline/parse-pipeline.ts'
import { PipelineError } from '../pipeline/pipeline-error.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { stepProblems } from './check-steps.ts'
import type { StepProblem } from './check-steps.ts'
import { pipelineFileSchema, stepsFileSchema } from './schema.ts'

/** What a file says of itself beside its work. */
type Meant = Pick<
  StepsScenario,
  'title' | 'board' | 'kernel' | 'cmdline' | 'config' | 'inject' | 'seed' | 'adversarialCache'
>

/** A scenario file: steps, or a pipeline that still has to be bound to a machine. */
export type ScenarioFile = StepsScenario | PipelineFile

export interface PipelineFile extends Meant {
  readonly kind: 'pipeline-file'
  readonly name: string
  readonly pipeline: Pipeline
  readonly bind: Overrides
  /** What must come of the whole run. */
  readonly expect?: PipelineExpectation
}

/**
 * Reads a scenario from YAML (or JSON, which is YAML). `file` is only named in messages.
 *
 * @throws InputError for the first problem; its hint lists the others
 */
export const readScenario = (text: string, file: string): ScenarioFile => {
  const source = load(text, file)
  return scenarioFrom(source.doc.toJS(), (path, atKey) => placeInText(source, path, atKey))
}

/**
 * A scenario that is data already, such as parsed JSON. `file` is only named in messages.
 * @throws InputError as readScenario does, with the path instead of a line
 */
export const checkScenario = (value: unknown, file: string): ScenarioFile =>
  scenarioFrom(value, (path) => ({ file, path: path.join('.') }))

/** Where in the input a path leads; `atKey`: to the key, not to its value. */
type PlaceOf = (path: readonly (string | number)[], atKey: boolean) => InputPlace

const scenarioFrom = (value: unknown, placeOf: PlaceOf): ScenarioFile => {
  if (typeof value === 'object' && value !== null && 'pipeline' in value) {
    const { name, pipeline, bind = {}, expect, ...meant } = check(pipelineFileSchema, value, placeOf)
    return {
      kind: 'pipeline-file',
      name,
      ...present(meant),
      pipeline: parseAt(pipeline, placeOf),
      bind,
      ...(expect === undefined ? {} : { expect: stated(expect) }),
    }
  }
  const { name, steps, ...meant } = check(stepsFileSchema, value, placeOf)
  // Optional members that are absent stay absent; the types call them undefined.
  const plain = steps as StepsScenario['steps']
  const problems = stepProblems(plain)
  if (problems.length > 0) throw complain(problems, placeOf)
  return { kind: 'steps', name, ...present(meant), steps: plain }
}

const stated = ({
  verdict,
  errno,
  finding,
}: { [Key in keyof PipelineExpectation]?: PipelineExpectation[Key] | undefined }): PipelineExpectation => ({
  ...(verdict === undefined ? {} : { verdict }),
  ...(errno === undefined ? {} : { errno }),
  ...(finding === undefined ? {} : { finding }),
})

/** Members that were written; zod hands absent ones on as undefined. */
const present = (meant: { [Key in keyof Meant]?: Meant[Key] | undefined }): Meant => ({
  ...(meant.title === undefined ? {} : { title: meant.title }),
  ...(meant.board === undefined ? {} : { board: meant.board }),
  ...(meant.kernel === undefined ? {} : { kernel: meant.kernel }),
  ...(meant.cmdline === undefined ? {} : { cmdline: meant.cmdline }),
  ...(meant.config === undefined ? {} : { config: meant.config }),
  ...(meant.inject === undefined ? {} : { inject: meant.inject }),
  ...(meant.seed === undefined ? {} : { seed: meant.seed }),
  ...(meant.adversarialCache === undefined ? {} : { adversarialCache: meant.adversarialCache }),
})

interface Source {
  readonly file: string
  readonly doc: Document
  readonly lines: LineCounter
}

const load = (text: string, file: string): Source => {
  const lines = new LineCounter()
  try {
    const doc = parseDocument(text, { lineCounter: lines, logLevel: 'error' })
    const [syntax] = doc.errors
    if (!syntax) {
      doc.toJS()
      return { file, doc, lines }
    }
    const { line, col } = lines.linePos(syntax.pos[0])
    const { message, hint } = yamlComplaint(syntax.code, syntax.message)
    throw new InputError(message, { file, line, column: col }, hint)
  } catch (cause) {
    // An alias of itself or ten thousand brackets end in the stack; an alias repeated too often in a ReferenceError.
    if (cause instanceof RangeError) throw new InputError('nested too deeply for a scenario', { file })
    if (cause instanceof ReferenceError) throw new InputError(cause.message, { file })
    throw cause
  }
}

const check = <Schema extends z.ZodType>(schema: Schema, value: unknown, placeOf: PlaceOf): z.output<Schema> => {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw complain(parsed.error.issues.flatMap(problemsOf), placeOf)
}

/** A problem of the key itself, not of its value, has `atKey`. */
type Problem = StepProblem & { readonly atKey?: boolean }

const problemsOf = (issue: z.core.$ZodIssue): readonly Problem[] => {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...path, key], message: `unknown key ${key}`, atKey: true }))
  return [{ path, message: inOurWords(issue.message) }]
}

const inOurWords = (message: string): string => {
  const said = message.replace(/^Invalid input: /, '')
  return said.endsWith(', received undefined') ? `missing: ${said.replace(', received undefined', '')}` : said
}

/** More than these are not listed: they are usually one mistake. */
const MOST_LISTED = 8

const complain = (problems: readonly Problem[], placeOf: PlaceOf): InputError => {
  const [first, ...others] = problems.slice(0, MOST_LISTED).map(({ path, message, atKey = false }) => ({
    message,
    place: placeOf(path, atKey),
  }))
  if (!first) throw new Error('complain: no problem')
  const left = problems.length > MOST_LISTED ? [`and ${problems.length - MOST_LISTED} more`] : []
  const hint = [...others.map(({ message, place }) => new InputError(message, place).message), ...left].join('\n')
  return new InputError(first.message, first.place, hint === '' ? undefined : hint)
}

const placeInText = ({ file, doc, lines }: Source, path: readonly (string | number)[], atKey: boolean): InputPlace => {
  const { line, col } = lines.linePos(offsetOf(doc, path, atKey))
  return { file, line, column: col, path: path.join('.') }
}

/** Offset of the value that `path` leads to, or of its key; where there is none, of the nearest thing above it. */
const offsetOf = (doc: Document, path: readonly (string | number)[], atKey: boolean): number => {
  for (let depth = path.length; depth > 0; depth--) {
    const steps = path.slice(0, depth)
    const node: unknown = atKey && depth === path.length ? keyNode(doc, steps) : doc.getIn(steps, true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return doc.contents?.range?.[0] ?? 0
}

const keyNode = (doc: Document, path: readonly (string | number)[]): unknown => {
  const parent: unknown = path.length === 1 ? doc.contents : doc.getIn(path.slice(0, -1), true)
  if (!isMap(parent)) return undefined
  return parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)))?.key
}

/** The pipeline's own message has line and caret of its text; file and place of the text are added. */
const parseAt = (pipeline: string, placeOf: PlaceOf): Pipeline => {
  try {
    return parsePipeline(pipeline)
  } catch (cause) {
    if (!(cause instanceof PipelineError)) throw cause
    throw new InputError(cause.message, placeOf(['pipeline'], false), cause.hint)
  }
}
