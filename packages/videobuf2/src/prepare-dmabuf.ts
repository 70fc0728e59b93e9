// DMABUF planes: from fds to attachments that are mapped.
import { type DmaBuf, fail, type KResult, ok } from '@dmalab/api'
import { bufDmabufPut, directionOf, forgetPlane, planeDmabufPut, takeOver } from './buffers.ts'
import { dprintk } from './debug.ts'
import { type Buf, memOf, type Plane, type PlaneWish, type QueueState } from './queue-state.ts'

/**
 * EINVAL: no such fd, or too short. Otherwise what attach, map or the driver's `prepare` say. A buffer that failed keeps nothing.
 * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: __qbuf_dmabuf
 * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-core.c: __prepare_dmabuf
 */
export const prepareDmabuf = (q: QueueState, buf: Buf, prepare: () => KResult<void>): KResult<void> => {
  const { dmabufPlanes, prepareStem } = q.host.kernel.media
  const where = `${prepareStem}_dmabuf`
  const release = (failure: KResult<void>): KResult<void> => {
    bufDmabufPut(q, buf)
    return failure
  }
  const acquired = dmabufPlanes === 'shared' ? acquireShared(q, buf, where) : acquireInTurn(q, buf, where)
  if (!acquired.ok) return release(acquired)
  takeOver(buf)
  const prepared = prepare()
  if (prepared.ok) return prepared
  dprintk(q, where, 'buffer preparation failed')
  return release(prepared)
}

/** Looks a plane's fd up; its length is the dma-buf's unless user space gave one. The caller has a reference then. */
const lookUp = (q: QueueState, where: string, p: number, plane: Plane, wish: PlaneWish): KResult<DmaBuf> => {
  const found = q.host.dmaBuf.get(wish.given.fd ?? -1)
  if (!found.ok) {
    dprintk(q, where, `invalid dmabuf fd for plane ${p}`)
    return fail('EINVAL', found.why)
  }
  const dbuf = found.value
  if (wish.length === 0) wish.length = dbuf.size
  if (wish.length >= plane.minLength) return found
  dprintk(q, where, `invalid dmabuf length ${wish.length} for plane ${p}, minimum length ${plane.minLength}`)
  q.host.dmaBuf.put(dbuf)
  return fail('EINVAL', `${dbuf.owner} has ${wish.length} bytes, plane ${p} needs ${plane.minLength}`)
}

const attach = (q: QueueState, where: string, p: number, plane: Plane, dbuf: DmaBuf, length: number): KResult<void> => {
  const dev = q.setup.planes()[p]?.dev
  const mem = q.ops.attachDmabuf(dev === undefined ? q.device : dev, dbuf, length, directionOf(q))
  if (!mem.ok) {
    dprintk(q, where, 'failed to attach dmabuf')
    return mem
  }
  plane.dbuf = dbuf
  plane.mem = mem.value
  return ok(undefined)
}

const map = (q: QueueState, where: string, p: number, plane: Plane): KResult<void> => {
  const mapped = q.ops.mapDmabuf(memOf(plane))
  if (mapped.ok) plane.dbufMapped = true
  else dprintk(q, where, `failed to map dmabuf for plane ${p}`)
  return mapped
}

/**
 * All planes are looked up before one is attached, and planes of one dma-buf share its attachment. The kernel forgets the references
 * of the plane that it could not attach and of those behind it.
 */
const acquireShared = (q: QueueState, buf: Buf, where: string): KResult<void> => {
  const given: DmaBuf[] = []
  let changed = buf.planes[0]?.mem === null
  for (const [p, plane] of buf.planes.entries()) {
    const wish = buf.wishes[p] as PlaneWish
    const found = lookUp(q, where, p, plane, wish)
    if (!found.ok) {
      for (const dbuf of given) q.host.dmaBuf.put(dbuf)
      return found
    }
    given.push(found.value)
    changed ||= plane.dbuf !== found.value || plane.length !== wish.length
  }
  if (!changed) {
    for (const dbuf of given) q.host.dmaBuf.put(dbuf)
    return ok(undefined)
  }
  bufDmabufPut(q, buf)
  const devices = q.setup.planes()
  for (const [p, plane] of buf.planes.entries()) {
    const dbuf = given[p] as DmaBuf
    const earlier = buf.planes
      .slice(0, p)
      .findIndex((other, o) => other.dbuf === dbuf && devices[o]?.dev === devices[p]?.dev)
    const owner = buf.planes[earlier]
    if (owner !== undefined) {
      plane.dbufDuplicated = true
      plane.dbuf = dbuf
      plane.mem = owner.mem
      continue
    }
    const attached = attach(q, where, p, plane, dbuf, (buf.wishes[p] as PlaneWish).length)
    if (!attached.ok) {
      forgotten(q, given.slice(p))
      return attached
    }
    const mapped = map(q, where, p, plane)
    if (!mapped.ok) {
      forgotten(q, given.slice(p + 1))
      return mapped
    }
  }
  return ok(undefined)
}

/** References that nothing will drop. */
const forgotten = ({ host, device }: QueueState, bufs: readonly DmaBuf[]): void => {
  if (bufs.length === 0) return
  const text = `the import of a buffer failed, and ${bufs.length} reference(s) were not dropped: ${bufs.map(({ owner }) => owner).join(', ')}`
  host.sink.emit({ event: 'kernel_quirk', code: 'vb2-import-keeps-references', text, device: device.name })
}

/** Each plane is looked up and attached, unless it has this dma-buf already; then all are mapped. */
const acquireInTurn = (q: QueueState, buf: Buf, where: string): KResult<void> => {
  for (const [p, plane] of buf.planes.entries()) {
    const wish = buf.wishes[p] as PlaneWish
    const found = lookUp(q, where, p, plane, wish)
    if (!found.ok) return found
    if (plane.dbuf === found.value && plane.length === wish.length) {
      q.host.dmaBuf.put(found.value)
      continue
    }
    planeDmabufPut(q, plane)
    forgetPlane(plane)
    const attached = attach(q, where, p, plane, found.value, wish.length)
    if (!attached.ok) {
      q.host.dmaBuf.put(found.value)
      return attached
    }
  }
  for (const [p, plane] of buf.planes.entries()) {
    if (plane.dbufMapped) continue
    const mapped = map(q, where, p, plane)
    if (!mapped.ok) return mapped
  }
  return ok(undefined)
}
