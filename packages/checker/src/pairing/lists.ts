// Scatterlists: dma-debug keeps an entry per mapped segment, the unmap event names only physical pages.
import { finding, hex, type Event } from '@dmalab/api'
import type { EntryRef, Mapping, SgList } from '../dma-debug/entry.ts'
import { Grouped } from '../dma-debug/grouped.ts'
import { checkSegments } from '../dma-debug/map.ts'
import { checkSync, syncOfNothing } from '../dma-debug/sync.ts'
import { sumOf } from '../dma-debug/types.ts'
import { checkUnmap } from '../dma-debug/unmap.ts'
import { handOver } from './accesses.ts'
import { mappingOf, type Books } from './books.ts'

type MapSgEvent = Extract<Event, { event: 'dma_map_sg' }>
type UnmapSgEvent = Extract<Event, { event: 'dma_unmap_sg' }>
type SyncSgEvent = Extract<Event, { event: 'dma_sync_sg_for_cpu' | 'dma_sync_sg_for_device' }>

export const mapSg = (books: Books, event: MapSgEvent): void => {
  books.begins(event)
  checkSegments(event, books.report, books.context)
  const { device, dir, attrs, at, nents, ents, dmaAddrs, sizes, physAddrs } = event
  const first = physAddrs[0]
  const merged = new Grouped(books.report)
  for (const page of physAddrs.slice(0, ents)) books.cacheLines.insert(event, page, merged.add)
  merged.flush()
  const place = { device, dir, attrs, at, size: sumOf(sizes), dmaAddr: dmaAddrs[0] ?? 0 }
  const mapping: Mapping = {
    ...mappingOf(place, 'sg', first, books.bounces.take(event, physAddrs)),
    list: { nents, ents, dmaAddrs, sizes, physAddrs },
  }
  // A cut line may name addresses whose sizes are lost: those are not tracked.
  const known = dmaAddrs.slice(0, sizes.length)
  books.open(
    mapping,
    known.map((dmaAddr, index) => ({
      device,
      dmaAddr,
      size: sizes[index] ?? 0,
      type: 'sg' as const,
      dir,
      attrs,
      sgCallEnts: nents,
      sgMappedEnts: ents,
      mapErrorChecked: undefined,
    })),
    event,
  )
}

/** The list of the map event supplies the device addresses that the unmap event does not print. */
export const unmapSg = (books: Books, event: UnmapSgEvent): void => {
  const { device, at, physAddrs } = event
  books.leaks.active(device)
  const mapping = books.tracker.listOf(device, physAddrs, event.dir)
  if (mapping?.list === undefined) {
    const what = `a scatterlist of ${physAddrs.length} entries at physical ${hex(physAddrs[0] ?? 0)}`
    books.unexplained.add(
      finding('unmap-not-mapped', `${device}: ${what} was unmapped but is not mapped`, { device, evidence: [at] }),
      false,
      event,
    )
    return
  }
  const cut = event.truncated === true
  const merged = new Grouped(books.report)
  const { list } = mapping
  const count = cut ? list.nents : physAddrs.length
  for (let index = 0; index < Math.min(count, list.ents, list.sizes.length); index += 1) {
    const ref = refOf(device, list, index, cut ? mapping.dir : event.dir, cut ? mapping.attrs : event.attrs, count)
    const entry = checkUnmap(books.tracker, ref, books.unmapExtra(at), merged.add, books.context)
    if (entry !== undefined) books.tracker.table.remove(entry)
  }
  merged.flush()
  books.close(mapping, at)
  books.unexplained.explained(device, false)
}

/**
 * Models: Linux v6.12 kernel/dma/debug.c: debug_dma_sync_sg_for_cpu
 */
export const syncSg = (books: Books, event: SyncSgEvent): void => {
  books.leaks.active(event.device)
  const toCpu = event.event === 'dma_sync_sg_for_cpu'
  const refAt = (index: number): EntryRef => refOf(event.device, event, index, event.dir, 0, event.dmaAddrs.length)
  const first = refAt(0)
  const mappedEnts = books.tracker.table.findExact(first)?.sgMappedEnts ?? 0
  if (mappedEnts === 0) {
    // The kernel stops here without a word: the finding is ours alone.
    const { kernelText: _none, ...nothing } = syncOfNothing(books.tracker, first, event.at, books.context.unit)
    if (event.dmaAddrs.length > 0) books.unexplained.add(nothing, false, event)
    return
  }
  const merged = new Grouped(books.report)
  for (let index = 0; index < Math.min(event.dmaAddrs.length, mappedEnts); index += 1)
    syncEntry(books, refAt(index), toCpu, event.at, merged)
  merged.flush()
}

const syncEntry = (books: Books, ref: EntryRef, toCpu: boolean, at: number, merged: Grouped): void => {
  const entry = checkSync(books.tracker, ref, toCpu, at, merged.add, books.context)
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
