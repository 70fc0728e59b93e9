// videobuf2-v4l2.c: what the ioctls of a queue check before the core does its work, and what they tell user space.
import {
  BUF_CAP,
  type BufTypeWish,
  fail,
  has,
  type KResult,
  ok,
  type PollEvent,
  type Qbuf,
  type V4l2Ask,
  type V4l2Queue,
  type V4l2MemoryWish,
  withBits,
} from '@dmalab/api'
import { queueFree } from './buffers.ts'
import { cleanUpFileIo, fileRead, fileWrite, hasFileIo, initFileIo } from './file-io.ts'
import { noFileIo, requested, sameType, toQueue } from './ioctl-checks.ts'
import {
  coreCreateBufs,
  coreExpbuf,
  coreRemoveBufs,
  coreReqbufs,
  queueMmap,
  queueMunmap,
  verifyMemoryType,
} from './memory-setup.ts'
import { type Buf, maxBuffers, type QueueState } from './queue-state.ts'
import { coreDqbuf, corePrepareBuf, coreQbuf, coreStreamoff, coreStreamon, queueCancel } from './streaming.ts'
import { traceV4l2 } from './trace-v4l2.ts'
import { bufferInfo, verifyPlanesArray } from './v4l2-buffer.ts'

/** The V4L2 core between the file and the driver, outermost first. */
const V4L2_CORE = ['v4l2_ioctl', 'video_ioctl2', 'video_usercopy', '__video_do_ioctl']

const READ_PATH = ['vfs_read', 'v4l2_read', 'vb2_fop_read', 'vb2_read']
const WRITE_PATH = ['vfs_write', 'v4l2_write', 'vb2_fop_write', 'vb2_write']

/** V4L2_MEMORY_FLAG_NON_COHERENT. */
const NON_COHERENT = 1

