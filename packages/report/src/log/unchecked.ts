// A log that was not checked has not passed: why it was not.
import type { LogCheck, LogOutcome } from '@dmalab/api'
import { plural } from '../numbers.ts'

export const isCheck = (outcome: LogOutcome): outcome is LogCheck => 'summary' in outcome

/** undefined: it was checked. */
export const whyUnchecked = (outcome: LogOutcome): string | undefined => {
  if (!isCheck(outcome)) return outcome.error.message
  const { read, summary } = outcome
  if (summary.examined) return undefined
  const { lines } = read
  return `nothing to check: ${lines === 0 ? 'the log is empty' : `no event of the DMA API or its users in ${plural(lines, 'line')}`}`
}
