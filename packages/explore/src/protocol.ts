// What has been done to the buffers so far, as far as it decides what may be done next, and the key under which equal states are one.
// Devices are named by their part, so that states that differ by names alone are equal.
import type { ScenarioStep, StepDirection } from '@dmalab/api'

/**
 * All of it with its caches cleaned; some bytes of it; all of it, by a driver that cleans the caches with a sync of its own; or behind bus
 * addresses that were taken before.
 */
export type MappedAs = 'whole' | 'part' | 'unsynced' | 'linked'

export interface ImporterState {
  readonly attached: boolean
  readonly as: MappedAs
  readonly mapped: StepDirection | null
  /** Bus addresses that the driver took, and what is behind them. */
  readonly iova: 'none' | 'taken' | 'linked' | 'given-back'
  /** Who may touch the bytes while it is mapped. */
  readonly owner: 'device' | 'cpu'
  /** Whom the last sync of the mapping gave it to: what is read after one is not what is read before. `part`: the CPU, and some bytes. */
  readonly synced: 'none' | 'device' | 'cpu' | 'part'
  /** Its table holds a page of the other buffer now. */
  readonly reused: boolean
  /** Mapped once and no longer: its registers hold addresses. */
  readonly before: boolean
  /** It was unmapped with an attribute that its mapping had not: what comes of the bytes is the driver's doing. */
  readonly odd: boolean
}

export interface Protocol {
  readonly life: 'none' | 'live' | 'freed'
  /** Its size. */
  readonly bytes: number
  readonly fd: 'none' | 'open' | 'closed'
  /** Who wrote last; `list`: the CPU, through the pages of a list that no sync has given to the device since. */
  readonly written: 'none' | 'device' | 'cpu' | 'linear' | 'list'
  /** Between DMA_BUF_IOCTL_SYNC START and END. */
  readonly cpuAccess: boolean
  readonly importers: Readonly<Record<string, ImporterState>>
  readonly other: 'none' | 'live' | 'written'
  /** `given`: mapped, and synced for the CPU. */
  readonly list: 'none' | 'made' | 'mapped' | 'given'
  /** Devices whose mask was set. */
  readonly masked: readonly string[]
  /** Time passed since the last step of another kind. */
  readonly waited: boolean
  readonly pool: 'undeclared' | 'there' | 'released'
  readonly unbound: boolean
  /** So was the importer. */
  readonly importerUnbound: boolean
  /** Queue of a video device -> how far it is. */
  readonly queues: Readonly<Record<string, QueueState>>
}

export interface QueueState {
  readonly buffers: boolean
  readonly queued: boolean
  readonly streaming: boolean
  readonly done: boolean
  readonly attributes: boolean
}

export const NO_QUEUE: QueueState = {
  buffers: false,
  queued: false,
  streaming: false,
  done: false,
  attributes: false,
}

const NOT_ATTACHED: ImporterState = {
  attached: false,
  as: 'whole',
  mapped: null,
  iova: 'none',
  owner: 'cpu',
  synced: 'none',
  reused: false,
  before: false,
  odd: false,
}

export const atFirst = (importers: readonly string[], pool: Protocol['pool']): Protocol => ({
  life: 'none',
  bytes: 0,
  fd: 'none',
  written: 'none',
  cpuAccess: false,
  importers: Object.fromEntries(importers.map((name) => [name, NOT_ATTACHED])),
  other: 'none',
  list: 'none',
  masked: [],
  waited: false,
  pool,
  unbound: false,
  importerUnbound: false,
  queues: {},
})

const queuesBut = ({ queues }: Protocol, device: string): Protocol['queues'] =>
  Object.fromEntries(Object.entries(queues).filter(([name]) => !name.startsWith(`${device} `)))

/** Members have a fixed order: equal states give equal keys. */
export const keyOf = (state: Protocol): string => JSON.stringify(state)

export const FRAME = 'frame'
export const OTHER = 'other'
export const LIST = 'list'

/** The state after a step that worked. */
export const after = (state: Protocol, step: ScenarioStep): Protocol => {
  if (step.do === 'wait') return { ...state, waited: true }
  const next = moved(state, step)
  return next !== state && next.waited ? { ...next, waited: false } : next
}

