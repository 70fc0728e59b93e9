// Capture and output nodes that work side by side, each over an allocator of choice: vivid and its like.
import type {
  Delivery,
  DeviceClass,
  DriverDef,
  DriverHost,
  DriverQueue,
  FrameFormat,
  PluginApi,
  V4l2Memory,
  Vb2Buffer,
} from '@dmalab/api'
import { delivery, type PlaneMemory, readPlane, writePlane } from './picture.ts'

export interface VividOptions {
  readonly name: string
  readonly source: string
  readonly allocator: string
  readonly classes: readonly DeviceClass[]
  readonly ioModes: readonly V4l2Memory[]
}

/**
 * A capture node that fills every buffer it is given, and an output node that shows every buffer it is given and compares it.
 * With vb2-vmalloc the driver copies with the CPU; with the others the device moves the picture by bus address.
 *
 * Models: Linux v6.12 drivers/media/test-drivers/vivid/vivid-vid-cap.c: vid_cap_queue_setup, vivid-vid-out.c: vid_out_queue_setup
 */
export const vivid = (api: PluginApi, options: VividOptions): DriverDef => ({
  name: options.name,
  kernelName: 'vivid',
  source: options.source,
  classes: options.classes,
  create: (host) => {
    const { fail, ok } = api
    const formats: Record<Side, FrameFormat> = { output: NO_FORMAT, capture: NO_FORMAT }
    const waiting: Record<Side, Vb2Buffer[]> = { output: [], capture: [] }
    let nextFrame = 0

    const node = (side: Side): DriverQueue =>
      host.createQueue({
        name: `${host.device.name} ${side.toUpperCase()}`,
        type: side === 'output' ? 'VIDEO_OUTPUT' : 'VIDEO_CAPTURE',
        allocator: options.allocator,
        ioModes: options.ioModes,
        node: `${host.device.name} ${side}`,
        fileIo: true,
        allowCacheHints: true,
        planes: () => formats[side].planes.map(({ size }) => ({ size, dev: host.device })),
        onQueue: (buffer) => waiting[side].push(buffer),
        onStop: () => {
          waiting[side] = []
        },
      })
    const queues = { output: node('output'), capture: node('capture') }

    const fill = (buffer: Vb2Buffer): void => {
      const frame = nextFrame++
      let arrived = true
      for (const [p, plane] of memory(host, buffer).entries()) {
        const { payload } = formats.capture.planes[p] ?? { payload: 0 }
        arrived = writePlane(host, plane, payload, { seed: host.contentSeed(frame, p) }) && arrived
      }
      const bytesused = formats.capture.planes.map(({ payload }) => payload)
      queues.capture.done(buffer, arrived ? 'DONE' : 'ERROR', { bytesused, timestamp: frame })
    }

    const show = (buffer: Vb2Buffer): Delivery => {
      const read = memory(host, buffer).map((plane, p) => {
        const { payload } = formats.output.planes[p] ?? { payload: 0 }
        return readPlane(host, plane, payload, payload)
      })
      queues.output.done(buffer, 'DONE')
      return delivery(buffer.timestamp, read)
    }

    return {
      output: queues.output,
      capture: queues.capture,
      display: null,

      /** EBUSY while a node has buffers; EINVAL for a format without planes. */
      setFormat: (output, capture) => {
        for (const [side, wish] of [
          ['output', output],
          ['capture', capture],
        ] as const) {
          if (wish === null) continue
          if (queues[side].memory !== undefined) return fail('EBUSY', `${queues[side].name} has buffers`)
          if (wish.planes.length === 0) return fail('EINVAL', 'a format needs planes')
          formats[side] = wish
        }
        return ok(undefined)
      },

      work: () => {
        for (const buffer of waiting.capture.splice(0)) host.call('vivid_thread_vid_cap', () => fill(buffer))
        return waiting.output.splice(0).map((buffer) => host.call('vivid_thread_vid_out', () => show(buffer)))
      },

      close: () => {
        queues.output.release()
        queues.capture.release()
      },
    }
  },
})

type Side = 'output' | 'capture'
const NO_FORMAT: FrameFormat = { width: 0, height: 0, planes: [] }

const memory = (host: DriverHost, buffer: Vb2Buffer): PlaneMemory[] =>
  buffer.planes.map((plane) => ({
    cookie: plane.cookie,
    vaddr: plane.cookie === null ? plane.vaddr : null,
    dev: host.device,
    length: plane.length,
    owner: plane.mem.owner,
  }))

/** What vivid's module parameter `allocators` chooses, and the gathering variant. */
export const vividDrivers = (api: PluginApi): DriverDef[] => [
  vivid(api, {
    name: 'vivid-dma-contig',
    source: 'Linux v6.12 drivers/media/test-drivers/vivid, allocators=1',
    allocator: 'vb2-dma-contig',
    classes: ['camera', 'isp'],
    ioModes: ['MMAP', 'DMABUF'],
  }),
  vivid(api, {
    name: 'vivid-dma-sg',
    source: 'Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c under vivid',
    allocator: 'vb2-dma-sg',
    classes: [],
    ioModes: ['MMAP', 'USERPTR', 'DMABUF'],
  }),
  vivid(api, {
    name: 'vivid-vmalloc',
    source: 'Linux v6.12 drivers/media/test-drivers/vivid, allocators=0',
    allocator: 'vb2-vmalloc',
    classes: [],
    ioModes: ['MMAP', 'USERPTR', 'DMABUF'],
  }),
]
