// What of a step's outcome counts against the kernel, and by what it is told apart from other things that go wrong.
import type { DmaOps, DmaOpsDef, Lab, Oops, ScenarioStep } from '@dmalab/api'
import type { Seen } from '@dmalab/runner'
import type { Setup } from './setup.ts'

/** One thing that went wrong. */
export interface Symptom {
  readonly code: string
  /** Kernel functions, innermost first. */
  readonly symbols: readonly string[]
  readonly message: string
  /** For a refusal. */
  readonly errno: string | null
}

/**
 * What says something of drivers that break rules, which the alphabet does not do, or of costs; and what the run as a whole only shows at
 * its end.
 */
const NOT_THE_KERNEL: ReadonlySet<string> = new Set([
  'missing-sync',
  'conflicting-directions',
  'cpu-access-device-owned',
  'cacheline-overlap',
  'cacheline-overlap-overflow',
  'overlapping-mappings',
  'unbind-pending',
  'bounce-without-sync',
  'bounce-not-synced',
  'bounced',
  'mapping-failed',
  'live-at-end',
  'device-access-after-unmap',
  'tracking-limit',
  'unmap-attributes',
])

/** Nor what these say at one step: the exporter syncs in the direction that user space gives, and an unbound driver still has its memory. */
const NOT_AT: Readonly<Partial<Record<ScenarioStep['do'], readonly string[]>>> = {
  'begin-cpu-access': ['sync-direction', 'sync-cpu-read-only', 'sync-device-write-only'],
  'end-cpu-access': ['sync-direction', 'sync-cpu-read-only', 'sync-device-write-only'],
  unbind: ['leak-coherent', 'leak-mapping'],
}

/** What goes wrong with these shows later: the kernel goes on, and so does a walk. */
const GOES_ON: ReadonlySet<string> = new Set(['page-less-export'])

/** Is this the end of a walk? */
export const stops = (symptoms: readonly Symptom[]): boolean => symptoms.some(({ code }) => !GOES_ON.has(code))

/** In the order of what counts most; `tables` are the op tables by name, `step` is one of a part. */
export const symptomsOf = (
  lab: Lab,
  tables: ReadonlyMap<string, DmaOpsDef>,
  step: ScenarioStep,
  seen: Seen,
  setup: Pick<Setup, 'owner' | 'deviceOf'>,
): readonly Symptom[] => {
  if (seen.oops !== null) return [faultOf(seen.oops)]
  const { outcome } = seen
  const counted = seen.findings
    .filter(({ code, severity }) => severity !== 'info' && !NOT_THE_KERNEL.has(code) && code !== 'kernel-oops')
    .filter(({ code }) => NOT_AT[step.do]?.includes(code) !== true)
  if (counted.length === 0 && seen.wrong === 0 && outcome?.ok !== false) return []
  const symbols = symbolsOf(lab, tables, step, setup)
  const found = counted.map(({ code, message }): Symptom => ({ code, symbols, message, errno: null }))
  if (seen.wrong > 0 && !found.some(({ code }) => code === 'wrong-bytes'))
    found.push({
      code: 'wrong-bytes',
      symbols,
      message: `${seen.wrong} bytes differ from what was written`,
      errno: null,
    })
  if (outcome !== null && !outcome.ok)
    found.push({ code: 'refused', symbols, message: outcome.why, errno: outcome.errno })
  return found
}

/** So much of the path of a fault tells it apart: where it begins, what user space called, tells nothing. */
const PATH = 6

export const faultOf = ({ callPath, text }: Oops): Symptom => ({
  code: 'kernel-oops',
  symbols: callPath.slice(0, PATH),
  message: text[0] ?? 'the kernel faulted',
  errno: null,
})

export const lostOf = (left: readonly string[]): Symptom => ({
  code: 'memory-lost',
  symbols: [],
  message: `after everything was given back: ${left.join(', ')}`,
  errno: null,
})

const OPERATIONS: Readonly<Partial<Record<ScenarioStep['do'], keyof DmaOps>>> = {
  export: 'getSgtable',
  expbuf: 'getSgtable',
  alloc: 'alloc',
  reqbufs: 'alloc',
  map: 'mapSg',
  qbuf: 'mapSg',
  unmap: 'unmapSg',
  free: 'free',
  'device-read': 'mapSg',
  'device-write': 'mapSg',
  'reuse-table': 'mapSg',
  mmap: 'mmap',
}

/** The exporter's device goes by what its own allocation gave it. */
const isOwnAccess = (step: ScenarioStep): boolean =>
  (step.do === 'device-read' || step.do === 'device-write') && step.device.startsWith('exporter')

/** The functions of the device's op table that the step goes through, innermost first. */
const symbolsOf = (
  lab: Lab,
  tables: ReadonlyMap<string, DmaOpsDef>,
  step: ScenarioStep,
  { owner, deviceOf }: Pick<Setup, 'owner' | 'deviceOf'>,
): readonly string[] => {
  const device = deviceOf('device' in step && step.device !== undefined ? step.device : owner)
  const operation = isOwnAccess(step)
    ? 'alloc'
    : step.do === 'sync'
      ? step.for === 'cpu'
        ? 'syncSgForCpu'
        : 'syncSgForDevice'
      : OPERATIONS[step.do]
  if (operation === undefined) return []
  const table = tables.get(lab.device(device).opsName)
  return (table?.symbols[operation] ?? []).toReversed()
}
