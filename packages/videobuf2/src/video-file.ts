// An open file of a video node whose driver uses vb2_ioctl_* and vb2_fop_*: the queue is the node's, and one file at a time owns it.
import {
  BUF_CAP,
  type BufTypeWish,
  type Dqbuf,
  fail,
  type KResult,
  ok,
  type PollEvent,
  type Qbuf,
  type UserMapping,
  type V4l2Ask,
  type V4l2BufferInfo,
  type V4l2Queue,
  withBits,
} from '@dmalab/api'

/** What an open file of a video node answers: ioctls with all that they carry, mmap(2), poll(2), read(2), write(2), close(2). */
export interface VideoFile {
  reqbufs(ask: V4l2Ask): KResult<{ readonly count: number; readonly flags: number; readonly capabilities: number }>
  createBufs(ask: V4l2Ask & { readonly sizes: readonly number[] }): KResult<{
    readonly index: number
    readonly count: number
    readonly flags: number
    readonly capabilities: number
    readonly max: number
  }>
  removeBufs(type: BufTypeWish, index: number, count: number): KResult<void>
  /** `planes`: length of the array of planes that user space brings. */
  querybuf(type: BufTypeWish, index: number, planes: number): KResult<V4l2BufferInfo>
  expbuf(type: BufTypeWish, index: number, plane: number, flags: number): KResult<number>
  qbuf(type: BufTypeWish, given: Qbuf): KResult<V4l2BufferInfo>
  prepareBuf(type: BufTypeWish, given: Qbuf): KResult<V4l2BufferInfo>
  dqbuf(type: BufTypeWish): KResult<Dqbuf>
  streamon(type: BufTypeWish): KResult<void>
  streamoff(type: BufTypeWish): KResult<void>
  mmap(offset: number, len: number): KResult<UserMapping>
  munmap(mapping: UserMapping): void
  /** A queue of the node streams, for this file or another. */
  readonly streaming: boolean
  poll(): readonly PollEvent[]
  read(len: number): KResult<number>
  write(len: number): KResult<number>
  close(): void
}

/**
 * The V4L2 core lets the buffer types of the node's direction through, single- and multi-planar; the queue has one of them.
 * Models: Linux v6.12 drivers/media/v4l2-core/v4l2-ioctl.c: check_fmt
 */
const typesOf = ({ type }: V4l2Queue): readonly BufTypeWish[] =>
  type.startsWith('VIDEO_CAPTURE') ? ['VIDEO_CAPTURE', 'VIDEO_CAPTURE_MPLANE'] : ['VIDEO_OUTPUT', 'VIDEO_OUTPUT_MPLANE']

/** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: vb2_ioctl_reqbufs and its like, vb2_fop_release */
export const openVideoFile = (queue: V4l2Queue): VideoFile => {
  const file = {}
  const typed = (type: BufTypeWish): KResult<void> =>
    typesOf(queue).includes(type) ? ok(undefined) : fail('EINVAL', `the node has no ${type}`)
  /** EBUSY: another file has buffers here. Models: Linux v6.12 include/media/videobuf2-v4l2.h: vb2_queue_is_busy */
  const free = (): KResult<void> =>
    queue.owner === null || queue.owner === file ? ok(undefined) : fail('EBUSY', 'the queue is another file’s')
  const mine = (type: BufTypeWish): KResult<void> => {
    const known = typed(type)
    return known.ok ? free() : known
  }
  const then = <T>(check: KResult<void>, body: () => KResult<T>): KResult<T> => (check.ok ? body() : check)

  return {
    reqbufs: (ask) => {
      const known = typed(ask.type)
      const verified = known.ok ? queue.verifyMemoryType(ask.memory, ask.type) : known
      const answer = then(verified.ok ? free() : verified, () => queue.reqbufs(ask))
      if (!answer.ok) return answer
      queue.owner = answer.value.count > 0 ? file : null
      return ok({ capabilities: queue.capabilities, ...answer.value })
    },
    createBufs: (ask) => {
      const known = typed(ask.type)
      if (!known.ok) return known
      // No buffers at all: memory and type are looked at, nothing else.
      const verified = ask.count === 0 ? ok(undefined) : queue.verifyMemoryType(ask.memory, ask.type)
      const allowed = ask.count === 0 || !verified.ok ? verified : free()
      const answer = then(allowed, () => queue.createBufs(ask))
      if (!answer.ok) return answer
      if (ask.count > 0) queue.owner = file
      const capabilities = withBits(queue.capabilities, BUF_CAP.MAX_NUM_BUFFERS)
      return ok({ capabilities, max: queue.maxNumBuffers, ...answer.value })
    },
    removeBufs: (type, index, count) => {
      if (!queue.offersRemoveBufs) return fail('ENOTTY', 'the driver has no VIDIOC_REMOVE_BUFS')
      if (type !== queue.type) return fail('EINVAL', `the queue is ${queue.type}`)
      if (count === 0) return ok(undefined)
      return then(free(), () => queue.removeBufs(index, count))
    },
    querybuf: (type, index, planes) => then(typed(type), () => queue.querybuf(type, index, planes)),
    expbuf: (type, index, plane, flags) => then(free(), () => queue.expbuf(type, index, plane, flags)),
    qbuf: (type, given) => then(mine(type), () => queue.qbuf(type, given)),
    prepareBuf: (type, given) => then(mine(type), () => queue.prepareBuf(type, given)),
    dqbuf: (type) => then(mine(type), () => queue.dqbuf(type)),
    streamon: (type) => then(free(), () => queue.streamon(type)),
    streamoff: (type) => then(free(), () => queue.streamoff(type)),
    mmap: (offset, len) => queue.mmap(offset, len),
    munmap: (mapping) => queue.munmap(mapping),
    get streaming() {
      return queue.streaming
    },

    /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: vb2_fop_poll */
    poll: () => {
      const before = queue.fileIoActive
      const events = queue.poll()
      if (!before && queue.fileIoActive) queue.owner = file
      return events
    },
    /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: vb2_fop_read */
    read: (len) => {
      if (!queue.offersFileIo || queue.type.startsWith('VIDEO_OUTPUT')) return fail('EINVAL', 'the node has no read')
      return then(free(), () => {
        const done = queue.read(null, len)
        queue.owner = queue.fileIoActive ? file : null
        return done
      })
    },
    /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: vb2_fop_write */
    write: (len) => {
      if (!queue.offersFileIo || queue.type.startsWith('VIDEO_CAPTURE')) return fail('EINVAL', 'the node has no write')
      return then(free(), () => {
        const done = queue.write(null, len)
        if (queue.fileIoActive) queue.owner = file
        return done
      })
    },
    /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: vb2_fop_release */
    close: () => {
      if (!free().ok) return
      queue.release()
      queue.owner = null
    },
  }
}
