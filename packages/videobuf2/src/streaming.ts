// A buffer's round: queued, given to the driver, done, dequeued; start, stop and cancel.
import { BUF_FLAG, type Dqbuf, type DriverQueue, fail, type KResult, ok, type Qbuf, withoutBits } from '@dmalab/api'
import { dprintk, traceVb2 } from './debug.ts'
import { bufPrepare, memFinish } from './prepare.ts'
import { type Buf, buffersOf, memOf, type QueueState } from './queue-state.ts'
import { bufferInfo } from './v4l2-buffer.ts'

/**
 * EINVAL for a buffer that is not user space's; what prepare says; what the driver's start says when this buffer starts it.
 * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_core_qbuf
 */
export const coreQbuf = (q: QueueState, buf: Buf, given: Qbuf): KResult<void> => {
  if (q.error) {
    dprintk(q, 'vb2_core_qbuf', 'fatal error occurred on queue')
    return fail('EIO', 'the queue is in error')
  }
  q.usesQbuf = true
  const idle = inUserHands(q, 'vb2_core_qbuf', buf)
  if (!idle.ok) return idle
  const prepared = bufPrepare(q, buf)
  if (!prepared.ok) return prepared
  q.queued.push(buf)
  q.waitingForBuffers = false
  buf.state = 'QUEUED'
  buf.last = false
  buf.timestamp = q.isOutput ? (given.timestamp ?? 0) : 0
  traceVb2('vb2_qbuf', q, buf)
  if (q.startStreamingCalled) enqueueInDriver(q, buf)
  if (!q.streaming || q.startStreamingCalled || q.queued.length < (q.setup.minBuffers ?? 0)) return ok(undefined)
  const started = startStreaming(q)
  if (started.ok) return started
  q.queued.splice(q.queued.indexOf(buf), 1)
  buf.state = 'DEQUEUED'
  return started
}

/**
 * EINVAL for a buffer that is not user space's, or that is prepared already.
 * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-core.c: vb2_core_prepare_buf
 */
export const corePrepareBuf = (q: QueueState, buf: Buf): KResult<void> => {
  const idle = inUserHands(q, 'vb2_core_prepare_buf', buf)
  if (!idle.ok) return idle
  if (buf.prepared) {
    dprintk(q, 'vb2_core_prepare_buf', 'buffer already prepared')
    return fail('EINVAL', `buffer ${buf.index} is prepared`)
  }
  return bufPrepare(q, buf)
}

const inUserHands = (q: QueueState, where: string, buf: Buf): KResult<void> => {
  if (buf.state === 'DEQUEUED') return ok(undefined)
  dprintk(q, where, `invalid buffer state ${stateName(q, buf)}`)
  return fail('EINVAL', `buffer ${buf.index} is ${buf.state.toLowerCase()}`)
}

/** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_buffer_done */
export const bufferDone = (
  q: QueueState,
  buf: Buf,
  state: 'DONE' | 'ERROR',
  result: Parameters<DriverQueue['done']>[2] = {},
): void => {
  if (buf.state !== 'ACTIVE') {
    q.host.printk('warn', `WARNING: vb2_buffer_done: buffer ${buf.index} of ${q.setup.name} is not active`)
    return
  }
  buf.planes.forEach((plane, p) => (plane.bytesused = result.bytesused?.[p] ?? plane.bytesused))
  buf.timestamp = result.timestamp ?? buf.timestamp
  buf.sequence = q.sequence++
  buf.field = result.field ?? buf.field
  buf.last = result.last ?? false
  memFinish(q, buf)
  q.done.push(buf)
  buf.state = state
  q.ownedByDriver -= 1
  traceVb2('vb2_buf_done', q, buf)
}

/**
 * EINVAL when not streaming, EIO in error, EPIPE after the last buffer, EAGAIN when none is done (as a non-blocking call sees it).
 * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_core_dqbuf
 */
