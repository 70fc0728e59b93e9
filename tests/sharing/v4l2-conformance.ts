// The buffer and streaming tests that v4l2-compliance names, over the modelled ioctls. Each throws where a driver would fail.
import {
  BUF_CAP,
  type Driver,
  has,
  type KResult,
  type Qbuf,
  type UserMapping,
  type V4l2Memory,
  type Vb2Queue,
} from '@dmalab/api'
import { expect } from 'vitest'
import { type Bench, must, value } from './sharing-bench.ts'

export type Outcome = 'OK' | 'OK (Not Supported)'

/** One node under test. */
export interface Target {
  readonly bench: Bench
  readonly driver: Driver
  readonly queue: Vb2Queue
  readonly modes: readonly V4l2Memory[]
  /** A mem-to-mem device works only while its other queue streams. */
  readonly partner: Vb2Queue | null
  /** Its allocator makes ENOMEM of every failure (vb2-dma-sg). */
  readonly scatters: boolean
  /** Another node whose MMAP buffers this one can import. */
  readonly exporter: Vb2Queue
}

type Wait = 'no poll' | 'select' | 'epoll'
const WANTED = 3
const FRAMES = 8

export const TESTS: Readonly<Record<string, (target: Target) => Outcome>> = {
  'VIDIOC_REQBUFS/CREATE_BUFS/QUERYBUF': reqbufsCreatebufsQuerybuf,
  'CREATE_BUFS maximum buffers': createbufsMaximum,
  VIDIOC_REMOVE_BUFS: removeBufs,
  VIDIOC_EXPBUF: expbuf,
  Requests: requests,
  'blocking wait': blockingWait,
  'read/write': readWrite,
  'MMAP (no poll, REQBUFS)': (target) => mmap(target, 'no poll', 'REQBUFS'),
  'MMAP (select, REQBUFS)': (target) => mmap(target, 'select', 'REQBUFS'),
  'MMAP (epoll, REQBUFS)': (target) => mmap(target, 'epoll', 'REQBUFS'),
  'MMAP (no poll, CREATE_BUFS)': (target) => mmap(target, 'no poll', 'CREATE_BUFS'),
  'MMAP (select, CREATE_BUFS)': (target) => mmap(target, 'select', 'CREATE_BUFS'),
  'MMAP (epoll, CREATE_BUFS)': (target) => mmap(target, 'epoll', 'CREATE_BUFS'),
  'USERPTR (no poll)': (target) => userptr(target, 'no poll'),
  'USERPTR (select)': (target) => userptr(target, 'select'),
  'DMABUF (no poll)': (target) => dmabuf(target, 'no poll'),
  'DMABUF (select)': (target) => dmabuf(target, 'select'),
}

const refused = (result: KResult<unknown>, errno: string): void => expect(result).toMatchObject({ ok: false, errno })
const isOutput = ({ queue }: Target): boolean => queue.type.startsWith('VIDEO_OUTPUT')
const sizeOf = (queue: Vb2Queue): number => value(queue.querybuf(0)).planes[0]?.length ?? 0

function reqbufsCreatebufsQuerybuf({ queue, modes, bench }: Target): Outcome {
  refused(queue.querybuf(0), 'EINVAL')
  refused(queue.qbuf({ index: 0, memory: 'MMAP' }), 'EINVAL')
  refused(queue.dqbuf(), 'EINVAL')
  refused(queue.streamon(), 'EINVAL')
  value(queue.reqbufs('MMAP', 0))
  for (const memory of ['MMAP', 'USERPTR', 'DMABUF'] as const) {
    if (!modes.includes(memory)) {
      refused(queue.reqbufs(memory, 1), 'EINVAL')
      refused(queue.createBufs(memory, 1, []), 'EINVAL')
      continue
    }
    const count = value(queue.reqbufs(memory, 1))
    expect(count).toBeGreaterThan(0)
    expect(queue.memory).toBe(memory)
    for (let index = 0; index < count; index++)
      expect(value(queue.querybuf(index))).toMatchObject({ state: 'DEQUEUED', mapped: 0 })
    refused(queue.querybuf(count), 'EINVAL')
    expect(value(queue.createBufs(memory, 0, []))).toEqual({ index: count, count: 0 })
    expect(value(queue.createBufs(memory, 2, []))).toEqual({ index: count, count: 2 })
    const other = modes.find((mode) => mode !== memory)
    if (other !== undefined) refused(queue.createBufs(other, 1, []), 'EINVAL')
    const size = sizeOf(queue)
    refused(queue.createBufs(memory, 1, [size / 2]), 'EINVAL')
    const larger = value(queue.createBufs(memory, 1, [size * 2]))
    expect(value(queue.querybuf(larger.index)).planes[0]?.length).toBe(size * 2)
  }
  value(queue.reqbufs('MMAP', 0))
  refused(queue.querybuf(0), 'EINVAL')
  expect(bench.lab.dmaBuf.live()).toEqual([])
  return 'OK'
}

