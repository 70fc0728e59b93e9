// Memory-to-memory devices: one buffer from each queue makes a job.
import type {
  Delivery,
  Driver,
  DriverHost,
  FrameFormat,
  PluginApi,
  QueueSetup,
  V4l2Memory,
  Vb2Buffer,
} from '@dmalab/api'
import { delivery, readPlane } from './picture.ts'
import { openQueuePair, type QueuePairModel, type Side } from './queue-pair.ts'

/** What makes one m2m device differ from another. */
export interface M2mModel extends Pick<QueuePairModel, 'deviceOf' | 'captureFormat' | 'hooks' | 'busyText'> {
  /** What its queues have beyond that: least numbers of buffers, requests, cache hints. */
  queue(side: Side): Pick<QueueSetup, 'minBuffers' | 'memoryLimit' | 'supportsRequests' | 'allowCacheHints'>
  /** Function that runs a finished job, for the call path. */
  readonly interrupt: string
  readonly outputModes: readonly V4l2Memory[]
  readonly captureModes: readonly V4l2Memory[]
  allocator(side: Side): string
  /** The queues are of the multi-planar types. */
  readonly multiplanar: boolean
  /** Driver functions between the V4L2 core and vb2. */
  symbols(op: string): readonly string[]
  /** Bytes it reads of a plane of the OUTPUT side: `payload` was written, what follows up to `end` is the kernel's zeros. */
  input(buffer: Vb2Buffer, plane: number, format: FrameFormat): { readonly payload: number; readonly end: number }
}

/** Opens an m2m device with its two queues. */
export const createM2m = (api: PluginApi, host: DriverHost, model: M2mModel): Driver => {
  const pair = openQueuePair(api, host, {
    setup: (side) => ({
      type: TYPES[side][model.multiplanar ? 'mplane' : 'single'],
      allocator: model.allocator(side),
      ioModes: side === 'output' ? model.outputModes : model.captureModes,
      timestamps: 'copy',
      ...model.queue(side),
      symbols: (op) => model.symbols(op),
    }),
    deviceOf: (side, plane) => model.deviceOf(side, plane),
    captureFormat: (wish) => model.captureFormat(wish),
    hooks: (side, format) => model.hooks(side, format),
    stopped: () => undefined,
    busyText: model.busyText,
  })
  const { queues, waiting } = pair

  /** One job: reads and compares the source, writes the picture of that number, returns both buffers. */
  const runJob = (source: Vb2Buffer, target: Vb2Buffer): Delivery => {
    const frame = source.timestamp
    const read = pair.memory('output', source).map((plane, p) => {
      const { payload, end } = model.input(source, p, pair.formats.output)
      return readPlane(host, plane, payload, end)
    })
    const arrived = pair.paint(target, frame)
    queues.output.done(source, 'DONE')
    pair.captured(target, frame, arrived, source.field)
    return delivery(frame, read)
  }

  return {
    work: (most = Infinity) =>
      host.call(model.interrupt, () => {
        const deliveries: Delivery[] = []
        if (!queues.output.streaming || !queues.capture.streaming) return deliveries
        while (deliveries.length < most) {
          const [source] = waiting.output
          const [target] = waiting.capture
          if (source === undefined || target === undefined) return deliveries
          waiting.output.shift()
          waiting.capture.shift()
          deliveries.push(runJob(source, target))
        }
        return deliveries
      }),

    ...pair.driver,
  }
}

const TYPES = {
  output: { single: 'VIDEO_OUTPUT', mplane: 'VIDEO_OUTPUT_MPLANE' },
  capture: { single: 'VIDEO_CAPTURE', mplane: 'VIDEO_CAPTURE_MPLANE' },
} as const
