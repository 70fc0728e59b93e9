// How many pictures a queue element holds before it makes the element before it wait.
import { ownValue } from '@dmalab/api'
import type { BoundElement, Picture } from '@dmalab/api'

interface Limits {
  readonly buffers: number
  readonly bytes: number
  /** Nanoseconds. */
  readonly time: number
}

/** Models: GStreamer 1.22 plugins/elements/gstqueue.c: gst_queue_init; plugins/elements/gstqueue2.c: gst_queue2_init */
const DEFAULTS: Readonly<Record<string, Limits>> = {
  queue: { buffers: 200, bytes: 10 * 2 ** 20, time: 1e9 },
  queue2: { buffers: 100, bytes: 2 * 2 ** 20, time: 2e9 },
  multiqueue: { buffers: 5, bytes: 10 * 2 ** 20, time: 2e9 },
}

/**
 * A queue takes what comes while it is below every limit, so the last picture may go beyond; a limit of 0 means no limit.
 *
 * Models: GStreamer 1.22 plugins/elements/gstqueue.c: gst_queue_is_filled
 */
export const queueDepth = ({ factory, role, props }: BoundElement, { planes, framerate }: Picture): number => {
  const defaults = role === 'queue' ? (ownValue(DEFAULTS, factory) ?? DEFAULTS['queue']) : undefined
  if (!defaults) return 0
  const limit = (name: keyof Limits): number => {
    const value = Number(props[`max-size-${name}`] ?? defaults[name])
    return value === 0 ? Infinity : value
  }
  const bytes = planes.reduce((sum, plane) => sum + plane.bytes, 0)
  const [pictures = 0, seconds = 1] = (framerate?.value ?? '0').split('/').map(Number)
  const byTime = pictures === 0 ? Infinity : Math.ceil((limit('time') / 1e9) * (pictures / seconds))
  return Math.min(limit('buffers'), Math.ceil(limit('bytes') / Math.max(1, bytes)), byTime, MOST)
}

/** A queue without any limit. */
const MOST = 10_000
