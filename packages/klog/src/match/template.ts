// A message's format as the kernel writes it, with named fields: `swiotlb buffer is full (sz: {size:dec} bytes)`. Matching goes forward
// only: each field takes what its kind allows, each literal must follow, and nothing is tried twice.

/** What a field may hold: digits, hexadecimal with or without 0x, one word, or anything up to the literal that follows. */
type FieldKind = 'dec' | 'hex' | 'word' | 'text'

interface Field {
  readonly name: string
  readonly kind: FieldKind
}
type Part = string | Field

export interface Template {
  readonly parts: readonly Part[]
  /** Characters of its literals: the longer, the more it says. */
  readonly weight: number
  /** Words that stand in every text it matches. */
  readonly words: readonly string[]
}

export interface Match {
  readonly start: number
  readonly end: number
  readonly fields: Readonly<Record<string, string>>
}

const KINDS: Readonly<Record<string, FieldKind>> = { dec: 'dec', hex: 'hex', word: 'word', text: 'text' }
/** Places of a text at which one template is tried. */
const STARTS = 8

/** Letters, digits and underscores make a word. */
export const wordsOf = (text: string): readonly string[] => text.split(/\W+/).filter((word) => word !== '')

/** @throws where a field has an unknown kind: the catalogue is wrong. */
export const parseTemplate = (text: string): Template => {
  const parts = text
    .split(/(\{\w+:\w+\})/)
    .filter((part) => part !== '')
    .map((part): Part => {
      const [, name = '', kind = ''] = /^\{(\w+):(\w+)\}$/.exec(part) ?? []
      if (name === '') return part
      const known = KINDS[kind]
      if (known === undefined) throw new Error(`unknown field kind in ${text}`)
      return { name, kind: known }
    })
  const literals = parts.filter((part) => typeof part === 'string')
  return { parts, weight: literals.join('').length, words: parts.flatMap((part, at) => wholeWords(parts, part, at)) }
}

/** A word that touches a field may be longer in a text. */
const wholeWords = (parts: readonly Part[], part: Part, at: number): readonly string[] => {
  if (typeof part !== 'string') return []
  const words = part.split(/\W+/)
  if (at > 0) words[0] = ''
  if (at < parts.length - 1) words[words.length - 1] = ''
  return words.filter((word) => word !== '')
}

/** undefined: not in this text. */
export const matchTemplate = ({ parts }: Template, text: string): Match | undefined => {
  const led = typeof parts[0] !== 'string'
  const literal = parts[led ? 1 : 0]
  if (typeof literal !== 'string') return undefined
  let at = text.indexOf(literal)
  for (let tried = 0; at >= 0 && tried < STARTS; tried += 1) {
    const found = matchAt(parts, text, at, led)
    if (found !== undefined) return found
    at = text.indexOf(literal, at + 1)
  }
  return undefined
}

/** The first literal stands at `at`; a field that leads is the word before it. */
const matchAt = (parts: readonly Part[], text: string, at: number, led: boolean): Match | undefined => {
  const fields: Record<string, string> = {}
  let start = at
  if (led) {
    while (start > 0 && text[start - 1] !== ' ') start -= 1
    const lead = parts[0]
    if (start === at || lead === undefined || typeof lead === 'string') return undefined
    fields[lead.name] = text.slice(start, at)
  }
  let end = at
  for (let i = led ? 1 : 0; i < parts.length; i += 1) {
    const part = parts[i]
    if (typeof part === 'string') {
      if (!text.startsWith(part, end)) return undefined
      end += part.length
    } else if (part !== undefined) {
      const next = parts[i + 1]
      const stop = fieldEnd(part.kind, text, end, typeof next === 'string' ? next : undefined)
      if (stop === undefined) return undefined
      fields[part.name] = part.kind === 'hex' ? text.slice(end, stop).replace(/^0[xX]/, '') : text.slice(end, stop)
      end = stop
    }
  }
  return { start, end, fields }
}

const DIGITS = '0123456789'
const HEX = '0123456789abcdefABCDEF'

/** Where a field ends; undefined where it cannot stand. */
const fieldEnd = (kind: FieldKind, text: string, from: number, next: string | undefined): number | undefined => {
  if (kind === 'text') {
    const end = next === undefined ? text.length : text.indexOf(next, from)
    return end < 0 ? undefined : end
  }
  if (kind === 'word') {
    const space = text.indexOf(' ', from)
    const limit = space < 0 ? text.length : space
    const end = next === undefined ? limit : text.indexOf(next, from)
    return end <= from || end > limit ? undefined : end
  }
  const prefixed = kind === 'hex' && (text.startsWith('0x', from) || text.startsWith('0X', from))
  const first = prefixed ? from + 2 : kind === 'dec' && text[from] === '-' ? from + 1 : from
  const allowed = kind === 'dec' ? DIGITS : HEX
  let end = first
  while (end < text.length && allowed.includes(text[end] ?? ' ')) end += 1
  return end === first ? undefined : end
}
