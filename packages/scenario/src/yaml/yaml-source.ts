// A YAML text (or JSON, which is YAML) held against a schema: every complaint names file, line, column and path.
import { InputError, pathOfProto } from '@dmalab/api'
import type { InputPlace } from '@dmalab/api'
import { parseYaml, toldNames, unknownKey, yamlComplaint } from '@dmalab/machine'
import { isMap, isNode, isScalar, LineCounter } from 'yaml'
import type { Document } from 'yaml'
import type { z } from 'zod'

export interface YamlSource {
  readonly file: string
  readonly doc: Document
  readonly lines: LineCounter
}

/** Where in the input a path leads; `atKey`: to the key, not to its value. */
export type PlaceOf = (path: readonly (string | number)[], atKey: boolean) => InputPlace

/** A problem of the key itself, not of its value, has `atKey`. */
export interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly atKey?: boolean
}

/** @throws InputError for text that is no YAML; `what` is called so in it */
export const loadYaml = (text: string, file: string, what: string): YamlSource => {
  const lines = new LineCounter()
  try {
    const doc = parseYaml(text, lines)
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
    if (cause instanceof RangeError) throw new InputError(`nested too deeply for a ${what}`, { file })
    if (cause instanceof ReferenceError) throw new InputError(cause.message, { file })
    throw cause
  }
}

/** @throws InputError for the first problem; its hint lists the others */
export const checkYaml = <Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  placeOf: PlaceOf,
): z.output<Schema> => {
  const proto = pathOfProto(value)
  if (proto !== undefined) throw complain([{ path: proto, message: 'unknown key __proto__', atKey: true }], placeOf)
  const parsed = schema.safeParse(value, { error: toldNames })
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.flatMap(problemsOf)
  // An unknown key first: a misspelt one is also why another is missing.
  throw complain(
    problems.toSorted((a, b) => Number(b.atKey ?? false) - Number(a.atKey ?? false)),
    placeOf,
  )
}

const problemsOf = (issue: z.core.$ZodIssue): readonly Problem[] => {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key, issue.message), atKey: true }))
  return [{ path, message: inOurWords(issue.message) }]
}

const inOurWords = (message: string): string => {
  const said = message.replace(/^Invalid input: /, '')
  return said.endsWith(', received undefined') ? `missing: ${said.replace(', received undefined', '')}` : said
}

/** More than these are not listed: they are usually one mistake. */
const MOST_LISTED = 8

/** The first problem as an error, with the others as its hint. */
export const complain = (problems: readonly Problem[], placeOf: PlaceOf): InputError => {
  const [first, ...others] = problems.slice(0, MOST_LISTED).map(({ path, message, atKey = false }) => ({
    message,
    place: placeOf(path, atKey),
  }))
  if (!first) throw new Error('complain: no problem')
  const left = problems.length > MOST_LISTED ? [`and ${problems.length - MOST_LISTED} more`] : []
  const hint = [...others.map(({ message, place }) => new InputError(message, place).message), ...left].join('\n')
  return new InputError(first.message, first.place, hint === '' ? undefined : hint)
}

export const placeInText = (
  { file, doc, lines }: YamlSource,
  path: readonly (string | number)[],
  atKey: boolean,
): InputPlace => {
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
