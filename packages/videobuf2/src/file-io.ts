// read(2) and write(2): vb2's emulation on top of MMAP streaming.
import { fail, type KernelVaddr, type KResult, ok, type Qbuf, type UserMapping } from '@dmalab/api'
import { coreReqbufs, leastReqbufs } from './memory-setup.ts'
import { type Buf, buffersOf, type FileIo, type KernelBytes, memOf, type QueueState } from './queue-state.ts'
import { coreDqbuf, coreQbuf, coreStreamoff, coreStreamon } from './streaming.ts'
import { fillFromUser } from './v4l2-buffer.ts'

/**
 * One read() into `user`, or one that tells the number of bytes only: at most the rest of the buffer in hand; a finished buffer goes
 * back to the driver.
 * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: __vb2_perform_fileio
 */
export const fileRead = (q: QueueState, user: UserMapping | null, len: number): KResult<number> => {
  const io = active(q, false)
  if (!io.ok) return io
  const { value: state } = io
  if (state.current === null) {
    const done = coreDqbuf(q)
    if (!done.ok) return done
    state.current = { index: done.value.index, size: done.value.bytesused[0] ?? 0, pos: 0 }
  }
  const { current } = state
  const moved = Math.min(len, current.size - current.pos, user?.len ?? Infinity)
  if (user !== null) q.host.copyToUser(user, bytesAt(q, current), moved)
  current.pos += moved
  if (current.pos < current.size) return ok(moved)
  state.current = null
  const queued = requeue(q, current.index, 0)
  return queued.ok ? ok(moved) : queued
}

/** One write(): a full buffer goes to the driver. Models as above. */
export const fileWrite = (q: QueueState, user: UserMapping | null, len: number): KResult<number> => {
  const io = active(q, true)
  if (!io.ok) return io
  const { value: state } = io
  if (state.current === null) {
    const index = nextToWrite(q, state)
    if (!index.ok) return index
    state.current = { index: index.value, size: q.bufs.get(index.value)?.planes[0]?.length ?? 0, pos: 0 }
  }
  const { current } = state
  const moved = Math.min(len, current.size - current.pos, user?.len ?? Infinity)
  if (user !== null) q.host.copyFromUser(user, bytesAt(q, current), moved)
  current.pos += moved
  if (current.pos < current.size) return ok(moved)
  state.current = null
  const queued = requeue(q, current.index, current.pos)
  return queued.ok ? ok(moved) : queued
}

/** Where the next byte of the buffer in hand stands in the kernel's mapping, which the set-up made sure of. */
const bytesAt = (q: QueueState, { index, pos }: NonNullable<FileIo['current']>): KernelBytes => {
  const mem = memOf(q.bufs.get(index)?.planes[0] ?? { mem: null })
  const start = q.ops.vaddr(mem)
  if (start === null) throw new Error(`${mem.owner} has lost its kernel mapping`)
  return { at: (start + BigInt(pos)) as KernelVaddr, owner: mem.owner, position: pos }
}

/** Sets the emulation up at the first call. EINVAL: the driver has none. */
const active = (q: QueueState, writing: boolean): KResult<FileIo> => {
  if (!hasFileIo(q, writing)) return fail('EINVAL', `${q.setup.name} has no ${writing ? 'write' : 'read'}`)
  return q.fileIo === null ? initFileIo(q) : ok(q.fileIo)
}

/** The driver offers read(2) or write(2) on this queue (VB2_READ, VB2_WRITE). */
export const hasFileIo = (q: QueueState, writing: boolean): boolean => q.setup.fileIo === true && writing === q.isOutput

/**
 * Sets the emulation up, with one buffer at least. EINVAL: no kernel mapping of the memory. EBUSY: buffers exist, or several planes.
 * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: __vb2_init_fileio
 */
export const initFileIo = (q: QueueState): KResult<FileIo> => {
  if (q.streaming || q.bufs.size > 0) return fail('EBUSY', `${q.setup.name} is used by ioctls`)
  const stop = <T>(failure: KResult<T>): KResult<T> => {
    coreStreamoff(q)
    coreReqbufs(q, 'MMAP', 0, false)
    return failure
  }
  const buffers = coreReqbufs(q, 'MMAP', Math.max(1, leastReqbufs(q)), false)
  if (!buffers.ok) return buffers
  for (const { planes } of buffersOf(q)) {
    const [plane] = planes
    if (plane === undefined || planes.length !== 1) return stop(fail('EBUSY', `${q.setup.name} has several planes`))
    if (q.ops.vaddr(memOf(plane)) === null) return stop(fail('EINVAL', `${q.setup.name} has no kernel mapping`))
  }
  if (!q.isOutput)
    for (const buf of buffersOf(q)) {
      const queued = queueAgain(q, buf, 0)
      if (!queued.ok) return stop(queued)
    }
  const started = coreStreamon(q)
  if (!started.ok) return stop(started)
  q.fileIo = { current: null, fresh: 0 }
  return ok(q.fileIo)
}

/** A buffer that was never queued, then whichever the driver gives back. */
const nextToWrite = (q: QueueState, state: FileIo): KResult<number> => {
  if (state.fresh < q.bufs.size) return ok(state.fresh++)
  const done = coreDqbuf(q)
  return done.ok ? ok(done.value.index) : done
}

const requeue = (q: QueueState, index: number, bytesused: number): KResult<void> =>
  queueAgain(q, q.bufs.get(index) as Buf, bytesused)

/** The buffer as the emulation fills it in itself: no ioctl checks it. */
const queueAgain = (q: QueueState, buf: Buf, bytesused: number): KResult<void> => {
  const given: Qbuf = { index: buf.index, memory: 'MMAP', planes: [{ bytesused }] }
  const filled = fillFromUser(q, buf, given)
  return filled.ok ? coreQbuf(q, buf, given) : filled
}

/** The file is closed: the stream behind it ends. Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-core.c: __vb2_cleanup_fileio */
export const cleanUpFileIo = (q: QueueState): void => {
  if (q.fileIo === null) return
  coreStreamoff(q)
  q.fileIo = null
  coreReqbufs(q, 'MMAP', 0, false)
}
