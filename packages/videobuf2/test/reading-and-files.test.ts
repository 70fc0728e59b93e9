// read(2) and write(2) when something is missing, and what open files say of a buffer.
import { type Device, fail, ok, phys } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { openM2mFile, openVideoFile } from '../src/index.ts'
import { openBench, V4_11, V6_12, value } from './fixtures.ts'

const user = { phys: phys(0x9000), len: 8192, kind: 'cached' } as const
const dev = { name: 'vid0' } as Device

describe('read(2) that cannot begin leaves nothing', () => {
  it.each([
    ['without a kernel mapping', {}, {}, { vaddr: () => null }, 'EINVAL'],
    ['with several planes', { planes: () => [1, 2].map((size) => ({ size, dev })) }, {}, {}, 'EBUSY'],
    ['without memory', {}, { alloc: 1 }, {}, 'ENOMEM'],
    ['with a driver that does not start', { onStart: () => fail('EIO', 'no lock') }, {}, {}, 'EIO'],
    [
      'with a driver that takes no buffer',
      { hooks: { field: () => ok(1), prepare: () => fail('EINVAL', 'too small') } },
      {},
      {},
      'EINVAL',
    ],
  ] as const)('%s', (_, setup, failing, ops, errno) => {
    const { queue, calls } = openBench(V6_12, failing, ops)
    const q = queue({ fileIo: true, ...setup })
    expect(q.read(10)).toMatchObject({ ok: false, errno })
    const { numBuffers, fileIoActive, streaming } = q.v4l2
    expect([numBuffers, fileIoActive, streaming, q.memory]).toEqual([0, false, false, undefined])
    const count = (what: string) => calls.filter((call) => call === what).length
    expect(count('free')).toBe(errno === 'ENOMEM' ? 0 : count('alloc'))
  })

  it('while ioctls use the queue', () => {
    const { queue } = openBench(V6_12)
    const q = queue({ fileIo: true })
    value(q.reqbufs('MMAP', 1))
    expect(q.read(10)).toMatchObject({ errno: 'EBUSY' })
    expect(q.write(10)).toMatchObject({ errno: 'EINVAL', why: 'vid0 CAPTURE has no write' })
    expect(queue({ type: 'VIDEO_OUTPUT', fileIo: true }).read(10)).toMatchObject({ why: 'vid0 CAPTURE has no read' })
    expect(queue().read(10)).toMatchObject({ errno: 'EINVAL' })
  })
})

describe('read(2) and write(2) go round', () => {
  it('has the buffers that the driver needs, one at least', () => {
    for (const [facts, minBuffers, count] of [
      [V4_11, 0, 1],
      [V6_12, 0, 1],
      [V4_11, 2, 2],
      [V6_12, 2, 3],
    ] as const) {
      const { queue } = openBench(facts)
      const q = queue({ fileIo: true, minBuffers })
      q.read(1)
      expect(q.v4l2.numBuffers).toBe(count)
    }
  })

  it('a finished buffer that is read to its end goes back to the driver, also after an empty picture', () => {
    const { queue, driver } = openBench(V6_12)
    const q = queue({ fileIo: true, minReqbufs: 2 })
    expect(q.read(1)).toMatchObject({ errno: 'EAGAIN' })
    expect(driver.map(({ index }) => index)).toEqual([0, 1])
    for (const [i, buffer] of driver.splice(0).entries()) q.done(buffer, 'DONE', { bytesused: [i === 0 ? 0 : 12] })
    expect(value(q.read(10))).toBe(0)
    expect(driver.map(({ index }) => index)).toEqual([0])
    expect([value(q.read(10)), value(q.read(10))]).toEqual([10, 2])
    expect(driver.map(({ index }) => index)).toEqual([0, 1])
  })

  it('fresh buffers are written first, then those that the driver is done with', () => {
    const { queue, driver } = openBench(V6_12)
    const q = queue({ fileIo: true, type: 'VIDEO_OUTPUT', minReqbufs: 2 })
    for (let n = 0; n < 2; n += 1) expect(value(q.write(9000))).toBe(5000)
    expect(q.write(9000)).toMatchObject({ errno: 'EAGAIN' })
    const [, second] = driver
    q.done(second as never, 'DONE')
    expect(value(q.write(4999))).toBe(4999)
    expect(value(q.writeFrom(user, 9))).toBe(1)
    expect(driver.map(({ index, planes }) => [index, planes[0]?.bytesused])).toEqual([
      [0, 5000],
      [1, 5000],
      [1, 5000],
    ])
  })

  it('that ends gives the buffers back and lets ioctls in', () => {
    const { queue, calls } = openBench(V6_12)
    const q = queue({ fileIo: true, type: 'VIDEO_OUTPUT' })
    value(q.write(10))
    q.v4l2.release()
    expect([q.v4l2.fileIoActive, q.v4l2.streaming, calls.at(-1)]).toEqual([false, false, 'free'])
    expect(q.reqbufs('MMAP', 1).ok).toBe(true)
  })

  it('poll: ready for writing while a buffer is not queued', () => {
    const { queue } = openBench(V6_12)
    const q = queue({ fileIo: true, type: 'VIDEO_OUTPUT', minReqbufs: 2 })
    expect(q.v4l2.poll()).toEqual(['OUT'])
    value(q.write(5000))
    expect(q.v4l2.poll()).toEqual(['OUT'])
    value(q.write(5000))
    expect(q.v4l2.poll()).toEqual([])
  })
})

