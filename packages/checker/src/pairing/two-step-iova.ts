// Memory that was linked to bus addresses in two steps: dma-debug does not know of it, so nothing but the mapping itself is followed.
import { finding, hex, type Event } from '@dmalab/api'
import { named } from '../dma-debug/describe.ts'
import type { Mapping } from '../dma-debug/entry.ts'
import { mappingOf } from '../dma-debug/mapping-of.ts'
import type { MappingLedger } from './mapping-ledger.ts'

type LinkEvent = Extract<Event, { event: 'iova_link' }>
type RangeEvent = Extract<Event, { event: 'iova_sync' | 'iova_unlink' }>

export const linkIova = (ledger: MappingLedger, event: LinkEvent): void => {
  ledger.begins(event)
  const bounced = ledger.bounces.take(event, [event.physAddr], false)
  const mapping = mappingOf(event, 'linked', event.physAddr, bounced)
  ledger.unsynced.add(mapping)
  ledger.open(mapping, [], event)
}

export const syncIova = (ledger: MappingLedger, event: RangeEvent): void => {
  ledger.leaks.active(event.device)
  for (const mapping of linksWithin(ledger, event)) ledger.unsynced.delete(mapping)
}

/** Every link that begins within the addresses. */
export const unlinkIova = (ledger: MappingLedger, event: RangeEvent): void => {
  ledger.leaks.active(event.device)
  for (const mapping of linksWithin(ledger, event)) ledger.close(mapping, event.at)
}

/** The device came before dma_iova_sync(): told once a link. */
export const usedUnsynced = (ledger: MappingLedger, mapping: Mapping, dmaAddr: number, at: number): void => {
  if (!ledger.unsynced.delete(mapping)) return
  const { device } = mapping
  const text = `${device} used ${named(mapping)} at ${hex(dmaAddr)} before dma_iova_sync()`
  ledger.report(finding('iova-not-synced', text, { device, evidence: [mapping.at, at] }))
}

const linksWithin = (ledger: MappingLedger, { device, dmaAddr, size }: RangeEvent): readonly Mapping[] =>
  [...ledger.tracker.live(device)].filter(
    (mapping) => mapping.kind === 'linked' && mapping.dmaAddr >= dmaAddr && mapping.dmaAddr < dmaAddr + size,
  )
