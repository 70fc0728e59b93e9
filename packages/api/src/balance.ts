// What a machine has and what it has lent: the same before and after work that gave everything back.

/** Counts by name: `bytes of free memory`, `scatterlists`. A name that is not there counts 0. */
export type Balance = ReadonlyMap<string, number>

/** The counts of several rooms; equal names add up. */
export const balanceSum = (...parts: readonly Balance[]): Balance => {
  const sum = new Map<string, number>()
  for (const [what, count] of parts.flatMap((part) => [...part])) sum.set(what, (sum.get(what) ?? 0) + count)
  return sum
}

/** What is not as it was, one line each, in the order of the names: `scatterlists: 2 more`. Nothing when everything was given back. */
export const imbalance = (before: Balance, after: Balance): readonly string[] =>
  [...new Set([...before.keys(), ...after.keys()])].toSorted().flatMap((what) => {
    const more = (after.get(what) ?? 0) - (before.get(what) ?? 0)
    return more === 0 ? [] : [`${what}: ${Math.abs(more)} ${more > 0 ? 'more' : 'fewer'}`]
  })
