// A symptom with the steps that led to it, and by what two suspects are the same thing gone wrong.
import type { ScenarioStep } from '@dmalab/api'
import type { Configuration } from './axes.ts'
import { FRAME } from './protocol.ts'
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

/** Ways in which memory that is given back is not what was taken. */
const GIVEN_BACK: ReadonlySet<string> = new Set(['unmap-not-mapped', 'pool-double-free', 'free-cpu-address'])

/** What went wrong and where: finding code, kernel functions, the step and who does it. */
export const placeOf = ({ symptom, steps, atEnd }: Omit<Suspect, 'configuration'>): string => {
  const last = atEnd ? undefined : steps.at(-1)
  const code = WRONG_PLACE.has(symptom.code) ? 'wrong place' : symptom.code
  const kind = kindOf(last)
  const path =
    kind === LOOK && symptom.errno === null ? [] : symptom.symbols.filter((symbol) => !INNERMOST.test(symbol))
  return [code, symptom.errno ?? '', path.slice(0, 3).join('<'), kind].join('|')
}

/** However the CPU comes to see the bytes, it sees the same. */
const LOOK = 'look of the CPU'

const kindOf = (step: ScenarioStep | undefined): string => {
  if (step === undefined) return 'end'
  switch (step.do) {
    case 'sync':
      return `sync for ${step.for}${step.len === undefined ? '' : ' of bytes'}`
    case 'mmap':
      return step.offset === undefined ? LOOK : 'mapping from an offset on'
    case 'vmap':
    case 'kmap':
    case 'cpu-read':
      return LOOK
    case 'device-read':
    case 'device-write':
      return `access of ${step.buffer} by ${step.device.startsWith('exporter') ? 'exporter' : 'importer'}`
    case 'map':
    case 'qbuf':
      return step.do === 'qbuf' || step.buffer === FRAME ? 'map' : 'map of a list'
    case 'export':
    case 'expbuf':
      return 'export'
    case 'alloc':
      return step.buffer === FRAME ? 'alloc' : 'alloc of another'
    case 'reqbufs':
      return step.count > 0 ? 'alloc' : 'free'
    case 'sg-copy-to-buffer':
    case 'sg-copy-from-buffer':
      return `copy of ${step.buffer}`
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
])

/** The unusual steps before the one that shows it. */
export const unusualIn = ({ steps, atEnd }: Pick<Suspect, 'steps' | 'atEnd'>): readonly string[] =>
  [...new Set((atEnd ? steps : steps.slice(0, -1)).map((step) => step.do))]
    .filter((name) => UNUSUAL.has(name))
    .toSorted()

/** Whatever looks at a pool that is gone, or gives its memory back, meets the same: that it could go. null for what stands alone. */
export const familyOf = ({ symptom, steps }: Suspect): string | null => {
  if (!steps.some((step) => step.do === 'release-pool')) return null
  if (GIVEN_BACK.has(symptom.code) || symptom.code === 'memory-lost') return 'memory of a released pool is given back'
  return symptom.code === 'kernel-oops' ? 'a released pool is used' : null
}

/** Equal for suspects of one configuration that need no second look. */
export const signatureOf = (suspect: Suspect): string => `${placeOf(suspect)}|${unusualIn(suspect).join('+')}`

/** Is everything that the known defect needs there in the suspect as well? */
export const isInstanceOf = (suspect: Suspect, known: Suspect): boolean =>
  placeOf(suspect) === placeOf(known) &&
  unusualIn(known).every((name) => unusualIn(suspect).includes(name)) &&
  [...known.configuration].every(([axis, value]) => isA(axis, suspect.configuration.get(axis), value))

/**
 * A device that snoops behind an IOMMU is one behind an IOMMU, pages of a driver are mapped as those of a task are, and what two kinds of
 * queues show at the same place is one thing.
 */
const isA = (axis: string, value: string | undefined, known: string): boolean =>
  value === known || (value !== undefined && (axis === 'user space' || BROADER[value]?.includes(known) === true))

const BROADER: Readonly<Record<string, readonly string[]>> = {
  'coherent-iommu': ['iommu', 'coherent'],
  pages: ['user'],
  highmem: ['user', 'pages'],
  'adverse-2': ['adverse-1'],
  'adverse-3': ['adverse-1', 'adverse-2'],
}
