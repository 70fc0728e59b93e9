// Which memory a queue works with, and how many buffers: REQBUFS, CREATE_BUFS, EXPBUF, mmap.
import {
  type BufTypeWish,
  bytes,
  EXPBUF_FLAGS,
  fail,
  type KResult,
  ok,
  pageAlign,
  type UserMapping,
  type V4l2Memory,
  type V4l2MemoryWish,
  withBits,
  withoutBits,
} from '@dmalab/api'
import { bufferInUse, type PlaneSetup, queueAlloc, queueFree } from './buffers.ts'
import { dprintk } from './debug.ts'
import {
  allowsCacheHints,
  type Buf,
  buffersOf,
  maxBuffers,
  memOf,
  type Plane,
  type PlaneMapping,
  type QueueState,
} from './queue-state.ts'
import { queueCancel } from './streaming.ts'

/**
 * EINVAL: a memory or buffer type that the queue does not have. EBUSY: read(2) or write(2) is in progress.
 * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_verify_memory_type
 */
export const verifyMemoryType = (q: QueueState, memory: V4l2MemoryWish, type: BufTypeWish): KResult<V4l2Memory> => {
  const where = 'vb2_verify_memory_type'
  if (memory === 'OVERLAY' || memory === 'UNKNOWN') {
    dprintk(q, where, 'unsupported memory type')
    return fail('EINVAL', `${q.setup.name} does not know this kind of memory`)
  }
  if (type !== q.setup.type) {
    dprintk(q, where, 'requested type is incorrect')
    return fail('EINVAL', `${q.setup.name} is ${q.setup.type}`)
  }
  if (!q.setup.ioModes.includes(memory)) {
    dprintk(q, where, `${memory} for current setup unsupported`)
    return fail('EINVAL', `${q.setup.name} does not do ${memory}`)
  }
  if (q.fileIo === null) return ok(memory)
  dprintk(q, where, 'file io in progress')
  return fail('EBUSY', `${q.setup.name} is being read or written`)
}

/** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-core.c: set_queue_coherency */
const setCoherency = (q: QueueState, nonCoherent: boolean): void => {
  q.nonCoherent = nonCoherent && q.host.kernel.media.nonCoherentFlag && allowsCacheHints(q)
}

/** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-core.c: verify_coherency_flags */
const sameCoherency = (q: QueueState, nonCoherent: boolean): boolean => {
  if (!q.host.kernel.media.nonCoherentFlag || nonCoherent === q.nonCoherent) return true
  dprintk(q, 'verify_coherency_flags', 'memory coherency model mismatch')
  return false
}

/** The driver's queue_setup may want fewer buffers than were asked for. */
const withinLimit = (q: QueueState, count: number, planes: readonly PlaneSetup[]): number => {
  const bytes = planes.reduce((sum, { size }) => sum + size, 0)
  return Math.min(count, Math.floor((q.setup.memoryLimit ?? Infinity) / Math.max(1, bytes)))
}

/** The least number of buffers that REQBUFS gives, of which so many must be had. */
export const leastReqbufs = (q: QueueState): number => {
  const { minBuffers = 0, minReqbufs = 0 } = q.setup
  const queued = q.host.kernel.media.reqbufsFloor === 'queued' ? minBuffers : minBuffers + 1
  return Math.max(minReqbufs, queued)
}

/**
 * EBUSY while streaming, and (old kernels) while a buffer is exported or mapped. ENOMEM when not even the least number of buffers
 * could be had. Fewer than asked is success. The value is how many there are.
 *
 * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_core_reqbufs
 */
export const coreReqbufs = (
  q: QueueState,
  memory: V4l2Memory,
  count: number,
  nonCoherent: boolean,
): KResult<number> => {
  if (q.streaming) {
    dprintk(q, 'vb2_core_reqbufs', 'streaming active')
    return fail('EBUSY', `${q.setup.name} is streaming`)
  }
  const otherMemory = q.memory !== undefined && q.memory !== memory
  if (count === 0 || q.bufs.size > 0 || otherMemory || !sameCoherency(q, nonCoherent)) {
    const freed = freeAll(q)
    if (!freed.ok) return freed
    if (count === 0) return ok(0)
  }
  const least = leastReqbufs(q)
  const planes = q.setup.planes()
  const wanted = withinLimit(q, Math.min(Math.max(count, least), maxBuffers(q)), planes)
  q.memory = memory
  setCoherency(q, nonCoherent)
  const { allocated, why } = queueAlloc(q, memory, wanted, planes)
  if (allocated === 0) {
    dprintk(q, 'vb2_core_reqbufs', 'memory allocation failed')
    q.memory = undefined
    return fail('ENOMEM', needsText(wanted, allocated, planes, why))
  }
  if (allocated < least) {
    queueFree(q)
    return fail('ENOMEM', needsText(wanted, allocated, planes, why))
  }
  q.waitingForBuffers = !q.isOutput
  q.busy = true
  return ok(allocated)
}

