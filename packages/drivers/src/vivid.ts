// Capture and output nodes that work side by side, each over an allocator of choice: vivid and its like.
import type {
  Delivery,
  DeviceClass,
  Driver,
  DriverDef,
  DriverHost,
  FrameFormat,
  PluginApi,
  QueueHooks,
  V4l2Memory,
  Vb2Buffer,
} from '@dmalab/api'
import { delivery, readPlane } from './picture.ts'
import { FIELD, openQueuePair, type Side } from './queue-pair.ts'

/** What makes one such driver differ from another. */
export interface CaptureModel {
  /** Functions that fill and show a picture, for the call path. */
  readonly symbols: { readonly capture: string; readonly output: string }
  /** What REQBUFS raises a request to, and what must be queued before the driver starts. */
  readonly minReqbufs: number
  readonly minBuffers: number
  readonly allocator: string
  readonly ioModes: readonly V4l2Memory[]
  /** read(2) and write(2) work. */
  readonly fileIo: boolean
  /** Module parameter `multiplanar=2`: the queues are of the multi-planar types. */
  readonly multiplanar: boolean
}

/** MAX_VID_CAP_BUFFERS, which a single-planar capture queue can have. */
const MAX_CAPTURE_BUFFERS = 64

/**
 * A capture node that fills every buffer it is given, and an output node that shows every buffer it is given and compares it.
 * With vb2-vmalloc the driver copies with the CPU; with the others the device moves the picture by bus address.
 *
 * Models: Linux v6.12 drivers/media/test-drivers/vivid/vivid-vid-cap.c: vid_cap_queue_setup, vivid-vid-out.c: vid_out_queue_setup
 */
export const createCapture = (api: PluginApi, host: DriverHost, options: CaptureModel): Driver => {
  const pair = openQueuePair(api, host, {
    setup: (side) => ({
      type: TYPES[side][options.multiplanar ? 'mplane' : 'single'],
      allocator: options.allocator,
      ioModes: options.ioModes,
      symbols: (op) => [`vb2_ioctl_${op}`],
      node: `${host.device.name} ${side}`,
      minReqbufs: options.minReqbufs,
      ...(options.minBuffers > 0 ? { minBuffers: options.minBuffers } : {}),
      ...(side === 'capture' && !options.multiplanar ? { maxNumBuffers: MAX_CAPTURE_BUFFERS } : {}),
      fileIo: options.fileIo,
      removeBufs: true,
      allowCacheHints: true,
    }),
    busyText: null,
    stopped: (side) => {
      if (side === 'output') onShow = false
    },
    hooks: (side, format) => HOOKS[side](api, format),
    deviceOf: () => host.device,
    captureFormat: (wish) => wish,
  })
  const { waiting } = pair
  let nextFrame = 0
  /** The first of the waiting OUTPUT buffers has been shown. */
  let onShow = false

  const fill = (buffer: Vb2Buffer): void => {
    const frame = nextFrame++
    pair.captured(buffer, frame, pair.paint(buffer, frame), pair.formats.capture.field ?? FIELD.NONE)
  }

  const show = (buffer: Vb2Buffer): Delivery => {
    const read = pair.memory('output', buffer).map((plane, p) => {
      const { payload } = pair.formats.output.planes[p] ?? { payload: 0 }
      return readPlane(host, plane, payload, payload)
    })
    return delivery(buffer.timestamp, read)
  }

  const showNext = (): Delivery[] => {
    const [next] = waiting.output
    if (next === undefined || onShow) return []
    onShow = true
    return [show(next)]
  }

  return {
    /**
     * Every picture is shown once; the last one stays on show, and its buffer comes back when another takes its place.
     * Models: Linux v6.12 drivers/media/test-drivers/vivid/vivid-kthread-out.c: vivid_thread_vid_out_tick
     */
    work: (most = Infinity) => {
      for (const buffer of waiting.capture.splice(0, most)) host.call(options.symbols.capture, () => fill(buffer))
      return host.call(options.symbols.output, () => {
        const deliveries = showNext()
        for (let ticks = 0; ticks < most && waiting.output.length > 1; ticks++) {
          const before = waiting.output.shift()
          if (before !== undefined) pair.queues.output.done(before, 'DONE')
          onShow = false
          deliveries.push(...showNext())
        }
        return deliveries
      })
    },

    ...pair.driver,
  }
}

