// One videobuf2 queue: the ioctls as user space calls them, and the driver's side.
import {
  type Device,
  type DriverQueue,
  fail,
  type KResult,
  ok,
  type Qbuf,
  type QueueSetup,
  type Vb2Buffer,
} from '@dmalab/api'
import { fileRead, fileWrite } from './file-io.ts'
import { dprintk } from './debug.ts'
import { traceV4l2 } from './trace-v4l2.ts'
import {
  coreCreateBufs,
  coreExpbuf,
  coreRemoveBufs,
  coreReqbufs,
  queueMmap,
  queueMunmap,
  verifyMemoryType,
} from './memory-setup.ts'
import { bufPrepare } from './prepare.ts'
import { type Buf, type QueueHost, type QueueState } from './queue-state.ts'
import { queueFree } from './buffers.ts'
import { bufferDone, coreDqbuf, coreQbuf, coreStreamoff, coreStreamon, queueCancel } from './streaming.ts'

/** What read(2) or write(2) in progress keeps user space from. */
const BUSY_WITH_FILE_IO = new Set([
  'reqbufs',
  'create_bufs',
  'remove_bufs',
  'expbuf',
  'prepare_buf',
  'qbuf',
  'dqbuf',
  'streamon',
  'streamoff',
])

const fileIoBusy = (q: QueueState, op: string): KResult<never> => {
  dprintk(q, `vb2_${op}`, 'file io in progress')
  return fail('EBUSY', `${q.setup.name} is being read or written`)
}

/** The V4L2 core between the file and the driver, outermost first. */
const V4L2_CORE = ['v4l2_ioctl', 'video_ioctl2', 'video_usercopy', '__video_do_ioctl']

const READ_PATH = ['vfs_read', 'v4l2_read', 'vb2_fop_read', 'vb2_read']
const WRITE_PATH = ['vfs_write', 'v4l2_write', 'vb2_fop_write', 'vb2_write']

