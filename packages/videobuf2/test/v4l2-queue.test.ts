// What ioctls carry beside the queue's own calls: flags, types, offsets, requests.
import { BUF_CAP, BUF_FLAG, bufFlagNames, has, type KernelFacts, type V4l2Queue } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { openBench, V4_11, V6_12, value } from './fixtures.ts'

const MMAP = { type: 'VIDEO_CAPTURE', memory: 'MMAP', flags: 0 } as const
const NON_COHERENT = 1
const mmapBuffer = (index: number) => ({ index, memory: 'MMAP', planes: [{}] }) as const

const opened = (setup: Parameters<ReturnType<typeof openBench>['queue']>[0] = {}, facts: KernelFacts = V6_12) => {
  const bench = openBench(facts)
  const queue = bench.queue(setup)
  return { ...bench, simple: queue, v4l2: queue.v4l2 }
}
const lastText = ({ texts }: { texts: () => string[] }): string => texts().at(-1) ?? ''

describe('memory and buffer types', () => {
  it('are looked at in this order: known, the queue’s, offered', () => {
    const bench = opened({ ioModes: ['MMAP'] })
    const ask = (memory: 'OVERLAY' | 'USERPTR' | 'MMAP', type: 'VIDEO_CAPTURE' | 'VIDEO_CAPTURE_MPLANE') => {
      expect(bench.v4l2.reqbufs({ type, memory, count: 1, flags: 0 })).toMatchObject({ ok: false, errno: 'EINVAL' })
      return lastText(bench)
    }
    expect(ask('OVERLAY', 'VIDEO_CAPTURE_MPLANE')).toContain('unsupported memory type')
    expect(ask('USERPTR', 'VIDEO_CAPTURE_MPLANE')).toContain('requested type is incorrect')
    expect(ask('USERPTR', 'VIDEO_CAPTURE')).toContain('USERPTR for current setup unsupported')
  })

  it('capabilities follow from what the driver has', () => {
    const caps = (setup: Parameters<typeof opened>[0], bit: number) => has(opened(setup).v4l2.capabilities, bit)
    expect([caps({ supportsRequests: true }, BUF_CAP.REQUESTS), caps({}, BUF_CAP.REQUESTS)]).toEqual([true, false])
    expect([caps({ removeBufs: true }, BUF_CAP.REMOVE_BUFS), caps({}, BUF_CAP.REMOVE_BUFS)]).toEqual([true, false])
    expect(opened({ removeBufs: true }, V4_11).v4l2.capabilities).toBe(7)
    expect(caps({ allowCacheHints: true }, BUF_CAP.MMAP_CACHE_HINTS)).toBe(true)
    expect(caps({ allowCacheHints: true, ioModes: ['DMABUF'] }, BUF_CAP.MMAP_CACHE_HINTS)).toBe(false)
  })
})

