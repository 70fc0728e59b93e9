// Memory-to-memory devices: one buffer from each queue makes a job.
import type {
  Delivery,
  Device,
  Driver,
  DriverHost,
  DriverQueue,
  FrameFormat,
  PluginApi,
  V4l2Memory,
  Vb2Buffer,
} from '@dmalab/api'
import { delivery, type PlaneMemory, readPlane, writePlane } from './picture.ts'

/** What makes one m2m device differ from another. */
export interface M2mModel {
  /** Function that runs a finished job, for the call path. */
  readonly interrupt: string
  readonly outputModes: readonly V4l2Memory[]
  readonly captureModes: readonly V4l2Memory[]
  readonly allocator: string
  /** The queues are of the multi-planar types. */
  readonly multiplanar: boolean
  /** Driver functions between the V4L2 core and vb2. */
  symbols(op: string): readonly string[]
  /** Device that plane `plane` of a queue is allocated for, and addressed through. */
  deviceOf(side: 'output' | 'capture', plane: number): Device
  /** S_FMT: what the hardware makes of the wish. */
  captureFormat(wish: FrameFormat): FrameFormat
  /** Bytes it reads of a plane of the OUTPUT side: `payload` was written, what follows up to `end` is the kernel's zeros. */
  input(buffer: Vb2Buffer, plane: number, format: FrameFormat): { readonly payload: number; readonly end: number }
}

/** Opens an m2m device with its two queues. */
export const createM2m = (api: PluginApi, host: DriverHost, model: M2mModel): Driver => {
  const { fail, ok } = api
  const formats: { output: FrameFormat; capture: FrameFormat } = { output: NO_FORMAT, capture: NO_FORMAT }
  const waiting: Record<'output' | 'capture', Vb2Buffer[]> = { output: [], capture: [] }

  const queue = (side: 'output' | 'capture'): DriverQueue =>
    host.createQueue({
      name: `${host.device.name} ${side.toUpperCase()}`,
      type: TYPES[side][model.multiplanar ? 'mplane' : 'single'],
      allocator: model.allocator,
      ioModes: side === 'output' ? model.outputModes : model.captureModes,
      minBuffers: 1,
      timestamps: 'copy',
      symbols: (op) => model.symbols(op),
      planes: () => formats[side].planes.map(({ size }, plane) => ({ size, dev: model.deviceOf(side, plane) })),
      onQueue: (buffer) => waiting[side].push(buffer),
      onStop: () => {
        waiting[side] = []
      },
    })
  const queues = { output: queue('output'), capture: queue('capture') }

  const memory = (side: 'output' | 'capture', buffer: Vb2Buffer): PlaneMemory[] =>
    buffer.planes.map((plane, p) => ({
      cookie: plane.cookie,
      vaddr: plane.cookie === null ? plane.vaddr : null,
      length: plane.length,
      owner: plane.mem.owner,
      dev: model.deviceOf(side, p),
    }))

  /** One job: reads and compares the source, writes the picture of that number, returns both buffers. */
  const runJob = (source: Vb2Buffer, target: Vb2Buffer): Delivery => {
    const frame = source.timestamp
    const read = memory('output', source).map((plane, p) => {
      const { payload, end } = model.input(source, p, formats.output)
      return readPlane(host, plane, payload, end)
    })
    let arrived = true
    for (const [p, plane] of memory('capture', target).entries()) {
      const seed = host.contentSeed(frame, p)
      arrived = writePlane(host, plane, formats.capture.planes[p]?.payload ?? 0, { seed }) && arrived
    }
    const bytesused = formats.capture.planes.map(({ payload }) => payload)
    queues.output.done(source, 'DONE')
    queues.capture.done(target, arrived ? 'DONE' : 'ERROR', { bytesused, timestamp: frame })
    return delivery(frame, read)
  }

  return {
    output: queues.output,
    capture: queues.capture,
    display: null,

    /** EBUSY while buffers exist, as vb2_is_busy has it; EINVAL for a format without planes. */
    setFormat: (output, capture) => {
      for (const [side, wish] of [
        ['output', output],
        ['capture', capture],
      ] as const) {
        if (wish === null) continue
        if (queues[side].memory !== undefined) return fail('EBUSY', `${queues[side].name} has buffers`)
        if (wish.planes.length === 0) return fail('EINVAL', 'a format needs planes')
        formats[side] = side === 'capture' ? model.captureFormat(wish) : wish
      }
      return ok(undefined)
    },

    work: () =>
      host.call(model.interrupt, () => {
        const deliveries: Delivery[] = []
        if (!queues.output.streaming || !queues.capture.streaming) return deliveries
        for (;;) {
          const [source] = waiting.output
          const [target] = waiting.capture
          if (source === undefined || target === undefined) return deliveries
          waiting.output.shift()
          waiting.capture.shift()
          deliveries.push(runJob(source, target))
        }
      }),

    close: () => {
      queues.output.release()
      queues.capture.release()
    },
  }
}

const TYPES = {
  output: { single: 'VIDEO_OUTPUT', mplane: 'VIDEO_OUTPUT_MPLANE' },
  capture: { single: 'VIDEO_CAPTURE', mplane: 'VIDEO_CAPTURE_MPLANE' },
} as const

const NO_FORMAT: FrameFormat = { width: 0, height: 0, planes: [] }
