// Page, single and resource mappings: one event each for map, unmap and sync.
import { bytes, finding, hex, type Event } from '@dmalab/api'
import { isMappingError, type EntryRef } from '../dma-debug/entry.ts'
import { checkArea } from '../dma-debug/map.ts'
import { checkSync, syncOfNothing } from '../dma-debug/sync.ts'
import { pageType } from '../dma-debug/types.ts'
import { handOver } from './accesses.ts'
import { mappingOf, type Books } from './books.ts'

type MapEvent = Extract<Event, { event: 'dma_map_page' | 'dma_map_resource' | 'dma_map_phys' }>
type UnmapEvent = Extract<Event, { event: 'dma_unmap_page' | 'dma_unmap_resource' | 'dma_unmap_phys' }>
type SyncEvent = Extract<Event, { event: 'dma_sync_single_for_cpu' | 'dma_sync_single_for_device' }>

export const mapOne = (books: Books, event: MapEvent): void => {
  const { device } = event
  books.begins(event)
  const bounced = books.bounces.take(event, [event.physAddr], isMappingError(event.dmaAddr))
  if (isMappingError(event.dmaAddr)) {
    books.report(
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
  checkArea(event, books.report, books.context, books.physDigits)
  if (event.size === 0)
    books.report(
      finding('map-zero-length', `${device}: a mapping of 0 bytes at ${hex(event.dmaAddr)}`, {
        device,
        evidence: [event.at],
      }),
    )
  const { type, attrs } = pageType(event, books.dialect)
  books.cacheLines.insert(event, event.physAddr, books.report)
  const entry = {
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
  books.open(mappingOf(event, 'streaming', event.physAddr, bounced), [entry], event)
}

export const unmapOne = (books: Books, event: UnmapEvent): void => {
  const { device, dmaAddr, size, dir } = event
  books.undo({ device, dmaAddr, size, dir, ...pageType(event, books.dialect), sgCallEnts: 0 }, event)
}

export const syncOne = (books: Books, event: SyncEvent): void => {
  const { device, dmaAddr, size, dir, at } = event
  books.leaks.active(device)
  const type = books.dialect.types.sync
  const ref: EntryRef = { device, dmaAddr, size, dir, type, attrs: 0, sgCallEnts: 0 }
  const toCpu = event.event === 'dma_sync_single_for_cpu'
  const entry = checkSync(books.tracker, ref, toCpu, at, books.report, books.context)
  if (entry === undefined)
    books.unexplained.add(syncOfNothing(books.tracker, ref, at, books.context.unit), false, event)
  else handOver(entry.mapping, toCpu)
}

/** The driver asked about an address: dma-debug marks the first entry there that was not asked about. */
export const mappingErrorAsked = (books: Books, event: Extract<Event, { event: 'dma_mapping_error' }>): void => {
  books.checksTraced = true
  const entry = books.tracker.table
    .ofDevice(event.device)
    .find(({ dmaAddr, mapErrorChecked }) => dmaAddr === event.dmaAddr && mapErrorChecked === false)
  if (entry !== undefined) entry.mapErrorChecked = true
}
