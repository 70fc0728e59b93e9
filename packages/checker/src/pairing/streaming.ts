// Page, single and resource mappings: one event each for map, unmap and sync.
import { bytes, finding, hex, type Event } from '@dmalab/api'
import { isMappingError, type EntryRef } from '../dma-debug/entry.ts'
import { checkArea } from '../dma-debug/map.ts'
import { checkSync, syncOfNothing } from '../dma-debug/sync.ts'
import { pageType } from '../dma-debug/types.ts'
import { handOver, mappingOf } from '../dma-debug/mapping-of.ts'
import type { MappingLedger } from './mapping-ledger.ts'

type MapEvent = Extract<Event, { event: 'dma_map_page' | 'dma_map_resource' | 'dma_map_phys' }>
type UnmapEvent = Extract<Event, { event: 'dma_unmap_page' | 'dma_unmap_resource' | 'dma_unmap_phys' }>
type SyncEvent = Extract<Event, { event: 'dma_sync_single_for_cpu' | 'dma_sync_single_for_device' }>

export const mapOne = (ledger: MappingLedger, event: MapEvent): void => {
  const { device } = event
  ledger.begins(event)
  const bounced = ledger.bounces.take(event, [event.physAddr], isMappingError(event.dmaAddr))
  if (isMappingError(event.dmaAddr)) {
    ledger.report(
      finding(
        'mapping-failed',
        `${device}: mapping ${bytes(event.size)} at physical ${hex(event.physAddr)} was refused`,
        {
          device,
          evidence: [event.at],
        },
      ),
    )
    return
  }
  checkArea(event, ledger.report, ledger.context, ledger.physDigits)
  if (event.size === 0)
    ledger.report(
      finding('map-zero-length', `${device}: a mapping of 0 bytes at ${hex(event.dmaAddr)}`, {
        device,
        evidence: [event.at],
      }),
    )
  const { type, attrs } = pageType(event, ledger.dialect)
  ledger.cacheLines.insert(event, event.physAddr, ledger.report)
  const mapping = mappingOf(event, 'streaming', event.physAddr, bounced)
  const entry = {
    mapping,
    device,
    dmaAddr: event.dmaAddr,
    size: event.size,
    dir: event.dir,
    type,
    attrs,
    sgCallEnts: 0,
    sgMappedEnts: 0,
    mapErrorChecked: false,
  }
  ledger.open(mapping, [entry], event)
}

export const unmapOne = (ledger: MappingLedger, event: UnmapEvent): void => {
  const { device, dmaAddr, size, dir } = event
  ledger.undo({ device, dmaAddr, size, dir, ...pageType(event, ledger.dialect), sgCallEnts: 0 }, event)
}

export const syncOne = (ledger: MappingLedger, event: SyncEvent): void => {
  const { device, dmaAddr, size, dir, at } = event
  ledger.leaks.active(device)
  const type = ledger.dialect.types.sync
  const ref: EntryRef = { device, dmaAddr, size, dir, type, attrs: 0, sgCallEnts: 0 }
  const toCpu = event.event === 'dma_sync_single_for_cpu'
  const entry = checkSync(ledger.tracker, ref, toCpu, at, ledger.report, ledger.context)
  if (entry === undefined)
    ledger.unexplained.add(syncOfNothing(ledger.tracker, ref, at, ledger.context.unit), false, event)
  else handOver(entry.mapping, toCpu)
}

/** The driver asked about an address: dma-debug marks the first entry there that was not asked about. */
export const mappingErrorAsked = (
  ledger: MappingLedger,
  event: Extract<Event, { event: 'dma_mapping_error' }>,
): void => {
  ledger.checksTraced = true
  const entry = ledger.tracker.table
    .ofDevice(event.device)
    .find(({ dmaAddr, mapErrorChecked }) => dmaAddr === event.dmaAddr && mapErrorChecked === false)
  if (entry !== undefined) entry.mapErrorChecked = true
}
