// dma-debug over events: every map, unmap, allocation, free and sync is paired the way the kernel's checker pairs them.
import { finding, type CheckerRule, type Event, type RuleRun } from '@dmalab/api'
import { isMappingError, type DebugEntry, type EntryRef, type Mapping } from '../dma-debug/entry.ts'
import { Grouped } from '../dma-debug/grouped.ts'
import { CacheLines, checkArea, checkSegments } from '../dma-debug/map.ts'
import { checkSync, syncOfNothing } from '../dma-debug/sync.ts'
import { Tracker } from '../dma-debug/tracker.ts'
import { coherentType, failedAllocation, pageType, sumOf } from '../dma-debug/types.ts'
import { checkUnmap, unmapOfNothing } from '../dma-debug/unmap.ts'
import { Leaks } from './leaks.ts'
import { Unexplained } from './unexplained.ts'

/** Bytes of a cache line where no session names it. */
const LINE_SIZE = 64

export interface MappingOptions {
  /** Markers of a log that say a driver let go of its device. */
  readonly unbindMarker: RegExp
  /** Gets the numbers that a report shows. */
  readonly onSummary?: (numbers: { readonly live: number; readonly untracedFrees: number }) => void
}

export const mappingRule = (options: MappingOptions): CheckerRule => ({
  name: 'dma-debug',
  source: 'Linux kernel/dma/debug.c',
  codes: [
    'unmap-error-cookie',
    'unmap-not-mapped',
    'unmap-size',
    'unmap-function',
    'free-cpu-address',
    'unmap-sg-count',
    'unmap-direction',
    'unchecked-mapping-error',
    'unmap-attributes',
    'sync-not-mapped',
    'sync-outside-range',
    'sync-direction',
    'sync-cpu-read-only',
    'sync-device-write-only',
    'sync-sg-count',
    'map-stack',
    'map-kernel-text',
    'map-invalid-area',
    'map-vmalloc',
    'map-zone-device',
    'map-resource-ram',
    'map-zero-length',
    'sg-segment-too-long',
    'sg-segment-boundary',
    'cacheline-overlap',
    'cacheline-overlap-overflow',
    'unbind-pending',
    'mapping-failed',
    'unmap-before-log',
    'leak-mapping',
    'leak-coherent',
    'live-at-end',
  ],
  create(report, context): RuleRun {
    let tracker = new Tracker()
    let untracedFrees = 0
    let checksTraced = false
    let cacheLines = new CacheLines(() => context.session?.lineSize ?? LINE_SIZE)
    const unexplained = new Unexplained(report, context)
    const leaks = new Leaks(report, context)

    const open = (mapping: Mapping, entries: readonly Omit<DebugEntry, 'mapping'>[]): void =>
      tracker.open(
        mapping,
        entries.map((entry) => ({ ...entry, mapping })),
      )

    /** Removes what an unmap found; coherent memory stays allocated until it is freed, whatever else is done to it. */
    const undo = (entry: DebugEntry, ref: EntryRef, at: number): void => {
      tracker.table.remove(entry)
      const { mapping } = entry
      if (mapping.kind === 'coherent' && ref.type !== 'coherent' && ref.type !== 'noncoherent') return
      if (mapping.physAddr !== undefined) cacheLines.remove(mapping.physAddr, mapping.dir, mapping.at)
      tracker.close(mapping, at)
    }

    const unmap = (ref: EntryRef, at: number, virtAddr?: string): boolean => {
      const extra = virtAddr === undefined ? { at, checksTraced } : { at, checksTraced, virtAddr }
      const entry = isMappingError(ref.dmaAddr) ? undefined : checkUnmap(tracker, ref, extra, report, context)
      if (entry !== undefined) {
        undo(entry, ref, at)
        unexplained.explained(ref.device)
        return true
      }
      const nothing = unmapOfNothing(tracker, ref, at)
      const orphan = tracker.at(ref.device, ref.dmaAddr).find(({ kind }) => kind === 'coherent')
      if (orphan !== undefined && ref.type === 'coherent') tracker.close(orphan, at)
      if (isMappingError(ref.dmaAddr)) report(nothing)
      else unexplained.add(nothing, ref.type === 'coherent' || ref.type === 'noncoherent')
      return false
    }

    const mapOne = (event: MapEvent): void => {
      leaks.active(event.device)
      if (isMappingError(event.dmaAddr)) {
        report(
          finding(
            'mapping-failed',
            `${event.device}: mapping ${event.size} B at physical 0x${event.physAddr.toString(16)} was refused`,
            {
              device: event.device,
              evidence: [event.at],
            },
          ),
        )
        return
      }
      checkArea(event, report, context)
      if (event.size === 0)
        report(
          finding('map-zero-length', `${event.device}: a mapping of 0 bytes at 0x${event.dmaAddr.toString(16)}`, {
            device: event.device,
            evidence: [event.at],
          }),
        )
      const { type, attrs } = pageType(event, context.kernelText)
      cacheLines.insert(event.device, event.physAddr, event.dir, event.attrs, event.at, report)
      open(mappingOf(event, 'streaming', event.dir, event.physAddr), [
        { ...event, type, attrs, sgCallEnts: 0, sgMappedEnts: 0, mapErrorChecked: false },
      ])
    }

    const mapSg = (event: SgEvent): void => {
      leaks.active(event.device)
      checkSegments(event, report, context)
      const size = sumOf(event.sizes)
      const first = event.physAddrs[0]
      if (first !== undefined) cacheLines.insert(event.device, first, event.dir, event.attrs, event.at, report)
      const mapping: Mapping = {
        ...mappingOf({ ...event, size, dmaAddr: event.dmaAddrs[0] ?? 0 }, 'sg', event.dir, first),
        list: event,
      }
      open(
        mapping,
        event.dmaAddrs.map((dmaAddr, index) => ({
          device: event.device,
          dmaAddr,
          size: event.sizes[index] ?? 0,
          type: 'sg' as const,
          dir: event.dir,
          attrs: event.attrs,
          sgCallEnts: event.nents,
          sgMappedEnts: event.ents,
          mapErrorChecked: undefined,
        })),
      )
    }

    /** Only physical addresses are printed: the list of the map event supplies the rest. */
    const unmapSg = (event: UnmapSgEvent): void => {
      leaks.active(event.device)
      const { device, dir, attrs, at } = event
      const mapping = tracker.listOf(device, event.physAddrs, dir)
      if (mapping?.list === undefined) {
        const physAddr = event.physAddrs[0] ?? 0
        unexplained.add(
          finding(
            'unmap-not-mapped',
            `${device}: a scatterlist of ${event.physAddrs.length} entries at physical 0x${physAddr.toString(16)} was unmapped but is not mapped`,
            {
              device,
              evidence: [at],
            },
          ),
          false,
        )
        return
      }
      const { list } = mapping
      const merged = new Grouped(report)
      for (let index = 0; index < Math.min(event.physAddrs.length, list.ents); index += 1) {
        const dmaAddr = list.dmaAddrs[index]
        if (dmaAddr === undefined) break // cut at 128: the rest was never printed
        const ref: EntryRef = {
          device,
          dmaAddr,
          size: list.sizes[index] ?? 0,
          type: 'sg',
          dir,
          attrs,
          sgCallEnts: event.physAddrs.length,
        }
        const entry = checkUnmap(tracker, ref, { at, checksTraced }, merged.add, context)
        if (entry !== undefined) tracker.table.remove(entry)
      }
      merged.flush()
      if (mapping.physAddr !== undefined) cacheLines.remove(mapping.physAddr, mapping.dir, mapping.at)
      tracker.close(mapping, at)
      unexplained.explained(device)
    }

    const syncOne = (event: SyncEvent): void => {
      leaks.active(event.device)
      const type = context.kernelText === '7.3' ? 'phy' : 'single'
      const ref: EntryRef = { ...event, type, attrs: 0, sgCallEnts: 0 }
      const toCpu = event.event === 'dma_sync_single_for_cpu'
      const entry = checkSync(tracker, ref, toCpu, event.at, report, context)
      if (entry === undefined) unexplained.add(syncOfNothing(tracker, ref, event.at), false)
    }

    const syncSg = (event: SyncSgEvent): void => {
      leaks.active(event.device)
      const toCpu = event.event === 'dma_sync_sg_for_cpu'
      const refAt = (index: number): EntryRef => ({
        device: event.device,
        dmaAddr: event.dmaAddrs[index] ?? 0,
        size: event.sizes[index] ?? 0,
        type: 'sg',
        dir: event.dir,
        attrs: 0,
        sgCallEnts: event.dmaAddrs.length,
      })
      const first = refAt(0)
      const mappedEnts = tracker.table.findExact(first)?.sgMappedEnts ?? 0
      if (mappedEnts === 0) {
        // The kernel stops here without a word; so do we, unless the list's memory was unmapped before our eyes.
        if (event.dmaAddrs.length > 0) {
          const { kernelText: _silent, ...nothing } = syncOfNothing(tracker, first, event.at)
          unexplained.add(nothing, false)
        }
        return
      }
      const merged = new Grouped(report)
      for (let index = 0; index < Math.min(event.dmaAddrs.length, mappedEnts); index += 1)
        checkSync(tracker, refAt(index), toCpu, event.at, merged.add, context)
      merged.flush()
    }

    const alloc = (event: AllocEvent): void => {
      leaks.active(event.device)
      if (event.event === 'dma_alloc_sgt_err' || failedAllocation(event.virtAddr)) {
        report(
          finding('mapping-failed', `${event.device}: allocating ${event.size} B of coherent memory failed`, {
            device: event.device,
            evidence: [event.at],
          }),
        )
        return
      }
      tracker.dropCoherentAt(event.device, event.dmaAddr)
      const mapping = mappingOf(event, 'coherent', event.dir, event.physAddr)
      const type = coherentType(event.event, context.kernelText)
      // The kernel does not track memory of a per-device pool.
      open(
        { ...mapping, virtAddr: event.virtAddr, pool: event.pool },
        event.pool === undefined
          ? [{ ...event, type, sgCallEnts: 0, sgMappedEnts: 0, mapErrorChecked: undefined }]
          : [],
      )
    }

    const allocSgt = (event: AllocSgtEvent): void => {
      leaks.active(event.device)
      tracker.dropCoherentAt(event.device, event.dmaAddr)
      const list = {
        nents: event.physAddrs.length,
        ents: 1,
        dmaAddrs: [event.dmaAddr],
        sizes: [event.size],
        physAddrs: event.physAddrs,
      }
      open({ ...mappingOf(event, 'coherent', event.dir, event.physAddrs[0]), list }, [
        { ...event, type: 'sg', sgCallEnts: list.nents, sgMappedEnts: 1, mapErrorChecked: undefined },
      ])
    }

    const reset = (): void => {
      untracedFrees += tracker.untracedFrees
      tracker = new Tracker()
      cacheLines = new CacheLines(() => context.session?.lineSize ?? LINE_SIZE)
    }

    return {
      onEvent(event): void {
        switch (event.event) {
          case 'dma_map_page':
          case 'dma_map_phys':
          case 'dma_map_resource':
            return mapOne(event)
          case 'dma_unmap_page':
          case 'dma_unmap_phys':
          case 'dma_unmap_resource': {
            leaks.active(event.device)
            unmap({ ...event, ...pageType(event, context.kernelText), sgCallEnts: 0 }, event.at)
            return
          }
          case 'dma_alloc':
          case 'dma_alloc_pages':
          case 'dma_alloc_sgt_err':
            return alloc(event)
          case 'dma_free':
          case 'dma_free_pages': {
            leaks.active(event.device)
            const type = coherentType(event.event, context.kernelText)
            unmap({ ...event, type, sgCallEnts: 0 }, event.at, event.virtAddr)
            return
          }
          case 'dma_alloc_sgt':
            return allocSgt(event)
          case 'dma_free_sgt': {
            leaks.active(event.device)
            const ref: EntryRef = { ...event, attrs: 0, type: 'sg', sgCallEnts: event.physAddrs.length }
            if (unmap(ref, event.at))
              for (const mapping of tracker.at(event.device, event.dmaAddr)) tracker.close(mapping, event.at)
            return
          }
          case 'pool_free': {
            const mapping = tracker.at(event.device, event.dmaAddr).find(({ kind }) => kind === 'coherent')
            if (mapping !== undefined) tracker.close(mapping, event.at)
            return
          }
          case 'dma_map_sg':
            return mapSg(event)
          case 'dma_map_sg_err':
            report(
              finding(
                'mapping-failed',
                `${event.device}: mapping a scatterlist of ${event.physAddrs.length} entries failed with ${event.err}`,
                {
                  device: event.device,
                  evidence: [event.at],
                },
              ),
            )
            return
          case 'dma_unmap_sg':
            return unmapSg(event)
          case 'dma_sync_single_for_cpu':
          case 'dma_sync_single_for_device':
            return syncOne(event)
          case 'dma_sync_sg_for_cpu':
          case 'dma_sync_sg_for_device':
            return syncSg(event)
          case 'dma_mapping_error': {
            checksTraced = true
            const entry = tracker.table
              .ofDevice(event.device)
              .find(({ dmaAddr, mapErrorChecked }) => dmaAddr === event.dmaAddr && mapErrorChecked === false)
            if (entry !== undefined) entry.mapErrorChecked = true
            return
          }
          case 'marker':
            if (options.unbindMarker.test(event.text)) leaks.unbound(tracker, event.text, event.at)
            else leaks.stepBegins()
            return
          case 'remove_device_from_group':
            return leaks.gone(tracker, event.device, event.at)
          case 'lost':
            // What was mapped before may have been undone in the gap: nothing can be said about it any more.
            return reset()
          case 'end':
            return leaks.end(tracker, event.at)
          default:
        }
      },
      onEnd(_complete, at): void {
        options.onSummary?.({ live: tracker.liveCount, untracedFrees: untracedFrees + tracker.untracedFrees })
        for (const unproved of unexplained.verdict()) report(unproved)
        leaks.stillLive(tracker, at)
      },
    }
  },
})

