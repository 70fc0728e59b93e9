// Media types as data: what a caps filter lets pass.

/** `any` lets everything pass; otherwise one of the structures must fit. */
export type Caps = { readonly any: true } | { readonly any: false; readonly structures: readonly CapsStructure[] }

export interface CapsStructure {
  readonly name: string
  /** `memory:DMABuf` and the like; absent: system memory. */
  readonly features?: readonly string[]
  readonly fields: readonly (readonly [name: string, value: CapsValue])[]
}

export type ScalarType =
  | 'int'
  | 'uint'
  | 'int64'
  | 'uint64'
  | 'double'
  | 'float'
  | 'boolean'
  | 'string'
  | 'fraction'
  | 'flagset'
  | 'bitmask'

export type CapsValue =
  | { readonly kind: 'one'; readonly type: ScalarType; readonly text: string }
  | { readonly kind: 'range'; readonly type: ScalarType; readonly bounds: readonly string[] }
  | { readonly kind: 'list' | 'array'; readonly items: readonly CapsValue[] }

export const ANY_CAPS: Caps = { any: true }

/** As gst_caps_to_string prints them. */
export const printCaps = (caps: Caps): string =>
  caps.any ? 'ANY' : caps.structures.length === 0 ? 'EMPTY' : caps.structures.map(printStructure).join('; ')

const printStructure = ({ name, features, fields }: CapsStructure): string => {
  const head = features ? `${name}(${features.join(', ')})` : name
  return [head, ...fields.map(([field, value]) => `${field}=(${typeOf(value)})${printValue(value)}`)].join(', ')
}

/** The type a list is printed with is that of its first item; GStreamer calls an empty one a list of int. */
const typeOf = (value: CapsValue): string => {
  if (value.kind === 'one' || value.kind === 'range') return value.type
  const first = value.items[0]
  return first ? typeOf(first) : 'int'
}

const printValue = (value: CapsValue): string => {
  switch (value.kind) {
    case 'one':
      return value.type === 'string' ? wrap(value.text) : value.text
    case 'range':
      return `[ ${value.bounds.join(', ')} ]`
    case 'list':
      return `{ ${value.items.map(printValue).join(', ')} }`
    case 'array':
      return `< ${value.items.map(printValue).join(', ')} >`
  }
}

/** Quotes a string that has other characters than a bare word may have; control and non-ASCII bytes become octal. */
const wrap = (text: string): string => {
  if (/^[A-Za-z0-9_\-+/:.]+$/.test(text)) return text
  const bytes = [...new TextEncoder().encode(text)].map((byte) => {
    const c = String.fromCharCode(byte)
    if (/[A-Za-z0-9_\-+/:.]/.test(c)) return c
    return byte < 0x20 || byte >= 0x7f ? `\\${byte.toString(8).padStart(3, '0')}` : `\\${c}`
  })
  return `"${bytes.join('')}"`
}

/** What both let pass; undefined when that is nothing. Fields that only one has are kept. */
export const intersectCaps = (a: Caps, b: Caps): Caps | undefined => {
  if (a.any) return b
  if (b.any) return a
  const structures = a.structures.flatMap((x) => b.structures.flatMap((y) => intersectStructures(x, y) ?? []))
  return structures.length > 0 ? { any: false, structures } : undefined
}

const intersectStructures = (a: CapsStructure, b: CapsStructure): CapsStructure | undefined => {
  if (a.name !== b.name || featureKey(a) !== featureKey(b)) return undefined
  const fields = new Map(a.fields)
  for (const [name, value] of b.fields) {
    const mine = fields.get(name)
    const both = mine ? intersectValues(mine, value) : value
    if (!both) return undefined
    fields.set(name, both)
  }
  return { ...a, fields: [...fields] }
}

const featureKey = ({ features }: CapsStructure): string => [...(features ?? ['memory:SystemMemory'])].sort().join(',')

/** The values that both allow. */
export const intersectValues = (a: CapsValue, b: CapsValue): CapsValue | undefined => {
  if (a.kind === 'list' || b.kind === 'list') {
    const items = alternatives(a).flatMap((x) => alternatives(b).flatMap((y) => intersectValues(x, y) ?? []))
    return items.length > 1 ? { kind: 'list', items } : items[0]
  }
  if (a.kind === 'range' && b.kind === 'range') return a.type === b.type ? intersectRanges(a, b) : undefined
  if (a.kind === 'range') return b.kind === 'one' && inRange(a, b) ? b : undefined
  if (b.kind === 'range') return a.kind === 'one' && inRange(b, a) ? a : undefined
  return typeOf(a) === typeOf(b) && printValue(a) === printValue(b) ? a : undefined
}

const alternatives = (value: CapsValue): readonly CapsValue[] => (value.kind === 'list' ? value.items : [value])

type CapsRange = Extract<CapsValue, { kind: 'range' }>
type Scalar = Extract<CapsValue, { kind: 'one' }>

const intersectRanges = (a: CapsRange, b: CapsRange): CapsValue | undefined => {
  const [low, high] = [pick(a, b, 0, 1), pick(a, b, 1, -1)]
  const order = numberOf(low) - numberOf(high)
  if (order > 0) return undefined
  return order === 0 ? { kind: 'one', type: a.type, text: low } : { kind: 'range', type: a.type, bounds: [low, high] }
}

/** The larger (sign 1) or smaller (sign -1) of two bounds. */
const pick = (a: CapsRange, b: CapsRange, at: number, sign: 1 | -1): string => {
  const [x = '0', y = '0'] = [a.bounds[at], b.bounds[at]]
  return (numberOf(x) - numberOf(y)) * sign >= 0 ? x : y
}

const inRange = (range: CapsRange, { type, text }: Scalar): boolean => {
  const [low = '0', high = '0', step] = range.bounds
  const value = numberOf(text)
  if (type !== range.type || value < numberOf(low) || value > numberOf(high)) return false
  return step === undefined || value % numberOf(step) === 0
}

/** The number that an int, double or fraction writes. */
export const numberOf = (text: string): number => {
  const [numerator = '0', denominator = '1'] = text.split('/')
  return Number(numerator) / Number(denominator)
}
