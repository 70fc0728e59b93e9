// Bodies of dma_buf, dma_fence, swiotlb, iommu, cma, vb2 and v4l2.
import type { DmaBufEvent, FenceEvent, MediaEvent, PlatformEvent } from '@dmalab/api'
import { readHex } from '../values.ts'

const BUF = /^exp_name=(\S+) size=(\d{1,20}) ino=(\d{1,20})$/
const BUF_FD = /^exp_name=(\S+) size=(\d{1,20}) ino=(\d{1,20}) fd=(-?\d{1,20})$/
const BUF_ATTACH = /^exp_name=(\S+) size=(\d{1,20}) ino=(\d{1,20}) attachment:(\S+) is_dynamic=([01]) dev_name=(\S+)$/
const FENCE = /^driver=(.*) timeline=(.*) context=(\d{1,20}) seqno=(\d{1,20})$/
// 3.14 to 4.8 print `swiotlb_force` or nothing, 4.9 to 6.0 also NO_FORCE.
const BOUNCED =
  /^dev_name: (\S+) dma_mask=([0-9a-f]{1,16}) dev_addr=([0-9a-f]{1,16}) size=(\d{1,20})(?: (FORCE|NORMAL|NO_FORCE|swiotlb_force)?)?$/
// Kernels older than 6.1 print no end.
const IOMMU_MAP =
  /^IOMMU: iova=0x([0-9a-f]{1,16})(?: - 0x([0-9a-f]{1,16}))? paddr=0x([0-9a-f]{1,16}) size=(\d{1,20}|0x[0-9a-f]{1,16})$/
const IOMMU_UNMAP =
  /^IOMMU: iova=0x([0-9a-f]{1,16})(?: - 0x([0-9a-f]{1,16}))? size=(\d{1,20}|0x[0-9a-f]{1,16})(?: unmapped_size=(\d{1,20}|0x[0-9a-f]{1,16}))?$/
const IOMMU_GROUP = /^IOMMU: groupID=(\d{1,20}) device=(\S+)$/
const IOMMU_DEVICE = /^IOMMU: device=(\S+)$/
const IO_FAULT = /^IOMMU:\s?(\S+) (\S+) iova=0x([0-9a-f]{1,16}) flags=0x([0-9a-f]{1,16})$/
const CMA_START =
  /^name=(\S+) (?:count|request_count)=(\d{1,20}) (?:available_count=\d+ total_count=\d+ )?align=(\d{1,20})$/
// Kernels before 5.12 print no name of the area, and those before 6.1 the pfn without 0x.
const CMA_FINISH =
  /^(?:name=(\S+) )?pfn=(?:0x)?([0-9a-f]{1,16}) page=\S+ count=(\d{1,20}) align=(\d{1,20})(?: errorno=(-?\d{1,20}))?$/
const CMA_RELEASE = /^(?:name=(\S+) )?pfn=(?:0x)?([0-9a-f]{1,16}) page=\S+ count=(\d{1,20})$/
// Before 4.5 without timestamp.
const VB2 =
  /^owner = (.+?), queued = (\d{1,20}), owned_by_drv = (-?\d{1,20}), index = (\d{1,20}), type = (\d{1,20}), bytesused = (\d{1,20})(?:, timestamp = (\d{1,20}))?$/
const V4L2 =
  /^minor = (-?\d{1,20}), (?:fh = \S+, )?index = (\d{1,20}), type = (\S+), bytesused = (\d{1,20}), flags = (\S*), field = (\S*), timestamp = (\d{1,20}), timecode = \{.*\}, sequence = (\d{1,20})$/

export const decodeBuf = (
  event: 'dma_buf_export' | 'dma_buf_put' | 'dma_buf_mmap_internal' | 'dma_buf_mmap',
  body: string,
): DmaBufEvent | undefined => {
  const f = BUF.exec(body)
  return f === null ? undefined : { event, ...buffer(f) }
}
export const decodeBufFd = (event: 'dma_buf_fd' | 'dma_buf_get', body: string): DmaBufEvent | undefined => {
  const f = BUF_FD.exec(body)
  return f === null ? undefined : { event, ...buffer(f), fd: Number(f[4]) }
}
export const decodeBufAttach = (
  event: 'dma_buf_dynamic_attach' | 'dma_buf_detach',
  body: string,
): DmaBufEvent | undefined => {
  const f = BUF_ATTACH.exec(body)
  return f === null
    ? undefined
    : { event, ...buffer(f), attachment: f[4] ?? '', isDynamic: f[5] === '1', device: f[6] ?? '' }
}
const buffer = (f: RegExpExecArray): { expName: string; size: number; ino: number } => ({
  expName: f[1] ?? '',
  size: Number(f[2]),
  ino: Number(f[3]),
})

