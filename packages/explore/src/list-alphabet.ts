// Steps with a second buffer, of ordinary pages: in a table of the first one, and beside it in one list.
import type { ScenarioStep } from '@dmalab/api'
import { isShared, type Setting } from './setting.ts'
import { FRAME, LIST, OTHER, type Protocol } from './protocol.ts'

export const listMoves = (s: Protocol, setting: Setting): readonly ScenarioStep[] => {
  const device = setting.importers[0]
  const importer = device === undefined ? undefined : s.importers[device]
  if (device === undefined || importer === undefined || importer.mapped === null || importer.reused) return []
  if (importer.as !== 'whole') return []
  const steps: ScenarioStep[] = []
  if (s.other === 'none') steps.push({ do: 'alloc', buffer: OTHER, size: 4096, from: 'user' })
  if (s.other === 'live') steps.push({ do: 'cpu-write', buffer: OTHER })
  if (s.other === 'written' && s.list === 'none' && isShared(s)) {
    if (importer.mapped === 'TO_DEVICE' && setting.remaps)
      steps.push({ do: 'reuse-table', buffer: FRAME, device, with: OTHER })
    steps.push({ do: 'sg-table', buffer: LIST, of: [FRAME, OTHER], device })
  }
  if (s.list === 'made') steps.push({ do: 'map', buffer: LIST, device, dir: importer.mapped })
  if (s.list === 'mapped')
    steps.push(
      { do: importer.mapped === 'TO_DEVICE' ? 'device-read' : 'device-write', buffer: LIST, device },
      { do: 'sync', buffer: LIST, device, for: 'cpu', dir: importer.mapped },
    )
  if (s.list === 'given') steps.push({ do: 'sg-copy-to-buffer', buffer: LIST, device })
  if (s.list === 'mapped' || s.list === 'given') steps.push({ do: 'unmap', buffer: LIST, device })
  return steps
}