function createbufsMaximum({ queue }: Target): Outcome {
  let present = value(queue.reqbufs('MMAP', 2))
  for (let more = queue.createBufs('MMAP', 8, []); more.ok; more = queue.createBufs('MMAP', 8, [])) {
    expect(more.value.index).toBe(present)
    present += more.value.count
  }
  expect(present).toBe(queue.v4l2.maxNumBuffers)
  refused(queue.createBufs('MMAP', 1, []), 'ENOBUFS')
  value(queue.reqbufs('MMAP', 0))
  return 'OK'
}

function removeBufs({ queue }: Target): Outcome {
  const count = value(queue.reqbufs('MMAP', 5))
  if (refusedAsUnknown(queue.removeBufs(0, 1))) return 'OK (Not Supported)'
  refused(queue.querybuf(0), 'EINVAL')
  value(queue.removeBufs(0, 0))
  refused(queue.removeBufs(0, 1), 'EINVAL')
  refused(queue.removeBufs(count - 1, 2), 'EINVAL')
  value(queue.qbuf({ index: 2, memory: 'MMAP' }))
  refused(queue.removeBufs(1, 2), 'EBUSY')
  value(queue.removeBufs(3, 2))
  expect(value(queue.querybuf(2)).state).toBe('QUEUED')
  // The first run of free indices that is long enough.
  expect(value(queue.createBufs('MMAP', 1, [])).index).toBe(0)
  expect(value(queue.createBufs('MMAP', 2, [])).index).toBe(3)
  value(queue.reqbufs('MMAP', 0))
  return 'OK'
}

const refusedAsUnknown = (result: KResult<void>): boolean => !result.ok && result.errno === 'ENOTTY'

function expbuf({ queue, modes, bench }: Target): Outcome {
  refused(queue.expbuf(0, 0), 'EINVAL')
  const count = value(queue.reqbufs('MMAP', 2))
  refused(queue.expbuf(count, 0), 'EINVAL')
  refused(queue.expbuf(0, 1), 'EINVAL')
  const fds = Array.from({ length: count }, (_, index) => value(queue.expbuf(index, 0)))
  expect(new Set(fds).size).toBe(count)
  for (const fd of fds) expect(value(bench.lab.dmaBuf.lseek(fd, 0, 'SEEK_END'))).toBeGreaterThanOrEqual(sizeOf(queue))
  for (const fd of fds) value(bench.lab.dmaBuf.close(fd))
  value(queue.reqbufs('MMAP', 0))
  for (const memory of modes.filter((mode) => mode !== 'MMAP')) {
    value(queue.reqbufs(memory, 1))
    refused(queue.expbuf(0, 0), 'EINVAL')
    value(queue.reqbufs(memory, 0))
  }
  expect(bench.lab.dmaBuf.live()).toEqual([])
  return 'OK'
}

/** There are no media requests: the fd is refused, in one way or another; before 4.20 nothing looks at it. */
function requests({ queue, bench }: Target): Outcome {
  value(queue.reqbufs('MMAP', 2))
  const asked = queue.qbuf({ index: 0, memory: 'MMAP', requestFd: 7 })
  if (bench.lab.facts.dqbufUnmaps) value(asked)
  else refused(asked, has(queue.v4l2.capabilities, BUF_CAP.REQUESTS) ? 'EINVAL' : 'EBADR')
  refused(queue.prepareBuf({ index: 0, memory: 'MMAP', requestFd: 7 }), 'EINVAL')
  value(queue.qbuf({ index: 1, memory: 'MMAP' }))
  value(queue.reqbufs('MMAP', 0))
  return 'OK'
}

/** An output node keeps a picture on show until the next one comes. */
const showNext = (target: Target, given: Qbuf): void => {
  if (isOutput(target) && target.partner === null) value(target.queue.qbuf(given))
}

