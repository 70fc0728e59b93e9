// dma-debug over events: every map, unmap, allocation, free and sync is paired the way the kernel's checker pairs them.
import {
  finding,
  type CheckerContext,
  type CheckerRule,
  type Event,
  type ReportFinding,
  type RuleRun,
} from '@dmalab/api'
import { isResource } from '../dma-debug/types.ts'
import { cpuAccess, deviceAccess, ioFault } from '../pairing/accesses.ts'
import { MappingLedger } from '../pairing/mapping-ledger.ts'
import { alloc, allocSgt, free, freeSgt, poolFree } from '../pairing/coherent.ts'
import { mapSg, syncSg, unmapSg } from '../pairing/lists.ts'
import { mapOne, mappingErrorAsked, syncOne, unmapOne } from '../pairing/streaming.ts'
import { linkIova, syncIova, unlinkIova } from '../pairing/two-step-iova.ts'
import type { QuickPairing } from '../quick/quick-pairing.ts'

export interface MappingOptions {
  /** Markers of a log that say a driver let go of its device. */
  readonly unbindMarker: RegExp
  /** Mappings live at once before all are forgotten. */
  readonly follow?: number
  /** Nothing is paired the short way. */
  readonly thorough?: boolean
  /** So many live mappings were forgotten, at this step. */
  readonly onForget?: (count: number, at: number) => void
  /** Gets the numbers that a report shows. */
  readonly onSummary?: (numbers: { readonly live: number; readonly untracedFrees: number }) => void
}

export interface MappingRule extends CheckerRule {
  create(report: ReportFinding, context: CheckerContext): MappingRun
}

export interface MappingRun extends RuleRun {
  /** Takes the commonest events as numbers: onEvent() is for those that it leaves. */
  readonly quick: QuickPairing
}

const NO_PID = -1

/** True: the event is one of the commonest, and there is nothing to say about it. */
const takenQuickly = (quick: QuickPairing, event: Event): boolean => {
  switch (event.event) {
    case 'dma_map_page':
    case 'dma_map_phys': {
      if (event.area !== undefined || isResource(event)) return false
      const { device, dmaAddr, size, dir, attrs, physAddr, at, pid = NO_PID } = event
      return quick.map(device, dmaAddr, size, dir, attrs, physAddr, at, pid)
    }
    case 'dma_unmap_page':
    case 'dma_unmap_phys':
      if (isResource(event)) return false
      return quick.unmap(event.device, event.dmaAddr, event.size, event.dir, event.attrs, event.at)
    case 'dma_sync_single_for_cpu':
      return quick.sync(event.device, event.dmaAddr, event.size, event.dir, true)
    case 'dma_sync_single_for_device':
      return quick.sync(event.device, event.dmaAddr, event.size, event.dir, false)
    case 'dma_mapping_error':
      return quick.asks(event.device, event.dmaAddr)
    case 'dma_map_sg':
      return quick.mapList(event)
    case 'dma_unmap_sg':
      return quick.unmapList(event)
    case 'dma_sync_sg_for_cpu':
    case 'dma_sync_sg_for_device':
      return quick.syncList(event)
    default:
      return false
  }
}

export const mappingRule = (options: MappingOptions): MappingRule => ({
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
    'overlapping-mappings',
    'conflicting-directions',
    'bounce-without-sync',
    'bounce-not-synced',
    'bounced',
    'device-address-cut',
    'device-access-unmapped',
    'device-access-after-unmap',
    'device-access-overrun',
    'device-access-direction',
    'cpu-access-device-owned',
    'stale-read',
    'missing-sync',
    'iommu-fault',
    'pool-double-free',
    'pool-overlap',
    'unbind-pending',
    'mapping-failed',
    'unmap-before-log',
    'leak-mapping',
    'leak-coherent',
    'live-at-end',
  ],
  create(report, context) {
    const ledger = new MappingLedger(report, context, options)
    let stopped = false
    return {
      quick: ledger.quick,
      onEvent(event): void {
        if (options.thorough !== true && takenQuickly(ledger.quick, event)) return
        ledger.quick.meet(event)
        switch (event.event) {
          case 'dma_map_page':
          case 'dma_map_phys':
          case 'dma_map_resource':
            return mapOne(ledger, event)
          case 'dma_unmap_page':
          case 'dma_unmap_phys':
          case 'dma_unmap_resource':
            return unmapOne(ledger, event)
          case 'dma_sync_single_for_cpu':
          case 'dma_sync_single_for_device':
            return syncOne(ledger, event)
          case 'dma_mapping_error':
            return mappingErrorAsked(ledger, event)
          case 'dma_map_sg':
            return mapSg(ledger, event)
          case 'dma_unmap_sg':
            return unmapSg(ledger, event)
          case 'dma_sync_sg_for_cpu':
          case 'dma_sync_sg_for_device':
            return syncSg(ledger, event)
          case 'dma_map_sg_err': {
            const { device, err } = event
            ledger.bounces.take(event, [])
            const what = `mapping a scatterlist of ${event.physAddrs.length} entries failed with ${err}`
            return report(finding('mapping-failed', `${device}: ${what}`, { device, evidence: [event.at] }))
          }
          case 'dma_alloc':
          case 'dma_alloc_pages':
          case 'dma_alloc_sgt_err':
            return alloc(ledger, event)
          case 'dma_free':
          case 'dma_free_pages':
            return free(ledger, event)
          case 'dma_alloc_sgt':
            return allocSgt(ledger, event)
          case 'dma_free_sgt':
            return freeSgt(ledger, event)
          case 'iova_link':
            return linkIova(ledger, event)
          case 'iova_sync':
            return syncIova(ledger, event)
          case 'iova_unlink':
            return unlinkIova(ledger, event)
          case 'pool_free':
            return poolFree(ledger, event)
          case 'swiotlb_bounced':
            return ledger.bounces.bounced(event)
          case 'vb2_qbuf':
            return ledger.bounces.queued(event)
          case 'vb2_dqbuf':
            return ledger.bounces.dequeued(event)
          case 'device_access':
            return deviceAccess(ledger, event)
          case 'cpu_access':
            return cpuAccess(ledger, event)
          case 'io_page_fault':
            return ioFault(ledger, event)
          case 'marker':
            if (options.unbindMarker.test(event.text)) ledger.leaks.unbound(ledger.tracker, event.text, event.at)
            else if (!/unb(?:ind|ound)/i.test(event.text)) ledger.leaks.stepBegins()
            return
          case 'driver_unbound':
          case 'remove_device_from_group':
            return ledger.leaks.gone(ledger.tracker, event.device, event.at)
          case 'lost':
            return ledger.forget()
          case 'oops':
            stopped = true
            return
          case 'end':
            return ledger.leaks.end(ledger.tracker, event.at, event.stoppedAt)
          default:
        }
      },
      onEnd(): void {
        ledger.quick.tellAll()
        options.onSummary?.({ live: ledger.tracker.liveCount, untracedFrees: ledger.untracedFrees })
        ledger.unexplained.decide()
        ledger.bounces.end()
        // After an oops nothing is given back: that is not a leak.
        if (!stopped) ledger.leaks.stillLive(ledger.tracker)
      },
    }
  },
})
