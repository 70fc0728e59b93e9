// Buffers come and go: allocation for REQBUFS and CREATE_BUFS, release, orphaning.
import {
  type Device,
  type Direction,
  DIR,
  type KResult,
  ok,
  PAGE_SIZE,
  pageAlign,
  type V4l2Memory,
  type Vb2Buffer,
  type Vb2Mem,
  type Vb2Plane,
} from '@dmalab/api'
import { dprintk } from './debug.ts'
import { type Buf, buffersOf, maxBuffers, memOf, type Plane, type PlaneWish, type QueueState } from './queue-state.ts'

export interface PlaneSetup {
  readonly size: number
  readonly dev: Device | null
}

export const directionOf = (q: QueueState): Direction => (q.isOutput ? DIR.TO_DEVICE : DIR.FROM_DEVICE)

/** Name of a plane's memory for people: `codec CAPTURE buffer 2 plane 1`. */
export const ownerOf = (q: QueueState, index: number, plane: number): string =>
  `${q.setup.name} buffer ${index} plane ${plane}`

/**
 * Adds up to `count` buffers at the first free run of indices that is long enough, or as many as the longest run takes; MMAP ones
 * with memory, each plane from the allocator for its own device. The value is where they begin, how many there are, and why it are
 * no more.
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
    const { first, room } = freeRun(q, Math.min(count, maxBuffers(q) - q.bufs.size))
    let allocated = 0
    let why = `${q.setup.name} has no free index`
    for (; allocated < room; allocated++) {
      const buf = newBuf(q, first + allocated, memory, planes)
      if (memory === 'MMAP') {
        const filled = memAlloc(q, buf, planes)
        if (!filled.ok) {
          dprintk(q, '__vb2_queue_alloc', `failed allocating memory for buffer ${buf.index}`)
          why = filled.why
          break
        }
        setupOffsets(q, buf)
      }
      q.bufs.set(buf.index, buf)
    }
    return { first, allocated, why }
  })

/** First index of `count` free ones in a row, or of fewer where there is no such run. */
const freeRun = (q: QueueState, count: number): { first: number; room: number } => {
  const taken = buffersOf(q).map(({ index }) => index)
  for (let room = count; room > 0; room--) {
    let first = 0
    for (const index of [...taken, maxBuffers(q)]) {
      if (index - first >= room) return { first, room }
      first = index + 1
    }
  }
  return { first: 0, room: 0 }
}

/**
 * What mmap(2) takes to find a plane: its buffer and number, or (old kernels) a place in a line of all planes.
 * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-core.c: __setup_offsets
 */
const setupOffsets = (q: QueueState, buf: Buf): void => {
  if (q.host.kernel.media.mmapOffsets === 'indexed') {
    for (const [p, plane] of buf.planes.entries()) plane.memOffset = (buf.index * MAX_PLANES + p) * PAGE_SIZE
    return
  }
  const before = q.bufs.get(buf.index - 1)?.planes.at(-1)
  let at = before === undefined ? 0 : pageAlign(before.memOffset + before.length)
  for (const plane of buf.planes) {
    plane.memOffset = at
    at = pageAlign(at + plane.length)
  }
}

/** VB2_MAX_PLANES. */
export const MAX_PLANES = 8

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

/**
 * Gives a buffer's imported memory back, last plane first: planes that share an attachment leave it to the first of them. Since the
 * attachments are shared, a plane forgets its length with its memory.
 * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-core.c: __vb2_buf_dmabuf_put, __vb2_plane_dmabuf_put
 */
export const bufDmabufPut = (q: QueueState, buf: Buf): void => {
  for (const plane of buf.planes.toReversed()) planeDmabufPut(q, plane)
}

/** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: __vb2_plane_dmabuf_put */
export const planeDmabufPut = (q: QueueState, plane: Plane): void => {
  if (plane.mem === null) return
  if (!plane.dbufDuplicated) {
    if (plane.dbufMapped) q.ops.unmapDmabuf(plane.mem)
    q.ops.detachDmabuf(plane.mem)
  }
  if (plane.dbuf !== null) q.host.dmaBuf.put(plane.dbuf)
  plane.mem = null
  plane.dbuf = null
  plane.dbufMapped = false
  plane.dbufDuplicated = false
  if (q.host.kernel.media.dmabufPlanes === 'shared') forgetPlane(plane)
}