/** Nothing else runs while a call waits, so a wait is EAGAIN; what ends one must end it: STREAMOFF gives EINVAL, a buffer gives itself. */
function blockingWait(target: Target): Outcome {
  const { queue, driver } = target
  refused(queue.dqbuf(), 'EINVAL')
  value(queue.reqbufs('MMAP', 2))
  value(queue.streamon())
  refused(queue.dqbuf(), 'EAGAIN')
  value(queue.streamoff())
  refused(queue.dqbuf(), 'EINVAL')
  value(queue.streamon())
  value(queue.qbuf({ index: 0, memory: 'MMAP', planes: [{ bytesused: sizeOf(queue) }] }))
  refused(queue.dqbuf(), 'EAGAIN')
  showNext(target, { index: 1, memory: 'MMAP' })
  withPartner(target, () => {
    driver.work()
    expect(value(queue.dqbuf()).index).toBe(0)
  })
  value(queue.streamoff())
  value(queue.reqbufs('MMAP', 0))
  return 'OK'
}

function readWrite(target: Target): Outcome {
  const { queue, driver } = target
  const move = (len: number): KResult<number> => (isOutput(target) ? queue.write(len) : queue.read(len))
  const first = move(1000)
  if (!first.ok && first.errno === 'EINVAL') return 'OK (Not Supported)'
  refused(isOutput(target) ? queue.read(1) : queue.write(1), 'EINVAL')
  refused(queue.reqbufs('MMAP', 1), 'EBUSY')
  refused(queue.streamoff(), 'EBUSY')
  refused(queue.expbuf(0, 0), 'EBUSY')
  let frames = 0
  for (let calls = 0; frames < FRAMES && calls < 1000; calls++) {
    const moved = move(100_000)
    if (moved.ok) frames += moved.value < 100_000 ? 1 : 0
    else {
      expect(moved.errno).toBe('EAGAIN')
      driver.work()
    }
  }
  expect(frames).toBe(FRAMES)
  queue.release()
  value(queue.reqbufs('MMAP', 0))
  return 'OK'
}

function mmap(target: Target, wait: Wait, how: 'REQBUFS' | 'CREATE_BUFS'): Outcome {
  const { queue } = target
  const count =
    how === 'REQBUFS' ? value(queue.reqbufs('MMAP', WANTED)) : value(queue.createBufs('MMAP', WANTED, [])).count
  expect(count).toBeGreaterThanOrEqual(WANTED)
  for (let index = 0; index < count; index++) {
    expect(value(queue.mmap(index, 0)).len).toBeGreaterThanOrEqual(sizeOf(queue))
    expect(value(queue.querybuf(index)).mapped).toBe(1)
  }
  refused(queue.mmap(count, 0), 'EINVAL')
  stream(target, wait, count, (index) => ({ index, memory: 'MMAP', planes: [{ bytesused: sizeOf(queue) }] }))
  for (let index = 0; index < count; index++) queue.munmap(index, 0)
  value(queue.reqbufs('MMAP', 0))
  refused(queue.streamon(), 'EINVAL')
  return 'OK'
}

function userptr(target: Target, wait: Wait): Outcome {
  const { queue, modes, bench } = target
  if (!modes.includes('USERPTR')) {
    refused(queue.reqbufs('USERPTR', WANTED), 'EINVAL')
    return 'OK (Not Supported)'
  }
  const count = value(queue.reqbufs('USERPTR', WANTED))
  const size = sizeOf(queue)
  const memory: UserMapping[] = Array.from({ length: count }, (_, i) => value(bench.lab.userAlloc(size, `malloc ${i}`)))
  const describe = (index: number): Qbuf => ({
    index,
    memory: 'USERPTR',
    planes: [{ user: memory[index] as UserMapping, length: size, bytesused: size }],
  })
  refused(
    queue.qbuf({ index: 0, memory: 'USERPTR', planes: [{ user: memory[0] as UserMapping, length: size / 2 }] }),
    'EINVAL',
  )
  // The length is looked at before the address.
  refused(queue.qbuf({ index: 0, memory: 'USERPTR' }), 'EINVAL')
  const nowhere = queue.qbuf({ index: 0, memory: 'USERPTR', planes: [{ length: size, bytesused: size }] })
  refused(nowhere, target.scatters ? 'ENOMEM' : 'EFAULT')
  refused(queue.mmap(0, 0), 'EINVAL')
  stream(target, wait, count, describe)
  value(queue.reqbufs('USERPTR', 0))
  for (const mapping of memory) bench.lab.userFree(mapping)
  return 'OK'
}

