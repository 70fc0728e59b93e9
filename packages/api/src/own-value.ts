// Tables whose keys come from a text: `constructor` is a name that nothing bears, not what every object inherits.

/** The value under a key of the table itself. */
export const ownValue = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined

/** Where data has a key that assignment takes for the prototype: schemas pass it over in silence, and no name is like that. */
export const pathOfProto = (data: unknown): readonly (string | number)[] | undefined => {
  if (typeof data !== 'object' || data === null) return undefined
  if (Object.hasOwn(data, PROTO)) return [PROTO]
  for (const [key, value] of Object.entries(data)) {
    const path = pathOfProto(value)
    if (path !== undefined) return [Array.isArray(data) ? Number(key) : key, ...path]
  }
  return undefined
}

const PROTO = '__proto__'