/** What all buffers together need, then what the one that failed did not get. */
const needsText = (wanted: number, had: number, planes: readonly PlaneSetup[], why: string): string => {
  const size = planes.reduce((sum, plane) => sum + pageAlign(plane.size), 0)
  return `${wanted} buffers of ${bytes(size)} need ${bytes(wanted * size)}, and ${had === 0 ? 'none' : `only ${had}`} could be had: ${why}`
}

/** The buffers of before go; memory that others use stays with them, or (old kernels) stops the call: EBUSY. */
const freeAll = (q: QueueState): KResult<void> => {
  const inUse = q.memory === 'MMAP' && buffersOf(q).some((buf) => bufferInUse(q, buf))
  if (inUse && q.host.kernel.media.buffersInUse === 'busy') {
    dprintk(q, 'vb2_core_reqbufs', 'memory in use, cannot free')
    return fail('EBUSY', `a buffer of ${q.setup.name} is exported or mapped`)
  }
  if (inUse) dprintk(q, 'vb2_core_reqbufs', 'memory in use, orphaning buffers')
  queueCancel(q)
  queueFree(q)
  q.busy = false
  return ok(undefined)
}

/** What CREATE_BUFS asks for; no sizes: those of the format. */
export interface CreateAsk {
  readonly memory: V4l2Memory
  readonly count: number
  readonly nonCoherent: boolean
  readonly sizes: readonly number[]
}

/**
 * Adds buffers, with plane sizes of its own when some are given. ENOBUFS: no more fit. ENOMEM. EINVAL: another memory type or
 * coherency than the buffers that are there, sizes below the format's.
 * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_core_create_bufs
 */
export const coreCreateBufs = (q: QueueState, ask: CreateAsk): KResult<{ index: number; count: number }> => {
  const where = 'vb2_core_create_bufs'
  const { memory, count, nonCoherent, sizes } = ask
  const present = q.bufs.size
  if (present === maxBuffers(q)) {
    dprintk(q, where, 'maximum number of buffers already allocated')
    return fail('ENOBUFS', `${q.setup.name} has ${present} buffers`)
  }
  if (present === 0) {
    q.memory = memory
    q.waitingForBuffers = !q.isOutput
    setCoherency(q, nonCoherent)
  } else {
    if (q.memory !== memory) {
      dprintk(q, where, 'memory model mismatch')
      return fail('EINVAL', `${q.setup.name} works with ${q.memory}`)
    }
    if (!sameCoherency(q, nonCoherent))
      return fail('EINVAL', `the buffers of ${q.setup.name} are ${q.nonCoherent ? 'non-coherent' : 'coherent'} memory`)
  }
  const stop = (failure: KResult<never>): KResult<never> => {
    if (present === 0) q.memory = undefined
    return failure
  }
  const planes = q.setup.planes()
  if (sizes.length > 0 && (sizes.length !== planes.length || sizes.some((size, p) => size < (planes[p]?.size ?? 0))))
    return stop(fail('EINVAL', `${q.setup.name} needs ${planes.map(({ size }) => size).join(' + ')} bytes a buffer`))
  const { first, allocated, why } = queueAlloc(
    q,
    memory,
    withinLimit(q, Math.min(count, maxBuffers(q) - present), planes),
    planes.map(({ size, dev }, p) => ({ size: sizes[p] ?? size, dev })),
  )
  if (allocated > 0) {
    q.busy = true
    return ok({ index: first, count: allocated })
  }
  dprintk(q, where, 'memory allocation failed')
  return stop(fail('ENOMEM', why))
}

/**
 * EINVAL: more than there are, beyond the last index, or a buffer of the range does not exist. EBUSY: one is not dequeued.
 * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-core.c: vb2_core_remove_bufs
 */
export const coreRemoveBufs = (q: QueueState, first: number, count: number): KResult<void> => {
  if (count === 0) return ok(undefined)
  if (count > q.bufs.size || first > maxBuffers(q) - count)
    return fail('EINVAL', `${q.setup.name} has ${q.bufs.size} buffers, none from ${first} to ${first + count - 1}`)
  for (let index = first; index < first + count; index++) {
    const buf = q.bufs.get(index)
    if (buf === undefined) return fail('EINVAL', `${q.setup.name} has no buffer ${index}`)
    if (buf.state !== 'DEQUEUED') return fail('EBUSY', `buffer ${index} is ${buf.state.toLowerCase()}`)
  }
  queueFree(q, first, count)
  return ok(undefined)
}

