// One videobuf2 queue: its state, and the calls as most of dmalab makes them. What ioctls carry beyond that is `v4l2`.
import {
  type Device,
  type DriverQueue,
  EXPBUF_FLAGS,
  fail,
  type KResult,
  ok,
  type QueueSetup,
  type Vb2Buffer,
  withBits,
} from '@dmalab/api'
import { queueMunmap } from './memory-setup.ts'
import type { QueueHost, QueueState } from './queue-state.ts'
import { bufferDone } from './streaming.ts'
import { v4l2Queue } from './v4l2-queue.ts'

/** O_RDWR. */
const RDWR = 2

/** Makes a queue of `device`; nothing is allocated before REQBUFS. */
export const createQueue = (host: QueueHost, device: Device, setup: QueueSetup): DriverQueue => {
  const q = newState(host, device, setup)
  const v4l2 = v4l2Queue(q)
  const { type } = setup

  return Object.assign(new QueueStatus(q), {
    name: setup.name,
    type,
    device,
    v4l2,

    reqbufs: (memory, count, options) => {
      const answer = v4l2.reqbufs({ type, memory, count, flags: options?.nonCoherent === true ? 1 : 0 })
      return answer.ok ? ok(answer.value.count) : answer
    },
    createBufs: (memory, count, sizes) => {
      // The same memory as the buffers that are there: user space would have to say so.
      const answer = v4l2.createBufs({ type, memory, count, flags: q.nonCoherent && q.bufs.size > 0 ? 1 : 0, sizes })
      return answer.ok ? ok({ index: answer.value.index, count: answer.value.count }) : answer
    },
    querybuf: (index) => {
      const info = v4l2.querybuf(type, index, setup.planes().length)
      const buf = q.bufs.get(index)
      if (!info.ok) return info
      if (buf === undefined) throw new Error(`${setup.name} reported a buffer that it does not have`)
      const mapped = q.mappings.filter((mapping) => mapping.index === index).length
      return ok({ state: buf.state, mapped, ...info.value })
    },
    removeBufs: (index, count) => v4l2.removeBufs(index, count),
    expbuf: (index, plane, flags) => v4l2.expbuf(type, index, plane, flags ?? withBits(RDWR, EXPBUF_FLAGS.CLOEXEC)),
    mmap: (index, plane) => {
      const target = q.bufs.get(index)?.planes[plane]
      if (target === undefined) return fail('EINVAL', `${setup.name} has no buffer ${index} plane ${plane}`)
      return v4l2.mmap(target.memOffset, target.length)
    },
    munmap: (index, plane) => queueMunmap(q, (mapping) => mapping.index === index && mapping.plane === plane),

    prepareBuf: (given) => done(v4l2.prepareBuf(type, withPlanes(q, given))),
    qbuf: (given) => done(v4l2.qbuf(type, withPlanes(q, given))),
    dqbuf: () => v4l2.dqbuf(type),
    streamon: () => v4l2.streamon(type),
    streamoff: () => v4l2.streamoff(type),

    read: (len) => v4l2.read(null, len),
    write: (len) => v4l2.write(null, len),
    readInto: (user, len) => v4l2.read(user, len),
    writeFrom: (user, len) => v4l2.write(user, len),

    /** A queue that nothing was asked of yet is not started: the caller would have to read or write then. */
    poll: () => {
      if (q.bufs.size === 0 && q.fileIo === null) return 'error'
      const [event] = v4l2.poll()
      return event === undefined ? 'empty' : event === 'ERR' ? 'error' : 'ready'
    },

    /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_core_queue_release */
    release: () => {
      v4l2.release()
      host.released()
    },

    done: (buffer: Vb2Buffer, state, result) => {
      const buf = q.bufs.get(buffer.index)
      if (buf === undefined || buf.view !== buffer) throw new Error(`${setup.name} has no such buffer ${buffer.index}`)
      bufferDone(q, buf, state, result)
    },
  } satisfies Omit<DriverQueue, keyof QueueStatus>)
}

/** What a queue says of itself. */
class QueueStatus {
  readonly #q: QueueState

  constructor(q: QueueState) {
    this.#q = q
  }

  get memory(): DriverQueue['memory'] {
    return this.#q.memory
  }
  get streaming(): boolean {
    return this.#q.streaming
  }
}

const newState = (host: QueueHost, device: Device, setup: QueueSetup): QueueState => {
  const isOutput = setup.type.startsWith('VIDEO_OUTPUT')
  return {
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
    usesQbuf: false,
    busy: false,
    owner: null,
    mappings: [],
    fileIo: null,
  }
}

const done = <T>(result: KResult<T>): KResult<void> => (result.ok ? ok(undefined) : result)

/** A multi-planar buffer comes with as many planes as it has, said of or not. */
const withPlanes = <T extends { readonly index: number; readonly planes?: readonly object[] }>(
  q: QueueState,
  given: T,
) => {
  const count = q.bufs.get(given.index)?.planes.length ?? 0
  return given.planes === undefined ? { ...given, planes: Array.from({ length: count }, () => ({})) } : given
}