function dmabuf(target: Target, wait: Wait): Outcome {
  const { queue, modes, exporter, bench } = target
  if (!modes.includes('DMABUF')) {
    refused(queue.reqbufs('DMABUF', WANTED), 'EINVAL')
    return 'OK (Not Supported)'
  }
  const count = value(exporter.reqbufs('MMAP', WANTED))
  const fds = Array.from({ length: count }, (_, index) => value(exporter.expbuf(index, 0)))
  expect(value(queue.reqbufs('DMABUF', count))).toBe(count)
  const size = sizeOf(queue)
  refused(queue.qbuf({ index: 0, memory: 'DMABUF', planes: [{ fd: 999 }] }), 'EINVAL')
  refused(queue.qbuf({ index: 0, memory: 'DMABUF', planes: [{ fd: fds[0] as number, length: size / 2 }] }), 'EINVAL')
  refused(queue.mmap(0, 0), 'EINVAL')
  stream(target, wait, count, (index) => ({
    index,
    memory: 'DMABUF',
    planes: [{ fd: fds[index] as number, bytesused: size }],
  }))
  value(queue.reqbufs('DMABUF', 0))
  for (const fd of fds) value(bench.lab.dmaBuf.close(fd))
  value(exporter.reqbufs('MMAP', 0))
  expect(bench.lab.dmaBuf.live()).toEqual([])
  return 'OK'
}

/** What setup and captureBufs check, whatever the memory. */
const stream = (target: Target, wait: Wait, count: number, describe: (index: number) => Qbuf): void => {
  const { queue, driver } = target
  const states = () => Array.from({ length: count }, (_, index) => value(queue.querybuf(index)).state)
  expect(queue.poll()).toBe('error')
  value(queue.prepareBuf(describe(0)))
  refused(queue.prepareBuf(describe(0)), 'EINVAL')
  refused(queue.qbuf({ ...describe(0), memory: queue.memory === 'MMAP' ? 'DMABUF' : 'MMAP' }), 'EINVAL')
  refused(queue.qbuf({ ...describe(0), index: count }), 'EINVAL')
  for (let index = 0; index < count; index++) value(queue.qbuf(describe(index)))
  refused(queue.qbuf(describe(0)), 'EINVAL')
  refused(queue.prepareBuf(describe(0)), 'EINVAL')
  value(queue.streamon())
  value(queue.streamon())
  refused(queue.reqbufs(queue.memory ?? 'MMAP', 1), 'EBUSY')
  withPartner(target, () => {
    for (let frame = 0; frame < FRAMES; frame++) {
      if (wait === 'no poll') {
        const early = queue.dqbuf()
        if (!early.ok) expect(early.errno).toBe('EAGAIN')
        else value(queue.qbuf(describe(early.value.index)))
      } else if (queue.poll() === 'empty') refused(queue.dqbuf(), 'EAGAIN')
      driver.work()
      feed(target)
      if (wait !== 'no poll') expect(queue.poll()).toBe('ready')
      const done = value(queue.dqbuf())
      expect(done).toMatchObject({ error: false })
      expect(states()[done.index]).toBe('DEQUEUED')
      value(queue.qbuf(describe(done.index)))
    }
  })
  value(queue.streamoff())
  expect(states()).toEqual(Array.from({ length: count }, () => 'DEQUEUED'))
  expect(queue.poll()).toBe('error')
  refused(queue.dqbuf(), 'EINVAL')
  value(queue.streamoff())
  value(queue.qbuf(describe(count - 1)))
  showNext(target, describe(0))
  value(queue.streamon())
  withPartner(target, () => {
    driver.work()
    expect(value(queue.dqbuf()).index).toBe(count - 1)
  })
  value(queue.streamoff())
}

/** Streams the other queue of a mem-to-mem device meanwhile. */
const withPartner = (target: Target, body: () => void): void => {
  const { partner } = target
  if (partner === null) return body()
  const count = value(partner.reqbufs('MMAP', 3))
  for (let index = 0; index < count; index++) value(partner.qbuf({ index, memory: 'MMAP' }))
  value(partner.streamon())
  body()
  value(partner.streamoff())
  value(partner.reqbufs('MMAP', 0))
}

const feed = ({ partner }: Target): void => {
  if (partner === null) return
  for (let done = partner.dqbuf(); done.ok; done = partner.dqbuf())
    value(partner.qbuf({ index: done.value.index, memory: 'MMAP' }))
}

export const queueOf = (driver: Driver, side: 'capture' | 'output'): Vb2Queue => must(driver[side])
