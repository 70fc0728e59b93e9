// Differences between releases, as reports print them.
import type { KernelRun, RecordNote } from '@dmalab/api'
import { dim } from './paint.ts'

/** Two lines a record. */
export const recordLines = (records: readonly RecordNote[]): readonly string[] =>
  records.flatMap(({ id, since, source, seen }) => [
    `    ${id} (since about v${since}): ${seen}`,
    dim(`      ${source}`),
  ])

/** A release in the place of one that is not modelled: what of the differences this run meets. */
export const standInLines = ({ kernel, standsFor }: KernelRun): readonly string[] => {
  if (standsFor === undefined) return []
  const met = standsFor.between.filter(({ touches }) => touches)
  if (!standsFor.recorded)
    return [`${standsFor.kernel} is not modelled; how it differs from ${kernel} is not on record`]
  return met.length === 0
    ? []
    : [`between ${standsFor.kernel} and ${kernel}, this case meets:`, ...recordLines(met).map((line) => line.slice(2))]
}
