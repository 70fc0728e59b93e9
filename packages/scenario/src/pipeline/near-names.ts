// What somebody meant who wrote something else.

/** Letters that a slip of the hand changes. */
const SLIP = 3

/** The names that are not far from what was written, whatever the case of its letters; nearest first. */
export const nearNames = (written: string, names: readonly string[], most = SLIP): readonly string[] =>
  names
    .map((name) => ({ name, far: distance(name.toLowerCase(), written.toLowerCase()) }))
    .filter(({ far }) => far <= most)
    .toSorted((a, b) => a.far - b.far)
    .map(({ name }) => name)

/** Levenshtein distance. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (const [i, x] of Array.from(a).entries()) {
    const next = [i + 1]
    for (const [j, y] of Array.from(b).entries())
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (x === y ? 0 : 1)))
    row = next
  }
  return row.at(-1) ?? 0
}
