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

/** Ways in which the same wrong address shows, by what lies there. */
const WRONG_PLACE: ReadonlySet<string> = new Set(['wrong-bytes', 'foreign-memory', 'device-address-cut', 'iommu-fault'])

/** Functions that every path of cache work ends in: they say nothing of how it got there. */
const INNERMOST = /^(v[67]_|dma_cache_maint_page$|__dma_page_|arch_sync_dma_|dcache_|caches_clean_|arch_dma_)/

/** What went wrong and where: finding code, kernel functions, the step and who does it. */
export const placeOf = ({ symptom, steps, atEnd }: Omit<Suspect, 'configuration'>): string => {
  const last = atEnd ? undefined : steps.at(-1)
  const code = WRONG_PLACE.has(symptom.code) ? 'wrong place' : symptom.code
  const path = symptom.symbols.filter((symbol) => !INNERMOST.test(symbol))
  return [code, symptom.errno ?? '', path.slice(0, 3).join('<'), kindOf(last)].join('|')
}

const kindOf = (step: ScenarioStep | undefined): string => {
  if (step === undefined) return 'end'
  switch (step.do) {
    case 'sync':
      return `sync for ${step.for}${step.len === undefined ? '' : ' of bytes'}`
    case 'vmap':
    case 'kmap':
      return 'kernel mapping'
    case 'device-read':
    case 'device-write':
      return `access of ${step.buffer} by ${step.device.startsWith('exporter') ? 'exporter' : 'importer'}`
    case 'map':
      return `map ${step.buffer}`
    default:
      return step.do
  }
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
