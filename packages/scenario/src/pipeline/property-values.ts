// Properties written in a pipeline: from the text of an assignment to what the element takes.
import { nearNames } from '@dmalab/api'
import { readCaps } from '../caps/read-caps.ts'
import { printCaps } from '../caps/caps.ts'
import { readScalar } from '../caps/scalar.ts'
import type { ElementFacts, EnumType, PropertyType } from '../elements/element-facts.ts'

/**
 * The value of an assignment: without the double quotes around it, and without backslashes outside quotes.
 *
 * Models: GStreamer 1.22 gst/parse/grammar.y: gst_parse_split_assignment; gst/parse/types.h: gst_parse_unescape
 */
export const assignedText = (written: string): string => {
  const quoted = written.length > 1 && written.startsWith('"') && written.endsWith('"')
  return unescapeText(quoted ? written.slice(1, -1) : written)
}

export const unescapeText = (written: string): string => {
  let text = ''
  let quoted = false
  for (let i = 0; i < written.length; i++) {
    if (written.charAt(i) === '\\' && !quoted) {
      if (++i >= written.length) break
    } else if (written.charAt(i) === '"' && (!quoted || written.charAt(i - 1) !== '\\')) quoted = !quoted
    text += written.charAt(i)
  }
  return text
}

/** The text to keep for a value, or undefined when the property does not take it: an enum's nick, printed caps, else the text itself. */
export const propertyText = (type: PropertyType, text: string): string | undefined => {
  if (typeof type === 'object') return enumNick(type, text)
  switch (type) {
    case 'string':
      return text
    case 'caps': {
      const caps = readCaps(text)
      return caps && printCaps(caps)
    }
    case 'flags':
      return /^(0x[0-9a-f]+|[0-9]+|[\w-]+(\+[\w-]+)*)$/i.test(text) ? text : undefined
    case 'object':
      return undefined
    default:
      return readScalar(type, text) === undefined ? undefined : text
  }
}

/** Models: GStreamer 1.22 gst/gstvalue.c: gst_value_deserialize_enum */
const enumNick = ({ enum: values, names }: EnumType, text: string): string | undefined => {
  const named = names.get(text)
  if (named !== undefined) return named
  if (Object.hasOwn(values, text)) return text
  const number = readScalar('int64', text)
  return number === undefined || text === ''
    ? undefined
    : Object.keys(values).find((nick) => values[nick] === Number(number))
}

/** GObject takes `_` for `-` in property names. */
export const canonicalName = (name: string): string => name.replaceAll('_', '-')

/** What to suggest for a property that does not exist. */
export const propertyHint = (facts: ElementFacts, name: string): string => {
  const known = Object.keys(facts.properties).filter((property) => property !== 'parent')
  const near = nearNames(name, known)
  if (near.length > 0) return `did you mean ${near.join(' or ')}?`
  return `${facts.factory} has ${known.toSorted().join(', ')}`
}
