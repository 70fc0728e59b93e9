// struct v4l2_buffer: what user space says of a buffer, checked, and what it gets back.
import {
  BUF_FLAG,
  fail,
  has,
  type KResult,
  ok,
  type Qbuf,
  type V4l2BufferInfo,
  type Vb2State,
  withBits,
  withoutBits,
} from '@dmalab/api'
import { bufferInUse, MAX_PLANES } from './buffers.ts'
import { dprintk } from './debug.ts'
import {
  allowsCacheHints,
  type Buf,
  isMultiplanar,
  type Plane,
  type PlaneWish,
  type QueueState,
} from './queue-state.ts'

/** V4L2_FIELD_ALTERNATE. */
const ALTERNATE = 7

/** Bits that only the kernel sets. */
const KERNEL_FLAGS = [
  BUF_FLAG.MAPPED,
  BUF_FLAG.QUEUED,
  BUF_FLAG.DONE,
  BUF_FLAG.ERROR,
  BUF_FLAG.PREPARED,
  BUF_FLAG.IN_REQUEST,
  BUF_FLAG.REQUEST_FD,
  BUF_FLAG.TIMESTAMP_MONOTONIC,
  BUF_FLAG.TIMESTAMP_COPY,
].reduce(withBits, 0)

/** Bits of the picture, which a capture buffer gets from its driver. */
const OUTPUT_FLAGS = [
  BUF_FLAG.KEYFRAME,
  BUF_FLAG.PFRAME,
  BUF_FLAG.BFRAME,
  BUF_FLAG.TIMECODE,
  BUF_FLAG.M2M_HOLD_CAPTURE_BUF,
].reduce(withBits, 0)

/**
 * A multi-planar buffer comes with an array of planes: as many as the buffer has, or more. EINVAL.
 * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: __verify_planes_array
 */
export const verifyPlanesArray = (q: QueueState, buf: Buf, length: number | null): KResult<void> => {
  if (!isMultiplanar(q)) return ok(undefined)
  const where = '__verify_planes_array'
  if (length === null) {
    dprintk(q, where, 'multi-planar buffer passed but planes array not provided', 'v4l2')
    return fail('EINVAL', `buffer ${buf.index} has ${buf.planes.length} plane(s), none is given`)
  }
  if (length >= buf.planes.length && length <= MAX_PLANES) return ok(undefined)
  dprintk(q, where, `incorrect planes array length, expected ${buf.planes.length}, got ${length}`, 'v4l2')
  return fail('EINVAL', `buffer ${buf.index} has ${buf.planes.length} plane(s), ${length} are given`)
}

/**
 * Takes over what user space gives of a buffer and checks it. EINVAL.
 * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: set_buffer_cache_hints, vb2_fill_vb2_v4l2_buffer
 */
export const fillFromUser = (q: QueueState, buf: Buf, given: Qbuf): KResult<void> => {
  const where = 'vb2_fill_vb2_v4l2_buffer'
  let flags = withoutBits(given.flags ?? 0, KERNEL_FLAGS)
  const hints = [BUF_FLAG.NO_CACHE_INVALIDATE, BUF_FLAG.NO_CACHE_CLEAN].reduce(withBits, 0)
  if (!allowsCacheHints(q)) flags = withoutBits(flags, hints)
  else if (q.host.kernel.media.cacheHints) {
    if (has(flags, BUF_FLAG.NO_CACHE_INVALIDATE)) buf.skipSync.finish = true
    if (has(flags, BUF_FLAG.NO_CACHE_CLEAN)) buf.skipSync.prepare = true
  }
  const checked = verifyLength(q, buf, given)
  if (!checked.ok) {
    dprintk(q, where, 'plane parameters verification failed: -22', 'v4l2')
    return checked
  }
  if (given.field === ALTERNATE && q.isOutput) {
    dprintk(q, where, 'the field is incorrectly set to ALTERNATE for an output buffer', 'v4l2')
    return fail('EINVAL', `a picture for ${q.setup.name} is a top or a bottom field, not both in turn`)
  }
  buf.sequence = 0
  buf.wishes = wishesOf(q, buf, given)
  if (q.isOutput) {
    buf.flags = withoutBits(flags, withBits(BUF_FLAG.TIMECODE, BUF_FLAG.M2M_HOLD_CAPTURE_BUF))
    buf.field = given.field ?? 0
  } else buf.flags = withoutBits(flags, withBits(OUTPUT_FLAGS, BUF_FLAG.LAST))
  return ok(undefined)
}

