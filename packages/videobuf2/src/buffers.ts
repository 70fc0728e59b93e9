// Buffers come and go: allocation for REQBUFS and CREATE_BUFS, release, orphaning.
import {
  type Device,
  type Direction,
  DIR,
  type KResult,
  ok,
  pageAlign,
  type V4l2Memory,
  type Vb2Buffer,
} from '@dmalab/api'
import { dprintk } from './debug.ts'
import { type Buf, buffersOf, memOf, type Plane, type QueueState } from './queue-state.ts'

export interface PlaneSetup {
  readonly size: number
  readonly dev: Device
}

export const directionOf = (q: QueueState): Direction => (q.isOutput ? DIR.TO_DEVICE : DIR.FROM_DEVICE)

/** Name of a plane's memory for people: `codec CAPTURE buffer 2 plane 1`. */
export const ownerOf = (q: QueueState, index: number, plane: number): string =>
  `${q.setup.name} buffer ${index} plane ${plane}`

/**
 * Adds up to `count` buffers at the first free run of indices that is long enough; MMAP ones with memory, each plane from the
 * allocator for its own device. The value is where they begin, how many there are, and why it are no more.
 *
 * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-core.c: __vb2_queue_alloc
 */
export const queueAlloc = (
  q: QueueState,
  memory: V4l2Memory,
  count: number,
  planes: readonly PlaneSetup[],
): { first: number; allocated: number; why: string } =>
  q.host.call('__vb2_queue_alloc', () => {
    const first = freeRun(q, count)
    let allocated = 0
    let why = ''
    for (; allocated < count; allocated++) {
      const buf = newBuf(q, first + allocated, memory, planes)
      if (memory === 'MMAP') {
        const filled = memAlloc(q, buf, planes)
        if (!filled.ok) {
          dprintk(q, '__vb2_queue_alloc', `failed allocating memory for buffer ${buf.index}`)
          why = filled.why
          break
        }
      }
      q.bufs.set(buf.index, buf)
    }
    dprintk(q, '__vb2_queue_alloc', `allocated ${allocated} buffers, ${planes.length} plane(s) each`)
    return { first, allocated, why }
  })

/** First index of `count` free ones in a row. */
const freeRun = (q: QueueState, count: number): number => {
  let first = 0
  for (const { index } of buffersOf(q)) {
    if (index - first >= count) return first
    first = index + 1
  }
  return first
}

/**
 * Frees buffers `first` to `first + count - 1`. Memory that others use (exported, mapped) stays with them: orphaned.
 * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-core.c: __vb2_queue_free
 */
export const queueFree = (q: QueueState, first = 0, count = Infinity): void =>
  q.host.call('__vb2_queue_free', () => {
    for (const buf of buffersOf(q)) {
      if (buf.index < first || buf.index >= first + count) continue
      releaseMem(q, buf)
      q.bufs.delete(buf.index)
    }
    if (q.bufs.size > 0) return
    q.memory = undefined
    q.queued = []
  })

/** Gives a plane's imported memory back. Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: __vb2_plane_dmabuf_put */
export const planeDmabufPut = (q: QueueState, plane: Plane): void => {
  if (plane.mem === null) return
  if (plane.dbufMapped) q.ops.unmapDmabuf(plane.mem)
  q.ops.detachDmabuf(plane.mem)
  if (plane.dbuf !== null) q.host.dmaBuf.put(plane.dbuf)
  plane.mem = null
  plane.dbuf = null
  plane.dbufMapped = false
}

/** Somebody else holds memory of the buffer. Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_buffer_in_use */
export const bufferInUse = (q: QueueState, buf: Buf): boolean =>
  buf.planes.some(({ mem }) => mem !== null && q.ops.numUsers(mem) > 1)

/** All planes or none. Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: __vb2_buf_mem_alloc */
const memAlloc = (q: QueueState, buf: Buf, planes: readonly PlaneSetup[]): KResult<void> => {
  for (const [p, plane] of buf.planes.entries()) {
    const dev = planes[p]?.dev ?? q.device
    const mem = q.ops.alloc(dev, pageAlign(plane.length), directionOf(q), ownerOf(q, buf.index, p), {
      nonCoherent: q.nonCoherent,
    })
    if (!mem.ok) {
      for (const earlier of buf.planes.slice(0, p)) q.ops.put(memOf(earlier))
      return mem
    }
    plane.mem = mem.value
  }
  return ok(undefined)
}

/** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: __vb2_free_mem */
const releaseMem = (q: QueueState, buf: Buf): void => {
  for (const plane of buf.planes) {
    if (plane.mem === null) continue
    switch (buf.memory) {
      case 'MMAP':
        q.ops.put(plane.mem)
        break
      case 'DMABUF':
        planeDmabufPut(q, plane)
        break
      case 'USERPTR':
        q.ops.putUserptr(plane.mem)
        break
    }
    plane.mem = null
  }
}

const newBuf = (q: QueueState, index: number, memory: V4l2Memory, planes: readonly PlaneSetup[]): Buf => {
  const buf: Omit<Buf, 'view'> = {
    index,
    memory,
    planes: planes.map(({ size }) => ({
      minLength: size,
      length: size,
      bytesused: 0,
      mem: null,
      dbuf: null,
      dbufMapped: false,
      user: null,
    })),
    state: 'DEQUEUED',
    prepared: false,
    timestamp: 0,
    sequence: 0,
    field: 'ANY',
    last: false,
  }
  return Object.assign(buf, { view: viewOf(q, buf) })
}

/** The driver's view follows the buffer. */
const viewOf = (q: QueueState, buf: Omit<Buf, 'view'>): Vb2Buffer => ({
  index: buf.index,
  get state() {
    return buf.state
  },
  get timestamp() {
    return buf.timestamp
  },
  planes: buf.planes.map((plane) => ({
    get length() {
      return plane.length
    },
    get bytesused() {
      return plane.bytesused
    },
    get mem() {
      return memOf(plane)
    },
    get cookie() {
      return q.ops.cookie(memOf(plane))
    },
    get vaddr() {
      return q.ops.vaddr(memOf(plane))
    },
  })),
})