describe('a file of a node', () => {
  it.each([
    ['VIDEO_CAPTURE', false, 'read', 'the node has no read'],
    ['VIDEO_CAPTURE_MPLANE', true, 'write', 'the node has no write'],
    ['VIDEO_CAPTURE', true, 'write', 'the node has no write'],
    ['VIDEO_OUTPUT', false, 'write', 'the node has no write'],
    ['VIDEO_OUTPUT', true, 'read', 'the node has no read'],
    ['VIDEO_OUTPUT_MPLANE', true, 'read', 'the node has no read'],
  ] as const)('%s, with file I/O %s: its %s does not reach the queue', (type, fileIo, call, why) => {
    const { queue, events } = openBench(V6_12)
    const file = openVideoFile(queue({ type, fileIo }).v4l2)
    expect(file[call](10)).toEqual({ ok: false, errno: 'EINVAL', why })
    expect(events).toEqual([])
  })

  it('that reads owns the queue until it is closed', () => {
    const { queue } = openBench(V6_12)
    const { v4l2 } = queue({ fileIo: true })
    const [first, second] = [openVideoFile(v4l2), openVideoFile(v4l2)]
    expect(first.read(1)).toMatchObject({ errno: 'EAGAIN' })
    expect(v4l2.owner).not.toBeNull()
    expect(second.read(1)).toMatchObject({ errno: 'EBUSY' })
    first.close()
    expect(v4l2.owner).toBeNull()
  })

  it('that could not begin to read does not own it', () => {
    const { queue } = openBench(V6_12, { alloc: 1 })
    const { v4l2 } = queue({ fileIo: true })
    expect(openVideoFile(v4l2).read(1)).toMatchObject({ errno: 'ENOMEM' })
    expect(v4l2.owner).toBeNull()
    const output = queue({ fileIo: true, type: 'VIDEO_OUTPUT' }).v4l2
    expect(openVideoFile(output).write(1)).toMatchObject({ errno: 'ENOMEM' })
    expect(output.owner).toBeNull()
  })

  it('that creates buffers owns them, and none does not', () => {
    const { queue } = openBench(V6_12)
    const { v4l2 } = queue()
    const file = openVideoFile(v4l2)
    const ask = { type: 'VIDEO_CAPTURE', memory: 'MMAP', flags: 0, sizes: [] } as const
    expect(value(file.createBufs({ ...ask, count: 0 }))).toMatchObject({ count: 0, index: 0, max: 32 })
    expect(v4l2.owner).toBeNull()
    expect(file.createBufs({ ...ask, count: 1, type: 'VIDEO_OUTPUT' })).toMatchObject({ errno: 'EINVAL' })
    expect(file.createBufs({ ...ask, count: 1, memory: 'UNKNOWN' })).toMatchObject({ errno: 'EINVAL' })
    value(file.createBufs({ ...ask, count: 1 }))
    expect(v4l2.owner).not.toBeNull()
  })
})

