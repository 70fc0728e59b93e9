// How long things take in the page: shown for who measures it, never part of a report.

/** Milliseconds since it was started. */
export const stopwatch = (): (() => number) => {
  const began = performance.now()
  return () => performance.now() - began
}
