// From user space's description of a buffer to memory that the device can use: the prepare step of QBUF and PREPARE_BUF.
import { type DmaBuf, fail, type KResult, negative, ok, type Qbuf, type QbufPlane } from '@dmalab/api'
import { directionOf, ownerOf, planeDmabufPut } from './buffers.ts'
import { dprintk } from './debug.ts'
import { type Buf, memOf, type Plane, type QueueState } from './queue-state.ts'

/** What user space said of a plane, checked. */
interface PlaneWish {
  readonly given: QbufPlane
  length: number
  bytesused: number
}

/**
 * EIO on a queue in error; else what the memory type says.
 * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: __buf_prepare
 */
export const bufPrepare = (q: QueueState, buf: Buf, given: Qbuf): KResult<void> =>
  q.host.call('__buf_prepare', () => {
    if (q.error) {
      dprintk(q, '__buf_prepare', 'fatal error occurred on queue')
      return fail('EIO', 'the queue is in error')
    }
    if (buf.prepared) return ok(undefined)
    buf.state = 'PREPARING'
    const prepared = prepareBy(q, buf, given)
    if (!prepared.ok) {
      dprintk(q, '__buf_prepare', `buffer preparation failed: ${negative(prepared.errno)}`)
      buf.state = 'DEQUEUED'
      return prepared
    }
    for (const plane of buf.planes) q.ops.prepare(memOf(plane))
    buf.state = 'DEQUEUED'
    buf.prepared = true
    return ok(undefined)
  })

const prepareBy = (q: QueueState, buf: Buf, given: Qbuf): KResult<void> => {
  const wishes = fillBuffer(q, buf, given)
  if (!wishes.ok) return wishes
  const { prepareStem } = q.host.kernel.media
  switch (buf.memory) {
    case 'MMAP':
      buf.planes.forEach((plane, p) => (plane.bytesused = wishes.value[p]?.bytesused ?? 0))
      return ok(undefined)
    case 'USERPTR':
      return q.host.call(`${prepareStem}_userptr`, () => prepareUserptr(q, buf, wishes.value))
    case 'DMABUF':
      return q.host.call(`${prepareStem}_dmabuf`, () => prepareDmabuf(q, buf, wishes.value))
  }
}

/**
 * Takes over what user space gives and checks it against the planes. EINVAL.
 * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-v4l2.c: __fill_vb2_buffer, __verify_length
 */
const fillBuffer = (q: QueueState, buf: Buf, given: Qbuf): KResult<PlaneWish[]> => {
  const wishes: PlaneWish[] = []
  for (const [p, plane] of buf.planes.entries()) {
    const wish = given.planes?.[p] ?? {}
    const length = buf.memory === 'MMAP' ? plane.length : (wish.length ?? 0)
    const bytesused = wish.bytesused ?? 0
    const limit = buf.memory === 'DMABUF' && length === 0 ? plane.minLength : length
    if (q.isOutput && bytesused > Math.max(limit, plane.length)) {
      dprintk(q, 'vb2_fill_vb2_v4l2_buffer', `plane parameters verification failed: -22`, 'v4l2')
      return fail('EINVAL', `plane ${p}: ${bytesused} bytes used of ${limit}`)
    }
    wishes.push({ given: wish, length, bytesused: q.isOutput ? bytesused || limit : plane.minLength })
  }
  return ok(wishes)
}

/** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: __qbuf_userptr */
const prepareUserptr = (q: QueueState, buf: Buf, wishes: readonly PlaneWish[]): KResult<void> => {
  const where = `${q.host.kernel.media.prepareStem}_userptr`
  const acquire = (p: number, plane: Plane, wish: PlaneWish): KResult<void> => {
    const user = wish.given.user
    if (user === undefined) return fail('EFAULT', `plane ${p} has no address`)
    if (plane.user === user && plane.length === wish.length) return ok(undefined)
    if (wish.length < plane.minLength) {
      dprintk(q, where, `provided buffer size ${wish.length} is less than setup size ${plane.minLength} for plane ${p}`)
      return fail('EINVAL', `plane ${p} has ${wish.length} bytes, ${plane.minLength} are needed`)
    }
    if (plane.mem !== null) q.ops.putUserptr(plane.mem)
    plane.mem = null
    plane.user = null
    const dev = q.setup.planes()[p]?.dev ?? q.device
    const mem = q.ops.getUserptr(dev, user, wish.length, directionOf(q), user.owner ?? ownerOf(q, buf.index, p))
    if (!mem.ok) {
      dprintk(q, where, `failed acquiring userspace memory for plane ${p}`)
      return mem
    }
    plane.mem = mem.value
    return ok(undefined)
  }
  for (const [p, plane] of buf.planes.entries()) {
    const acquired = acquire(p, plane, wishes[p] as PlaneWish)
    if (acquired.ok) continue
    for (const other of buf.planes) {
      if (other.mem !== null) q.ops.putUserptr(other.mem)
      other.mem = null
      other.user = null
      other.length = 0
    }
    return acquired
  }
  takeOver(buf, wishes)
  return ok(undefined)
}

/**
 * EINVAL: no such fd, or too short. Otherwise what attach and map say. A buffer that failed keeps nothing.
 * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: __qbuf_dmabuf
 */
const prepareDmabuf = (q: QueueState, buf: Buf, wishes: readonly PlaneWish[]): KResult<void> => {
  const where = `${q.host.kernel.media.prepareStem}_dmabuf`
  const release = <T extends KResult<void>>(failure: T): T => {
    for (const plane of buf.planes) planeDmabufPut(q, plane)
    return failure
  }
  for (const [p, plane] of buf.planes.entries()) {
    const acquired = acquireDmabuf(q, where, p, plane, wishes[p] as PlaneWish)
    if (!acquired.ok) return release(acquired)
  }
  for (const [p, plane] of buf.planes.entries()) {
    if (plane.dbufMapped) continue
    const mapped = q.ops.mapDmabuf(memOf(plane))
    if (!mapped.ok) {
      dprintk(q, where, `failed to map dmabuf for plane ${p}`)
      return release(mapped)
    }
    plane.dbufMapped = true
  }
  takeOver(buf, wishes)
  return ok(undefined)
}

/** Looks the fd up and attaches, unless the plane has this dma-buf already. */
const acquireDmabuf = (q: QueueState, where: string, p: number, plane: Plane, wish: PlaneWish): KResult<void> => {
  const found: KResult<DmaBuf> = q.host.dmaBuf.get(wish.given.fd ?? -1)
  if (!found.ok) {
    dprintk(q, where, `invalid dmabuf fd for plane ${p}`)
    return fail('EINVAL', found.why)
  }
  const dbuf = found.value
  if (wish.length === 0) wish.length = dbuf.size
  if (wish.length < plane.minLength) {
    dprintk(q, where, `invalid dmabuf length ${wish.length} for plane ${p}, minimum length ${plane.minLength}`)
    q.host.dmaBuf.put(dbuf)
    return fail('EINVAL', `${dbuf.owner} has ${wish.length} bytes, plane ${p} needs ${plane.minLength}`)
  }
  if (plane.dbuf === dbuf && plane.length === wish.length) {
    q.host.dmaBuf.put(dbuf)
    return ok(undefined)
  }
  planeDmabufPut(q, plane)
  const dev = q.setup.planes()[p]?.dev ?? q.device
  const mem = q.ops.attachDmabuf(dev, dbuf, wish.length, directionOf(q))
  if (!mem.ok) {
    dprintk(q, where, 'failed to attach dmabuf')
    q.host.dmaBuf.put(dbuf)
    return mem
  }
  plane.dbuf = dbuf
  plane.mem = mem.value
  return ok(undefined)
}

/** Everything is in order: what user space said becomes the plane's. */
const takeOver = (buf: Buf, wishes: readonly PlaneWish[]): void =>
  buf.planes.forEach((plane, p) => {
    const wish = wishes[p] as PlaneWish
    plane.length = wish.length
    plane.bytesused = wish.bytesused
    plane.user = wish.given.user ?? null
  })
