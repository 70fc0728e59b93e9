// Which steps may be done next: those that keep the rules of the DMA API and of dma-buf, so that what goes wrong is the kernel's doing.
import type { BufferSource, ScenarioStep } from '@dmalab/api'
import { FRAME, type ImporterState, LIST, OTHER, type Protocol } from './protocol.ts'

/** What a configuration says about the steps. */
export interface Setting {
  /** The device whose memory it is, or the device below it that owns the pool. */
  readonly owner: string
  readonly importers: readonly string[]
  readonly source: BufferSource
  readonly size: number
  readonly attrs: readonly string[]
  /** Where a board file declares the pool. */
  readonly declare: { readonly base: number; readonly size: number } | null
  readonly kmap: boolean
  readonly pool: boolean
}

/** In a fixed order, those that change nothing first. */
export const nextCalls = (s: Protocol, setting: Setting): readonly ScenarioStep[] => {
  if (s.pool === 'undeclared' && setting.declare !== null)
    return [{ do: 'declare-pool', device: setting.owner, ...setting.declare }]
  if (s.life === 'none') return [allocOf(setting)]
  return [
    ...looks(s, setting),
    ...setting.importers.flatMap((device) => importerLooks(s, setting, device)),
    ...sharing(s, setting),
    ...setting.importers.flatMap((device) => importerMoves(s, setting, device)),
    ...others(s, setting),
    ...endings(s, setting),
  ]
}

const allocOf = ({ source, size, owner, attrs }: Setting): ScenarioStep => ({
  do: 'alloc',
  buffer: FRAME,
  size,
  from: source,
  ...(source === 'coherent' || source === 'dumb' ? { device: owner } : {}),
  ...(source === 'coherent' && attrs.length > 0 ? { attrs } : {}),
})

/** Memory that the CPU and all devices see alike without a sync. */
const isCoherent = ({ source }: Setting): boolean => source === 'coherent' || source === 'dumb'
const isShared = (s: Protocol): boolean => s.fd === 'open'
/** Without a descriptor and without an exporter the importer maps the pages by itself. */
const isStreaming = ({ source }: Setting): boolean => source === 'user' || source === 'pages'

const held = (s: Protocol, which: (importer: ImporterState) => boolean): boolean =>
  Object.values(s.importers).some((importer) => importer.mapped !== null && which(importer))
const deviceHolds = (s: Protocol): boolean => held(s, ({ owner }) => owner === 'device')
const deviceWrites = (s: Protocol): boolean =>
  held(s, ({ mapped, owner }) => owner === 'device' && mapped !== 'TO_DEVICE')

const cpuMayRead = (s: Protocol, setting: Setting): boolean =>
  (s.life === 'live' || s.fd === 'open') &&
  (isCoherent(setting) ? !deviceWrites(s) : isStreaming(setting) ? !deviceHolds(s) : s.cpuAccess)
const cpuMayWrite = (s: Protocol, setting: Setting): boolean =>
  cpuMayRead(s, setting) && (!deviceHolds(s) || s.cpuAccess)

/** The exporter's side of the buffer, and the CPU's. */
const looks = (s: Protocol, setting: Setting): readonly ScenarioStep[] => {
  const steps: ScenarioStep[] = []
  const { owner, source } = setting
  const live = s.life === 'live' && !s.unbound
  if (live && isCoherent(setting) && !deviceHolds(s)) steps.push({ do: 'device-write', buffer: FRAME, device: owner })
  if (cpuMayWrite(s, setting)) steps.push({ do: 'cpu-write', buffer: FRAME })
  if (live && isCoherent(setting) && s.written !== 'none' && !deviceWrites(s))
    steps.push({ do: 'device-read', buffer: FRAME, device: owner })
  if (cpuMayRead(s, setting) && s.written !== 'none') steps.push({ do: 'cpu-read', buffer: FRAME })
  if (isShared(s) && s.written !== 'none' && !deviceHolds(s)) {
    steps.push({ do: 'vmap', buffer: FRAME })
    if (setting.kmap) steps.push({ do: 'kmap', buffer: FRAME })
  }
  if (live && source === 'coherent' && s.written !== 'none') steps.push({ do: 'mmap', buffer: FRAME })
  return steps
}