interface VividOptions extends Pick<CaptureModel, 'allocator' | 'ioModes' | 'multiplanar'> {
  readonly name: string
  readonly source: string
  readonly classes: readonly DeviceClass[]
}

const vivid = (api: PluginApi, { name, source, classes, ...options }: VividOptions): DriverDef => ({
  name,
  kernelName: 'vivid',
  source,
  classes,
  create: (host) =>
    createCapture(api, host, {
      symbols: { capture: 'vivid_thread_vid_cap', output: 'vivid_thread_vid_out' },
      minReqbufs: 2,
      fileIo: true,
      minBuffers: 0,
      ...options,
    }),
})

const TYPES = {
  output: { single: 'VIDEO_OUTPUT', mplane: 'VIDEO_OUTPUT_MPLANE' },
  capture: { single: 'VIDEO_CAPTURE', mplane: 'VIDEO_CAPTURE_MPLANE' },
} as const

/** What the nodes look at when a buffer is queued, by side. */
const HOOKS: Readonly<Record<Side, (api: PluginApi, format: () => FrameFormat) => QueueHooks>> = {
  /** Models: Linux v6.12 drivers/media/test-drivers/vivid/vivid-vid-cap.c: vid_cap_buf_prepare */
  capture: ({ fail, ok }, format) => ({
    field: (given) => ok(given),
    prepare: (planes) => {
      const set = format().planes.map(({ payload, dataOffset = 0 }) => ({
        bytesused: payload + dataOffset,
        dataOffset,
      }))
      const short = set.findIndex(({ bytesused }, p) => (planes[p]?.length ?? 0) < bytesused)
      return short < 0 ? ok(set) : fail('EINVAL', `the picture does not fit into plane ${short}`)
    },
  }),
  /**
   * The field is the format's whatever user space says.
   * Models: Linux v6.12 drivers/media/test-drivers/vivid/vivid-vid-out.c: vid_out_buf_out_validate, vid_out_buf_prepare
   */
  output: ({ fail, ok }, format) => ({
    field: () => ok(format().field ?? FIELD.NONE),
    prepare: (planes) => {
      const short = format().planes.findIndex(({ payload }, p) => {
        const { bytesused, dataOffset } = planes[p] ?? { bytesused: 0, dataOffset: 0 }
        return bytesused < payload + dataOffset
      })
      return short < 0 ? ok(null) : fail('EINVAL', `plane ${short} has less than a picture`)
    },
  }),
}

/** What vivid's module parameters `allocators` and `multiplanar` choose, and the gathering variant. */
export const vividDrivers = (api: PluginApi): DriverDef[] => [
  vivid(api, { ...CONTIG, name: 'vivid-dma-contig', multiplanar: false, classes: ['camera', 'isp'] }),
  vivid(api, { ...CONTIG, name: 'vivid-dma-contig-mplane', multiplanar: true, classes: [] }),
  vivid(api, {
    name: 'vivid-dma-sg',
    source: 'Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c under vivid',
    allocator: 'vb2-dma-sg',
    classes: [],
    ioModes: ['MMAP', 'USERPTR', 'DMABUF'],
    multiplanar: false,
  }),
  vivid(api, { ...VMALLOC, name: 'vivid-vmalloc', multiplanar: false }),
  vivid(api, { ...VMALLOC, name: 'vivid-vmalloc-mplane', multiplanar: true }),
]

/** Contiguous memory: vivid takes none of user space's then. */
const CONTIG: Pick<VividOptions, 'source' | 'allocator' | 'ioModes'> = {
  source: 'Linux v6.12 drivers/media/test-drivers/vivid, allocators=1',
  allocator: 'vb2-dma-contig',
  ioModes: ['MMAP', 'DMABUF'],
}
const VMALLOC: Pick<VividOptions, 'source' | 'allocator' | 'classes' | 'ioModes'> = {
  source: 'Linux v6.12 drivers/media/test-drivers/vivid, allocators=0',
  allocator: 'vb2-vmalloc',
  classes: [],
  ioModes: ['MMAP', 'USERPTR', 'DMABUF'],
}
