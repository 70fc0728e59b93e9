// Board file -> Machine. Every complaint names file, line, column and path.
import { type ArchName, InputError, type InputPlace, type Machine, pathOfProto } from '@dmalab/api'
import { LineCounter, isMap, isNode, isScalar, type Document } from 'yaml'
import { assumedMask, isMaskKnown } from './assumed-mask.ts'
import { machineProblems, type MachineProblem } from './check-machine.ts'
import { ALL_SNOOP, BOARD_ARCHES } from './of/architectures.ts'
import { parseYaml } from './parse-yaml.ts'
import { machineSchema } from './schema.ts'
import { kindOfValue, yamlComplaint } from './yaml-words.ts'
import { toldNames, unknownKey } from './told-names.ts'

const KEYS = 'expected name:, title:, arch:, cpu:, memory: and so on; dmalab board import FILE.dtb writes such a file'

/** More than these are not listed: they are usually one mistake. */
const MAX_LISTED = 8

/**
 * Reads a board from YAML (or JSON, which is YAML). `file` is only named in messages; `arches` are what `arch:` may be.
 * @throws InputError for the first problem; its hint lists the others
 */
export function readMachine(text: string, file: string, arches: readonly ArchName[] = BOARD_ARCHES): Machine {
  const { doc, lines, value } = load(text, file)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InputError(
      `${kindOfValue(value)} where the keys of a board are expected`,
      { file, line: 1, column: 1 },
      KEYS,
    )
  const parsed = parseMachine(value, arches)
  if ('problems' in parsed) throw complain(parsed.problems, doc, lines, file)
  return parsed.machine
}

/**
 * A board that is data already, such as parsed JSON; kernel addresses are texts there. `place` leads to it in messages.
 * @throws InputError for the first problem, with its path
 */
export function machineFromData(
  value: unknown,
  place: InputPlace = {},
  arches: readonly ArchName[] = BOARD_ARCHES,
): Machine {
  const parsed = parseMachine(value, arches)
  if ('machine' in parsed) return parsed.machine
  const [{ path, message } = { path: [], message: 'no board' }] = parsed.problems
  const steps = [...(place.path === undefined ? [] : [place.path]), ...path]
  throw new InputError(message, { ...place, path: steps.join('.') })
}

/** The same board as JSON can hold it. */
export const machineData = (machine: Machine): Readonly<Record<string, unknown>> =>
  JSON.parse(
    JSON.stringify(machine, (_key, value: unknown) => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value)),
  ) as Readonly<Record<string, unknown>>

const parseMachine = (
  value: unknown,
  arches: readonly ArchName[],
): { readonly machine: Machine } | { readonly problems: readonly PlacedProblem[] } => {
  const proto = pathOfProto(value)
  if (proto !== undefined) return { problems: [{ path: proto, message: 'unknown key __proto__', atKey: true }] }
  const parsed = machineSchema().safeParse(value, { error: toldNames })
  if (parsed.success) {
    const machine = withSnooping(parsed.data, value)
    const problems = machineProblems(machine, arches)
    return problems.length > 0 ? { problems } : { machine: withAssumedMasks(machine, value) }
  }
  const problems = parsed.error.issues.flatMap((issue) => problemsOf(issue, value))
  // An unknown key first: a misspelt one is also why another is missing.
  return { problems: problems.toSorted((a, b) => Number(b.atKey ?? false) - Number(a.atKey ?? false)) }
}

/** Where all devices snoop, none has to say so. */
const withSnooping = (machine: Machine, written: unknown): Machine =>
  ALL_SNOOP.includes(machine.arch)
    ? {
        ...machine,
        devices: machine.devices.map((device, i) =>
          valueAt(written, ['devices', i, 'coherent']) === undefined ? { ...device, coherent: true } : device,
        ),
      }
    : machine

/** A mask that was left out got a usual value: the machine says so. */
const withAssumedMasks = (machine: Machine, written: unknown): Machine => {
  const stated = machine.assumed ?? []
  const masks = machine.devices.flatMap((given, i) =>
    valueAt(written, ['devices', i, 'maskBits']) === undefined &&
    !isMaskKnown(given) &&
    !stated.some(({ device }) => device === given.name)
      ? [assumedMask(given.name)]
      : [],
  )
  return masks.length === 0 ? machine : { ...machine, assumed: [...stated, ...masks] }
}

