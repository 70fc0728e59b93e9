// Which decoder reads the body of which event.
import type { EventBody } from '@dmalab/api'
import * as dma from './decode-dma.ts'
import * as others from './decode-others.ts'

const FENCES = ['emit', 'init', 'destroy', 'enable_signal', 'signaled', 'wait_start', 'wait_end'] as const

const DECODERS: ReadonlyMap<string, (body: string) => EventBody | undefined> = new Map<
  string,
  (body: string) => EventBody | undefined
>([
  ...(['dma_map_page', 'dma_map_resource', 'dma_map_phys'] as const).map(
    (name) => [name, (body: string) => dma.decodeMap(name, body)] as const,
  ),
  ...(['dma_unmap_page', 'dma_unmap_resource', 'dma_unmap_phys'] as const).map(
    (name) => [name, (body: string) => dma.decodeUnmap(name, body)] as const,
  ),
  ...(['dma_alloc', 'dma_alloc_pages', 'dma_alloc_sgt_err'] as const).map(
    (name) => [name, (body: string) => dma.decodeAlloc(name, body)] as const,
  ),
  ...(['dma_free', 'dma_free_pages'] as const).map(
    (name) => [name, (body: string) => dma.decodeFree(name, body)] as const,
  ),
  ['dma_alloc_sgt', dma.decodeAllocSgt],
  ['dma_free_sgt', dma.decodeFreeSgt],
  ['dma_map_sg', dma.decodeMapSg],
  ['dma_map_sg_err', dma.decodeMapSgErr],
  ['dma_unmap_sg', dma.decodeUnmapSg],
  ...(['dma_sync_single_for_cpu', 'dma_sync_single_for_device'] as const).map(
    (name) => [name, (body: string) => dma.decodeSync(name, body)] as const,
  ),
  ...(['dma_sync_sg_for_cpu', 'dma_sync_sg_for_device'] as const).map(
    (name) => [name, (body: string) => dma.decodeSyncSg(name, body)] as const,
  ),
  ...(['dma_buf_export', 'dma_buf_put', 'dma_buf_mmap_internal', 'dma_buf_mmap'] as const).map(
    (name) => [name, (body: string) => others.decodeBuf(name, body)] as const,
  ),
  ...(['dma_buf_fd', 'dma_buf_get'] as const).map(
    (name) => [name, (body: string) => others.decodeBufFd(name, body)] as const,
  ),
  ...(['dma_buf_dynamic_attach', 'dma_buf_detach'] as const).map(
    (name) => [name, (body: string) => others.decodeBufAttach(name, body)] as const,
  ),
  ...FENCES.map(
    (suffix) => [`dma_fence_${suffix}`, (body: string) => others.decodeFence(`dma_fence_${suffix}`, body)] as const,
  ),
  // Their names before 4.10.
  ...FENCES.map(
    (suffix) => [`fence_${suffix}`, (body: string) => others.decodeFence(`dma_fence_${suffix}`, body)] as const,
  ),
  ['swiotlb_bounced', others.decodeBounced],
  ['map', others.decodeIommuMap],
  ['unmap', others.decodeIommuUnmap],
  ...(['add_device_to_group', 'remove_device_from_group'] as const).map(
    (name) => [name, (body: string) => others.decodeIommuGroup(name, body)] as const,
  ),
  ...(['attach_device_to_domain', 'detach_device_from_domain'] as const).map(
    (name) => [name, (body: string) => others.decodeIommuDevice(name, body)] as const,
  ),
  ['io_page_fault', others.decodeIoFault],
  ['cma_alloc_start', others.decodeCmaStart],
  // Its name before 5.12.
  ['cma_alloc', (body: string) => others.decodeCmaFinish('cma_alloc_finish', body)],
  ...(['cma_alloc_finish', 'cma_alloc_busy_retry'] as const).map(
    (name) => [name, (body: string) => others.decodeCmaFinish(name, body)] as const,
  ),
  ['cma_release', others.decodeCmaRelease],
  ...(['vb2_qbuf', 'vb2_buf_queue', 'vb2_buf_done', 'vb2_dqbuf'] as const).map(
    (name) => [name, (body: string) => others.decodeVb2(name, body)] as const,
  ),
  ...(['v4l2_qbuf', 'v4l2_dqbuf'] as const).map(
    (name) => [name, (body: string) => others.decodeV4l2(name, body)] as const,
  ),
  ['tracing_mark_write', (text: string) => ({ event: 'marker', text })],
  // trace-cmd's name for it; it repeats the kernel's in the text.
  ['print', (text: string) => ({ event: 'marker', text: text.replace(/^tracing_mark_write: /, '') })],
])

export const EVENT_NAMES: readonly string[] = [...DECODERS.keys()]

/** undefined: the body is not what this event prints. */
export const decodeText = (name: string, body: string): EventBody | undefined => DECODERS.get(name)?.(body)
