// Events as a kernel prints them: the bodies, in the form of a release.
import { ATTR, attrNames, dirName, has, type DmaEvent, type EventBody, type TraceFormat } from '@dmalab/api'

/** 64 bits without 0x; numbers cannot hold the last ones, which all stand for an error. */
const hex64 = (value: number): string => (value >= 2 ** 64 - 2048 ? 'f'.repeat(16) : value.toString(16))
const array = (values: readonly number[]): string => `{${values.map((value) => `0x${hex64(value)}`).join(',')}}`
const iova = (value: number): string => `0x${value.toString(16).padStart(16, '0')}`
const pointer = (text: string): string => (text === '' ? '0'.repeat(16) : text)
const flags = (text: string): string => (text === '' ? 'none' : text)

const { MMIO } = ATTR
const isMmio = (attrs: number): boolean => has(attrs, MMIO)

/** Name and body, or undefined for what no kernel prints. */
export const printed = (
  event: EventBody,
  format: TraceFormat,
): { readonly name: string; readonly body: string } | undefined => {
  const attrs = (bits: number): string => attrNames(bits, format.attrs)
  const line = (body: string, name: string = event.event): { name: string; body: string } => ({ name, body })
  switch (event.event) {
    case 'dma_map_page':
    case 'dma_map_resource':
    case 'dma_map_phys': {
      const { name, bits } = pageName(event, 'map', format)
      return line(`${head(event)} phys_addr=${hex64(event.physAddr)} attrs=${attrs(bits)}`, name)
    }
    case 'dma_unmap_page':
    case 'dma_unmap_resource':
    case 'dma_unmap_phys': {
      const { name, bits } = pageName(event, 'unmap', format)
      return line(`${head(event)} attrs=${attrs(bits)}`, name)
    }
    case 'dma_alloc':
    case 'dma_alloc_pages':
    case 'dma_alloc_sgt_err':
      return line(
        `${head(event)} virt_addr=${pointer(event.virtAddr)} flags=${flags(event.flags)} attrs=${attrs(event.attrs)}`,
      )
    case 'dma_free':
    case 'dma_free_pages':
      return line(`${head(event)} virt_addr=${pointer(event.virtAddr)} attrs=${attrs(event.attrs)}`)
    case 'dma_alloc_sgt':
      return line(
        `${head(event)} phys_addrs=${array(event.physAddrs)} flags=${flags(event.flags)} attrs=${attrs(event.attrs)}`,
      )
    case 'dma_free_sgt':
      return line(`${head(event)} phys_addrs=${array(event.physAddrs)}`)
    case 'dma_map_sg': {
      const { nents, ents } = event
      const counts = `nents=${Math.min(nents, LIST_LIMIT)}/${nents} ents=${Math.min(ents, LIST_LIMIT)}/${ents}`
      const cut = nents > LIST_LIMIT || ents > LIST_LIMIT ? ' [TRUNCATED]' : ''
      const [dma, sizes, phys] = [event.dmaAddrs, event.sizes, event.physAddrs].map((list) =>
        array(list.slice(0, LIST_LIMIT)),
      )
      return line(
        `${event.device} dir=${dirName(event.dir)} ${counts}${cut} dma_addrs=${dma} sizes=${sizes} phys_addrs=${phys} attrs=${attrs(event.attrs)}`,
      )
    }
    case 'dma_map_sg_err':
      return line(
        `${event.device} dir=${dirName(event.dir)} dma_addrs=${array(event.physAddrs)} err=${event.err} attrs=${attrs(event.attrs)}`,
      )
    case 'dma_unmap_sg':
      return line(
        `${event.device} dir=${dirName(event.dir)} phys_addrs=${array(event.physAddrs)} attrs=${attrs(event.attrs)}`,
      )
    case 'dma_sync_single_for_cpu':
    case 'dma_sync_single_for_device':
      return line(head(event))
    case 'dma_sync_sg_for_cpu':
    case 'dma_sync_sg_for_device':
      return line(
        `${event.device} dir=${dirName(event.dir)} dma_addrs=${array(event.dmaAddrs)} sizes=${array(event.sizes)}`,
      )
    case 'dma_buf_export':
    case 'dma_buf_put':
    case 'dma_buf_mmap_internal':
    case 'dma_buf_mmap':
      return line(buffer(event))
    case 'dma_buf_fd':
    case 'dma_buf_get':
      return line(`${buffer(event)} fd=${event.fd}`)
    case 'dma_buf_dynamic_attach':
    case 'dma_buf_detach':
      return line(
        `${buffer(event)} attachment:${event.attachment} is_dynamic=${event.isDynamic ? 1 : 0} dev_name=${event.device}`,
      )
    case 'dma_fence_emit':
    case 'dma_fence_init':
    case 'dma_fence_destroy':
    case 'dma_fence_enable_signal':
    case 'dma_fence_signaled':
    case 'dma_fence_wait_start':
    case 'dma_fence_wait_end':
      return line(`driver=${event.driver} timeline=${event.timeline} context=${event.context} seqno=${event.seqno}`)
    case 'swiotlb_bounced':
      return line(
        `dev_name: ${event.device} dma_mask=${hex64(event.dmaMask)} dev_addr=${hex64(event.devAddr)} size=${event.size} ${event.force ? 'FORCE' : 'NORMAL'}`,
      )
    case 'add_device_to_group':
    case 'remove_device_from_group':
      return line(`IOMMU: groupID=${event.group} device=${event.device}`)
    case 'attach_device_to_domain':
    case 'detach_device_from_domain':
      return line(`IOMMU: device=${event.device}`)
    case 'map':
      return line(
        `IOMMU: iova=${iova(event.iova)} - ${iova(event.end)} paddr=${iova(event.physAddr)} size=${event.size}`,
      )
    case 'unmap':
      return line(
        `IOMMU: iova=${iova(event.iova)} - ${iova(event.end)} size=${event.size} unmapped_size=${event.unmappedSize}`,
      )
    case 'io_page_fault':
      return line(
        `IOMMU:${event.driver} ${event.device} iova=${iova(event.iova)} flags=0x${event.flags.toString(16).padStart(4, '0')}`,
      )
    case 'cma_alloc_start':
      // 7.x prints what is free and how large the area is; the event does not hold it.
      return line(`name=${event.name} count=${event.count} align=${event.align}`)
    case 'cma_alloc_finish':
    case 'cma_alloc_busy_retry': {
      const errno = event.errno === undefined ? '' : ` errorno=${event.errno}`
      return line(
        `name=${event.name} pfn=0x${hex64(event.pfn)} page=${'0'.repeat(16)} count=${event.count} align=${event.align}${errno}`,
      )
    }
    case 'cma_release':
      return line(`name=${event.name} pfn=0x${hex64(event.pfn)} page=${'0'.repeat(16)} count=${event.count}`)
    case 'vb2_qbuf':
    case 'vb2_buf_queue':
    case 'vb2_buf_done':
    case 'vb2_dqbuf':
      return line(
        `owner = ${event.owner}, queued = ${event.queued}, owned_by_drv = ${event.ownedByDriver}, index = ${event.index}, type = ${event.type}, bytesused = ${event.bytesused}, timestamp = ${event.timestamp}`,
      )
    case 'v4l2_qbuf':
    case 'v4l2_dqbuf':
      return line(
        `minor = ${event.minor}, index = ${event.index}, type = ${event.type}, bytesused = ${event.bytesused}, flags = ${event.flags}, field = ${event.field}, timestamp = ${event.timestamp}, ${NO_TIMECODE}, sequence = ${event.sequence}`,
      )
    case 'marker':
      return line(event.text.replaceAll('\n', ' '), 'tracing_mark_write')
    default:
      return undefined
  }
}

