// What is not as it was: a report held against an older one, point by point, by the values that were asked for.
import type { PointResult, SweepChange, SweepPlace, SweepReport, Verdict } from '@dmalab/api'
import { SWEEP_AXES } from '@dmalab/api'

/** Changed, new and gone points in the order of `now`; gone ones last. */
export const sweepChanges = (before: SweepReport, now: SweepReport): readonly SweepChange[] => {
  const old = new Map(before.points.map((point) => [keyOf(point.at), point]))
  const changes: SweepChange[] = []
  for (const { at, result } of now.points) {
    const key = keyOf(at)
    const was = old.get(key)
    old.delete(key)
    if (was === undefined) changes.push({ at, before: null, after: result, worse: badnessOf(result) > 0 })
    else if (JSON.stringify(was.result) !== JSON.stringify(result))
      changes.push({ at, before: was.result, after: result, worse: isWorse(was.result, result) })
  }
  for (const { at, result } of old.values()) changes.push({ at, before: result, after: null, worse: false })
  return changes
}

const keyOf = (at: SweepPlace): string => JSON.stringify(SWEEP_AXES.map((axis) => at[axis] ?? null))

const VERDICT_BADNESS: Readonly<Record<Verdict, number>> = {
  works: 0,
  unknown: 1,
  refused: 2,
  stalled: 3,
  corrupt: 4,
  fault: 5,
}

/** 0: it works. */
const badnessOf = (result: PointResult): number =>
  result.kind === 'ran' ? VERDICT_BADNESS[result.verdict] : result.kind === 'not-possible' ? 2 : 6

/** A graver verdict, or a warning or error that was not there. */
const isWorse = (before: PointResult, now: PointResult): boolean => {
  const step = badnessOf(now) - badnessOf(before)
  if (step !== 0) return step > 0
  if (before.kind !== 'ran' || now.kind !== 'ran') return false
  const had = new Set(before.findings.map(({ code }) => code))
  return now.findings.some(({ code, severity }) => severity !== 'info' && !had.has(code))
}
