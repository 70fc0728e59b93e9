// An open file of a memory-to-memory node: both queues are the file's own (v4l2_m2m_ioctl_*).
import {
  BUF_CAP,
  type BufTypeWish,
  fail,
  type KResult,
  ok,
  type PollEvent,
  type V4l2BufferInfo,
  type V4l2Queue,
  withBits,
} from '@dmalab/api'
import type { VideoFile } from './video-file.ts'

/** DST_QUEUE_OFF_BASE: mmap offsets from here on are the CAPTURE queue's. */
const CAPTURE_OFFSETS = 2 ** 30

/**
 * `close` is the driver's release, which gives both queues back.
 * Models: Linux v6.12 drivers/media/v4l2-core/v4l2-mem2mem.c: v4l2_m2m_reqbufs and its like, v4l2_m2m_poll
 */
export const openM2mFile = (output: V4l2Queue, capture: V4l2Queue, close: () => void): VideoFile => {
  /** V4L2_TYPE_IS_OUTPUT counts overlays. */
  const queueOf = (type: BufTypeWish): V4l2Queue =>
    type === 'VIDEO_OVERLAY' || type.startsWith('VIDEO_OUTPUT') ? output : capture
  /** Models: Linux v6.12 drivers/media/v4l2-core/v4l2-ioctl.c: check_fmt */
  const typed = <T>(type: BufTypeWish, body: (queue: V4l2Queue) => KResult<T>): KResult<T> =>
    type === output.type || type === capture.type ? body(queueOf(type)) : fail('EINVAL', `the node has no ${type}`)
  /** CAPTURE buffers lie behind all OUTPUT ones. Models: Linux v6.12 drivers/media/v4l2-core/v4l2-mem2mem.c: v4l2_m2m_adjust_mem_offset */
  const told = (queue: V4l2Queue, answer: KResult<V4l2BufferInfo>): KResult<V4l2BufferInfo> =>
    answer.ok && queue === capture ? ok(behindOutput(answer.value)) : answer

  return {
    reqbufs: (ask) =>
      typed(ask.type, (queue) => {
        const answer = queue.reqbufs(ask)
        return answer.ok ? ok({ capabilities: queue.capabilities, ...answer.value }) : answer
      }),
    createBufs: (ask) =>
      typed(ask.type, (queue) => {
        const answer = queue.createBufs(ask)
        const capabilities = withBits(queue.capabilities, BUF_CAP.MAX_NUM_BUFFERS)
        return answer.ok ? ok({ capabilities, max: queue.maxNumBuffers, ...answer.value }) : answer
      }),
    removeBufs: (type, index, count) => {
      const queue = queueOf(type)
      if (!queue.offersRemoveBufs) return fail('ENOTTY', 'the driver has no VIDIOC_REMOVE_BUFS')
      return type === queue.type ? queue.removeBufs(index, count) : fail('EINVAL', `the queue is ${queue.type}`)
    },
    querybuf: (type, index, planes) => typed(type, (queue) => told(queue, queue.querybuf(type, index, planes))),
    expbuf: (type, index, plane, flags) => queueOf(type).expbuf(type, index, plane, flags),
    /** EPERM: only what goes in can belong to a request. */
    qbuf: (type, given) =>
      typed(type, (queue) =>
        queue === capture && given.requestFd !== undefined
          ? fail('EPERM', 'CAPTURE buffers take no requests')
          : told(queue, queue.qbuf(type, given)),
      ),
    prepareBuf: (type, given) => typed(type, (queue) => told(queue, queue.prepareBuf(type, given))),
    dqbuf: (type) =>
      typed(type, (queue) => {
        const done = queue.dqbuf(type)
        return done.ok && queue === capture ? ok({ ...done.value, info: behindOutput(done.value.info) }) : done
      }),
    streamon: (type) => queueOf(type).streamon(type),
    streamoff: (type) => queueOf(type).streamoff(type),
    mmap: (offset, len) =>
      offset < CAPTURE_OFFSETS ? output.mmap(offset, len) : capture.mmap(offset - CAPTURE_OFFSETS, len),
    munmap: (mapping) => (output.maps(mapping) ? output : capture).munmap(mapping),
    get streaming() {
      return output.streaming || capture.streaming
    },

    poll: () => {
      const waits = ({ streaming, error, idle }: V4l2Queue): boolean => streaming && !error && !idle
      if (!waits(output) && !waits(capture)) return ['ERR']
      const events: PollEvent[] = []
      if (capture.done) events.push('IN')
      if (output.done) events.push('OUT')
      return events
    },
    read: () => fail('EINVAL', 'the node has no read'),
    write: () => fail('EINVAL', 'the node has no write'),
    close,
  }
}

const behindOutput = (info: V4l2BufferInfo): V4l2BufferInfo =>
  info.memory === 'MMAP'
    ? { ...info, planes: info.planes.map((plane) => ({ ...plane, m: plane.m + CAPTURE_OFFSETS })) }
    : info
