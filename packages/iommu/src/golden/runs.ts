// Sequences of numbers as the vectors write them: [first, step, count], as few runs as a greedy reader finds.
import type { IovaRange } from '@dmalab/hot'
import { count as countOf, hex } from './hex.ts'

/** Numbers of one run: far above what the vectors have, and far below what a process can hold. */
export const LONGEST = 2 ** 20

export type Run = readonly [string, number, number]

/** @throws RangeError for a run of no numbers, or of too many */
export const expandRuns = (runs: readonly Run[]): number[] =>
  runs.flatMap(([first, step, count]) =>
    Array.from({ length: countOf(count, 0, LONGEST) }, (_, i) => countOf(first) + i * step),
  )

export function runsOf(values: readonly number[]): Run[] {
  const runs: Run[] = []
  for (let i = 0; i < values.length;) {
    const first = values[i]!
    const step = (values[i + 1] ?? first) - first
    let count = 1
    while (i + count < values.length && values[i + count]! - values[i + count - 1]! === step) count++
    runs.push([hex(first), count > 1 ? step : 0, count])
    i += count
  }
  return runs
}

/** Ranges of one size as [lo, step, count, size]. */
export function pairRuns(ranges: readonly IovaRange[]): (readonly [string, number, number, string])[] {
  const sizeOf = ({ lo, hi }: IovaRange): number => hi - lo + 1
  const listed: (readonly [string, number, number, string])[] = []
  for (let i = 0; i < ranges.length;) {
    const size = sizeOf(ranges[i]!)
    const first = ranges[i]!.lo
    const next = ranges[i + 1]
    const step = next !== undefined && sizeOf(next) === size ? next.lo - first : 0
    let count = 1
    if (step !== 0)
      while (
        i + count < ranges.length &&
        sizeOf(ranges[i + count]!) === size &&
        ranges[i + count]!.lo - ranges[i + count - 1]!.lo === step
      )
        count++
    listed.push([hex(first), count > 1 ? step : 0, count, hex(size)])
    i += count
  }
  return listed
}
