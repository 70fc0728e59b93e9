// Which steps may be done next: those that keep the rules of the DMA API and of dma-buf, so that what goes wrong is the kernel's doing.
import type { ScenarioStep } from '@dmalab/api'
import { endings } from './ending-alphabet.ts'
import { importerLooks, importerMoves } from './importer-alphabet.ts'
import { listMoves } from './list-alphabet.ts'
import { FRAME, type Protocol } from './protocol.ts'
import { held, isCoherent, isShared, isStreaming, NARROW_BITS, type Setting } from './setting.ts'

/** In a fixed order, those that change nothing first. */
export const nextCalls = (s: Protocol, setting: Setting): readonly ScenarioStep[] => {
  if (s.pool === 'undeclared' && setting.declare !== null)
    return [{ do: 'declare-pool', device: setting.owner, ...setting.declare }]
  const owner = setting.owner.split('.')[0] ?? setting.owner
  if (setting.masking.includes(owner) && !s.masked.includes(owner))
    return [{ do: 'set-mask', device: owner, bits: NARROW_BITS, coherent: true }]
  if (s.life === 'none') return [allocOf(setting)]
  // What becomes of memory whose driver has gone is the driver's doing.
  if (s.unbound)
    return [...looks(s, setting), ...setting.importers.flatMap((device) => importerLooks(s, setting, device))]
  // While its pages are lent to a list they are that list's.
  if (s.list === 'mapped' || s.list === 'given') return [...listMoves(s, setting), ...endings(s, setting)]
  return [
    ...looks(s, setting),
    ...setting.importers.flatMap((device) => importerLooks(s, setting, device)),
    ...sharing(s, setting),
    ...setting.importers.flatMap((device) => importerMoves(s, setting, device)),
    ...listMoves(s, setting),
    ...endings(s, setting),
  ]
}

const allocOf = ({ source, above, size, owner, attrs }: Setting): ScenarioStep => ({
  do: 'alloc',
  buffer: FRAME,
  size,
  from: source,
  ...(source === 'coherent' || source === 'dumb' ? { device: owner } : {}),
  ...(source === 'coherent' && attrs.length > 0 ? { attrs } : {}),
  ...(source === 'pages' && above !== null ? { above } : {}),
})

const deviceHolds = (s: Protocol): boolean => held(s, ({ owner }) => owner === 'device')
const deviceWrites = (s: Protocol): boolean =>
  held(s, ({ mapped, owner }) => owner === 'device' && mapped !== 'TO_DEVICE')
/** The CPU wrote through the kernel's own mapping of a list: no device sees it before a sync for the device, or an unmap. */
const inCaches = (s: Protocol): boolean => s.written === 'list'

const cpuMayRead = (s: Protocol, setting: Setting): boolean =>
  !inCaches(s) &&
  !Object.values(s.importers).some(({ odd }) => odd) &&
  (s.life === 'live' || s.fd === 'open') &&
  (isCoherent(setting) ? !deviceWrites(s) : isStreaming(setting) ? !deviceHolds(s) : s.cpuAccess)
const cpuMayWrite = (s: Protocol, setting: Setting): boolean =>
  cpuMayRead(s, setting) &&
  (!held(s, ({ mapped }) => mapped === 'FROM_DEVICE') || isCoherent(setting)) &&
  !deviceHolds(s)

/** The exporter's side of the buffer, and the CPU's. */
const looks = (s: Protocol, setting: Setting): readonly ScenarioStep[] => {
  const steps: ScenarioStep[] = []
  const { owner, source } = setting
  const live = s.life === 'live' && !s.unbound && !inCaches(s)
  const written = s.written !== 'none' && !inCaches(s)
  if (live && isCoherent(setting) && !deviceHolds(s)) steps.push({ do: 'device-write', buffer: FRAME, device: owner })
  if (cpuMayWrite(s, setting)) steps.push({ do: 'cpu-write', buffer: FRAME })
  if (live && isCoherent(setting) && written && !deviceWrites(s))
    steps.push({ do: 'device-read', buffer: FRAME, device: owner })
  if (cpuMayRead(s, setting) && written) steps.push({ do: 'cpu-read', buffer: FRAME })
  // What has caches of its own is looked at between begin and end of CPU access only.
  if (isShared(s) && written && !deviceHolds(s) && (isCoherent(setting) || s.cpuAccess)) {
    steps.push({ do: 'vmap', buffer: FRAME })
    if (setting.kmap) steps.push({ do: 'kmap', buffer: FRAME })
  }
  if (live && source === 'coherent' && written && !deviceWrites(s)) steps.push(...mmaps(setting.size))
  return steps
}

const mmaps = (size: number): readonly ScenarioStep[] => [
  { do: 'mmap', buffer: FRAME },
  ...(size > 8192 ? [{ do: 'mmap', buffer: FRAME, offset: 4096, len: 4096 } as const] : []),
]

const sharing = (s: Protocol, setting: Setting): readonly ScenarioStep[] => {
  const steps: ScenarioStep[] = []
  if (s.life === 'live' && s.fd === 'none' && setting.source === 'coherent') steps.push({ do: 'export', buffer: FRAME })
  if (isShared(s) && !isCoherent(setting)) {
    if (!s.cpuAccess) steps.push({ do: 'begin-cpu-access', buffer: FRAME, dir: 'BIDIRECTIONAL' })
    else steps.push({ do: 'end-cpu-access', buffer: FRAME, dir: 'BIDIRECTIONAL' })
  }
  if (setting.timers && s.waited === false && Object.values(s.importers).some(({ before }) => before))
    steps.push({ do: 'wait', ms: FLUSH_MS })
  return steps
}

/** Longer than what the timer of the IOMMU's flush queue waits. */
const FLUSH_MS = 20
