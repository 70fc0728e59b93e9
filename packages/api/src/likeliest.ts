// The known names that a mistyped one may have meant.

/** A hint, `did you mean a or b?`; undefined where no name is like it. */
export const likeliest = (name: string, known: readonly string[]): string | undefined => {
  const near = within(name, known, (one) => Math.max(2, Math.floor(Math.min(name.length, one.length) / 3)))
  const part = bare(name)
  const parts = known.filter((one) => part.length >= PART && bare(one).includes(part))
  const all = [...new Set([...near.slice(0, SHOWN), ...parts.slice(0, SHOWN)])]
  return all.length === 0 ? undefined : `did you mean ${all.join(' or ')}?`
}

/** The names that are not far from what was written, whatever the case of its letters; nearest first. */
export const nearNames = (name: string, known: readonly string[], most = SLIP): readonly string[] =>
  within(name, known, () => most)

const within = (name: string, known: readonly string[], most: (one: string) => number): readonly string[] =>
  known
    .map((one) => ({ one, changes: distance(name.toLowerCase(), one.toLowerCase()) }))
    .filter(({ one, changes }) => changes <= most(one))
    .toSorted((a, b) => a.changes - b.changes)
    .map(({ one }) => one)

const SHOWN = 3
/** Letters from which a part of a name says something. */
const PART = 3
/** Letters that a slip of the hand changes. */
const SLIP = 3

/** Without case and signs: `rpi4` is part of bcm2711-rpi-4-b. */
const bare = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')

/** Letters to add, to leave out or to change, to make one of the other (Levenshtein). */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1]
    for (const [j, other] of Array.from(b).entries())
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)))
    row = next
  }
  return row.at(-1) ?? 0
}
