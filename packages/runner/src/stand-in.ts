// A release that is not modelled, and the modelled one in its place: what the report says of it, and when the verdict waits for it.
import type { Assumption, AssumeWord, KernelRun, RecordNote, ReleaseRecord, RunReport, Touch } from '@dmalab/api'
import type { ChosenKernel } from './choose-kernel.ts'
import { touching } from './touches.ts'

/** The run with what stands in for what; unknown where a difference of the two touches it, unless that is accepted. */
export const judgeStandIn = (
  run: KernelRun,
  { kernel, standsFor, between, recorded }: ChosenKernel,
  touches: ReadonlySet<Touch>,
  accepted: readonly AssumeWord[],
): KernelRun => {
  if (standsFor === null) return run
  const met = touching(between, touches)
  const standIn = {
    kernel: standsFor,
    recorded,
    between: between.map((record) => ({ ...recordNote(record), touches: met.includes(record) })),
  }
  if (recorded && met.length === 0) return { ...run, standsFor: standIn }
  const assumption: Assumption = {
    kind: 'release',
    what: `${standsFor} does here as ${kernel.base.name}`,
    why: recorded
      ? `it is not modelled, and this case meets what changed: ${met.map(({ id, since }) => `${id} (about v${since})`).join(', ')}`
      : 'it is not modelled, and how the two differ is not on record',
    howToState: `--kernel ${kernel.name}`,
  }
  const assumptions = [...run.assumptions, assumption]
  if (accepted.some((word) => word === 'release' || word === 'all')) return { ...run, assumptions, standsFor: standIn }
  const assuming = run.verdict === 'unknown' ? run.assuming : run.verdict
  return { ...run, verdict: 'unknown', assuming, assumptions, standsFor: standIn }
}

export const recordNote = ({ id, since, source, seen }: ReleaseRecord): RecordNote => ({ id, since, source, seen })

/** By how many differences there are. */
const UNTOUCHED = [
  'no difference between them is on record',
  'the one recorded difference between them does not touch this case',
  'none of the recorded differences between them touches this case',
] as const

/** What the head of a report says of the runs together. */
export const standInNotes = (runs: readonly KernelRun[]): Pick<RunReport, 'notes' | 'assumptions'> => ({
  notes: runs.flatMap((run) => {
    const { standsFor } = run
    if (standsFor === undefined || run.assumptions.some(({ kind }) => kind === 'release')) return []
    const why = UNTOUCHED[Math.min(standsFor.between.length, 2)]
    return [`${standsFor.kernel} is not modelled: ${run.kernel} stands in for it; ${why}`]
  }),
  assumptions: runs.flatMap(({ assumptions }) => assumptions.filter(({ kind }) => kind === 'release')),
})