export const v4l2Queue = (q: QueueState): V4l2Queue => {
  const { host, device, setup } = q
  const entry = host.kernel.arch.syscallPath

  const report = <T>(name: string, result: KResult<T>): KResult<T> => {
    const failure = result.ok ? {} : { errno: result.errno, why: result.why }
    host.sink.emit({ event: 'ioctl', name, device: device.name, ...failure })
    return result
  }
  /** Runs an ioctl with its call path and reports what it returned. */
  const ioctl = <T>(op: string, body: () => KResult<T>): KResult<T> => {
    const path = [...entry, ...V4L2_CORE, `v4l_${op}`, ...setup.symbols(op), `vb2_${op}`, `vb2_core_${op}`]
    return report(`VIDIOC_${op.toUpperCase()}`, host.call(path, body))
  }

  return Object.assign(new V4l2Status(q), {
    type: setup.type,
    maxNumBuffers: maxBuffers(q),
    offersFileIo: hasFileIo(q, q.isOutput),
    offersRemoveBufs: setup.removeBufs === true,
    capabilities: capabilitiesOf(q),

    verifyMemoryType: (memory, type) => {
      const verified = verifyMemoryType(q, memory, type)
      return verified.ok ? ok(undefined) : verified
    },
    reqbufs: (ask) => ioctl('reqbufs', () => reqbufs(q, ask)),
    createBufs: (ask) => ioctl('create_bufs', () => createBufs(q, ask)),
    removeBufs: (index, count) => ioctl('remove_bufs', () => removeBufs(q, index, count)),

    /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: vb2_querybuf */
    querybuf: (type, index, planes) =>
      ioctl('querybuf', () => {
        const typed = sameType(q, 'vb2_querybuf', 'wrong buffer type', type)
        const buf = typed.ok ? requested(q, 'vb2_querybuf', index) : typed
        if (!buf.ok) return buf
        const array = verifyPlanesArray(q, buf.value, planes)
        return array.ok ? ok(bufferInfo(q, buf.value)) : array
      }),
    /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: vb2_expbuf */
    expbuf: (type, index, plane, flags) =>
      ioctl('expbuf', () => {
        const buf = requested(q, 'vb2_expbuf', index)
        return buf.ok ? coreExpbuf(q, buf.value, { type, plane, flags }) : buf
      }),

    qbuf: (type, given) => ioctl('qbuf', () => qbuf(q, type, given)),
    prepareBuf: (type, given) => ioctl('prepare_buf', () => prepareBuf(q, type, given)),

    /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: vb2_dqbuf */
    dqbuf: (type) =>
      ioctl('dqbuf', () => {
        const free = noFileIo(q, 'vb2_dqbuf')
        const typed = free.ok ? sameType(q, 'vb2_dqbuf', 'invalid buffer type', type) : free
        if (!typed.ok) return typed
        const done = coreDqbuf(q)
        if (done.ok) traceV4l2('v4l2_dqbuf', q, q.bufs.get(done.value.index) as Buf, done.value)
        return done
      }),
    streamon: (type) =>
      ioctl('streamon', () => {
        const free = noFileIo(q, 'vb2_streamon')
        const typed = free.ok ? sameType(q, 'vb2_core_streamon', 'invalid stream type', type, 'core') : free
        return typed.ok ? coreStreamon(q) : typed
      }),
    streamoff: (type) =>
      ioctl('streamoff', () => {
        const free = noFileIo(q, 'vb2_streamoff')
        const typed = free.ok ? sameType(q, 'vb2_core_streamoff', 'invalid stream type', type, 'core') : free
        if (typed.ok) coreStreamoff(q)
        return typed
      }),

    mmap: (offset, len) => host.call(['v4l2_mmap', 'vb2_mmap'], () => queueMmap(q, offset, len)),
    munmap: (user) => queueMunmap(q, (mapping) => mapping.user === user),
    maps: (user) => q.mappings.some((mapping) => mapping.user === user),
    poll: () => corePoll(q),
    read: (user, len) =>
      report(
        'read',
        host.call(READ_PATH, () => fileRead(q, user, len)),
      ),
    write: (user, len) =>
      report(
        'write',
        host.call(WRITE_PATH, () => fileWrite(q, user, len)),
      ),

    /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_core_queue_release */
    release: () =>
      host.call(['v4l2_release', 'vb2_queue_release', 'vb2_core_queue_release'], () => {
        cleanUpFileIo(q)
        queueCancel(q)
        queueFree(q)
        q.busy = false
      }),
  } satisfies Omit<V4l2Queue, keyof V4l2Status>)
}

/** What a queue says of itself. */
class V4l2Status {
  readonly #q: QueueState

  constructor(q: QueueState) {
    this.#q = q
  }

  get owner(): object | null {
    return this.#q.owner
  }
  set owner(file: object | null) {
    this.#q.owner = file
  }
  get numBuffers(): number {
    return this.#q.bufs.size
  }
  get busy(): boolean {
    return this.#q.busy
  }
  get fileIoActive(): boolean {
    return this.#q.fileIo !== null
  }
  get streaming(): boolean {
    return this.#q.streaming
  }
  get idle(): boolean {
    return this.#q.queued.length === 0 && !this.#q.lastBufferDequeued
  }
  get error(): boolean {
    return this.#q.error
  }
  get done(): boolean {
    return this.#q.done.length > 0 || this.#q.lastBufferDequeued
  }
}

/** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: vb2_set_flags_and_caps */
const capabilitiesOf = ({ setup, host }: QueueState): number => {
  const { buffersInUse, removeBufs } = host.kernel.media
  const mmap = setup.ioModes.includes('MMAP')
  return [
    ...setup.ioModes.map((mode) => BUF_CAP[mode]),
    ...(setup.supportsRequests === true ? [BUF_CAP.REQUESTS] : []),
    ...(buffersInUse === 'orphaned' ? [BUF_CAP.ORPHANED_BUFS] : []),
    ...(setup.allowCacheHints === true && mmap ? [BUF_CAP.MMAP_CACHE_HINTS] : []),
    ...(setup.removeBufs === true && removeBufs ? [BUF_CAP.REMOVE_BUFS] : []),
  ].reduce(withBits, 0)
}

