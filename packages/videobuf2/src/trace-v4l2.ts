// Trace events of the V4L2 core, which stand beside vb2's own.
import type { Dqbuf } from '@dmalab/api'
import { bufferInUse } from './buffers.ts'
import type { Buf, QueueState } from './queue-state.ts'

/**
 * A successful QBUF or DQBUF, with struct v4l2_buffer as user space gets it back: the V4L2 core tells it after vb2 did.
 * Models: Linux v6.12 drivers/media/v4l2-core/v4l2-ioctl.c: video_usercopy; drivers/media/common/videobuf2/videobuf2-v4l2.c: __fill_v4l2_buffer, vb2_dqbuf
 */
export const traceV4l2 = (event: 'v4l2_qbuf' | 'v4l2_dqbuf', q: QueueState, buf: Buf, done?: Dqbuf): void =>
  q.host.sink.emit({
    event,
    minor: q.host.minor(q.setup.node ?? q.device.name),
    index: buf.index,
    type: q.setup.type,
    // Of a multi-planar buffer the planes have it.
    bytesused: q.setup.type.endsWith('_MPLANE') ? 0 : (buf.planes[0]?.bytesused ?? 0),
    flags: bufferFlags(q, buf, done),
    field: FIELDS[buf.field] ?? String(buf.field),
    timestamp: buf.timestamp,
    sequence: buf.sequence,
  })

/** enum v4l2_field. */
const FIELDS = [
  'ANY',
  'NONE',
  'TOP',
  'BOTTOM',
  'INTERLACED',
  'SEQ_TB',
  'SEQ_BT',
  'ALTERNATE',
  'INTERLACED_TB',
  'INTERLACED_BT',
] as const

/** By name, in the order of the kernel's table; TIMESTAMP_UNKNOWN has no bit and stands before every kind of timestamp. */
const bufferFlags = (q: QueueState, buf: Buf, done: Dqbuf | undefined): string =>
  [
    ...(q.memory === 'MMAP' && bufferInUse(q, buf) ? ['MAPPED'] : []),
    ...(buf.state === 'QUEUED' || buf.state === 'ACTIVE' ? ['QUEUED'] : []),
    ...(buf.state === 'DONE' || buf.state === 'ERROR' ? ['DONE'] : []),
    ...(done?.error === true || buf.state === 'ERROR' ? ['ERROR'] : []),
    'TIMESTAMP_UNKNOWN',
    q.setup.timestamps === 'copy' ? 'TIMESTAMP_COPY' : 'TIMESTAMP_MONOTONIC',
    ...(done?.last === true ? ['LAST'] : []),
  ].join('|')
