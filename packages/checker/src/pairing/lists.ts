// Scatterlists: dma-debug keeps an entry per mapped segment, the unmap event names only physical pages.
import { finding, hex, type Event } from '@dmalab/api'
import type { EntryRef, Mapping, SgList } from '../dma-debug/entry.ts'
import { Grouped } from '../dma-debug/grouped.ts'
import { checkSegments } from '../dma-debug/map.ts'
import { checkSync, syncOfNothing } from '../dma-debug/sync.ts'
import { sumOf } from '../dma-debug/types.ts'
import { checkUnmap } from '../dma-debug/unmap.ts'
import { handOver, mappingOf, sgEntries } from '../dma-debug/mapping-of.ts'
import type { MappingLedger } from './mapping-ledger.ts'

type MapSgEvent = Extract<Event, { event: 'dma_map_sg' }>
type UnmapSgEvent = Extract<Event, { event: 'dma_unmap_sg' }>
type SyncSgEvent = Extract<Event, { event: 'dma_sync_sg_for_cpu' | 'dma_sync_sg_for_device' }>

export const mapSg = (ledger: MappingLedger, event: MapSgEvent): void => {
  ledger.begins(event)
  checkSegments(event, ledger.report, ledger.context)
  const { device, dir, attrs, at, nents, ents, dmaAddrs, sizes, physAddrs } = event
  const first = physAddrs[0]
  const merged = new Grouped(ledger.report)
  for (const page of physAddrs.slice(0, ents)) ledger.cacheLines.insert(event, page, merged.add)
  merged.flush()
  const place = { device, dir, attrs, at, size: sumOf(sizes), dmaAddr: dmaAddrs[0] ?? 0 }
  const mapping: Mapping = {
    ...mappingOf(place, 'sg', first, ledger.bounces.take(event, physAddrs)),
    list: { nents, ents, dmaAddrs, sizes, physAddrs },
  }
  ledger.open(mapping, sgEntries(mapping, { nents, ents, dmaAddrs, sizes, physAddrs }), event)
}

/** The list of the map event supplies the device addresses that the unmap event does not print. */
export const unmapSg = (ledger: MappingLedger, event: UnmapSgEvent): void => {
  const { device, at, physAddrs } = event
  ledger.leaks.active(device)
  const mapping = ledger.tracker.listOf(device, physAddrs, event.dir)
  if (mapping?.list === undefined) {
    const what = `a scatterlist of ${physAddrs.length} entries at physical ${hex(physAddrs[0] ?? 0)}`
    ledger.unexplained.add(
      finding('unmap-not-mapped', `${device}: ${what} was unmapped but is not mapped`, { device, evidence: [at] }),
      false,
      event,
    )
    return
  }
  const cut = event.truncated === true
  const merged = new Grouped(ledger.report)
  const { list } = mapping
  const count = cut ? list.nents : physAddrs.length
  const extra = ledger.unmapExtra(at)
  for (let index = 0; index < Math.min(count, list.ents, list.sizes.length); index += 1) {
    const ref = refOf(device, list, index, cut ? mapping.dir : event.dir, cut ? mapping.attrs : event.attrs, count)
    const entry = checkUnmap(ledger.tracker, ref, extra, merged.add, ledger.context)
    if (entry !== undefined) ledger.tracker.table.remove(entry)
  }
  merged.flush()
  ledger.close(mapping, at)
  ledger.unexplained.explained(device, false)
}

/**
 * Models: Linux v6.12 kernel/dma/debug.c: debug_dma_sync_sg_for_cpu
 */
export const syncSg = (ledger: MappingLedger, event: SyncSgEvent): void => {
  ledger.leaks.active(event.device)
  const toCpu = event.event === 'dma_sync_sg_for_cpu'
  const refAt = (index: number): EntryRef => refOf(event.device, event, index, event.dir, 0, event.dmaAddrs.length)
  const first = refAt(0)
  const mappedEnts = ledger.tracker.table.findExact(first)?.sgMappedEnts ?? 0
  if (mappedEnts === 0) {
    ledger.quick.tellAll()
    // The kernel stops here silently: only dmalab reports it.
    const { kernelText: _none, ...nothing } = syncOfNothing(ledger.tracker, first, event.at, ledger.context.unit)
    if (event.dmaAddrs.length > 0) ledger.unexplained.add(nothing, false, event)
    return
  }
  const merged = new Grouped(ledger.report)
  for (let index = 0; index < Math.min(event.dmaAddrs.length, mappedEnts); index += 1)
    syncEntry(ledger, refAt(index), toCpu, event.at, merged)
  merged.flush()
}

const syncEntry = (ledger: MappingLedger, ref: EntryRef, toCpu: boolean, at: number, merged: Grouped): void => {
  const entry = checkSync(ledger.tracker, ref, toCpu, at, merged.add, ledger.context)
  if (entry !== undefined) handOver(entry.mapping, toCpu)
}

const refOf = (
  device: string,
  list: Pick<SgList, 'dmaAddrs' | 'sizes'>,
  index: number,
  dir: number,
  attrs: number,
  sgCallEnts: number,
): EntryRef => ({
  device,
  dmaAddr: list.dmaAddrs[index] ?? 0,
  size: list.sizes[index] ?? 0,
  type: 'sg',
  dir,
  attrs,
  sgCallEnts,
})
