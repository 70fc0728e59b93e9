// The known names that a mistyped one may have meant.

/** A hint, `did you mean a or b?`; undefined where no name is like it. */
export const likeliest = (name: string, known: readonly string[]): string | undefined => {
  const near = within(name, known, (one) => slipsIn(Math.min(name.length, one.length)))
  const part = bare(name)
  const parts = known.filter((one) => part.length >= PART && bare(one).includes(part))
  const all = [...new Set([...near.slice(0, SHOWN), ...parts.slice(0, SHOWN)])]
  return all.length === 0 ? undefined : `did you mean ${all.join(' or ')}?`
}

/** The same in brackets, behind what was said: ` (did you mean a?)`, or nothing. */
export const orMeant = (name: string, known: readonly string[]): string => {
  const near = likeliest(name, known)
  return near === undefined ? '' : ` (${near})`
}

/** The names that are not far from what was written, whatever the case of its letters; nearest first. */
export const nearNames = (name: string, known: readonly string[], most = SLIP): readonly string[] =>
  within(name, known, () => most)

const within = (name: string, known: readonly string[], most: (one: string) => number): readonly string[] =>
  known
    .map((one) => ({ one, changes: slipsBetween(name.toLowerCase(), one.toLowerCase()) }))
    .filter(({ one, changes }) => changes <= most(one))
    .toSorted((a, b) => a.changes - b.changes)
    .map(({ one }) => one)

/** Of a word of so many letters: four that differ in two are two words. */
const slipsIn = (letters: number): number => Math.max(letters < 5 ? 1 : 2, Math.floor(letters / 3))

const SHOWN = 3
/** Letters from which a part of a name says something. */
const PART = 3
/** Letters that a slip of the hand changes. */
const SLIP = 3

/** Without case and signs: `rpi4` is part of bcm2711-rpi-4-b. */
const bare = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')

/** Letters to add, to leave out, to change, or to put before the one before them, to make one of the other. */
export const slipsBetween = (a: string, b: string): number => {
  let before: readonly number[] = []
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 0; i < a.length; i += 1) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j += 1) {
      const swapped = i > 0 && j > 0 && a[i] === b[j - 1] && a[i - 1] === b[j] ? (before[j - 1] ?? 0) + 1 : Infinity
      const changed = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1)
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, changed, swapped))
    }
    before = row
    row = next
  }
  return row.at(-1) ?? 0
}