describe('a file of a memory-to-memory node', () => {
  const BEHIND = 2 ** 30
  const opened = (memory: 'MMAP' | 'DMABUF' = 'MMAP') => {
    const bench = openBench(V6_12)
    const output = bench.queue({ name: 'OUT', type: 'VIDEO_OUTPUT', timestamps: 'copy', removeBufs: true })
    const capture = bench.queue({ name: 'CAP', type: 'VIDEO_CAPTURE', timestamps: 'copy', removeBufs: true })
    const file = openM2mFile(output.v4l2, capture.v4l2, () => undefined)
    for (const type of ['VIDEO_OUTPUT', 'VIDEO_CAPTURE'] as const)
      value(file.reqbufs({ type, memory, count: 2, flags: 0 }))
    return { ...bench, output, capture, file }
  }
  const buffer = { index: 1, memory: 'MMAP', planes: [{}] } as const

  it('says of every call where mmap finds a CAPTURE buffer: behind all OUTPUT ones', () => {
    const { file, output, capture, driver } = opened()
    for (const [type, queue, m] of [
      ['VIDEO_OUTPUT', output, 0x8000],
      ['VIDEO_CAPTURE', capture, BEHIND + 0x8000],
    ] as const) {
      const told = [file.prepareBuf(type, buffer), file.qbuf(type, buffer), file.querybuf(type, 1, 0)].map(value)
      value(file.streamon(type))
      for (const one of driver.splice(0)) queue.done(one, 'DONE')
      told.push(value(file.dqbuf(type)).info)
      expect(told.map(({ planes }) => planes[0]?.m)).toEqual([m, m, m, m])
      expect(file.dqbuf(type)).toMatchObject({ errno: 'EAGAIN' })
    }
  })

  it('maps by offset, from the first byte of each half on', () => {
    const { file, output, capture } = opened()
    const [first, second] = [value(file.mmap(0, 4096)), value(file.mmap(BEHIND, 4096))]
    expect([output.v4l2.maps(first), capture.v4l2.maps(second)]).toEqual([true, true])
    expect(file.mmap(BEHIND - 4096, 4096)).toMatchObject({ errno: 'EINVAL' })
    file.munmap(first)
    expect([output.v4l2.maps(first), capture.v4l2.maps(second)]).toEqual([false, true])
  })

  it('of an import has no offset to tell', () => {
    const { file, output, capture } = opened('DMABUF')
    expect([output, capture].map((queue) => queue.memory)).toEqual(['DMABUF', 'DMABUF'])
    expect(value(file.querybuf('VIDEO_CAPTURE', 0, 0)).planes[0]?.m).toBeLessThan(BEHIND)
  })

  it('knows the types of its queues', () => {
    const { file } = opened()
    const ask = { memory: 'MMAP', count: 1, flags: 0, sizes: [] } as const
    expect(value(file.createBufs({ ...ask, type: 'VIDEO_OUTPUT' }))).toMatchObject({ index: 2, count: 1, max: 32 })
    expect(file.createBufs({ ...ask, type: 'VIDEO_OUTPUT_MPLANE' })).toMatchObject({
      errno: 'EINVAL',
      why: 'the node has no VIDEO_OUTPUT_MPLANE',
    })
    expect(file.removeBufs('VIDEO_CAPTURE_MPLANE', 0, 1)).toMatchObject({ errno: 'EINVAL' })
    value(file.removeBufs('VIDEO_OUTPUT', 2, 1))
    expect(file.expbuf('VIDEO_CAPTURE', 0, 0, 2).ok).toBe(true)
    expect(file.expbuf('VIDEO_OUTPUT', 0, 1, 2)).toMatchObject({ errno: 'EINVAL' })
  })

  it('streams while one of its queues does', () => {
    const { file } = opened()
    expect(file.streaming).toBe(false)
    value(file.streamon('VIDEO_OUTPUT'))
    expect(file.streaming).toBe(true)
    value(file.streamon('VIDEO_CAPTURE'))
    value(file.streamoff('VIDEO_OUTPUT'))
    expect(file.streaming).toBe(true)
    value(file.streamoff('VIDEO_CAPTURE'))
    expect(file.streaming).toBe(false)
  })
})
