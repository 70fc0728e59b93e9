// Colours by meaning; ansis decides whether there are any (NO_COLOR, FORCE_COLOR, a terminal).
import type { Severity, StepOutcome, Verdict } from '@dmalab/api'
import { bold, dim, green, red, yellow } from 'ansis'

const GOOD = new Set<Verdict | StepOutcome>(['works', 'ok'])
const STOPPED = new Set<Verdict | StepOutcome>(['refused', 'not reached', 'unknown'])

/** A verdict or outcome in its colour: green for good, yellow for a refusal, red for the rest. */
export const paint = (outcome: Verdict | StepOutcome, text: string = outcome): string => {
  if (outcome === 'not reached') return dim(text)
  if (GOOD.has(outcome)) return green(text)
  return STOPPED.has(outcome) ? yellow(text) : red(text)
}

export const paintSeverity = (severity: Severity, text: string = severity): string =>
  ({ info: dim, warning: yellow, error: red })[severity](text)

export { bold, dim }
