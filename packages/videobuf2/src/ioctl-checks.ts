// What the ioctls check before the core does its work: the buffer, its type, requests, and whether read(2) or write(2) is in progress.
import { type BufTypeWish, fail, type KResult, ok, type Qbuf } from '@dmalab/api'
import { dprintk } from './debug.ts'
import type { Buf, QueueState } from './queue-state.ts'
import { fillFromUser, verifyPlanesArray } from './v4l2-buffer.ts'

/**
 * What QBUF and PREPARE_BUF check first. EBUSY: read(2) or write(2) is in progress. EINVAL.
 * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-v4l2.c: vb2_queue_or_prepare_buf
 */
export const toQueue = (q: QueueState, type: BufTypeWish, given: Qbuf, op: 'qbuf' | 'prepare_buf'): KResult<Buf> => {
  const { requests } = q.host.kernel.media
  const free = noFileIo(q, `vb2_${op}`)
  if (!free.ok) return free
  const withRequest = requests && given.requestFd !== undefined
  if (op === 'prepare_buf' && withRequest) return fail('EINVAL', 'PREPARE_BUF takes no request')
  const buf = requested(q, `vb2_${op}`, given.index)
  if (!buf.ok) return buf
  const where = 'vb2_queue_or_prepare_buf'
  const typed = sameType(q, where, `${op}: invalid buffer type`, type)
  if (!typed.ok) return typed
  if (given.memory !== q.memory) {
    dprintk(q, where, `${op}: invalid memory type`, 'v4l2')
    return fail('EINVAL', `${q.setup.name} works with ${q.memory}`)
  }
  const array = verifyPlanesArray(q, buf.value, given.planes?.length ?? null)
  if (!array.ok) return array
  if (withRequest && buf.value.state !== 'DEQUEUED') {
    dprintk(q, where, `${op}: buffer is not in dequeued state`, 'v4l2')
    return fail('EINVAL', `buffer ${given.index} is ${buf.value.state.toLowerCase()}`)
  }
  const filled = buf.value.prepared ? ok(undefined) : fillFromUser(q, buf.value, given)
  if (!filled.ok) return filled
  const asked = withRequest ? verifyRequest(q, where, op) : ok(undefined)
  return asked.ok ? buf : asked
}

/**
 * EBADR: the queue has no requests. EBUSY: buffers were queued without one. EINVAL: the fd is not a request; dmalab has no media requests.
 * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: vb2_queue_or_prepare_buf
 */
const verifyRequest = (q: QueueState, where: string, op: string): KResult<void> => {
  if (q.setup.supportsRequests !== true) {
    dprintk(q, where, `${op}: queue does not support requests`, 'v4l2')
    return fail('EBADR', `${q.setup.name} does not support requests`)
  }
  if (q.usesQbuf) {
    dprintk(q, where, `${op}: queue does not use requests`, 'v4l2')
    return fail('EBUSY', `buffers of ${q.setup.name} were queued without requests`)
  }
  dprintk(q, where, `${op}: invalid request_fd`, 'v4l2')
  return fail('EINVAL', 'the fd is not a media request')
}

/** The buffer of an index. EINVAL. */
export const requested = (q: QueueState, where: string, index: number): KResult<Buf> => {
  const buf = q.bufs.get(index)
  if (buf !== undefined) return ok(buf)
  const { log } = q.host.kernel.media
  const text = log.named ? `can't find the requested buffer ${index}` : 'buffer index out of range'
  dprintk(q, where, text, 'v4l2')
  return fail('EINVAL', `${q.setup.name} has no buffer ${index}`)
}

export const sameType = (
  q: QueueState,
  where: string,
  text: string,
  type: BufTypeWish,
  file: 'core' | 'v4l2' = 'v4l2',
): KResult<void> => {
  if (type === q.setup.type) return ok(undefined)
  dprintk(q, where, text, file)
  return fail('EINVAL', `${q.setup.name} is ${q.setup.type}`)
}

/** What read(2) or write(2) in progress keeps user space from. EBUSY. */
export const noFileIo = (q: QueueState, where: string): KResult<void> => {
  if (q.fileIo === null) return ok(undefined)
  dprintk(q, where, 'file io in progress', 'v4l2')
  return fail('EBUSY', `${q.setup.name} is being read or written`)
}
