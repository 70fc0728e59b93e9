// Caps from text, with GStreamer's rules for spaces, casts, lists, ranges and values whose type must be guessed.
import type { Caps, CapsStructure, CapsValue, ScalarType } from './caps.ts'
import { ANY_CAPS, numberOf } from './caps.ts'
import { readScalar } from './scalar.ts'

/**
 * The caps that `text` names, or undefined when it names none.
 *
 * Models: GStreamer 1.22 gst/gstcaps.c: gst_caps_from_string; gst/gststructure.c: gst_structure_from_string
 * Leaves out: nested caps and structures, dates, flag sets.
 */
export const readCaps = (text: string): Caps | undefined => {
  if (text === 'ANY') return ANY_CAPS
  if (text === 'EMPTY' || text === 'NONE') return { any: false, structures: [] }
  const cursor: Cursor = { text, at: 0 }
  const structures: CapsStructure[] = []
  do {
    const structure = readStructure(cursor)
    if (!structure) return undefined
    structures.push(structure)
    skipSpace(cursor)
  } while (cursor.at < text.length)
  return { any: false, structures }
}

interface Cursor {
  readonly text: string
  at: number
}

/** Consumes `pattern` (sticky) and returns its text. */
const take = (cursor: Cursor, pattern: RegExp): string | undefined => {
  const sticky = new RegExp(pattern, 'y')
  sticky.lastIndex = cursor.at
  const found = sticky.exec(cursor.text)?.[0]
  if (found !== undefined) cursor.at += found.length
  return found
}

const takes = (cursor: Cursor, c: string): boolean => {
  if (cursor.text.charAt(cursor.at) !== c) return false
  cursor.at++
  return true
}

const skipSpace = (cursor: Cursor): void => void take(cursor, /[ \t\n\v\f\r]*/)
/** Between fields a space may have a backslash before it. */
const skipEscapedSpace = (cursor: Cursor): void => void take(cursor, /(?:\\?[ \t\n\v\f\r])*/)
const WORD = /[A-Za-z0-9_\-+/:.]+/

const readStructure = (cursor: Cursor): CapsStructure | undefined => {
  skipEscapedSpace(cursor)
  const name = take(cursor, /[A-Za-z][A-Za-z0-9/\-_.:+]*/)
  if (name === undefined) return undefined
  const features = readFeatures(cursor)
  if (features === undefined) return undefined
  const fields = new Map<string, CapsValue>()
  for (;;) {
    skipEscapedSpace(cursor)
    if (cursor.at >= cursor.text.length || takes(cursor, ';')) break
    if (!takes(cursor, ',')) return undefined
    skipEscapedSpace(cursor)
    if (cursor.at >= cursor.text.length) break
    const field = readField(cursor)
    if (!field) return undefined
    fields.set(field[0], field[1])
  }
  return { name, fields: [...fields], ...(features.length > 0 ? { features } : {}) }
}

/** `(memory:DMABuf, meta:X)` after the name. GStreamer drops names it cannot read, and does not print system memory, the default. */
const readFeatures = (cursor: Cursor): readonly string[] | undefined => {
  const inside = take(cursor, /\([^)]*\)/)
  if (inside === undefined) return cursor.text.charAt(cursor.at) === '(' ? undefined : []
  const features = inside
    .slice(1, -1)
    .split(',')
    .map((feature) => feature.replaceAll('\\', '').trim())
  if (features.length === 1 && features[0] === 'memory:SystemMemory') return []
  return features.filter((feature) => feature === 'ANY' || /^[a-zA-Z]+:[a-zA-Z0-9]+$/.test(feature))
}

const readField = (cursor: Cursor): readonly [string, CapsValue] | undefined => {
  const name = take(cursor, WORD)
  if (name === undefined) return undefined
  skipEscapedSpace(cursor)
  if (!takes(cursor, '=')) return undefined
  skipEscapedSpace(cursor)
  const value = readValue(cursor, undefined)
  return value && [name, value]
}