describe('CREATE_BUFS', () => {
  const create = (v4l2: V4l2Queue, flags: number, sizes = [5000]) =>
    v4l2.createBufs({ ...MMAP, count: 1, flags, sizes })

  it('adds only memory that is as coherent as what is there', () => {
    const bench = opened({ allowCacheHints: true })
    expect(value(bench.v4l2.reqbufs({ ...MMAP, count: 1, flags: NON_COHERENT }))).toEqual({ count: 1, flags: 1 })
    expect(create(bench.v4l2, 0)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(lastText(bench)).toContain('verify_coherency_flags: memory coherency model mismatch')
    expect(create(bench.v4l2, NON_COHERENT)).toMatchObject({ ok: true, value: { index: 1, count: 1 } })
  })

  it('the flag means nothing where the driver does not allow it', () => {
    const { v4l2 } = opened()
    expect(value(v4l2.reqbufs({ ...MMAP, count: 1, flags: NON_COHERENT }))).toEqual({ count: 1, flags: 0 })
    expect(create(v4l2, NON_COHERENT).ok).toBe(true)
  })

  it('without a count only looks at memory and type, and a plane without size is refused before the memory is', () => {
    const { v4l2 } = opened()
    expect(v4l2.createBufs({ ...MMAP, count: 0, sizes: [0] })).toMatchObject({ ok: true, value: { count: 0 } })
    expect(v4l2.createBufs({ ...MMAP, memory: 'UNKNOWN', count: 0, sizes: [] })).toMatchObject({ errno: 'EINVAL' })
    expect(create(v4l2, 0, [0])).toMatchObject({ ok: false, why: 'a plane without size' })
  })

  it('takes no more than the queue can have', () => {
    const bench = opened({ maxNumBuffers: 40 })
    expect(value(bench.v4l2.reqbufs({ ...MMAP, count: 64 })).count).toBe(40)
    expect(create(bench.v4l2, 0)).toMatchObject({ ok: false, errno: 'ENOBUFS' })
    expect(value(opened({ maxNumBuffers: 40 }, V4_11).v4l2.reqbufs({ ...MMAP, count: 64 })).count).toBe(32)
  })

  it('fills the longest hole when none is long enough', () => {
    const { v4l2, simple } = opened({ maxNumBuffers: 8 })
    value(v4l2.reqbufs({ ...MMAP, count: 8 }))
    value(simple.removeBufs(1, 2))
    value(simple.removeBufs(5, 1))
    expect(v4l2.createBufs({ ...MMAP, count: 3, sizes: [] })).toMatchObject({ value: { index: 1, count: 2 } })
  })
})

it('a driver with a limit of memory gets fewer buffers', () => {
  expect(value(opened({ memoryLimit: 12_000 }).v4l2.reqbufs({ ...MMAP, count: 4 })).count).toBe(2)
})

describe('REMOVE_BUFS', () => {
  it('looks at the number, at the range, at each buffer', () => {
    const { v4l2 } = opened({ removeBufs: true })
    expect(v4l2.removeBufs(0, 1)).toMatchObject({ ok: false, errno: 'EINVAL' })
    value(v4l2.reqbufs({ ...MMAP, count: 3 }))
    value(v4l2.qbuf('VIDEO_CAPTURE', mmapBuffer(0)))
    // A buffer that is queued stands in the range, and there are not so many.
    expect(v4l2.removeBufs(0, 4)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(v4l2.removeBufs(31, 2)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(v4l2.removeBufs(0, 2)).toMatchObject({ ok: false, errno: 'EBUSY' })
    expect(v4l2.removeBufs(1, 2).ok).toBe(true)
    expect(v4l2.removeBufs(7, 0).ok).toBe(true)
    expect(v4l2.numBuffers).toBe(1)
  })

  it('leaves the format fixed when it took the last buffer', () => {
    const { v4l2, simple } = opened()
    value(v4l2.reqbufs({ ...MMAP, count: 1 }))
    value(v4l2.removeBufs(0, 1))
    expect([simple.memory, v4l2.busy]).toEqual([undefined, true])
    value(v4l2.reqbufs({ ...MMAP, count: 0 }))
    expect(v4l2.busy).toBe(false)
  })
})

it('EXPBUF takes O_CLOEXEC and an access mode, and looks at flags before type and plane', () => {
  const bench = opened()
  value(bench.v4l2.reqbufs({ ...MMAP, count: 1 }))
  for (const flags of [0, 1, 2, 0o2000002]) expect(bench.v4l2.expbuf('VIDEO_CAPTURE', 0, 0, flags).ok).toBe(true)
  expect(bench.v4l2.expbuf('VIDEO_OUTPUT', 0, 9, 4)).toMatchObject({ ok: false, errno: 'EINVAL' })
  expect(lastText(bench)).toContain('queue does support only O_CLOEXEC and access mode flags')
  expect(bench.v4l2.expbuf('VIDEO_OUTPUT', 0, 9, 0)).toMatchObject({ errno: 'EINVAL' })
  expect(lastText(bench)).toContain('invalid buffer type')
})

describe('the array of planes', () => {
  const planes = (count: number) => Array.from({ length: count }, () => ({}))
  const queueIt = (count: number) => {
    const bench = opened({
      type: 'VIDEO_CAPTURE_MPLANE',
      planes: () => [
        { size: 10, dev: device },
        { size: 10, dev: device },
      ],
    })
    const device = bench.simple.device
    value(bench.simple.reqbufs('MMAP', 1))
    return {
      bench,
      answer: bench.v4l2.qbuf('VIDEO_CAPTURE_MPLANE', { index: 0, memory: 'MMAP', planes: planes(count) }),
    }
  }

  it.each([2, 3, 8])('of %i is enough for a buffer of two', (count) => {
    expect(queueIt(count).answer.ok).toBe(true)
  })
  it.each([0, 1, 9])('of %i is not', (count) => {
    const { bench, answer } = queueIt(count)
    expect(answer).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(lastText(bench)).toContain(`incorrect planes array length, expected 2, got ${count}`)
  })
})

describe('a request', () => {
  const withRequest = { ...mmapBuffer(0), requestFd: 99 }
  const asked = (setup: Parameters<typeof opened>[0], facts?: KernelFacts) => {
    const bench = opened(setup, facts)
    value(bench.simple.reqbufs('MMAP', 2))
    return bench
  }

  it('is refused by a queue without, by PREPARE_BUF, and for a buffer that is queued', () => {
    const bench = asked({})
    expect(bench.v4l2.qbuf('VIDEO_CAPTURE', withRequest)).toMatchObject({ ok: false, errno: 'EBADR' })
    expect(bench.v4l2.prepareBuf('VIDEO_CAPTURE', withRequest)).toMatchObject({ ok: false, errno: 'EINVAL' })
    value(bench.v4l2.qbuf('VIDEO_CAPTURE', mmapBuffer(0)))
    expect(bench.v4l2.qbuf('VIDEO_CAPTURE', withRequest)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(lastText(bench)).toContain('buffer is not in dequeued state')
  })

  it('and a queue that has them: an fd that is not a request, or buffers that were queued without', () => {
    const bench = asked({ supportsRequests: true })
    expect(bench.v4l2.qbuf('VIDEO_CAPTURE', withRequest)).toMatchObject({ ok: false, errno: 'EINVAL' })
    value(bench.v4l2.qbuf('VIDEO_CAPTURE', mmapBuffer(1)))
    expect(bench.v4l2.qbuf('VIDEO_CAPTURE', withRequest)).toMatchObject({ ok: false, errno: 'EBUSY' })
    value(bench.v4l2.streamoff('VIDEO_CAPTURE'))
    expect(bench.v4l2.qbuf('VIDEO_CAPTURE', withRequest)).toMatchObject({ ok: false, errno: 'EINVAL' })
  })

  it('meant nothing before 4.20', () => {
    expect(asked({}, V4_11).v4l2.qbuf('VIDEO_CAPTURE', withRequest).ok).toBe(true)
  })
})

describe('flags of a buffer', () => {
  const flagsOf = (v4l2: V4l2Queue) => bufFlagNames(value(v4l2.querybuf('VIDEO_CAPTURE', 0, 0)).flags)

  it('tell what is prepared, queued, and held by others', () => {
    const { v4l2, simple, core } = opened()
    value(simple.reqbufs('MMAP', 1))
    expect(flagsOf(v4l2)).toEqual(['TIMESTAMP_MONOTONIC'])
    const fd = value(simple.expbuf(0, 0))
    value(simple.prepareBuf({ index: 0, memory: 'MMAP' }))
    expect(flagsOf(v4l2)).toEqual(['MAPPED', 'PREPARED', 'TIMESTAMP_MONOTONIC'])
    core.close(fd)
    value(simple.qbuf({ index: 0, memory: 'MMAP' }))
    expect(flagsOf(v4l2)).toEqual(['QUEUED', 'TIMESTAMP_MONOTONIC'])
  })

  it('cache hints stay where the driver allows them, and leave the cache work out', () => {
    for (const allowCacheHints of [true, false]) {
      const { v4l2, simple, calls } = opened({ allowCacheHints })
      value(simple.reqbufs('MMAP', 1))
      value(v4l2.qbuf('VIDEO_CAPTURE', { ...mmapBuffer(0), flags: BUF_FLAG.NO_CACHE_CLEAN }))
      expect([flagsOf(v4l2).includes('NO_CACHE_CLEAN'), calls.includes('prepare')]).toEqual([
        allowCacheHints,
        !allowCacheHints,
      ])
    }
  })

  it('what user space says of the state is not listened to', () => {
    const { v4l2, simple } = opened()
    value(simple.reqbufs('MMAP', 1))
    value(v4l2.prepareBuf('VIDEO_CAPTURE', { ...mmapBuffer(0), flags: 0xffff_ffff % 2 ** 31 }))
    const names = flagsOf(v4l2)
    for (const name of ['QUEUED', 'DONE', 'ERROR', 'MAPPED', 'TIMESTAMP_COPY', 'LAST', 'KEYFRAME'])
      expect(names).not.toContain(name)
  })
})

describe('mmap', () => {
  it.each([
    [V6_12, [0, 0x1000, 0x8000, 0x9000]],
    [V4_11, [0, 0x2000, 0x4000, 0x6000]],
  ] as const)('offsets are buffer and plane, or (%#) a line of all planes', (facts, offsets) => {
    const bench = openBench(facts)
    const queue = bench.queue({
      type: 'VIDEO_CAPTURE_MPLANE',
      planes: () => [1, 2].map(() => ({ size: 5000, dev: queue.device })),
    })
    value(queue.reqbufs('MMAP', 2))
    const told = [0, 1].flatMap((index) =>
      value(queue.v4l2.querybuf('VIDEO_CAPTURE_MPLANE', index, 8)).planes.map(({ m }) => m),
    )
    expect(told).toEqual(offsets)
    const mapped = value(queue.v4l2.mmap(offsets[3], 8192))
    expect(mapped.len).toBe(8192)
    queue.v4l2.munmap(mapped)
    expect(queue.v4l2.maps(mapped)).toBe(false)
  })

  it('is refused beyond the plane, at another offset, and for other memory', () => {
    const bench = opened()
    expect(bench.v4l2.mmap(0, 4096)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(lastText(bench)).toContain('queue is not currently set up for mmap')
    value(bench.simple.reqbufs('MMAP', 1))
    expect(bench.v4l2.mmap(0, 12288)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(lastText(bench)).toContain('MMAP invalid, as it would overflow buffer length')
    expect(bench.v4l2.mmap(0x3000, 4096)).toMatchObject({ ok: false, errno: 'EINVAL' })
  })
})

describe('poll before REQBUFS', () => {
  it('starts read(2) of a driver that has it, and then the ioctls are busy', () => {
    const bench = opened({ fileIo: true, minReqbufs: 2 })
    expect(bench.v4l2.poll()).toEqual([])
    expect(bench.driver).toHaveLength(2)
    for (const answer of [
      bench.v4l2.reqbufs({ ...MMAP, count: 1 }),
      bench.v4l2.qbuf('VIDEO_CAPTURE', mmapBuffer(0)),
      bench.v4l2.streamoff('VIDEO_CAPTURE'),
      bench.v4l2.removeBufs(0, 1),
      bench.v4l2.expbuf('VIDEO_CAPTURE', 0, 0, 2),
      bench.v4l2.mmap(0, 4096),
    ])
      expect(answer).toMatchObject({ ok: false, errno: 'EBUSY' })
    const [first] = bench.driver
    bench.simple.done(first as never, 'DONE')
    expect(bench.v4l2.poll()).toEqual(['IN'])
    bench.v4l2.release()
    expect([bench.v4l2.fileIoActive, bench.v4l2.numBuffers]).toEqual([false, 0])
  })

  it('is ready at once for write(2), and an error without either or with several planes', () => {
    expect(opened({ fileIo: true, type: 'VIDEO_OUTPUT' }).v4l2.poll()).toEqual(['OUT'])
    expect(opened().v4l2.poll()).toEqual(['ERR'])
    const bench = opened({
      fileIo: true,
      type: 'VIDEO_CAPTURE_MPLANE',
      planes: () => [1, 2].map((size) => ({ size, dev: bench.simple.device })),
    })
    expect(bench.v4l2.poll()).toEqual(['ERR'])
    expect([bench.v4l2.fileIoActive, bench.v4l2.numBuffers]).toEqual([false, 0])
  })
})

it('a picture for OUTPUT fits into its plane and is no two fields in turn; a prepared buffer is not looked at again', () => {
  const bench = opened({ type: 'VIDEO_OUTPUT' })
  value(bench.simple.reqbufs('MMAP', 1))
  const long = { index: 0, memory: 'MMAP', planes: [{ bytesused: 5001 }] } as const
  expect(bench.v4l2.qbuf('VIDEO_OUTPUT', long)).toMatchObject({ ok: false, errno: 'EINVAL' })
  expect(lastText(bench)).toContain('plane parameters verification failed: -22')
  expect(bench.v4l2.qbuf('VIDEO_OUTPUT', { ...mmapBuffer(0), field: 7 })).toMatchObject({ ok: false, errno: 'EINVAL' })
  value(bench.v4l2.prepareBuf('VIDEO_OUTPUT', mmapBuffer(0)))
  expect(bench.v4l2.qbuf('VIDEO_OUTPUT', long).ok).toBe(true)
})

it('a picture may begin behind the start of its plane, and not behind its end', () => {
  const bench = opened({ type: 'VIDEO_OUTPUT_MPLANE' })
  value(bench.simple.reqbufs('MMAP', 1))
  const ask = (dataOffset: number) =>
    bench.v4l2.prepareBuf('VIDEO_OUTPUT_MPLANE', { index: 0, memory: 'MMAP', planes: [{ bytesused: 10, dataOffset }] })
  expect(ask(10)).toMatchObject({ ok: false, errno: 'EINVAL' })
  expect(ask(9)).toMatchObject({ ok: true, value: { planes: [{ bytesused: 10, dataOffset: 9 }] } })
})
