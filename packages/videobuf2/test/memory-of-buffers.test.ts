// Memory of buffers: what the allocator is asked, which cache work is done, and what goes back when something fails half-way.
import { BUF_FLAG, type Device, fail, ok, phys, type QueueSetup, type UserMapping } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { type Bench, openBench, V4_11, V6_12, value } from './fixtures.ts'

const mmap = (index = 0) => ({ index, memory: 'MMAP' as const })
const codec = { name: 'codec' } as Device
const other = { name: 'other' } as Device
const planesOf = (...devs: (Device | null)[]): QueueSetup['planes'] => {
  const planes = devs.map((dev, p) => ({ size: 5000 + p, dev }))
  return () => planes
}
const user = (more: Partial<UserMapping> = {}): UserMapping => ({
  phys: phys(0x9000),
  len: 8192,
  kind: 'cached',
  ...more,
})

describe('the allocator is asked', () => {
  it.each([
    ['VIDEO_CAPTURE_MPLANE', 'FROM_DEVICE'],
    ['VIDEO_OUTPUT_MPLANE', 'TO_DEVICE'],
  ] as const)('%s: %s, whole pages, for the device of the plane, in the name of buffer and plane', (type, dir) => {
    const { queue, asked } = openBench(V6_12)
    value(queue({ name: 'q', type, dmaAttrs: 64, planes: planesOf(codec, null) }).reqbufs('MMAP', 2))
    expect(asked).toEqual(
      [0, 1].flatMap((index) => [
        `alloc codec 8192 ${dir} q buffer ${index} plane 0 64`,
        `alloc undefined 8192 ${dir} q buffer ${index} plane 1 64`,
      ]),
    )
  })

  it('for memory of a task, and for the import of a dma-buf', () => {
    for (const [type, dir] of [
      ['VIDEO_CAPTURE', 'FROM_DEVICE'],
      ['VIDEO_OUTPUT', 'TO_DEVICE'],
    ] as const) {
      const bench = openBench(V6_12)
      const source = bench.queue({ name: 'source' })
      value(source.reqbufs('MMAP', 1))
      const fd = value(source.expbuf(0, 0))
      bench.asked.length = 0
      const tasks = bench.queue({ type, planes: planesOf(other) })
      value(tasks.reqbufs('USERPTR', 1))
      const planes = [{ user: user({ owner: 'picture' }), length: 6000 }]
      value(tasks.qbuf({ index: 0, memory: 'USERPTR', planes }))
      const imports = bench.queue({ type, planes: planesOf(other) })
      value(imports.reqbufs('DMABUF', 1))
      value(imports.qbuf({ index: 0, memory: 'DMABUF', planes: [{ fd, length: 5000 }] }))
      expect(bench.asked).toEqual([
        `getUserptr other 6000 ${dir} picture`,
        `attachDmabuf other 5000 ${dir} source buffer 0 plane 0`,
      ])
    }
  })

  it('for non-coherent memory where kernel, driver and memory have it', () => {
    const asksFor = (facts: Parameters<typeof openBench>[0], setup: Partial<QueueSetup>, nonCoherent = true) => {
      const { queue, asked } = openBench(facts)
      value(queue(setup).reqbufs('MMAP', 1, { nonCoherent }))
      return asked.some((line) => line.includes('non-coherent'))
    }
    expect(asksFor(V6_12, { allowCacheHints: true })).toBe(true)
    expect(asksFor(V6_12, { allowCacheHints: true }, false)).toBe(false)
    expect(asksFor(V6_12, {})).toBe(false)
    expect(asksFor(V4_11, { allowCacheHints: true })).toBe(false)
  })
})

describe('a buffer of two planes', () => {
  it('whose second plane cannot be had gives the first one back', () => {
    const { queue, calls } = openBench(V6_12, { alloc: 4 })
    expect(queue({ planes: planesOf(codec, codec) }).reqbufs('MMAP', 4)).toEqual({ ok: true, value: 1 })
    expect(calls).toEqual(['alloc', 'alloc', 'alloc', 'alloc', 'free'])
  })

  it('whose second address is refused gives the first one back', () => {
    const bench = openBench(V6_12, { getUserptr: 2 })
    const q = bench.queue({ type: 'VIDEO_CAPTURE_MPLANE', planes: planesOf(codec, codec) })
    value(q.reqbufs('USERPTR', 1))
    const plane = { user: user(), length: 6000 }
    expect(q.qbuf({ index: 0, memory: 'USERPTR', planes: [plane, plane] })).toMatchObject({ errno: 'ENOMEM' })
    expect(bench.calls).toEqual(['getUserptr', 'getUserptr', 'putUserptr'])
    expect(bench.texts()).toEqual([
      'videobuf2_common: [vid0 CAPTURE] __prepare_userptr: failed acquiring userspace memory for plane 1',
      'videobuf2_common: [vid0 CAPTURE] __buf_prepare: buffer preparation failed: -12',
    ])
  })

  it('is seen by its driver as it is', () => {
    const { queue, driver } = openBench(V6_12)
    const q = queue({ type: 'VIDEO_OUTPUT_MPLANE', planes: planesOf(codec, codec) })
    value(q.reqbufs('MMAP', 1))
    value(q.streamon())
    value(q.qbuf({ ...mmap(), planes: [{ bytesused: 7 }, { bytesused: 8, dataOffset: 2 }], timestamp: 9, field: 1 }))
    const [buffer] = driver
    expect(buffer).toMatchObject({ index: 0, state: 'ACTIVE', timestamp: 9, field: 1 })
    expect(buffer?.planes.map(({ length, bytesused, cookie, vaddr }) => [length, bytesused, cookie, vaddr])).toEqual([
      [5000, 7, 0x4000_0000, 0xc000_0000n],
      [5001, 8, 0x4000_0000, 0xc000_0000n],
    ])
    expect(buffer?.planes[1]?.mem.owner).toBe('vid0 CAPTURE buffer 0 plane 1')
  })
})