interface Loaded {
  readonly doc: Document
  readonly lines: LineCounter
  readonly value: unknown
}

function load(text: string, file: string): Loaded {
  const lines = new LineCounter()
  try {
    // Integers arrive as bigint: 0xffff_ffff_ffff_0001 as a double would silently lose bits.
    const doc = parseYaml(text, lines, { intAsBigInt: true })
    const [syntax] = doc.errors
    if (syntax === undefined) return { doc, lines, value: plain(doc.toJS()) }
    const { line, col } = lines.linePos(syntax.pos[0])
    const { message, hint } = yamlComplaint(syntax.code, syntax.message)
    throw new InputError(message, { file, line, column: col }, hint)
  } catch (cause) {
    // The stack is what ends an alias of itself or ten thousand brackets.
    if (cause instanceof RangeError) throw new InputError('nested too deeply for a board', { file })
    if (cause instanceof ReferenceError) throw aliasComplaint(cause.message, text, lines, file)
    throw cause
  }
}

/** An alias without an anchor, or one that is expanded too often. */
function aliasComplaint(message: string, text: string, lines: LineCounter, file: string): InputError {
  const [, name] = /: (\S+)$/.exec(message) ?? []
  const at = name === undefined ? -1 : text.indexOf(`*${name}`)
  if (at < 0)
    return new InputError('the same alias (*name) stands for too much', { file }, 'write out what it stands for')
  const { line, col } = lines.linePos(at)
  return new InputError(
    `nothing is named &${name}, which *${name} stands for`,
    { file, line, column: col },
    'put the text between quotes if it is not an alias',
  )
}

/** Integers that a number holds exactly become numbers, larger ones their digits. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
  return value
}

interface SchemaIssue {
  readonly code?: string | undefined
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly keys?: readonly string[]
}

/** `atKey`: the key itself is wrong, not its value. */
type PlacedProblem = MachineProblem & { readonly atKey?: boolean }

function problemsOf(issue: SchemaIssue, value: unknown): PlacedProblem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
  if (issue.code === 'unrecognized_keys')
    return (issue.keys ?? []).map((key) => ({
      path: [...path, key],
      message: unknownKey(key, issue.message),
      atKey: true,
    }))
  const missing = path.length > 0 && valueAt(value, path) === undefined
  return [
    {
      path,
      message: missing
        ? `missing: ${issue.message.replace(/^Invalid \w+: |, received undefined$/g, '')}`
        : issue.message,
    },
  ]
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value
  for (const step of path)
    at = typeof at === 'object' && at !== null ? Object.getOwnPropertyDescriptor(at, step)?.value : undefined
  return at
}

function complain(problems: readonly PlacedProblem[], doc: Document, lines: LineCounter, file: string): InputError {
  const errors = problems.slice(0, MAX_LISTED).map(({ path, message, atKey = false }) => {
    const { line, col } = lines.linePos(offsetOf(doc, path, atKey))
    return new InputError(message, { file, line, column: col, path: path.join('.') })
  })
  const [first, ...others] = errors
  if (first === undefined) throw new Error('complain: no problem')
  const left = problems.length - errors.length
  const hint = [...others.map((e) => e.message), ...(left > 0 ? [`and ${left} more`] : [])].join('\n')
  const { line, column, path } = first.place
  return hint === '' ? first : new InputError(problems[0]?.message ?? '', { file, line, column, path }, hint)
}

/** Offset of the value that `path` leads to (or of its key); where there is none, of the nearest thing above it. */
function offsetOf(doc: Document, path: readonly (string | number)[], atKey: boolean): number {
  for (let depth = path.length; depth > 0; depth--) {
    const steps = path.slice(0, depth)
    const node = atKey && depth === path.length ? keyNode(doc, steps) : doc.getIn(steps, true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return doc.contents?.range?.[0] ?? 0
}

function keyNode(doc: Document, path: readonly (string | number)[]): unknown {
  const parent = path.length === 1 ? doc.contents : doc.getIn(path.slice(0, -1), true)
  if (!isMap(parent)) return undefined
  return parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)))?.key
}
