// Capture and output nodes that work side by side, each over an allocator of choice: vivid and its like.
import type { Delivery, DeviceClass, DriverDef, PluginApi, V4l2Memory, Vb2Buffer } from '@dmalab/api'
import { delivery, readPlane } from './picture.ts'
import { openQueuePair } from './queue-pair.ts'

interface VividOptions {
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
const vivid = (api: PluginApi, options: VividOptions): DriverDef => ({
  name: options.name,
  kernelName: 'vivid',
  source: options.source,
  classes: options.classes,
  create: (host) => {
    const pair = openQueuePair(api, host, {
      setup: (side) => ({
        type: side === 'output' ? 'VIDEO_OUTPUT' : 'VIDEO_CAPTURE',
        allocator: options.allocator,
        ioModes: options.ioModes,
        node: `${host.device.name} ${side}`,
        fileIo: true,
        allowCacheHints: true,
      }),
      deviceOf: () => host.device,
      captureFormat: (wish) => wish,
    })
    const { waiting } = pair
    let nextFrame = 0

    const fill = (buffer: Vb2Buffer): void => {
      const frame = nextFrame++
      pair.captured(buffer, frame, pair.paint(buffer, frame))
    }

    const show = (buffer: Vb2Buffer): Delivery => {
      const read = pair.memory('output', buffer).map((plane, p) => {
        const { payload } = pair.formats.output.planes[p] ?? { payload: 0 }
        return readPlane(host, plane, payload, payload)
      })
      pair.queues.output.done(buffer, 'DONE')
      return delivery(buffer.timestamp, read)
    }

    return {
      ...pair.driver,

      work: () => {
        for (const buffer of waiting.capture.splice(0)) host.call('vivid_thread_vid_cap', () => fill(buffer))
        return waiting.output.splice(0).map((buffer) => host.call('vivid_thread_vid_out', () => show(buffer)))
      },
    }
  },
})

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