describe('cache work', () => {
  const rounds = (setup: Partial<QueueSetup>, flags: number, facts = V6_12): readonly string[] => {
    const { queue, driver, calls } = openBench(facts)
    const q = queue({ allowCacheHints: true, ...setup })
    value(q.reqbufs('MMAP', 1))
    value(q.streamon())
    calls.length = 0
    value(q.qbuf({ ...mmap(), flags }))
    for (const buffer of driver.splice(0)) q.done(buffer, 'DONE')
    value(q.dqbuf())
    return calls
  }
  it.each([
    ['both ways', {}, 0, ['prepare', 'finish']],
    ['no clean', {}, BUF_FLAG.NO_CACHE_CLEAN, ['finish']],
    ['no invalidate', {}, BUF_FLAG.NO_CACHE_INVALIDATE, ['prepare']],
    ['neither', {}, BUF_FLAG.NO_CACHE_CLEAN + BUF_FLAG.NO_CACHE_INVALIDATE, []],
    ['hints of a driver that allows none', { allowCacheHints: false }, BUF_FLAG.NO_CACHE_CLEAN, ['prepare', 'finish']],
  ] as const)('%s', (_, setup, flags, work) => expect(rounds(setup, flags)).toEqual(work))

  it('hints mean nothing before v5.8', () =>
    expect(rounds({}, BUF_FLAG.NO_CACHE_CLEAN + BUF_FLAG.NO_CACHE_INVALIDATE, V4_11)).toEqual(['prepare', 'finish']))

  it.each([
    [V6_12, 'is the exporter’s', []],
    [V4_11, 'is done all the same in v4.11', ['prepare', 'finish']],
  ] as const)('of imported memory %#', (facts, _, work) => {
    const bench = openBench(facts)
    const source = bench.queue({ name: 'source' })
    value(source.reqbufs('MMAP', 1))
    const q = bench.queue()
    value(q.reqbufs('DMABUF', 1))
    value(q.streamon())
    value(q.qbuf({ index: 0, memory: 'DMABUF', planes: [{ fd: value(source.expbuf(0, 0)) }] }))
    for (const buffer of bench.driver.splice(0)) q.done(buffer, 'DONE')
    expect(bench.calls.filter((call) => call === 'prepare' || call === 'finish')).toEqual(work)
  })

  it('of a buffer that is prepared and taken back is finished by the kernels that do so, once', () => {
    for (const facts of [V4_11, V6_12]) {
      const { queue, calls } = openBench(facts)
      const q = queue()
      value(q.reqbufs('MMAP', 1))
      value(q.prepareBuf(mmap()))
      value(q.streamoff())
      value(q.streamoff())
      expect(calls.filter((call) => call === 'finish')).toHaveLength(facts.media.cancelSyncs ? 1 : 0)
    }
  })
})

describe('memory of a task is the same', () => {
  const pages = [] as const
  const taken = (first: UserMapping, second: UserMapping, length = 6000): number => {
    const bench: Bench = openBench(V6_12)
    const q = bench.queue()
    value(q.reqbufs('USERPTR', 1))
    for (const memory of [first, second]) {
      value(q.prepareBuf({ index: 0, memory: 'USERPTR', planes: [{ user: memory, length }] }))
      value(q.streamoff())
    }
    return bench.calls.filter((call) => call === 'getUserptr').length
  }
  it.each([
    ['the same', user(), user(), 1],
    ['another address', user(), user({ phys: phys(0xa000) }), 2],
    ['another length', user(), user({ len: 12_288 }), 2],
    ['other pages at the same start', user({ pages }), user({ pages: [] }), 2],
    ['the same pages', user({ pages }), user({ pages }), 1],
    ['no memory, twice', user({ len: 0 }), user({ len: 0 }), 2],
  ] as const)('%s: %#', (_, first, second, times) => expect(taken(first, second)).toBe(times))
})