const importerLooks = (s: Protocol, setting: Setting, device: string): readonly ScenarioStep[] => {
  const importer = s.importers[device]
  if (importer === undefined || importer.mapped === null) return []
  const on = { buffer: FRAME, device }
  const steps: ScenarioStep[] = []
  const { mapped, owner, reused } = importer
  if (reused) {
    steps.push({ do: 'device-read', buffer: OTHER, device })
    return steps
  }
  if (owner === 'device' && !s.cpuAccess) {
    if (mapped !== 'FROM_DEVICE' && s.written !== 'none') steps.push({ do: 'device-read', ...on })
    if (mapped !== 'TO_DEVICE') steps.push({ do: 'device-write', ...on })
  }
  if (owner === 'device') steps.push({ do: 'sync', ...on, for: 'cpu', dir: mapped })
  steps.push({ do: 'sync', ...on, for: 'device', dir: mapped })
  if (setting.size >= 4096)
    steps.push({ do: 'sync', ...on, for: owner === 'device' ? 'cpu' : 'device', dir: mapped, offset: 0, len: 4096 })
  if (owner === 'cpu' && s.written !== 'none') steps.push({ do: 'sg-copy-to-buffer', ...on })
  if (owner === 'cpu' && mapped !== 'TO_DEVICE') steps.push({ do: 'sg-copy-from-buffer', ...on })
  if (isShared(s)) steps.push({ do: 'touch-pages', ...on })
  return steps
}

const sharing = (s: Protocol, setting: Setting): readonly ScenarioStep[] => {
  const steps: ScenarioStep[] = []
  if (s.life === 'live' && s.fd === 'none' && setting.source === 'coherent') steps.push({ do: 'export', buffer: FRAME })
  if (isShared(s) && !isCoherent(setting)) {
    if (!s.cpuAccess) steps.push({ do: 'begin-cpu-access', buffer: FRAME, dir: 'BIDIRECTIONAL' })
    else steps.push({ do: 'end-cpu-access', buffer: FRAME, dir: 'BIDIRECTIONAL' })
  }
  return steps
}

const importerMoves = (s: Protocol, setting: Setting, device: string): readonly ScenarioStep[] => {
  const importer = s.importers[device]
  if (importer === undefined) return []
  const on = { buffer: FRAME, device }
  const { attached, mapped, reused } = importer
  const steps: ScenarioStep[] = []
  if (mapped !== null) {
    if (s.list !== 'mapped' && !reused) steps.push({ do: 'unmap', ...on })
    return steps
  }
  if (isShared(s) && !attached) steps.push({ do: 'attach', ...on })
  if (attached || (isStreaming(setting) && s.life === 'live')) {
    if (!held(s, (other) => other.mapped !== 'TO_DEVICE') && !s.cpuAccess)
      steps.push({ do: 'map', ...on, dir: 'TO_DEVICE' })
    if (!held(s, () => true) && !s.cpuAccess) steps.push({ do: 'map', ...on, dir: 'FROM_DEVICE' })
  }
  if (attached) steps.push({ do: 'detach', ...on })
  return steps
}

/** A second buffer, of ordinary pages: in a table of the first, and beside it in one list. */
const others = (s: Protocol, setting: Setting): readonly ScenarioStep[] => {
  const device = setting.importers[0]
  const importer = device === undefined ? undefined : s.importers[device]
  if (device === undefined || importer === undefined || importer.mapped === null || importer.reused) return []
  const steps: ScenarioStep[] = []
  if (s.other === 'none') steps.push({ do: 'alloc', buffer: OTHER, size: 4096, from: 'user' })
  if (s.other === 'live') steps.push({ do: 'cpu-write', buffer: OTHER })
  if (s.other === 'written' && s.list === 'none' && isShared(s)) {
    if (importer.mapped === 'TO_DEVICE') steps.push({ do: 'reuse-table', buffer: FRAME, device, with: OTHER })
    steps.push({ do: 'sg-table', buffer: LIST, of: [FRAME, OTHER], device })
  }
  if (s.list === 'made') steps.push({ do: 'map', buffer: LIST, device, dir: importer.mapped })
  if (s.list === 'mapped')
    steps.push(
      { do: importer.mapped === 'TO_DEVICE' ? 'device-read' : 'device-write', buffer: LIST, device },
      { do: 'sg-copy-to-buffer', buffer: LIST, device },
      { do: 'unmap', buffer: LIST, device },
    )
  return steps
}

const endings = (s: Protocol, setting: Setting): readonly ScenarioStep[] => {
  const steps: ScenarioStep[] = []
  if (isShared(s)) steps.push({ do: 'close', buffer: FRAME })
  const owned = setting.source === 'coherent' || setting.source === 'dumb' || isStreaming(setting)
  if (s.life === 'live' && owned && (!isStreaming(setting) || !held(s, () => true)))
    steps.push({ do: 'free', buffer: FRAME })
  if (s.pool === 'there' && setting.pool) steps.push({ do: 'release-pool', device: setting.owner })
  if (!s.unbound && isCoherent(setting))
    steps.push({ do: 'unbind', device: setting.owner.split('.')[0] ?? setting.owner })
  if (setting.declare !== null && s.written !== 'linear' && s.life === 'live' && !held(s, () => true))
    steps.push({ do: 'linear-write', buffer: FRAME })
  return steps
}