/**
 * EINVAL for whatever fails on the way to the dma-buf, EMFILE without a free descriptor.
 * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_core_expbuf
 */
export const coreExpbuf = (
  q: QueueState,
  buf: Buf,
  { type, plane, flags }: { readonly type: BufTypeWish; readonly plane: number; readonly flags: number },
): KResult<number> => {
  const where = 'vb2_core_expbuf'
  const { index } = buf
  if (q.memory !== 'MMAP') {
    dprintk(q, where, 'queue is not currently set up for mmap')
    return fail('EINVAL', `${q.setup.name} has no MMAP buffers`)
  }
  if (withoutBits(flags, withBits(EXPBUF_FLAGS.ACCMODE, EXPBUF_FLAGS.CLOEXEC)) !== 0) {
    dprintk(q, where, 'queue does support only O_CLOEXEC and access mode flags')
    return fail('EINVAL', `flags 0x${flags.toString(16)} are not open flags of a dma-buf`)
  }
  if (type !== q.setup.type) {
    dprintk(q, where, 'invalid buffer type')
    return fail('EINVAL', `${q.setup.name} is ${q.setup.type}`)
  }
  const target = buf.planes[plane]
  if (target === undefined) {
    dprintk(q, where, 'buffer plane out of range')
    return fail('EINVAL', `${q.setup.name} buffer ${index} has no plane ${plane}`)
  }
  if (q.fileIo !== null) {
    dprintk(q, where, 'expbuf: file io in progress')
    return fail('EBUSY', `${q.setup.name} is being read or written`)
  }
  const dbuf = q.ops.getDmabuf(memOf(target))
  if (!dbuf.ok) {
    dprintk(q, where, `failed to export buffer ${index}, plane ${plane}`)
    return fail('EINVAL', `${dbuf.errno}: ${dbuf.why}`)
  }
  const fd = q.host.dmaBuf.fd(dbuf.value)
  if (!fd.ok) q.host.dmaBuf.put(dbuf.value)
  return fd
}

/**
 * `len` bytes of the plane that an offset stands for; whole pages. EINVAL: no such plane, or more than it has. EBUSY: read(2) or
 * write(2) is in progress. The mapping holds the plane's memory until munmap.
 * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_mmap, __find_plane_by_offset
 */
export const queueMmap = (q: QueueState, offset: number, len: number): KResult<UserMapping> => {
  if (q.memory !== 'MMAP') {
    dprintk(q, '__find_plane_by_offset', 'queue is not currently set up for mmap')
    return fail('EINVAL', `${q.setup.name} has no MMAP buffers`)
  }
  if (q.fileIo !== null) {
    dprintk(q, '__find_plane_by_offset', 'file io in progress')
    return fail('EBUSY', `${q.setup.name} is being read or written`)
  }
  for (const { index, planes } of buffersOf(q))
    for (const [plane, target] of planes.entries())
      if (target.memOffset === offset) return mapPlane(q, { index, plane }, target, len)
  return fail('EINVAL', `${q.setup.name} has nothing at offset 0x${offset.toString(16)}`)
}

const mapPlane = (
  q: QueueState,
  at: { readonly index: number; readonly plane: number },
  target: Plane,
  len: number,
): KResult<UserMapping> => {
  if (pageAlign(target.length) < len) {
    dprintk(q, 'vb2_mmap', 'MMAP invalid, as it would overflow buffer length')
    return fail('EINVAL', `buffer ${at.index} plane ${at.plane} has ${target.length} bytes, ${len} are wanted`)
  }
  const mem = memOf(target)
  // The offset has told the plane: it counts no pages.
  const mapped = q.ops.mmap(mem, { pgoff: 0, len: pageAlign(len) })
  if (mapped.ok) q.mappings.push({ mem, user: mapped.value, ...at })
  return mapped
}

/** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-memops.c: vb2_common_vm_close */
export const queueMunmap = (q: QueueState, which: (mapping: PlaneMapping) => boolean): void => {
  const at = q.mappings.findIndex(which)
  const mapping = q.mappings[at]
  if (mapping === undefined) throw new Error(`${q.setup.name} has no such mapping`)
  q.mappings.splice(at, 1)
  q.ops.put(mapping.mem)
}
