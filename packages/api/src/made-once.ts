// What is costly to make and not always wanted, such as the schema of a file: made by the first call, not when its module is loaded.

/** A function that calls `make` once, and returns the same ever after. */
export const madeOnce = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
