// Property lists in a short notation: "name:type name:type"; an enum is written `value=nick,value=nick`, the names of one type share it:
// "a,b:int". A nick may have its enum's full name behind it, with `_` for
// spaces and `~` for commas: `2=downstream=Leaky_on_downstream_(old_buffers)`. Names that are identifiers keep their `_`.
import type { EnumType, PropertyType } from './element-facts.ts'

const PLAIN = new Set([
  'string',
  'boolean',
  'int',
  'uint',
  'int64',
  'uint64',
  'double',
  'caps',
  'flags',
  'object',
] as const)
type Plain = typeof PLAIN extends Set<infer Name> ? Name : never
const isPlain = (text: string): text is Plain => (PLAIN as ReadonlySet<string>).has(text)

export const properties = (...lists: readonly string[]): Record<string, PropertyType> => {
  const table: Record<string, PropertyType> = {}
  for (const entry of lists.join(' ').split(/\s+/))
    if (entry !== '') {
      const [names = '', type = ''] = entry.split(':')
      for (const name of names.split(',')) table[name] = isPlain(type) ? type : enumType(type)
    }
  return table
}

const enumType = (text: string): EnumType => {
  const values = text.split(',').map((entry) => /^(-?\d+)=([^=]+)(?:=(.+))?$/.exec(entry)?.slice(1) ?? [])
  const names = new Map<string, string>()
  for (const [, nick = '', name] of values)
    if (name !== undefined) names.set(name.startsWith('GST_') ? name : spelled(name), nick)
  return { enum: Object.fromEntries(values.map(([value = '', nick = '']) => [nick, Number(value)])), names }
}

const spelled = (name: string): string => name.replaceAll('_', ' ').replaceAll('~', ',')