/**
 * OUTPUT: the picture lies in the plane. A dma-buf's length is what user space says in a multi-planar buffer, what the plane has in
 * another. EINVAL. Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: __verify_length
 */
const verifyLength = (q: QueueState, buf: Buf, given: Qbuf): KResult<void> => {
  if (!q.isOutput) return ok(undefined)
  const multiplanar = isMultiplanar(q)
  for (const [p, plane] of buf.planes.entries()) {
    const wish = given.planes?.[p] ?? {}
    const theirs = buf.memory === 'USERPTR' || (multiplanar && buf.memory === 'DMABUF')
    const length = theirs ? (wish.length ?? 0) : plane.length
    const used = wish.bytesused ?? 0
    const offset = multiplanar ? (wish.dataOffset ?? 0) : 0
    if (used > length) return fail('EINVAL', `plane ${p}: ${used} bytes used of ${length}`)
    if (offset > 0 && offset >= (used === 0 ? length : used))
      return fail('EINVAL', `plane ${p}: the picture begins at ${offset}, behind its end`)
  }
  return ok(undefined)
}

/** OUTPUT: no payload means the whole plane, as far as user space gave its length. */
const wishesOf = (q: QueueState, buf: Buf, given: Qbuf): PlaneWish[] =>
  buf.planes.map((plane, p) => {
    const wish = given.planes?.[p] ?? {}
    const length = buf.memory === 'MMAP' ? plane.length : (wish.length ?? 0)
    const used = wish.bytesused ?? 0
    return {
      given: wish,
      length,
      bytesused: q.isOutput ? (used === 0 ? length : used) : 0,
      dataOffset: q.isOutput && isMultiplanar(q) ? (wish.dataOffset ?? 0) : 0,
    }
  })

/** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: __fill_v4l2_buffer */
export const bufferInfo = (q: QueueState, buf: Buf): V4l2BufferInfo => ({
  index: buf.index,
  memory: buf.memory,
  flags: flagsOf(q, buf),
  field: buf.field,
  planes: buf.planes.map((plane) => ({
    length: plane.length,
    bytesused: plane.bytesused,
    dataOffset: plane.dataOffset,
    m: unionOf(buf, plane),
  })),
})

const unionOf = ({ memory }: Buf, { memOffset, fd, user }: Plane): number => {
  switch (memory) {
    case 'MMAP':
      return memOffset
    case 'DMABUF':
      return fd
    case 'USERPTR':
      return user?.at ?? 0
  }
}

const flagsOf = (q: QueueState, buf: Buf): number => {
  const copies = q.setup.timestamps === 'copy'
  const own = copies ? buf.flags : withoutBits(buf.flags, BUF_FLAG.TSTAMP_SRC_SOE)
  const idle = buf.state === 'DEQUEUED' && buf.synced && buf.prepared
  return [
    withoutBits(own, KERNEL_FLAGS),
    copies ? BUF_FLAG.TIMESTAMP_COPY : BUF_FLAG.TIMESTAMP_MONOTONIC,
    ...STATE_FLAGS[buf.state],
    ...(idle ? [BUF_FLAG.PREPARED] : []),
    ...(bufferInUse(q, buf) ? [BUF_FLAG.MAPPED] : []),
    ...(buf.last ? [BUF_FLAG.LAST] : []),
  ].reduce(withBits, 0)
}

const STATE_FLAGS: Readonly<Record<Vb2State, readonly number[]>> = {
  DEQUEUED: [],
  PREPARING: [],
  QUEUED: [BUF_FLAG.QUEUED],
  ACTIVE: [BUF_FLAG.QUEUED],
  DONE: [BUF_FLAG.DONE],
  ERROR: [BUF_FLAG.DONE, BUF_FLAG.ERROR],
}
