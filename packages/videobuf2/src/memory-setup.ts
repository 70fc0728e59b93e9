// Which memory a queue works with, and how many buffers: REQBUFS, CREATE_BUFS, EXPBUF, mmap.
import { fail, type KResult, ok, type V4l2Memory, type UserMapping } from '@dmalab/api'
import { bufferInUse, queueAlloc, queueFree } from './buffers.ts'
import { dprintk } from './debug.ts'
import { buffersOf, MAX_BUFFERS, memOf, type QueueState } from './queue-state.ts'
import { queueCancel } from './streaming.ts'

/** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_verify_memory_type */
export const verifyMemoryType = (q: QueueState, memory: V4l2Memory): KResult<void> => {
  if (q.setup.ioModes.includes(memory)) return ok(undefined)
  dprintk(q, 'vb2_verify_memory_type', `${memory} for current setup unsupported`)
  return fail('EINVAL', `${q.setup.name} does not do ${memory}`)
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
  const { buffersInUse, nonCoherentFlag, reqbufsFloor } = q.host.kernel.media
  if (q.streaming) {
    dprintk(q, 'vb2_core_reqbufs', 'streaming active')
    return fail('EBUSY', `${q.setup.name} is streaming`)
  }
  if (count === 0 || q.bufs.size > 0) {
    const inUse = q.memory === 'MMAP' && buffersOf(q).some((buf) => bufferInUse(q, buf))
    if (inUse && buffersInUse === 'busy') {
      dprintk(q, 'vb2_core_reqbufs', 'memory in use, cannot free')
      return fail('EBUSY', `a buffer of ${q.setup.name} is exported or mapped`)
    }
    if (inUse) dprintk(q, 'vb2_core_reqbufs', 'memory in use, orphaning buffers')
    queueCancel(q)
    queueFree(q)
    if (count === 0) return ok(0)
  }
  const queued = q.setup.minBuffers ?? 0
  const least = reqbufsFloor === 'queued' ? queued : Math.max(2, queued + 1)
  const wanted = Math.min(Math.max(Math.min(count, MAX_BUFFERS), least), MAX_BUFFERS)
  q.memory = memory
  q.nonCoherent = nonCoherent && nonCoherentFlag && memory === 'MMAP' && q.setup.allowCacheHints === true
  const { allocated, why } = queueAlloc(q, memory, wanted, q.setup.planes())
  if (allocated === 0) {
    dprintk(q, 'vb2_core_reqbufs', 'memory allocation failed')
    q.memory = undefined
    return fail('ENOMEM', why)
  }
  if (allocated < queued) {
    queueFree(q)
    return fail('ENOMEM', why)
  }
  q.waitingForBuffers = !q.isOutput
  return ok(allocated)
}

/**
 * Adds buffers, with plane sizes of its own when some are given. ENOMEM, EINVAL (other memory type, sizes below the format's).
 * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_core_create_bufs
 */
export const coreCreateBufs = (
  q: QueueState,
  memory: V4l2Memory,
  count: number,
  sizes: readonly number[],
): KResult<{ index: number; count: number }> => {
  const present = q.bufs.size
  if (count === 0) return ok({ index: present, count: 0 })
  if (present === MAX_BUFFERS) {
    dprintk(q, 'vb2_core_create_bufs', 'maximum number of buffers already allocated')
    return fail('ENOBUFS', `${q.setup.name} has ${MAX_BUFFERS} buffers`)
  }
  if (present > 0 && q.memory !== memory) {
    dprintk(q, 'vb2_core_create_bufs', 'memory model mismatch')
    return fail('EINVAL', `${q.setup.name} works with ${q.memory}`)
  }
  const planes = q.setup.planes()
  if (sizes.length > 0 && (sizes.length !== planes.length || sizes.some((size, p) => size < (planes[p]?.size ?? 0))))
    return fail('EINVAL', `${q.setup.name} needs ${planes.map(({ size }) => size).join(' + ')} bytes a buffer`)
  if (present === 0) {
    q.memory = memory
    q.nonCoherent = false
    q.waitingForBuffers = !q.isOutput
  }
  const { first, allocated, why } = queueAlloc(
    q,
    memory,
    Math.min(count, MAX_BUFFERS - present),
    planes.map(({ size, dev }, p) => ({ size: sizes[p] ?? size, dev })),
  )
  if (allocated > 0) return ok({ index: first, count: allocated })
  dprintk(q, 'vb2_core_create_bufs', 'memory allocation failed')
  if (present === 0) q.memory = undefined
  return fail('ENOMEM', why)
}

/**
 * ENOTTY before the ioctl existed. EINVAL: a buffer of the range does not exist. EBUSY: one is not dequeued.
 * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-core.c: vb2_core_remove_bufs
 */
export const coreRemoveBufs = (q: QueueState, first: number, count: number): KResult<void> => {
  if (!q.host.kernel.media.removeBufs) return fail('ENOTTY', 'the kernel has no VIDIOC_REMOVE_BUFS')
  if (count === 0) return ok(undefined)
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
export const coreExpbuf = (q: QueueState, index: number, plane: number): KResult<number> => {
  const where = 'vb2_core_expbuf'
  if (q.memory !== 'MMAP') {
    dprintk(q, where, 'queue is not currently set up for mmap')
    return fail('EINVAL', `${q.setup.name} has no MMAP buffers`)
  }
  const buf = q.bufs.get(index)
  if (buf === undefined) {
    dprintk(q, where, 'buffer index out of range')
    return fail('EINVAL', `${q.setup.name} has no buffer ${index}`)
  }
  const target = buf.planes[plane]
  if (target === undefined) {
    dprintk(q, where, 'buffer plane out of range')
    return fail('EINVAL', `${q.setup.name} buffer ${index} has no plane ${plane}`)
  }
  const dbuf = q.ops.getDmabuf(memOf(target))
  if (!dbuf.ok) {
    dprintk(q, where, `failed to export buffer ${index}, plane ${plane}`)
    return fail('EINVAL', `${dbuf.errno}: ${dbuf.why}`)
  }
  const fd = q.host.dmaBuf.fd(dbuf.value)
  if (!fd.ok) {
    dprintk(q, where, `buffer ${index}, plane ${plane} failed to export (${fd.errno})`)
    q.host.dmaBuf.put(dbuf.value)
  }
  return fd
}

/** EINVAL. The mapping holds the plane's memory until munmap. Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: vb2_mmap */
export const queueMmap = (q: QueueState, index: number, plane: number): KResult<UserMapping> => {
  if (q.memory !== 'MMAP') {
    dprintk(q, 'vb2_mmap', 'queue is not currently set up for mmap')
    return fail('EINVAL', `${q.setup.name} has no MMAP buffers`)
  }
  const target = q.bufs.get(index)?.planes[plane]
  if (target === undefined) return fail('EINVAL', `${q.setup.name} has no buffer ${index} plane ${plane}`)
  const mem = memOf(target)
  const mapped = q.ops.mmap(mem)
  if (mapped.ok) q.mappings.push({ index, plane, mem })
  return mapped
}

/** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-memops.c: vb2_common_vm_close */
export const queueMunmap = (q: QueueState, index: number, plane: number): void => {
  const at = q.mappings.findIndex((mapping) => mapping.index === index && mapping.plane === plane)
  const mapping = q.mappings[at]
  if (mapping === undefined) throw new Error(`${q.setup.name} buffer ${index} plane ${plane} is not mapped`)
  q.mappings.splice(at, 1)
  q.ops.put(mapping.mem)
}
