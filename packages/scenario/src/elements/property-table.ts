// Property lists in a short notation: "name:type name:type"; an enum is written `value=nick,value=nick`, the names of one type share it: "a,b:int".
import type { PropertyType } from './element-facts.ts'

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
      for (const name of names.split(',')) table[name] = isPlain(type) ? type : { enum: enumValues(type) }
    }
  return table
}

const enumValues = (text: string): Record<string, number> =>
  Object.fromEntries(
    text.split(',').map((pair) => {
      const [value = '', nick = ''] = pair.split('=')
      return [nick, Number(value)]
    }),
  )
