// From user space's description of a buffer to memory that the device can use: the prepare step of QBUF and PREPARE_BUF.
import { fail, type KResult, negative, ok, phys, type UserMapping } from '@dmalab/api'
import { directionOf, forgetPlane, ownerOf, takeOver } from './buffers.ts'
import { dprintk } from './debug.ts'
import { prepareDmabuf } from './prepare-dmabuf.ts'
import { type Buf, memOf, type Plane, type PlaneWish, type QueueState } from './queue-state.ts'

/**
 * EIO on a queue in error; what the driver says of the field; else what the memory type says.
 * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: __buf_prepare
 */
export const bufPrepare = (q: QueueState, buf: Buf): KResult<void> =>
  q.host.call('__buf_prepare', () => {
    if (q.error) {
      dprintk(q, '__buf_prepare', 'fatal error occurred on queue')
      return fail('EIO', 'the queue is in error')
    }
    if (buf.prepared) return ok(undefined)
    const valid = outValidate(q, buf)
    if (!valid.ok) return valid
    buf.state = 'PREPARING'
    const prepared = prepareBy(q, buf)
    buf.state = 'DEQUEUED'
    if (!prepared.ok) {
      dprintk(q, '__buf_prepare', `buffer preparation failed: ${negative(prepared.errno)}`)
      return prepared
    }
    memPrepare(q, buf)
    buf.prepared = true
    return ok(undefined)
  })

const outValidate = (q: QueueState, buf: Buf): KResult<void> => {
  if (!q.isOutput || q.setup.hooks === undefined) return ok(undefined)
  const field = q.setup.hooks.field(buf.field)
  if (!field.ok) {
    dprintk(q, '__buf_prepare', 'buffer validation failed')
    return field
  }
  buf.field = field.value
  return ok(undefined)
}

const prepareBy = (q: QueueState, buf: Buf): KResult<void> => {
  const { prepareStem } = q.host.kernel.media
  switch (buf.memory) {
    case 'MMAP':
      for (const [p, plane] of buf.planes.entries()) {
        const { bytesused, dataOffset } = buf.wishes[p] as PlaneWish
        Object.assign(plane, { bytesused, dataOffset })
      }
      return driverPrepare(q, buf)
    case 'USERPTR':
      return q.host.call(`${prepareStem}_userptr`, () => prepareUserptr(q, buf))
    case 'DMABUF':
      return q.host.call(`${prepareStem}_dmabuf`, () => prepareDmabuf(q, buf, () => driverPrepare(q, buf)))
  }
}

/** The driver's buf_prepare: it may refuse the planes, and sets what it will fill in. */
const driverPrepare = (q: QueueState, buf: Buf): KResult<void> => {
  const prepared = q.setup.hooks?.prepare(buf.planes) ?? ok(null)
  if (!prepared.ok) return prepared
  for (const [p, plane] of buf.planes.entries()) {
    const set = prepared.value?.[p]
    if (set === undefined) continue
    plane.bytesused = set.bytesused
    plane.dataOffset = set.dataOffset
  }
  return ok(undefined)
}

/** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-core.c: __vb2_buf_mem_prepare */
const memPrepare = (q: QueueState, buf: Buf): void => {
  buf.synced = true
  if (buf.skipSync.prepare) return
  for (const plane of buf.planes) q.ops.prepare(memOf(plane))
}

/** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-core.c: __vb2_buf_mem_finish */
export const memFinish = (q: QueueState, buf: Buf): void => {
  if (!buf.synced) return
  buf.synced = false
  if (buf.skipSync.finish) return
  for (const plane of buf.planes) q.ops.finish(memOf(plane))
}

/**
 * EINVAL: shorter than the plane, which is looked at before the address. Otherwise what the allocator or the driver says. A buffer
 * that failed keeps nothing.
 * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: __qbuf_userptr
 */
const prepareUserptr = (q: QueueState, buf: Buf): KResult<void> => {
  const where = `${q.host.kernel.media.prepareStem}_userptr`
  const release = (failure: KResult<void>): KResult<void> => {
    for (const plane of buf.planes) {
      if (plane.mem !== null) q.ops.putUserptr(plane.mem)
      plane.mem = null
      plane.user = null
      plane.length = 0
    }
    return failure
  }
  for (const [p, plane] of buf.planes.entries()) {
    const acquired = acquireUser(q, buf, where, p, plane)
    if (!acquired.ok) return release(acquired)
  }
  takeOver(buf)
  const prepared = driverPrepare(q, buf)
  if (prepared.ok) return prepared
  dprintk(q, where, 'buffer preparation failed')
  return release(prepared)
}

const acquireUser = (q: QueueState, buf: Buf, where: string, p: number, plane: Plane): KResult<void> => {
  const { length, given } = buf.wishes[p] as PlaneWish
  const user = given.user ?? NOWHERE
  if (plane.user !== null && sameMemory(plane.user, user) && plane.length === length) return ok(undefined)
  if (length < plane.minLength) {
    dprintk(q, where, `provided buffer size ${length} is less than setup size ${plane.minLength} for plane ${p}`)
    return fail('EINVAL', `plane ${p} has ${length} bytes, ${plane.minLength} are needed`)
  }
  if (plane.mem !== null) q.ops.putUserptr(plane.mem)
  plane.mem = null
  forgetPlane(plane)
  const dev = q.setup.planes()[p]?.dev
  const mem = q.ops.getUserptr(
    dev === undefined ? q.device : dev,
    user,
    length,
    directionOf(q),
    user.owner ?? ownerOf(q, buf.index, p),
  )
  if (!mem.ok) {
    dprintk(q, where, `failed acquiring userspace memory for plane ${p}`)
    return mem
  }
  plane.mem = mem.value
  return ok(undefined)
}

/** The null address: nothing is mapped there. */
const NOWHERE: UserMapping = { phys: phys(0), len: 0, kind: 'cached' }

/** The same address of the same task. */
const sameMemory = (a: UserMapping, b: UserMapping): boolean =>
  a === b || (a.phys === b.phys && a.len === b.len && a.pages === b.pages && a.len > 0)