const TYPES: Readonly<Record<string, ScalarType>> = {
  int: 'int',
  i: 'int',
  gint: 'int',
  uint: 'uint',
  u: 'uint',
  guint: 'uint',
  gint64: 'int64',
  guint64: 'uint64',
  float: 'float',
  f: 'float',
  gfloat: 'float',
  double: 'double',
  d: 'double',
  gdouble: 'double',
  bool: 'boolean',
  boolean: 'boolean',
  b: 'boolean',
  gboolean: 'boolean',
  string: 'string',
  str: 'string',
  s: 'string',
  gchararray: 'string',
  fraction: 'fraction',
  GstFraction: 'fraction',
  bitmask: 'bitmask',
  GstBitmask: 'bitmask',
}

const readValue = (cursor: Cursor, outer: ScalarType | undefined): CapsValue | undefined => {
  skipSpace(cursor)
  const cast = take(cursor, /\([ \t\n\v\f\r]*[A-Za-z0-9_\-+/:.]+[ \t\n\v\f\r]*\)/)
  if (cast === undefined && cursor.text.charAt(cursor.at) === '(') return undefined
  const type = cast === undefined ? outer : TYPES[cast.slice(1, -1).trim()]
  if (cast !== undefined && type === undefined) return undefined
  skipSpace(cursor)
  if (takes(cursor, '[')) return readRange(cursor, type)
  if (takes(cursor, '{')) return readItems(cursor, 'list', '}', type)
  if (takes(cursor, '<')) return readItems(cursor, 'array', '>', type)
  return readOne(cursor, type)
}

const GUESSES: readonly ScalarType[] = ['int', 'double', 'fraction', 'flagset', 'boolean', 'string']

const readOne = (cursor: Cursor, type: ScalarType | undefined): CapsValue | undefined => {
  const text = readWord(cursor)
  if (text === undefined) return undefined
  for (const guess of type ? [type] : GUESSES) {
    const value = readScalar(guess, text)
    if (value !== undefined) return { kind: 'one', type: guess, text: value }
  }
  return undefined
}

/** A bare word, or a quoted string with backslashes and octal bytes inside. */
const readWord = (cursor: Cursor): string | undefined => {
  const quoted = take(cursor, /"(?:[^"\\]|\\[^])*"/)
  if (quoted === undefined) return take(cursor, WORD)
  const plain = quoted.slice(1, -1)
  const bytes = [...plain.matchAll(/\\([0-3][0-7]{2})|\\([^])|([^\\])/gu)].flatMap(([, octal, escaped, c]) =>
    octal === undefined ? [...new TextEncoder().encode(escaped ?? c ?? '')] : [Number.parseInt(octal, 8)],
  )
  return new TextDecoder().decode(Uint8Array.from(bytes))
}

const readItems = (
  cursor: Cursor,
  kind: 'list' | 'array',
  close: string,
  type: ScalarType | undefined,
): CapsValue | undefined => {
  const items: CapsValue[] = []
  skipSpace(cursor)
  while (!takes(cursor, close)) {
    if (items.length > 0 && !takes(cursor, ',')) return undefined
    const item = readValue(cursor, type)
    if (!item) return undefined
    items.push(item)
    skipSpace(cursor)
  }
  return { kind, items }
}

const RANGE_TYPES: readonly ScalarType[] = ['int', 'int64', 'double', 'fraction']

const readRange = (cursor: Cursor, type: ScalarType | undefined): CapsValue | undefined => {
  const items = readItems(cursor, 'list', ']', type)
  if (items?.kind !== 'list' || items.items.length < 2 || items.items.length > 3) return undefined
  const bounds: string[] = []
  let of: ScalarType | undefined
  for (const item of items.items) {
    if (item.kind !== 'one' || !RANGE_TYPES.includes(item.type) || (of && of !== item.type)) return undefined
    of = item.type
    bounds.push(item.text)
  }
  return of && isRange(bounds) ? { kind: 'range', type: of, bounds } : undefined
}

/** The first bound is the smaller one, and a step divides both. */
const isRange = (bounds: readonly string[]): boolean => {
  const [low = 0, high = 0, step] = bounds.map(numberOf)
  return low < high && (step === undefined || (step > 0 && low % step === 0 && high % step === 0))
}
