// How many there are of each kind.

/** `2 CMA, 1 vendor`, in the order of their first. */
export const countBy = (kinds: readonly string[]): string =>
  [...new Set(kinds)].map((kind) => `${kinds.filter((each) => each === kind).length} ${kind}`).join(', ')