type MapEvent = Extract<Event, { event: 'dma_map_page' | 'dma_map_resource' | 'dma_map_phys' }>
type SgEvent = Extract<Event, { event: 'dma_map_sg' }>
type UnmapSgEvent = Extract<Event, { event: 'dma_unmap_sg' }>
type SyncEvent = Extract<Event, { event: 'dma_sync_single_for_cpu' | 'dma_sync_single_for_device' }>
type SyncSgEvent = Extract<Event, { event: 'dma_sync_sg_for_cpu' | 'dma_sync_sg_for_device' }>
type AllocEvent = Extract<Event, { event: 'dma_alloc' | 'dma_alloc_pages' | 'dma_alloc_sgt_err' }>
type AllocSgtEvent = Extract<Event, { event: 'dma_alloc_sgt' }>

const mappingOf = (
  event: { device: string; dmaAddr: number; size: number; attrs: number; at: number },
  kind: Mapping['kind'],
  dir: number,
  physAddr: number | undefined,
): Mapping => ({
  kind,
  device: event.device,
  dmaAddr: event.dmaAddr,
  size: event.size,
  dir,
  attrs: event.attrs,
  at: event.at,
  physAddr,
  virtAddr: undefined,
  pool: undefined,
  list: undefined,
  live: true,
})