/** Makes a queue of `device`; nothing is allocated before REQBUFS. */
export const createQueue = (host: QueueHost, device: Device, setup: QueueSetup): DriverQueue => {
  const isOutput = setup.type.startsWith('VIDEO_OUTPUT')
  const q: QueueState = {
    host,
    device,
    setup,
    ops: host.allocator(setup.allocator),
    isOutput,
    memory: undefined,
    bufs: new Map(),
    nonCoherent: false,
    queued: [],
    done: [],
    ownedByDriver: 0,
    sequence: 0,
    streaming: false,
    startStreamingCalled: false,
    waitingForBuffers: !isOutput,
    lastBufferDequeued: false,
    error: false,
    mappings: [],
    fileIo: null,
  }
  const entry = host.kernel.arch.syscallPath

  /** Runs an ioctl with its call path and reports what it returned. */
  const ioctl = <T>(op: string, body: () => KResult<T>): KResult<T> => {
    const driver = setup.symbols?.(op) ?? [`vb2_ioctl_${op}`]
    const path = [...entry, ...V4L2_CORE, `v4l_${op}`, ...driver, `vb2_${op}`, `vb2_core_${op}`]
    const result = host.call(path, () => (q.fileIo !== null && BUSY_WITH_FILE_IO.has(op) ? fileIoBusy(q, op) : body()))
    host.sink.emit({
      event: 'ioctl',
      name: `VIDIOC_${op.toUpperCase()}`,
      device: device.name,
      ...(result.ok ? {} : { errno: result.errno, why: result.why }),
    })
    return result
  }

  /** read(2) and write(2) are no ioctls, and are reported in the same way. */
  const fileIo = (name: string, path: readonly string[], body: () => KResult<number>): KResult<number> => {
    const result = host.call(path, body)
    host.sink.emit({
      event: 'ioctl',
      name,
      device: device.name,
      ...(result.ok ? {} : { errno: result.errno, why: result.why }),
    })
    return result
  }

  return {
    name: setup.name,
    type: setup.type,
    device,
    get memory() {
      return q.memory
    },
    get streaming() {
      return q.streaming
    },

    reqbufs: (memory, count, options) =>
      ioctl('reqbufs', () => {
        const verified = verifyMemoryType(q, memory)
        return verified.ok ? coreReqbufs(q, memory, count, options?.nonCoherent ?? false) : verified
      }),

    createBufs: (memory, count, planeSizes) =>
      ioctl('create_bufs', () => {
        const verified = verifyMemoryType(q, memory)
        return verified.ok ? coreCreateBufs(q, memory, count, planeSizes) : verified
      }),

    querybuf: (index) =>
      ioctl('querybuf', () => {
        const buf = q.bufs.get(index)
        if (buf === undefined) {
          dprintk(q, 'vb2_querybuf', 'buffer index out of range', 'v4l2')
          return fail('EINVAL', `${setup.name} has no buffer ${index}`)
        }
        const planes = buf.planes.map(({ length, bytesused }) => ({ length, bytesused }))
        return ok({ state: buf.state, planes, mapped: q.mappings.filter((mapping) => mapping.index === index).length })
      }),

    removeBufs: (index, count) => ioctl('remove_bufs', () => coreRemoveBufs(q, index, count)),
    expbuf: (index, plane) => ioctl('expbuf', () => coreExpbuf(q, index, plane)),
    mmap: (index, plane) => host.call(['v4l2_mmap', 'vb2_mmap'], () => queueMmap(q, index, plane)),
    munmap: (index, plane) => queueMunmap(q, index, plane),

    prepareBuf: (given) =>
      ioctl('prepare_buf', () => {
        const buf = queueOrPrepare(q, given, 'prepare_buf')
        if (!buf.ok) return buf
        if (buf.value.state !== 'DEQUEUED' || buf.value.prepared)
          return fail(
            'EINVAL',
            `buffer ${given.index} is ${buf.value.prepared ? 'prepared' : buf.value.state.toLowerCase()}`,
          )
        return bufPrepare(q, buf.value, given)
      }),

    qbuf: (given) =>
      ioctl('qbuf', () => {
        const buf = queueOrPrepare(q, given, 'qbuf')
        if (!buf.ok) return buf
        const queued = coreQbuf(q, buf.value, given)
        if (queued.ok) traceV4l2('v4l2_qbuf', q, buf.value)
        return queued
      }),

    dqbuf: () =>
      ioctl('dqbuf', () => {
        const done = coreDqbuf(q)
        const buf = done.ok ? q.bufs.get(done.value.index) : undefined
        if (done.ok && buf !== undefined) traceV4l2('v4l2_dqbuf', q, buf, done.value)
        return done
      }),
    streamon: () => ioctl('streamon', () => coreStreamon(q)),
    streamoff: () =>
      ioctl('streamoff', () => {
        coreStreamoff(q)
        return ok(undefined)
      }),

    read: (len) => host.call(READ_PATH, () => fileRead(q, null, len)),
    write: (len) => host.call(WRITE_PATH, () => fileWrite(q, null, len)),
    readInto: (user, len) => fileIo('read', READ_PATH, () => fileRead(q, user, len)),
    writeFrom: (user, len) => fileIo('write', WRITE_PATH, () => fileWrite(q, user, len)),

    /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_core_poll. Leaves out: starting read() and write(). */
    poll: () => {
      if (!q.streaming || q.error || q.waitingForBuffers) return 'error'
      if (q.isOutput && q.fileIo !== null && q.queued.length < q.bufs.size) return 'ready'
      return q.done.length > 0 || q.lastBufferDequeued ? 'ready' : 'empty'
    },

    /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_core_queue_release */
    release: () =>
      host.call(['v4l2_release', 'vb2_queue_release', 'vb2_core_queue_release'], () => {
        q.fileIo = null
        queueCancel(q)
        queueFree(q)
        host.released?.()
      }),

    done: (buffer: Vb2Buffer, state, result) => {
      const buf = q.bufs.get(buffer.index)
      if (buf === undefined || buf.view !== buffer) throw new Error(`${setup.name} has no such buffer ${buffer.index}`)
      bufferDone(q, buf, state, result)
    },
  }
}

/** What QBUF and PREPARE_BUF check first. EINVAL. Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-v4l2.c: vb2_queue_or_prepare_buf */
const queueOrPrepare = (q: QueueState, given: Qbuf, op: string): KResult<Buf> => {
  const refuse = (text: string, why: string): KResult<Buf> => {
    dprintk(q, 'vb2_queue_or_prepare_buf', `${op}: ${text}`, 'v4l2')
    return fail('EINVAL', why)
  }
  const buf = q.bufs.get(given.index)
  if (buf === undefined) return refuse('buffer index out of range', `${q.setup.name} has no buffer ${given.index}`)
  if (given.memory !== q.memory) return refuse('invalid memory type', `${q.setup.name} works with ${q.memory}`)
  if (given.planes !== undefined && given.planes.length !== buf.planes.length)
    return refuse(`incorrect planes array length`, `buffer ${given.index} has ${buf.planes.length} plane(s)`)
  if (given.requestFd !== undefined) {
    dprintk(q, 'vb2_queue_or_prepare_buf', `${op}: queue does not support requests`, 'v4l2')
    const { log } = q.host.kernel.media
    return fail(log.named && op === 'qbuf' ? 'EBADR' : 'EINVAL', `${q.setup.name} does not support requests`)
  }
  return ok(buf)
}
