// Points that did not work for the same reason, together.
import type { SweepPlace, SweepReport } from '@dmalab/api'
import { cellOf, isBad, whyOf } from './cells.ts'

export interface SweepCause {
  /** As the matrix shows it. */
  readonly cell: string
  readonly why: string
  readonly count: number
  /** The first of them. */
  readonly id: string
  readonly at: SweepPlace
}

/** In the order of their first points. Numbers make no other reason. */
export const sweepCauses = ({ points }: SweepReport): readonly SweepCause[] => {
  const causes = new Map<string, SweepCause>()
  for (const { id, at, result } of points) {
    if (!isBad(result)) continue
    const cell = cellOf(result)
    const why = whyOf(result) ?? 'it is not what the scenario states'
    const key = JSON.stringify([cell, why.replaceAll(/0x[0-9a-f_]+|\d[\d,._]*/gi, '#')])
    const known = causes.get(key)
    causes.set(key, known === undefined ? { cell, why, count: 1, id, at } : { ...known, count: known.count + 1 })
  }
  return [...causes.values()]
}