export const decodeFence = (event: FenceEvent['event'], body: string): FenceEvent | undefined => {
  const f = FENCE.exec(body)
  return f === null
    ? undefined
    : { event, driver: f[1] ?? '', timeline: f[2] ?? '', context: Number(f[3]), seqno: Number(f[4]) }
}

export const decodeBounced = (body: string): PlatformEvent | undefined => {
  const f = BOUNCED.exec(body)
  return f === null
    ? undefined
    : {
        event: 'swiotlb_bounced',
        device: f[1] ?? '',
        dmaMask: readHex(f[2] ?? ''),
        devAddr: readHex(f[3] ?? ''),
        size: Number(f[4]),
        force: f[5] === 'FORCE' || f[5] === 'swiotlb_force',
      }
}
export const decodeIommuMap = (body: string): PlatformEvent | undefined => {
  const f = IOMMU_MAP.exec(body)
  return f === null
    ? undefined
    : {
        event: 'map',
        iova: readHex(f[1] ?? ''),
        end: f[2] === undefined ? readHex(f[1] ?? '') + Number(f[4]) : readHex(f[2]),
        physAddr: readHex(f[3] ?? ''),
        size: Number(f[4]),
      }
}
export const decodeIommuUnmap = (body: string): PlatformEvent | undefined => {
  const f = IOMMU_UNMAP.exec(body)
  return f === null
    ? undefined
    : {
        event: 'unmap',
        iova: readHex(f[1] ?? ''),
        end: f[2] === undefined ? readHex(f[1] ?? '') + Number(f[3]) : readHex(f[2]),
        size: Number(f[3]),
        unmappedSize: Number(f[4] ?? f[3]),
      }
}
export const decodeIommuGroup = (
  event: 'add_device_to_group' | 'remove_device_from_group',
  body: string,
): PlatformEvent | undefined => {
  const f = IOMMU_GROUP.exec(body)
  return f === null ? undefined : { event, group: Number(f[1]), device: f[2] ?? '' }
}
export const decodeIommuDevice = (
  event: 'attach_device_to_domain' | 'detach_device_from_domain',
  body: string,
): PlatformEvent | undefined => {
  const f = IOMMU_DEVICE.exec(body)
  return f === null ? undefined : { event, device: f[1] ?? '' }
}
export const decodeIoFault = (body: string): PlatformEvent | undefined => {
  const f = IO_FAULT.exec(body)
  return f === null
    ? undefined
    : {
        event: 'io_page_fault',
        driver: f[1] ?? '',
        device: f[2] ?? '',
        iova: readHex(f[3] ?? ''),
        flags: readHex(f[4] ?? ''),
      }
}
export const decodeCmaStart = (body: string): PlatformEvent | undefined => {
  const f = CMA_START.exec(body)
  return f === null
    ? undefined
    : { event: 'cma_alloc_start', name: f[1] ?? '', count: Number(f[2]), align: Number(f[3]) }
}
export const decodeCmaFinish = (
  event: 'cma_alloc_finish' | 'cma_alloc_busy_retry',
  body: string,
): PlatformEvent | undefined => {
  const f = CMA_FINISH.exec(body)
  return f === null
    ? undefined
    : {
        event,
        name: f[1] ?? '',
        pfn: readHex(f[2] ?? ''),
        count: Number(f[3]),
        align: Number(f[4]),
        ...(f[5] === undefined ? {} : { errno: Number(f[5]) }),
      }
}
export const decodeCmaRelease = (body: string): PlatformEvent | undefined => {
  const f = CMA_RELEASE.exec(body)
  return f === null
    ? undefined
    : { event: 'cma_release', name: f[1] ?? '', pfn: readHex(f[2] ?? ''), count: Number(f[3]) }
}

export const decodeVb2 = (
  event: 'vb2_qbuf' | 'vb2_buf_queue' | 'vb2_buf_done' | 'vb2_dqbuf',
  body: string,
): MediaEvent | undefined => {
  const f = VB2.exec(body)
  return f === null
    ? undefined
    : {
        event,
        owner: f[1] ?? '',
        queued: Number(f[2]),
        ownedByDriver: Number(f[3]),
        index: Number(f[4]),
        type: Number(f[5]),
        bytesused: Number(f[6]),
        timestamp: Number(f[7] ?? 0),
      }
}
export const decodeV4l2 = (event: 'v4l2_qbuf' | 'v4l2_dqbuf', body: string): MediaEvent | undefined => {
  const f = V4L2.exec(body)
  return f === null
    ? undefined
    : {
        event,
        minor: Number(f[1]),
        index: Number(f[2]),
        type: f[3] ?? '',
        bytesused: Number(f[4]),
        flags: f[5] ?? '',
        field: f[6] ?? '',
        timestamp: Number(f[7]),
        sequence: Number(f[8]),
      }
}
