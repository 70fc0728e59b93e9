// A device with an OUTPUT and a CAPTURE queue: the format of each, the buffers that wait in it, and what their planes are.
import type {
  Device,
  Driver,
  DriverHost,
  DriverQueue,
  FrameFormat,
  PluginApi,
  QueueHooks,
  QueueSetup,
  Vb2Buffer,
} from '@dmalab/api'
import { type PlaneMemory, writePlane } from './picture.ts'

export type Side = 'output' | 'capture'

export interface QueuePairModel {
  setup(side: Side): Omit<QueueSetup, 'name' | 'planes' | 'onQueue' | 'onStart' | 'onStop' | 'hooks'>
  /** What the driver looks at when a buffer is queued, with the format of that moment; null: nothing. */
  hooks(side: Side, format: () => FrameFormat): QueueHooks | null
  /** Device that plane `plane` of a queue is allocated for, and addressed through. */
  deviceOf(side: Side, plane: number): Device
  /** What the driver prints when S_FMT meets buffers; null: nothing. */
  readonly busyText: string | null
  /** The queue was stopped: nothing waits in it any more. */
  stopped(side: Side): void
  /** S_FMT on the CAPTURE side: what the hardware makes of the wish. */
  captureFormat(wish: FrameFormat): FrameFormat
}

export interface QueuePair {
  readonly queues: Readonly<Record<Side, DriverQueue>>
  readonly formats: Readonly<Record<Side, FrameFormat>>
  /** Buffers that the driver owns, in the order they came; whoever takes one removes it. */
  readonly waiting: Record<Side, Vb2Buffer[]>
  memory(side: Side, buffer: Vb2Buffer): PlaneMemory[]
  /** Writes picture `frame` into a CAPTURE buffer; false when a plane was not reached. */
  paint(buffer: Vb2Buffer, frame: number): boolean
  /** Gives a CAPTURE buffer back with the picture in it. */
  captured(buffer: Vb2Buffer, frame: number, arrived: boolean, field: number): void
  /** What every driver of two queues does alike. */
  readonly driver: Pick<Driver, 'output' | 'capture' | 'display' | 'setFormat' | 'close'>
}

export const openQueuePair = (api: PluginApi, host: DriverHost, model: QueuePairModel): QueuePair => {
  const { fail, ok } = api
  const formats: Record<Side, FrameFormat> = { output: NO_FORMAT, capture: NO_FORMAT }
  const waiting: Record<Side, Vb2Buffer[]> = { output: [], capture: [] }
  const open = (side: Side): DriverQueue => {
    const hooks = model.hooks(side, () => formats[side])
    return host.createQueue({
      name: `${host.device.name} ${side.toUpperCase()}`,
      planes: () => formats[side].planes.map(({ size }, plane) => ({ size, dev: model.deviceOf(side, plane) })),
      onQueue: (buffer) => waiting[side].push(buffer),
      onStart: () => ok(undefined),
      onStop: () => {
        for (const buffer of waiting[side].splice(0)) queues[side].done(buffer, 'ERROR')
        model.stopped(side)
      },
      ...model.setup(side),
      ...(hooks === null ? {} : { hooks }),
    })
  }
  const queues = { output: open('output'), capture: open('capture') }

  const memory = (side: Side, buffer: Vb2Buffer): PlaneMemory[] =>
    buffer.planes.map((plane, p) => ({
      cookie: plane.cookie,
      vaddr: plane.cookie === null ? plane.vaddr : null,
      length: plane.length,
      owner: plane.mem.owner,
      dev: model.deviceOf(side, p),
    }))

  return {
    queues,
    formats,
    waiting,
    memory,

    paint(buffer, frame) {
      let arrived = true
      for (const [p, plane] of memory('capture', buffer).entries()) {
        const seed = host.contentSeed(frame, p)
        arrived = writePlane(host, plane, formats.capture.planes[p]?.payload ?? 0, { seed }) && arrived
      }
      return arrived
    },

    captured(buffer, frame, arrived, field) {
      const bytesused = formats.capture.planes.map(({ payload, dataOffset = 0 }) => payload + dataOffset)
      queues.capture.done(buffer, arrived ? 'DONE' : 'ERROR', { bytesused, timestamp: frame, field })
    },

    driver: {
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
          if (queues[side].v4l2.busy) {
            if (model.busyText !== null) host.printk('err', `${api.devString(host.device)}: ${model.busyText}`)
            return fail('EBUSY', `${queues[side].name} has buffers`)
          }
          if (wish.planes.length === 0) return fail('EINVAL', 'a format needs planes')
          formats[side] = side === 'capture' ? model.captureFormat(wish) : wish
        }
        return ok(undefined)
      },

      close: () => {
        queues.output.release()
        queues.capture.release()
      },
    },
  }
}

/** enum v4l2_field: pictures that are whole, and buffers whose content nothing states. */
export const FIELD = { ANY: 0, NONE: 1 } as const

/** A driver that takes pictures as they come: progressive where nothing states it, and as long as they are. */
export const progressive = ({ ok }: PluginApi): QueueHooks => ({
  field: (given) => ok(given === FIELD.ANY ? FIELD.NONE : given),
  prepare: () => ok(null),
})

const NO_FORMAT: FrameFormat = { width: 0, height: 0, planes: [] }