export const coreDqbuf = (q: QueueState): KResult<Dqbuf> => {
  const where = '__vb2_wait_for_done_vb'
  if (!q.streaming) {
    dprintk(q, where, 'streaming off, will not wait for buffers')
    return fail('EINVAL', `${q.setup.name} is not streaming`)
  }
  if (q.error) {
    dprintk(q, where, 'Queue in error state, will not wait for buffers')
    return fail('EIO', `${q.setup.name} is in error`)
  }
  if (q.lastBufferDequeued) return fail('EPIPE', `${q.setup.name} has given its last buffer`)
  const buf = q.done.shift()
  if (buf === undefined) return fail('EAGAIN', `no buffer of ${q.setup.name} is done`)
  buf.prepared = false
  const info = bufferInfo(q, buf)
  const dequeued: Dqbuf = {
    index: buf.index,
    bytesused: buf.planes.map(({ bytesused }) => bytesused),
    timestamp: buf.timestamp,
    error: buf.state === 'ERROR',
    last: buf.last,
    // DQBUF takes DONE away after it was reported.
    info: { ...info, flags: withoutBits(info.flags, BUF_FLAG.DONE) },
  }
  q.queued.splice(q.queued.indexOf(buf), 1)
  traceVb2('vb2_dqbuf', q, buf)
  if (buf.last && !q.isOutput) q.lastBufferDequeued = true
  backToUser(q, buf)
  return ok(dequeued)
}

/** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_core_streamon */
export const coreStreamon = (q: QueueState): KResult<void> => {
  if (q.streaming) return ok(undefined)
  if (q.bufs.size === 0) {
    dprintk(q, 'vb2_core_streamon', 'no buffers have been allocated')
    return fail('EINVAL', `${q.setup.name} has no buffers`)
  }
  const needed = q.setup.minBuffers ?? 0
  if (q.bufs.size < needed) {
    dprintk(q, 'vb2_core_streamon', `need at least ${needed} allocated buffers`)
    return fail('EINVAL', `${q.setup.name} has ${q.bufs.size} of ${needed} buffers`)
  }
  if (q.queued.length >= needed) {
    const started = startStreaming(q)
    if (!started.ok) {
      queueCancel(q)
      return started
    }
  }
  q.streaming = true
  return ok(undefined)
}

/** Works on a queue that never streamed too. Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_core_streamoff */
export const coreStreamoff = (q: QueueState): void => {
  queueCancel(q)
  q.waitingForBuffers = !q.isOutput
  q.lastBufferDequeued = false
}

/** Takes every buffer back from the driver. Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: __vb2_queue_cancel */
export const queueCancel = (q: QueueState): void => {
  if (q.startStreamingCalled) q.setup.onStop()
  for (const buf of buffersOf(q)) if (buf.state === 'ACTIVE') bufferDone(q, buf, 'ERROR')
  q.streaming = false
  q.startStreamingCalled = false
  q.error = false
  q.queued = []
  q.done = []
  q.ownedByDriver = 0
  q.usesQbuf = false
  const { cancelSyncs } = q.host.kernel.media
  for (const buf of buffersOf(q)) {
    if (cancelSyncs) memFinish(q, buf)
    backToUser(q, buf)
    buf.synced = false
    buf.prepared = false
  }
}

/** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: __vb2_dqbuf */
const backToUser = (q: QueueState, buf: Buf): void => {
  buf.state = 'DEQUEUED'
  if (!q.host.kernel.dqbufUnmaps || buf.memory !== 'DMABUF') return
  for (const plane of buf.planes) {
    if (!plane.dbufMapped) continue
    q.ops.unmapDmabuf(memOf(plane))
    plane.dbufMapped = false
  }
}

/** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: __enqueue_in_driver */
const enqueueInDriver = (q: QueueState, buf: Buf): void => {
  buf.state = 'ACTIVE'
  q.ownedByDriver += 1
  traceVb2('vb2_buf_queue', q, buf)
  q.setup.onQueue(buf.view)
}

/** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_start_streaming */
const startStreaming = (q: QueueState): KResult<void> => {
  q.sequence = 0
  for (const buf of q.queued) enqueueInDriver(q, buf)
  q.startStreamingCalled = true
  const started = q.setup.onStart()
  if (started.ok) return started
  dprintk(q, 'vb2_start_streaming', 'driver refused to start streaming')
  q.startStreamingCalled = false
  for (const buf of buffersOf(q))
    if (buf.state === 'ACTIVE') {
      buf.state = 'QUEUED'
      q.ownedByDriver -= 1
    }
  return started
}

/** enum vb2_buffer_state: a number in old texts, a name in new ones. */
const stateName = (q: QueueState, buf: Buf): string =>
  q.host.kernel.media.log.named
    ? buf.state.toLowerCase()
    : String(
        ['DEQUEUED', 'PREPARING', 'PREPARED', 'QUEUED', 'REQUEUEING', 'ACTIVE', 'DONE', 'ERROR'].indexOf(buf.state),
      )