/** Entries of a list that one event prints. */
export const LIST_LIMIT = 128

const NO_TIMECODE =
  'timecode = { type = 0x0, flags = , frames = 0, seconds = 0, minutes = 0, hours = 0, userbits = { 0 0 0 0 } }'

const head = (event: { device: string; dir: number; dmaAddr: number; size: number }): string =>
  `${event.device} dir=${dirName(event.dir)} dma_addr=${hex64(event.dmaAddr)} size=${event.size}`

const buffer = (event: { expName: string; size: number; ino: number }): string =>
  `exp_name=${event.expName} size=${event.size} ino=${event.ino}`

/** Pages and resources have an event each, or one for both and an attribute. */
const pageName = (
  event: DmaEvent & { readonly attrs: number },
  what: 'map' | 'unmap',
  format: TraceFormat,
): { readonly name: string; readonly bits: number } => {
  const { attrs } = event
  const resource = event.event.endsWith('_resource') || (event.event.endsWith('_phys') && isMmio(attrs))
  if (format.mapEvents === 'phys')
    return { name: `dma_${what}_phys`, bits: resource && !isMmio(attrs) ? attrs + MMIO : attrs }
  const bits = event.event.endsWith('_phys') && isMmio(attrs) ? attrs - MMIO : attrs
  return { name: `dma_${what}_${resource ? 'resource' : 'page'}`, bits }
}
