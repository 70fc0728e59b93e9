// Which events may have to do with what is pending, so that the ledger must know of it before it takes them.
import type { Event, EventName } from '@dmalab/api'
import type { DeviceMappings } from '../dma-debug/tracker.ts'
import type { PendingLists } from './pending-lists.ts'
import type { PendingMappings } from './pending-mappings.ts'

/** What is pending, and what is known of the event's device. */
export interface Pending {
  readonly pending: PendingMappings
  readonly lists: PendingLists
  readonly lineSize: number
  readonly known: { readonly number: number; readonly ledger: DeviceMappings | undefined } | undefined
}

/** Events of which the ledger knows nothing, or that it joins with what it knows by itself. */
const HARMLESS: ReadonlySet<EventName> = new Set<EventName>([
  ...(['lost', 'oops', 'dma_map_sg_err', 'dma_mapping_error', 'swiotlb_bounced', 'vb2_qbuf', 'vb2_dqbuf'] as const),
  ...(['step', 'ioctl', 'printk', 'cache_summary', 'bounce_copy', 'arch_sync', 'cache_maint', 'cache_line'] as const),
  ...(['map', 'unmap', 'add_device_to_group', 'attach_device_to_domain', 'detach_device_from_domain'] as const),
  ...(['cma_alloc_start', 'cma_alloc_finish', 'cma_alloc_busy_retry', 'cma_release'] as const),
  ...(['vb2_buf_queue', 'vb2_buf_done'] as const),
])

/** The devices of events that name one are known by number. */
export const concerns = (event: Event, all: Pending): boolean => {
  const number = all.known?.number ?? 0
  switch (event.event) {
    case 'dma_map_page':
    case 'dma_map_phys':
    case 'dma_map_resource':
      return touches(all.pending, number, event.dmaAddr, event.physAddr, event.size, all.lineSize)
    case 'dma_unmap_page':
    case 'dma_unmap_phys':
    case 'dma_unmap_resource':
      return all.pending.find(number, event.dmaAddr) >= 0
    case 'dma_unmap_sg':
      return all.lists.beginsAt(event.physAddrs[0])
    case 'dma_map_sg':
      return touchesList(event, number, all)
    case 'dma_sync_sg_for_cpu':
    case 'dma_sync_sg_for_device':
      // A list that was told cut is synced whole.
      return event.dmaAddrs.some((at) => all.known?.ledger?.beginsAt(at) !== true)
    default:
      return !HARMLESS.has(event.event)
  }
}

type MapSgEvent = Extract<Event, { event: 'dma_map_sg' }>

/** Lists may have more memory than their sizes tell of, when they were merged. */
const touchesList = ({ dmaAddrs, sizes, physAddrs }: MapSgEvent, number: number, all: Pending): boolean => {
  const { pending, lists, lineSize } = all
  if (lists.beginsAt(physAddrs[0]) || dmaAddrs.some((at) => pending.find(number, at) >= 0)) return true
  return physAddrs.some((at, i) => meets(pending, at, sizes[i] ?? 1, lineSize))
}

const touches = (
  pending: PendingMappings,
  number: number,
  dmaAddr: number,
  physAddr: number,
  size: number,
  lineSize: number,
): boolean => pending.find(number, dmaAddr) >= 0 || meets(pending, physAddr, size, lineSize)

const meets = (pending: PendingMappings, physAddr: number, size: number, lineSize: number): boolean =>
  size > MOST_COMPARED || pending.meets(physAddr, Math.max(size, 1), lineSize)

/** Longer ranges are not looked at chunk by chunk. */
const MOST_COMPARED = 2 ** 24
