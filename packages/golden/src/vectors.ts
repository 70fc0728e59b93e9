// Golden vectors: a file of cases, run through the adapter of its topic, compared field by field.
import { type GoldenAdapter, type GoldenCase, type GoldenContext, InputError, type Lab } from '@dmalab/api'
import { sameJson } from './same-json.ts'

export interface VectorFile {
  readonly topic: string
  readonly cases: readonly GoldenCase[]
  /** The whole document: meta and side tables. */
  readonly document: Readonly<Record<string, unknown>>
}

export interface VectorFailure {
  /** Position in the file, from 0. */
  readonly index: number
  readonly expected: unknown
  readonly got: unknown
}

/** What `dmalab conform --json` prints for a file. */
export interface VectorReport {
  readonly topic: string
  readonly cases: number
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly failures: readonly VectorFailure[]
}

/** @throws InputError for text that is not a vector file */
export const parseVectors = (text: string, file: string): VectorFile => {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (e) {
    throw new InputError(`is not JSON: ${e instanceof Error ? e.message : String(e)}`, { file })
  }
  if (!isRecord(document) || !isRecord(document['meta']) || !Array.isArray(document['cases']))
    throw new InputError('is not a vector file: it needs an object "meta" and an array "cases"', { file })
  const topic = document['meta']['topic']
  if (typeof topic !== 'string')
    throw new InputError('has no topic: meta.topic must be a string', { file, path: 'meta.topic' })
  const cases = document['cases'] as unknown[]
  const odd = cases.findIndex((one) => !isRecord(one))
  if (odd >= 0) throw new InputError('is not an object', { file, path: `cases.${odd}` })
  return { topic, cases: cases as GoldenCase[], document }
}

/** @throws InputError for a topic that no adapter knows */
export const runVectors = (
  vectors: VectorFile,
  adapters: readonly GoldenAdapter[],
  context: GoldenContext,
  file = '',
): VectorReport => {
  const adapter = adapters.find((one) => one.topic === vectors.topic)
  if (adapter === undefined) {
    const known = adapters.map((one) => one.topic).toSorted()
    throw new InputError(`topic '${vectors.topic}' is not known; known are ${known.join(', ')}`, {
      file,
      path: 'meta.topic',
    })
  }
  const failures: VectorFailure[] = []
  // A laboratory lasts as long as its case: the next one gets its engine.
  const labs: Lab[] = []
  const openLab: GoldenContext['openLab'] = (options) => {
    const lab = context.openLab(options)
    labs.push(lab)
    return lab
  }
  for (const [index, input] of vectors.cases.entries()) {
    const failure = runCase(adapter, input, { openLab }, vectors.document)
    if (failure !== undefined) failures.push({ index, ...failure })
    for (const lab of labs.splice(0)) lab.close()
  }
  const { topic, cases } = vectors
  return {
    topic,
    cases: cases.length,
    passed: cases.length - failures.length,
    failed: failures.length,
    skipped: 0,
    failures,
  }
}

const runCase = (
  adapter: GoldenAdapter,
  input: GoldenCase,
  context: GoldenContext,
  document: VectorFile['document'],
): { expected: unknown; got: unknown } | undefined => {
  const odd = oddNumber(input)
  if (odd !== undefined) return { expected: input, got: `'${odd.slice(0, 40)}' is not a number` }
  let got: Readonly<Record<string, unknown>>
  try {
    got = adapter.run(input, context, document)
  } catch (e) {
    return { expected: input, got: `the adapter threw: ${e instanceof Error ? e.message : String(e)}` }
  }
  const fields = Object.keys(got)
  if (fields.length === 0) return { expected: input, got: 'the adapter returned nothing to compare' }
  const wrong = fields.filter((field) => !sameJson(got[field], input[field]))
  if (wrong.length === 0) return undefined
  const pick = (from: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(wrong.map((field) => [field, from[field] ?? null]))
  return { expected: pick(input), got: pick(got) }
}

/** The first word of a case that begins as a hexadecimal number and is none. */
const oddNumber = (value: unknown): string | undefined => {
  if (typeof value === 'string') return /^-?0x(?![0-9a-f]+$)\S*$/i.test(value) ? value : undefined
  if (typeof value !== 'object' || value === null) return undefined
  for (const inner of Object.values(value)) {
    const odd = oddNumber(inner)
    if (odd !== undefined) return odd
  }
  return undefined
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
