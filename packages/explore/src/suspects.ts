// A symptom with the steps that led to it, and by what two suspects are the same thing gone wrong.
import type { ScenarioStep } from '@dmalab/api'
import type { Configuration } from './axes.ts'
import type { Symptom } from './symptoms.ts'

export interface Suspect {
  readonly symptom: Symptom
  readonly configuration: Configuration
  /** The last one shows it, unless the end does. */
  readonly steps: readonly ScenarioStep[]
  /** It shows when everything is given back in good order. */
  readonly atEnd: boolean
}

/** What went wrong and where: finding code, kernel functions, the step. */
export const placeOf = ({ symptom, steps, atEnd }: Omit<Suspect, 'configuration'>): string => {
  const last = atEnd ? undefined : steps.at(-1)
  return [symptom.code, symptom.errno ?? '', symptom.symbols.slice(0, 3).join('<'), kindOf(last)].join('|')
}

const kindOf = (step: ScenarioStep | undefined): string => {
  if (step === undefined) return 'end'
  if (step.do === 'sync') return `sync for ${step.for}${step.len === undefined ? '' : ' of bytes'}`
  return step.do === 'map' || step.do === 'device-read' ? `${step.do}${step.buffer === 'list' ? ' list' : ''}` : step.do
}

/** Steps that are out of the ordinary: a defect that needs one is another than one that does not. */
const UNUSUAL: ReadonlySet<string> = new Set([
  'reuse-table',
  'sg-table',
  'release-pool',
  'unbind',
  'linear-write',
  'touch-pages',
  'set-mask',
  'free',
  'close',
  'begin-cpu-access',
  'wait',
  'sync',
  'detach',
])

/** The unusual steps before the one that shows it. */
export const unusualIn = ({ steps, atEnd }: Pick<Suspect, 'steps' | 'atEnd'>): readonly string[] =>
  [...new Set((atEnd ? steps : steps.slice(0, -1)).map((step) => step.do))]
    .filter((name) => UNUSUAL.has(name))
    .toSorted()

/** Equal for suspects of one configuration that need no second look. */
export const signatureOf = (suspect: Suspect): string => `${placeOf(suspect)}|${unusualIn(suspect).join('+')}`

/** Is everything that the known defect needs there in the suspect as well? */
export const isInstanceOf = (suspect: Suspect, known: Suspect): boolean =>
  placeOf(suspect) === placeOf(known) &&
  unusualIn(known).every((name) => unusualIn(suspect).includes(name)) &&
  [...known.configuration].every(([axis, value]) => suspect.configuration.get(axis) === value)
