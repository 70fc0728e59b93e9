// The known names that a mistyped one may have meant.

/** A hint, `did you mean a or b?`; undefined where no name is like it. */
export const likeliest = (name: string, known: readonly string[]): string | undefined => {
  const near = known
    .map((one) => ({ one, changes: distance(name.toLowerCase(), one.toLowerCase()) }))
    .filter(({ one, changes }) => changes <= Math.max(2, Math.floor(Math.min(name.length, one.length) / 3)))
    .toSorted((a, b) => a.changes - b.changes)
    .slice(0, SHOWN)
    .map(({ one }) => one)
  const within = known.filter((one) => name.length >= PART && one.includes(name)).slice(0, SHOWN)
  const all = [...new Set([...near, ...within])]
  return all.length === 0 ? undefined : `did you mean ${all.join(' or ')}?`
}

const SHOWN = 3
/** Letters from which a part of a name says something. */
const PART = 3

/** Letters to add, to leave out or to change, to make one of the other (Levenshtein). */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (const [i, letter] of a.split('').entries()) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j += 1)
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === b[j] ? 0 : 1)))
    row = next
  }
  return row.at(-1) ?? 0
}
