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

/**
 * One sentence for an answer that is about no run of its own: what stands in for what, and by which differences. `touches`: what the
 * answer is about; absent: all of the kernel. Empty for a kernel that is modelled.
 */
export const standInSentences = (chosen: ChosenKernel, touches?: ReadonlySet<Touch>): readonly string[] => {
  const { kernel, standsFor, between, recorded } = chosen
  const met = touches === undefined ? between : touching(between, touches)
  const names = met.map(({ id, since }) => `${id} (about v${since})`).join(', ')
  const differences = !recorded
    ? 'how the two differ is not on record'
    : names === ''
      ? UNTOUCHED[touches === undefined ? 0 : Math.min(between.length, 2)]
      : `what lies between them: ${names}; dmalab kernel diff ${standsFor} ${kernel.base.name} shows ${met.length === 1 ? 'it' : 'them'}`
  return standInWords(chosen).map((words) => `${words}; ${differences}`)
}

/** Which kernel is in the place of which; empty for a kernel that is modelled. */
export const standInWords = ({ kernel, standsFor }: ChosenKernel): readonly string[] =>
  standsFor === null ? [] : [`${standsFor} is not modelled: ${kernel.base.name} stands in for it`]

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
