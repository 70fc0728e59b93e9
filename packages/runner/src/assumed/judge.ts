// A verdict that rests on assumptions is given where they are accepted, and is unknown elsewhere.
import type { Assumption, AssumeWord, KernelRun, Verdict } from '@dmalab/api'
import type { Observed } from './observed.ts'
import type { Suspect } from './suspects.ts'

export const judge = (
  verdict: Exclude<Verdict, 'unknown'>,
  suspects: readonly Suspect[],
  observed: Observed,
  accepted: readonly AssumeWord[],
): Pick<KernelRun, 'verdict' | 'assuming' | 'assumptions'> => {
  const assumptions = suspects.flatMap(({ decides }) => decides(observed) ?? [])
  const isOpen = ({ kind }: Assumption): boolean => !accepted.some((word) => word === 'all' || word === kind)
  return assumptions.some(isOpen)
    ? { verdict: 'unknown', assuming: verdict, assumptions }
    : { verdict, assuming: null, assumptions }
}