/** Flags that mean nothing here are taken back. */
const memoryFlags = (q: QueueState, memory: V4l2MemoryWish, flags: number): number =>
  q.setup.allowCacheHints === true && memory === 'MMAP' && has(flags, NON_COHERENT) ? NON_COHERENT : 0

/** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: vb2_reqbufs */
const reqbufs = (q: QueueState, ask: V4l2Ask): ReturnType<V4l2Queue['reqbufs']> => {
  const memory = verifyMemoryType(q, ask.memory, ask.type)
  if (!memory.ok) return memory
  const flags = memoryFlags(q, ask.memory, ask.flags)
  const count = coreReqbufs(q, memory.value, ask.count, has(flags, NON_COHERENT))
  return count.ok ? ok({ count: count.value, flags }) : count
}

/**
 * No buffers at all: only memory and type are looked at. EINVAL: also for a plane without size.
 * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: vb2_create_bufs
 */
const createBufs = (
  q: QueueState,
  ask: V4l2Ask & { readonly sizes: readonly number[] },
): ReturnType<V4l2Queue['createBufs']> => {
  const memory = verifyMemoryType(q, ask.memory, ask.type)
  const flags = memoryFlags(q, ask.memory, ask.flags)
  if (ask.count === 0)
    return memory.ok || memory.errno === 'EBUSY' ? ok({ index: q.bufs.size, count: 0, flags }) : memory
  if (ask.sizes.includes(0)) return fail('EINVAL', 'a plane without size')
  if (!memory.ok) return memory
  const { count, sizes } = ask
  const made = coreCreateBufs(q, { memory: memory.value, count, nonCoherent: has(flags, NON_COHERENT), sizes })
  return made.ok ? ok({ flags, ...made.value }) : made
}

/**
 * ENOTTY: the kernel has no such ioctl. EBUSY: read(2) or write(2) is in progress.
 * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: vb2_ioctl_remove_bufs
 */
const removeBufs = (q: QueueState, index: number, count: number): KResult<void> => {
  if (!q.host.kernel.media.removeBufs) return fail('ENOTTY', 'the kernel has no VIDIOC_REMOVE_BUFS')
  const free = count === 0 ? ok(undefined) : noFileIo(q, 'vb2_ioctl_remove_bufs')
  return free.ok ? coreRemoveBufs(q, index, count) : free
}

/** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: vb2_qbuf */
const qbuf = (q: QueueState, type: BufTypeWish, given: Qbuf): ReturnType<V4l2Queue['qbuf']> => {
  const buf = toQueue(q, type, given, 'qbuf')
  if (!buf.ok) return buf
  const queued = coreQbuf(q, buf.value, given)
  if (!queued.ok) return queued
  traceV4l2('v4l2_qbuf', q, buf.value)
  return ok(bufferInfo(q, buf.value))
}

/** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: vb2_prepare_buf */
const prepareBuf = (q: QueueState, type: BufTypeWish, given: Qbuf): ReturnType<V4l2Queue['qbuf']> => {
  const buf = toQueue(q, type, given, 'prepare_buf')
  if (!buf.ok) return buf
  const prepared = corePrepareBuf(q, buf.value)
  return prepared.ok ? ok(bufferInfo(q, buf.value)) : prepared
}

/**
 * For a caller that waits for reading and writing. A queue without buffers starts read(2) or write(2), where it has them.
 * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_core_poll
 */
const corePoll = (q: QueueState): PollEvent[] => {
  const ready: PollEvent = q.isOutput ? 'OUT' : 'IN'
  if (q.bufs.size === 0 && q.fileIo === null && hasFileIo(q, q.isOutput)) {
    if (!initFileIo(q).ok) return ['ERR']
    if (q.isOutput) return ['OUT']
  }
  if (!q.streaming || q.error || q.waitingForBuffers) return ['ERR']
  if (q.isOutput && q.fileIo !== null && q.queued.length < q.bufs.size) return [ready]
  return q.done.length > 0 || q.lastBufferDequeued ? [ready] : []
}
