// A RunSpec out of what was written. A complaint names the file and the path in it, and what was expected there.
import { InputError, pathOfProto, type RunSpec } from '@dmalab/api'
import type { z } from 'zod'
import { runSpecSchema } from './schema.ts'

/**
 * Reads the text of a spec. `file` is only named in messages.
 * @throws InputError for text that is not JSON, and as checkRunSpec does
 */
export const readRunSpec = (text: string, file: string): RunSpec => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (e) {
    throw new InputError(`is not JSON: ${e instanceof Error ? e.message : String(e)}`, { file }, EXPECTED)
  }
  return checkRunSpec(value, file)
}

const EXPECTED =
  'expected {"version": 1, "board": ..., "kernels": [...], "work": ...}; docs/run-spec.schema.json has all'

/** @throws InputError for the first thing that is wrong, with its path and what was expected */
export const checkRunSpec = (value: unknown, file?: string): RunSpec => {
  const proto = pathOfProto(value)
  if (proto !== undefined) throw new InputError('unknown key', { file, path: proto.join('.') })
  const parsed = runSpecSchema().safeParse(value)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.flatMap((issue) => problemsOf(issue, []))
  // An unknown key first: a misspelt one is also why another is missing.
  const first = problems.find(({ atKey }) => atKey) ?? problems[0]
  if (first === undefined) throw new Error('a spec was refused without a problem')
  throw new InputError(first.message, { file, path: first.path.join('.') })
}

interface Problem {
  readonly path: readonly string[]
  readonly message: string
  /** The key itself is wrong, not its value. */
  readonly atKey: boolean
}

const problemsOf = (issue: z.core.$ZodIssue, above: readonly string[]): readonly Problem[] => {
  const path = [...above, ...issue.path.map(String)]
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...path, key], message: issue.message, atKey: true }))
  if (issue.code === 'invalid_union') {
    const meant = issue.errors.find((issues) => !issues.some(isOtherShape))
    if (meant !== undefined) return meant.flatMap((one) => problemsOf(one, path))
  }
  return [{ path, message: inOurWords(issue.message), atKey: false }]
}

/** Another kind of value, or an object without a key that this shape must have: not the shape that was meant. */
const isOtherShape = (issue: z.core.$ZodIssue): boolean => issue.code === 'invalid_type' && issue.path.length <= 1

const inOurWords = (message: string): string => {
  const said = message.replace(/^Invalid input: /, '')
  return said.endsWith(', received undefined') ? `missing: ${said.replace(', received undefined', '')}` : said
}