/** The plane is as if nothing had been said of it. */
export const forgetPlane = (plane: Plane): void => {
  plane.bytesused = 0
  plane.length = 0
  plane.dataOffset = 0
  plane.user = null
  plane.fd = 0
}

/** Everything is in order: what user space said becomes the plane's. */
export const takeOver = (buf: Buf): void =>
  buf.planes.forEach((plane, p) => {
    const wish = buf.wishes[p] as PlaneWish
    plane.length = wish.length
    plane.bytesused = wish.bytesused
    plane.dataOffset = wish.dataOffset
    plane.user = wish.given.user ?? null
    plane.fd = wish.given.fd ?? 0
  })

/** Another owner holds memory of the buffer. Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_buffer_in_use */
export const bufferInUse = (q: QueueState, buf: Buf): boolean =>
  buf.planes.some(({ mem }) => mem !== null && q.ops.numUsers(mem) > 1)

/** All planes or none. Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: __vb2_buf_mem_alloc */
const memAlloc = (q: QueueState, buf: Buf, planes: readonly PlaneSetup[]): KResult<void> => {
  for (const [p, plane] of buf.planes.entries()) {
    const dev = planes[p]?.dev
    const mem = q.ops.alloc(
      dev === undefined ? q.device : dev,
      pageAlign(plane.length),
      directionOf(q),
      ownerOf(q, buf.index, p),
      {
        nonCoherent: q.nonCoherent,
        dmaAttrs: q.setup.dmaAttrs ?? 0,
      },
    )
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
  if (buf.memory === 'DMABUF') {
    bufDmabufPut(q, buf)
    return
  }
  for (const plane of buf.planes) {
    if (plane.mem === null) continue
    if (buf.memory === 'MMAP') q.ops.put(plane.mem)
    else q.ops.putUserptr(plane.mem)
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
      dataOffset: 0,
      mem: null,
      dbuf: null,
      dbufMapped: false,
      dbufDuplicated: false,
      user: null,
      fd: 0,
      memOffset: 0,
    })),
    state: 'DEQUEUED',
    prepared: false,
    synced: false,
    skipSync: cacheHintsOf(q, memory),
    wishes: [],
    flags: 0,
    timestamp: 0,
    sequence: 0,
    field: 0,
    last: false,
  }
  return Object.assign(buf, { view: viewOf(q, buf) })
}

/**
 * Imported memory is its exporter's to sync.
 * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-core.c: init_buffer_cache_hints
 * Leaves out: a queue towards the device is never synced for the CPU, which changes no byte and hides when the CPU has it again.
 */
const cacheHintsOf = (q: QueueState, memory: V4l2Memory): Buf['skipSync'] => {
  const imported = memory === 'DMABUF' && q.host.kernel.media.cacheHints
  return { prepare: imported, finish: imported }
}

/** The driver's view follows the buffer. */
const viewOf = (q: QueueState, buf: Omit<Buf, 'view'>): Vb2Buffer => new BufferView(q, buf)

class BufferView implements Vb2Buffer {
  readonly index: number
  readonly planes: readonly Vb2Plane[]
  readonly #buf: Omit<Buf, 'view'>

  constructor(q: QueueState, buf: Omit<Buf, 'view'>) {
    this.index = buf.index
    this.planes = buf.planes.map((plane) => new PlaneView(q, plane))
    this.#buf = buf
  }

  get state(): Vb2Buffer['state'] {
    return this.#buf.state
  }
  get timestamp(): number {
    return this.#buf.timestamp
  }
  get field(): number {
    return this.#buf.field
  }
}

class PlaneView implements Vb2Plane {
  readonly #q: QueueState
  readonly #plane: Plane

  constructor(q: QueueState, plane: Plane) {
    this.#q = q
    this.#plane = plane
  }

  get length(): number {
    return this.#plane.length
  }
  get bytesused(): number {
    return this.#plane.bytesused
  }
  get mem(): Vb2Mem {
    return memOf(this.#plane)
  }
  get cookie(): Vb2Plane['cookie'] {
    return this.#q.ops.cookie(memOf(this.#plane))
  }
  get vaddr(): Vb2Plane['vaddr'] {
    return this.#q.ops.vaddr(memOf(this.#plane))
  }
}