describe('REQBUFS and CREATE_BUFS', () => {
  it('with less than the driver needs keep nothing, and say what was missing', () => {
    const { queue, calls } = openBench(V6_12, { alloc: 3 })
    const q = queue({ minBuffers: 2 })
    expect(q.reqbufs('MMAP', 4)).toMatchObject({
      errno: 'ENOMEM',
      why: '4 buffers of 8 KiB need 32 KiB, and only 2 could be had: alloc was told to fail',
    })
    expect(calls.filter((call) => call === 'free')).toHaveLength(2)
    expect([q.memory, q.v4l2.numBuffers]).toEqual([undefined, 0])
  })

  it('that fail leave the queue without a memory type; with buffers it keeps its own', () => {
    const { queue } = openBench(V6_12, { alloc: 1 })
    const q = queue()
    expect(q.createBufs('MMAP', 1, [])).toMatchObject({ errno: 'ENOMEM' })
    expect(q.memory).toBeUndefined()
    expect(q.createBufs('MMAP', 1, [4000])).toMatchObject({ errno: 'EINVAL', why: expect.stringContaining('5000') })
    expect(q.memory).toBeUndefined()
    const filled = openBench(V6_12, { alloc: 2 }).queue()
    value(filled.reqbufs('MMAP', 1))
    expect(filled.createBufs('MMAP', 1, [])).toMatchObject({ errno: 'ENOMEM' })
    expect(filled.memory).toBe('MMAP')
    expect(filled.createBufs('USERPTR', 1, [])).toMatchObject({ errno: 'EINVAL' })
  })

  it('with sizes of their own take them, plane by plane, never below the format’s', () => {
    const { queue, asked } = openBench(V6_12)
    const q = queue({ type: 'VIDEO_CAPTURE_MPLANE', planes: planesOf(codec, codec) })
    for (const sizes of [[5000], [5000, 5000], [4999, 5001], [5000, 5001, 1]])
      expect(q.createBufs('MMAP', 1, sizes)).toMatchObject({ errno: 'EINVAL' })
    expect(asked).toEqual([])
    value(q.createBufs('MMAP', 1, [9000, 5001]))
    expect(asked.map((line) => line.split(' ')[2])).toEqual(['12288', '8192'])
    expect(value(q.querybuf(0)).planes.map(({ length }) => length)).toEqual([9000, 5001])
  })

  it('in old kernels lay planes in a line behind the buffer before, a hole or not', () => {
    const { queue } = openBench(V4_11)
    const q = queue({ type: 'VIDEO_CAPTURE_MPLANE', planes: planesOf(codec, codec) })
    value(q.reqbufs('MMAP', 1))
    value(q.createBufs('MMAP', 1, [9000, 5001]))
    value(q.createBufs('MMAP', 1, []))
    expect([0, 1, 2].map((index) => value(q.querybuf(index)).planes.map(({ m }) => m))).toEqual([
      [0, 0x2000],
      [0x4000, 0x7000],
      [0x9000, 0xb000],
    ])
  })

  it('free what they replace: memory of a task and imports too', () => {
    const bench = openBench(V6_12)
    const source = bench.queue({ name: 'source' })
    value(source.reqbufs('MMAP', 1))
    const q = bench.queue()
    value(q.reqbufs('USERPTR', 2))
    value(q.qbuf({ index: 0, memory: 'USERPTR', planes: [{ user: user(), length: 6000 }] }))
    value(q.reqbufs('DMABUF', 1))
    expect(bench.calls.filter((call) => call === 'putUserptr')).toHaveLength(1)
    value(q.qbuf({ index: 0, memory: 'DMABUF', planes: [{ fd: value(source.expbuf(0, 0)) }] }))
    value(q.reqbufs('MMAP', 1))
    expect(bench.calls.slice(-3)).toEqual(['unmapDmabuf', 'detachDmabuf', 'alloc'])
    expect(bench.core.live().map(({ refs }) => refs)).toEqual([1])
  })

  it('that start the driver and fail leave the buffer with user space, prepared', () => {
    const answers = [fail('EIO', 'no'), ok(undefined)]
    const { queue, driver } = openBench(V6_12)
    const q = queue({ minBuffers: 1, onStart: () => answers.shift() ?? ok(undefined) })
    value(q.reqbufs('MMAP', 2))
    value(q.streamon())
    expect(q.qbuf(mmap(1))).toMatchObject({ errno: 'EIO' })
    expect(value(q.querybuf(1)).state).toBe('DEQUEUED')
    driver.length = 0
    value(q.qbuf(mmap(0)))
    expect(driver.map(({ index }) => index)).toEqual([0])
  })
})