const moved = (state: Protocol, step: ScenarioStep): Protocol => {
  switch (step.do) {
    case 'set-mask':
      return { ...state, masked: [...state.masked, step.device].toSorted() }
    case 'declare-pool':
      return { ...state, pool: 'there' }
    case 'release-pool':
      return { ...state, pool: 'released' }
    case 'unbind':
      return step.device === 'importer'
        ? { ...state, importerUnbound: true, queues: queuesBut(state, step.device) }
        : { ...state, unbound: true, queues: queuesBut(state, 'exporter') }
    case 'alloc':
      if (step.buffer !== FRAME) return { ...state, other: 'live' }
      return { ...state, life: 'live', bytes: step.size, fd: hasFd(step.from) ? 'open' : 'none' }
    case 'free':
      return { ...state, life: 'freed' }
    case 'export':
      return { ...state, fd: 'open' }
    case 'close':
      return { ...state, fd: 'closed' }
    case 'attach':
      return withImporter(state, step.device, { attached: true })
    case 'detach':
      return withImporter(state, step.device, NOT_ATTACHED)
    case 'map':
      if (step.buffer === LIST) return { ...state, list: 'mapped' }
      // What was there is not promised to stay when a device may write.
      return withImporter(step.dir === 'FROM_DEVICE' ? { ...state, written: 'none' } : state, step.device, {
        mapped: step.dir,
        as: asOf(step),
        owner: asOf(step) === 'unsynced' ? 'cpu' : 'device',
      })
    case 'unmap':
      if (step.buffer === LIST) return { ...state, list: 'made' }
      return withImporter(onceCleaned(state), step.device, {
        mapped: null,
        as: 'whole',
        owner: 'cpu',
        synced: 'none',
        reused: false,
        before: true,
        odd: state.importers[step.device]?.as === 'part' && step.attrs !== undefined,
      })
    case 'sync':
      if (step.buffer === LIST) return { ...state, list: 'given' }
      // What was not synced stays whose it was.
      if (step.len !== undefined && step.len < state.bytes)
        return step.for === 'cpu' ? withImporter(state, step.device, { synced: 'part' }) : state
      return withImporter(step.for === 'device' ? onceCleaned(state) : state, step.device, {
        owner: step.for,
        synced: step.for,
      })
    case 'iova-alloc':
      return withImporter(state, step.device, { iova: 'taken' })
    case 'iova-link':
      return withImporter(step.dir === 'FROM_DEVICE' ? { ...state, written: 'none' } : state, step.device, {
        iova: 'linked',
        as: 'linked',
        mapped: step.dir,
        owner: 'device',
      })
    case 'iova-sync':
      return withImporter(state, step.device, { synced: 'device' })
    case 'iova-unlink':
      return withImporter(state, step.device, { ...NOT_ATTACHED, iova: 'taken', before: true })
    case 'iova-free':
    case 'iova-destroy':
      return withImporter(state, step.device, { ...NOT_ATTACHED, iova: 'given-back', before: true })
    case 'reuse-table':
      return withImporter(state, step.device, { reused: true })
    case 'sg-table':
      return { ...state, list: 'made' }
    case 'begin-cpu-access':
      return { ...state, cpuAccess: true }
    case 'end-cpu-access':
      return { ...state, cpuAccess: false }
    case 'device-write':
      if (step.buffer !== FRAME) return state
      return { ...beside(state), written: 'device' }
    case 'sg-copy-from-buffer':
      return { ...state, written: 'list' }
    case 'cpu-write':
      return step.buffer === FRAME ? { ...beside(state), written: 'cpu' } : { ...state, other: 'written' }
    case 'linear-write':
      return { ...beside(state), written: 'linear' }
    case 'queue-attrs':
      return withQueue(state, step, { attributes: true })
    case 'reqbufs':
      return withQueue(state, step, { ...NO_QUEUE, buffers: step.count > 0 })
    case 'expbuf':
      return { ...state, life: 'live', fd: 'open' }
    case 'qbuf':
      return withQueue(state, step, { queued: true })
    case 'dqbuf':
      return withQueue(state, step, { queued: false, done: true })
    case 'streamon':
      return withQueue(state, step, { streaming: true })
    case 'streamoff':
      return withQueue(state, step, { streaming: false, queued: false })
    default:
      return state
  }
}

/** Another writer writes beside the mappings: what a sync gave the CPU is old. */
const beside = (state: Protocol): Protocol => ({
  ...state,
  importers: Object.fromEntries(
    Object.entries(state.importers).map(([name, importer]) => [
      name,
      importer.synced === 'cpu' || importer.synced === 'part' ? { ...importer, synced: 'none' } : importer,
    ]),
  ),
})

const asOf = ({ as, attrs }: Extract<ScenarioStep, { readonly do: 'map' }>): MappedAs =>
  as === 'page' ? 'part' : attrs?.includes('SKIP_CPU_SYNC') === true ? 'unsynced' : 'whole'

const onceCleaned = (state: Protocol): Protocol => (state.written === 'list' ? { ...state, written: 'cpu' } : state)

/** Sources whose memory is a dma-buf from the start. */
const hasFd = (from: string): boolean => ['dumb', 'system-heap', 'cma-heap', 'udmabuf'].includes(from)

const withImporter = (state: Protocol, name: string, change: Partial<ImporterState>): Protocol => ({
  ...state,
  importers: { ...state.importers, [name]: { ...(state.importers[name] ?? NOT_ATTACHED), ...change } },
})

const withQueue = (
  state: Protocol,
  { device, queue }: { readonly device: string; readonly queue: string },
  change: Partial<QueueState>,
): Protocol => {
  const name = `${device} ${queue}`
  const queues = { ...state.queues, [name]: { ...(state.queues[name] ?? NO_QUEUE), ...change } }
  return { ...state, queues: Object.fromEntries(Object.entries(queues).toSorted(([a], [b]) => (a < b ? -1 : 1))) }
}
