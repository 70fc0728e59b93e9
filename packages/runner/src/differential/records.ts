// Differential records: programs that a real kernel ran, one JSON object a line, and what each step gave.
import { InputError, type InputPlace } from '@dmalab/api'

/** What records of every language have. */
export interface ProgramRecord {
  /** Names a kernel and its configuration in kernels.json. */
  readonly kernel: string
  /** Programs of one boot ran one after the other and share its state. */
  readonly boot: string
  readonly id: number | string
  readonly program: readonly string[]
  /** One answer a command; fewer than commands when the kernel crashed. */
  readonly steps: readonly string[]
  /** Where it stands in its file. */
  readonly place: InputPlace
  /** The whole line, for what a language adds. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** Is it text of records, rather than one JSON document? */
export const isRecordsText = (text: string): boolean => {
  const [first = ''] = text.trimStart().split('\n', 1)
  try {
    return isObject(JSON.parse(first) as unknown) && first.includes('"program"')
  } catch {
    return false
  }
}

/** @throws InputError for a line that is not a record, and for a text without any */
export const parseRecords = (text: string, file: string): ProgramRecord[] => {
  const records = text
    .split('\n')
    .map((line, i) => ({ line, place: { file, line: i + 1 } }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, place }) => parseRecord(line, place))
  if (records.length === 0) throw new InputError('holds no record', { file })
  return records
}

const parseRecord = (line: string, place: InputPlace): ProgramRecord => {
  let fields: unknown
  try {
    fields = JSON.parse(line)
  } catch (e) {
    throw new InputError(`is not JSON: ${e instanceof Error ? e.message : String(e)}`, place)
  }
  if (!isObject(fields)) throw new InputError('is not a record: expected an object a line', place)
  const { id } = fields
  if (typeof id !== 'number' && typeof id !== 'string')
    throw new InputError('expected a number or a text', { ...place, path: 'id' })
  const program = textsOf(fields, 'program', place)
  const steps = textsOf(fields, 'steps', place)
  if (steps.length > program.length)
    throw new InputError(`has ${steps.length} answers for ${program.length} commands`, { ...place, path: 'steps' })
  return {
    kernel: textOf(fields, 'kernel', place),
    boot: textOf(fields, 'boot', place),
    id,
    program,
    steps,
    place,
    fields,
  }
}

/** @throws InputError when the record lacks it, or has something else there */
export const textOf = (fields: ProgramRecord['fields'], key: string, place: InputPlace): string => {
  const value = fields[key]
  if (typeof value !== 'string') throw new InputError('expected a text', { ...place, path: key })
  return value
}

/** @throws InputError when the record lacks it, or has something else there */
export const textsOf = (fields: ProgramRecord['fields'], key: string, place: InputPlace): readonly string[] => {
  const value = fields[key]
  if (!Array.isArray(value)) throw new InputError('expected a list of texts', { ...place, path: key })
  return (value as readonly unknown[]).map((item, i) => {
    if (typeof item !== 'string') throw new InputError('expected a text', { ...place, path: `${key}.${i}` })
    return item
  })
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
