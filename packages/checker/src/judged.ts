// What each finding code needs to see before its absence means anything: a log without syncs says nothing about syncs.
import { FINDINGS, type EventName, type FindingCode, type NotJudged } from '@dmalab/api'

/** One of these events, or the code was not judged; `lacks` is what a report says then. */
interface Need {
  readonly lacks: string
  readonly events: readonly EventName[]
}

const RUN: Need = { lacks: 'only a run of the model shows it', events: ['session'] }
const MAP_ONE = ['dma_map_page', 'dma_map_phys', 'dma_map_resource'] as const
const UNMAP_ONE = ['dma_unmap_page', 'dma_unmap_phys', 'dma_unmap_resource'] as const
const ALLOC_EVENTS = ['dma_alloc', 'dma_alloc_pages', 'dma_alloc_sgt'] as const
const FREE_EVENTS = ['dma_free', 'dma_free_pages', 'dma_free_sgt'] as const
const SYNC_ONE = ['dma_sync_single_for_cpu', 'dma_sync_single_for_device'] as const
const SYNC_LIST = ['dma_sync_sg_for_cpu', 'dma_sync_sg_for_device'] as const

const MAP: Need = { lacks: 'no mapping', events: [...MAP_ONE, 'dma_map_sg'] }
const SINGLE_MAP: Need = { lacks: 'no mapping of a page', events: MAP_ONE }
const UNMAP: Need = { lacks: 'no unmap', events: [...UNMAP_ONE, 'dma_unmap_sg'] }
const UNDO: Need = { lacks: 'no unmap and no free', events: [...UNMAP_ONE, 'dma_unmap_sg', ...FREE_EVENTS] }
const UNMAP_LIST: Need = { lacks: 'no unmap of a list', events: ['dma_unmap_sg'] }
const FREE: Need = { lacks: 'no free of coherent memory', events: FREE_EVENTS }
const ALLOC: Need = { lacks: 'no allocation of coherent memory', events: ALLOC_EVENTS }
const TAKE: Need = { lacks: 'no mapping and no allocation', events: [...MAP.events, 'dma_map_sg_err', ...ALLOC_EVENTS] }
const SYNC: Need = { lacks: 'no sync', events: [...SYNC_ONE, ...SYNC_LIST] }
const SYNC_SG: Need = { lacks: 'no sync of a list', events: SYNC_LIST }
const BOUNCE: Need = { lacks: 'no bounce', events: ['swiotlb_bounced'] }
const BUFFER: Need = {
  lacks: 'no video buffer',
  events: ['vb2_qbuf', 'vb2_buf_queue', 'vb2_buf_done', 'vb2_dqbuf'],
}
const DMA_BUF: Need = {
  lacks: 'no dma-buf',
  events: ['dma_buf_export', 'dma_buf_get', 'dma_buf_fd', 'dma_buf_dynamic_attach', 'dma_buf_detach', 'dma_buf_put'],
}
const IOMMU: Need = {
  lacks: 'no IOMMU',
  events: ['io_page_fault', 'attach_device_to_domain', 'add_device_to_group', 'map', 'unmap'],
}
/** A log stops while things are in use; only what ends a driver shows what it left behind. */
const GONE: Need = { lacks: 'no end of a driver', events: ['driver_unbound', 'remove_device_from_group', 'marker'] }
const ANY: readonly Need[] = []

/** Beyond a run of the model, which shows everything. What is not here needs one. */
const IN_A_LOG: Partial<Readonly<Record<FindingCode, readonly Need[]>>> = {
  'unmap-error-cookie': [UNMAP],
  'unmap-not-mapped': [UNDO],
  'unmap-size': [UNDO],
  'unmap-function': [UNDO],
  'free-cpu-address': [FREE],
  'unmap-sg-count': [UNMAP_LIST],
  'unmap-direction': [UNMAP],
  'unmap-attributes': [UNDO],
  'sync-not-mapped': [SYNC],
  'sync-outside-range': [SYNC],
  'sync-direction': [SYNC],
  'sync-cpu-read-only': [SYNC],
  'sync-device-write-only': [SYNC],
  'sync-sg-count': [SYNC_SG],
  'cacheline-overlap': [MAP],
  'cacheline-overlap-overflow': [MAP],
  'overlapping-mappings': [MAP],
  'conflicting-directions': [MAP],
  'map-zero-length': [SINGLE_MAP],
  'mapping-failed': [TAKE],
  'unbind-pending': [GONE, TAKE],
  'leak-mapping': [GONE, MAP],
  'leak-coherent': [GONE, ALLOC],
  'live-at-end': [TAKE],
  'unmap-before-log': [UNDO],
  'bounce-without-sync': [BOUNCE],
  'bounce-not-synced': [BOUNCE],
  bounced: [BOUNCE],
  'iommu-fault': [IOMMU],
  'dma-buf-use-after-put': [DMA_BUF],
  'dma-buf-detach-unattached': [DMA_BUF],
  'vb2-state': [BUFFER],
  'log-incomplete': ANY,
  'tracking-limit': ANY,
}

/** Codes that the events could neither prove nor exclude, by what is missing. A code that was found has been judged. */
export const notJudged = (seen: ReadonlySet<EventName>, found: ReadonlySet<string>): readonly NotJudged[] => {
  if (seen.has('session')) return []
  const byReason = new Map<string, string[]>()
  for (const code of Object.keys(FINDINGS) as FindingCode[]) {
    if (found.has(code)) continue
    const needs: readonly Need[] = IN_A_LOG[code] ?? [RUN]
    const missing = needs.find(({ events }) => !events.some((event) => seen.has(event)))
    if (missing === undefined) continue
    const codes = byReason.get(missing.lacks)
    if (codes === undefined) byReason.set(missing.lacks, [code])
    else codes.push(code)
  }
  return [...byReason].map(([lacks, codes]) => ({ lacks, codes }))
}

/** Did any event say something about DMA? Markers, gaps and the name of a kernel do not. */
export const examinedAny = (seen: ReadonlySet<EventName>): boolean =>
  seen.has('session') || Object.values(IN_A_LOG).some((needs) => needs.some((one) => one !== GONE && hasOne(one, seen)))

const hasOne = ({ events }: Need, seen: ReadonlySet<EventName>): boolean => events.some((event) => seen.has(event))
