// Tables whose keys come from a text: `constructor` is a name that nothing bears, not what every object inherits.

/** The value under a key of the table itself. */
export const ownValue = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined

/**
 * Where data has a key that assignment takes for the prototype: schemas pass it over in silence, and no name is like that. It does not call
 * itself: a text may be nested deeper than the stack.
 */
export const pathOfProto = (data: unknown): readonly (string | number)[] | undefined => {
  const left: Place[] = [{ data, key: '' }]
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    const { data: here } = place
    if (typeof here !== 'object' || here === null) continue
    if (Object.hasOwn(here, PROTO)) return pathTo({ data: here, key: PROTO, parent: place })
    // The first in the text comes next.
    for (const [key, value] of Object.entries(here).toReversed())
      if (typeof value === 'object')
        left.push({ data: value, key: Array.isArray(here) ? Number(key) : key, parent: place })
  }
  return undefined
}

interface Place {
  readonly data: unknown
  readonly key: string | number
  readonly parent?: Place
}

const pathTo = (last: Place): readonly (string | number)[] => {
  const path: (string | number)[] = []
  for (let { key, parent } = last; parent !== undefined; { key, parent } = parent) path.push(key)
  return path.toReversed()
}

const PROTO = '__proto__'
