// Steps of an importer: it attaches, maps, is given the buffer by a sync and gives it back, and looks at what the list names.
import type { ScenarioStep, StepDirection } from '@dmalab/api'
import { held, isShared, isStreaming, NARROW_BITS, type Setting } from './setting.ts'
import { FRAME, type ImporterState, type MappedAs, OTHER, type Protocol } from './protocol.ts'

/** Bytes that a driver maps alone, in an odd place of a page, and those of them that it syncs alone. */
const PART = { offset: 1536, len: 2048 } as const
const PART_OF_PART = { offset: 2560, len: 512 } as const
const PAGE = { offset: 0, len: 4096 } as const

export const importerLooks = (s: Protocol, setting: Setting, device: string): readonly ScenarioStep[] => {
  const importer = s.importers[device]
  if (importer === undefined || importer.mapped === null) return []
  const on = { buffer: FRAME, device }
  const { mapped, owner, reused, as } = importer
  if (as === 'linked') return importer.synced === 'device' ? accesses(s, on, mapped) : []
  if (reused) return [{ do: 'device-read', buffer: OTHER, device }]
  const steps: ScenarioStep[] = []
  const written = isWritten(s)
  if (owner === 'device' && !s.cpuAccess) steps.push(...accesses(s, on, mapped))
  if (owner === 'device') steps.push({ do: 'sync', ...on, for: 'cpu', dir: mapped })
  steps.push({ do: 'sync', ...on, for: 'device', dir: mapped })
  const bytes = as === 'part' ? PART_OF_PART : PAGE
  if (setting.size === bytes.len || (setting.size > bytes.len && owner === 'device'))
    steps.push({ do: 'sync', ...on, for: owner === 'device' ? 'cpu' : 'device', dir: mapped, ...bytes })
  if (importer.synced === 'part' && mapped === 'FROM_DEVICE' && written && isStreaming(setting))
    steps.push({ do: 'cpu-read', buffer: FRAME, offset: bytes.offset, len: bytes.len })
  if (as === 'part') return steps
  if (importer.synced === 'cpu' && s.written !== 'none') steps.push({ do: 'sg-copy-to-buffer', ...on })
  if (owner === 'cpu' && mapped !== 'FROM_DEVICE') steps.push({ do: 'sg-copy-from-buffer', ...on })
  if (isShared(s)) steps.push({ do: 'touch-pages', ...on })
  return steps
}

const isWritten = ({ written }: Protocol): boolean => written !== 'none' && written !== 'list'

const accesses = (s: Protocol, on: On, mapped: StepDirection): readonly ScenarioStep[] => [
  ...(mapped !== 'FROM_DEVICE' && isWritten(s) ? [{ do: 'device-read', ...on } as const] : []),
  ...(mapped !== 'TO_DEVICE' ? [{ do: 'device-write', ...on } as const] : []),
]

export const importerMoves = (s: Protocol, setting: Setting, device: string): readonly ScenarioStep[] => {
  const importer = s.importers[device]
  if (importer === undefined || importer.odd) return []
  const on = { buffer: FRAME, device }
  const { attached, mapped, reused, iova } = importer
  if (iova !== 'none') return linkMoves(on, importer)
  // What the CPU wrote into the list is for the device: a sync hands it over.
  if (mapped !== null) return reused || s.written === 'list' ? [] : unmaps(setting, on, importer.as)
  const steps: ScenarioStep[] = []
  if (setting.masking.includes(device) && !s.masked.includes(device))
    steps.push({ do: 'set-mask', device, bits: NARROW_BITS })
  if (isShared(s) && !attached) steps.push({ do: 'attach', ...on })
  const free = !s.cpuAccess && s.written !== 'list'
  const streaming = isStreaming(setting) && s.life === 'live'
  if (free && (attached || streaming)) {
    for (const dir of directions(s, setting)) {
      steps.push({ do: 'map', ...on, dir })
      if (streaming && !attached) steps.push(...otherMaps(setting, on, dir))
    }
  }
  if (attached) steps.push({ do: 'detach', ...on })
  else if (free && streaming && setting.links && !importer.before) steps.push({ do: 'iova-alloc', ...on })
  return steps
}

const directions = (s: Protocol, { bothWays }: Setting): readonly StepDirection[] => {
  if (bothWays) return held(s, () => true) ? [] : ['BIDIRECTIONAL']
  return [
    ...(held(s, (other) => other.mapped !== 'TO_DEVICE') ? [] : (['TO_DEVICE'] as const)),
    ...(held(s, () => true) ? [] : (['FROM_DEVICE'] as const)),
  ]
}

/** What a driver does with bus addresses that it took: dma_iova_link(), _sync(), _unlink(), _free() and _destroy(). */
const linkMoves = (on: On, { iova, synced }: ImporterState): readonly ScenarioStep[] => {
  switch (iova) {
    case 'taken':
      return [
        { do: 'iova-link', ...on, dir: 'TO_DEVICE' },
        { do: 'iova-link', ...on, dir: 'FROM_DEVICE' },
        { do: 'iova-free', ...on },
      ]
    case 'linked':
      return synced === 'none'
        ? [{ do: 'iova-sync', ...on }]
        : [
            { do: 'iova-unlink', ...on },
            { do: 'iova-destroy', ...on },
          ]
    default:
      return []
  }
}

interface On {
  readonly buffer: string
  readonly device: string
}

/** A driver that maps its own pages chooses which bytes, and who cleans the caches. */
const otherMaps = ({ size }: Setting, on: On, dir: StepDirection): readonly ScenarioStep[] => [
  ...(size >= PART.offset + PART.len ? [{ do: 'map', ...on, dir, ...PART, as: 'page' } as const] : []),
  { do: 'map', ...on, dir, attrs: ['SKIP_CPU_SYNC'] },
]

const unmaps = ({ unmapAttrs }: Setting, on: On, as: MappedAs): readonly ScenarioStep[] => {
  switch (as) {
    case 'unsynced':
      return [{ do: 'unmap', ...on, attrs: ['SKIP_CPU_SYNC'] }]
    case 'part':
      return [{ do: 'unmap', ...on }, ...unmapAttrs.map((attr) => ({ do: 'unmap', ...on, attrs: [attr] }) as const)]
    default:
      return [{ do: 'unmap', ...on }]
  }
}
