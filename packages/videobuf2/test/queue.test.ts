import { fail, phys } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { type Bench, openBench, V4_11, V6_12, value } from './fixtures.ts'

describe('REQBUFS', () => {
  it('gives fewer buffers than asked when memory ends', () => {
    const { queue } = openBench(V4_11, { alloc: 3 })
    expect(queue().reqbufs('MMAP', 4)).toEqual({ ok: true, value: 2 })
  })

  it('answers ENOMEM when there is not one, and says so as the kernel does', () => {
    const { queue, texts } = openBench(V4_11, { alloc: 1 })
    expect(queue().reqbufs('MMAP', 4)).toMatchObject({ ok: false, errno: 'ENOMEM' })
    expect(texts()).toContain('vb2-core: __vb2_queue_alloc: failed allocating memory for buffer 0')
    expect(texts()).toContain('vb2-core: vb2_core_reqbufs: memory allocation failed')
  })

  it('refuses a memory type the queue does not do', () => {
    const { queue, texts } = openBench(V6_12)
    expect(queue({ ioModes: ['MMAP'] }).reqbufs('USERPTR', 2)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(texts()).toEqual([
      'videobuf2_common: [vid0 CAPTURE] vb2_verify_memory_type: USERPTR for current setup unsupported',
    ])
  })

  it('is busy while streaming', () => {
    const { queue } = openBench()
    const q = queue()
    value(q.reqbufs('MMAP', 2))
    value(q.streamon())
    expect(q.reqbufs('MMAP', 0)).toMatchObject({ ok: false, errno: 'EBUSY' })
  })

  it('with an exported buffer is refused by 4.11 and orphans the memory in 6.12', () => {
    for (const [facts, expected] of [
      [V4_11, { ok: false, errno: 'EBUSY' }],
      [V6_12, { ok: true, value: 0 }],
    ] as const) {
      const { queue, core, calls } = openBench(facts)
      const q = queue()
      value(q.reqbufs('MMAP', 2))
      const fd = value(q.expbuf(0, 0))
      expect(q.reqbufs('MMAP', 0)).toMatchObject(expected)
      core.close(fd)
      value(q.reqbufs('MMAP', 0))
      expect(calls.filter((call) => call === 'free')).toHaveLength(2)
    }
  })

  it('gives what was asked for, or what the driver needs: queued ones and (since 6.8) one more', () => {
    for (const [facts, count] of [
      [V4_11, 2],
      [V6_12, 3],
    ] as const) {
      expect(openBench(facts).queue().reqbufs('MMAP', 1)).toEqual({ ok: true, value: 1 })
      expect(openBench(facts).queue({ minBuffers: 2 }).reqbufs('MMAP', 1)).toEqual({ ok: true, value: count })
      expect(openBench(facts).queue({ minReqbufs: 4 }).reqbufs('MMAP', 1)).toEqual({ ok: true, value: 4 })
    }
  })
})

describe('EXPBUF', () => {
  it('makes EINVAL of whatever the allocator answers', () => {
    const { queue, texts } = openBench(V4_11, { getDmabuf: 1 })
    const q = queue()
    value(q.reqbufs('MMAP', 1))
    expect(q.expbuf(0, 0)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(texts()).toContain('vb2-core: vb2_core_expbuf: failed to export buffer 0, plane 0')
  })

  it('knows its buffers and planes', () => {
    const { queue, texts } = openBench()
    const q = queue()
    expect(q.expbuf(0, 0)).toMatchObject({ ok: false, errno: 'EINVAL' })
    value(q.reqbufs('MMAP', 1))
    expect(q.expbuf(1, 0)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(q.expbuf(0, 1)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(texts().at(-1)).toBe('vb2-core: vb2_core_expbuf: buffer plane out of range')
  })
})

describe('QBUF of a dma-buf', () => {
  const shared = (facts = V4_11, failing = {}) => {
    const bench = openBench(facts, failing)
    const source = bench.queue({ name: 'source' })
    value(source.reqbufs('MMAP', 2))
    const sink = bench.queue({ name: 'sink OUTPUT', type: 'VIDEO_OUTPUT' })
    value(sink.reqbufs('DMABUF', 2))
    return { ...bench, sink, fd: value(source.expbuf(0, 0)), other: value(source.expbuf(1, 0)) }
  }
  const qbuf = (fd: number, more = {}) => ({ index: 0, memory: 'DMABUF' as const, planes: [{ fd, ...more }] })

  it('attaches once and keeps the attachment for the next round', () => {
    const { sink, fd, driver, calls } = shared()
    value(sink.streamon())
    for (let round = 0; round < 3; round++) {
      value(sink.qbuf(qbuf(fd)))
      const [buffer] = driver.splice(0)
      if (buffer === undefined) throw new Error('the driver got no buffer')
      sink.done(buffer, 'DONE')
      value(sink.dqbuf())
    }
    expect(calls.filter((call) => call === 'attachDmabuf')).toHaveLength(1)
    expect(calls.filter((call) => call === 'unmapDmabuf')).toHaveLength(3)
  })

  it('stays mapped over DQBUF since 5.2', () => {
    const { sink, fd, driver, calls } = shared(V6_12)
    value(sink.streamon())
    value(sink.qbuf(qbuf(fd)))
    sink.done(driver[0] as never, 'DONE')
    value(sink.dqbuf())
    expect(calls).not.toContain('unmapDmabuf')
  })

  it('takes another dma-buf in the same buffer', () => {
    const { sink, fd, other, calls, core } = shared(V6_12)
    value(sink.prepareBuf(qbuf(fd)))
    value(sink.streamoff())
    value(sink.qbuf(qbuf(other)))
    expect(calls.slice(-4)).toEqual(['unmapDmabuf', 'detachDmabuf', 'attachDmabuf', 'mapDmabuf'])
    expect(core.live().map(({ refs }) => refs)).toEqual([1, 2])
  })

  it('is refused with a closed fd', () => {
    const { sink, fd, core, texts } = shared()
    core.close(fd)
    expect(sink.qbuf(qbuf(fd))).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(texts()).toContain('vb2-core: __qbuf_dmabuf: invalid dmabuf fd for plane 0')
  })

  it('is refused when the buffer is too short, and leaves no reference behind', () => {
    const { sink, fd, core, texts } = shared(V6_12)
    expect(sink.qbuf(qbuf(fd, { length: 4096 }))).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(texts()).toContain(
      'videobuf2_common: [sink OUTPUT] __prepare_dmabuf: invalid dmabuf length 4096 for plane 0, minimum length 5000',
    )
    expect(core.live().map(({ refs }) => refs)).toEqual([1, 1])
  })

  it('whose map fails keeps neither attachment nor reference', () => {
    const { sink, fd, core, calls, texts } = shared(V4_11, { mapDmabuf: 1 })
    expect(sink.qbuf(qbuf(fd))).toMatchObject({ ok: false, errno: 'ENOMEM' })
    expect(texts().slice(-2)).toEqual([
      'vb2-core: __qbuf_dmabuf: failed to map dmabuf for plane 0',
      'vb2-core: __buf_prepare: buffer preparation failed: -12',
    ])
    expect(calls.at(-1)).toBe('detachDmabuf')
    expect(core.live().map(({ refs }) => refs)).toEqual([1, 1])
  })
})

describe('streaming', () => {
  it('gives buffers to the driver at STREAMON, in the order of QBUF', () => {
    const { queue, driver, events } = openBench()
    const q = queue()
    value(q.reqbufs('MMAP', 3))
    for (const index of [2, 0, 1]) value(q.qbuf({ index, memory: 'MMAP' }))
    expect(driver).toEqual([])
    value(q.streamon())
    expect(driver.map(({ index }) => index)).toEqual([2, 0, 1])
    const queued = events.filter(({ event }) => event === 'vb2_buf_queue')
    expect(queued.at(-1)).toMatchObject({ owner: 'vid0 CAPTURE', queued: 3, ownedByDriver: 3, index: 1, type: 1 })
  })

  it('waits for the least number of buffers before it starts the driver', () => {
    const { queue, driver } = openBench()
    const q = queue({ minBuffers: 2 })
    value(q.reqbufs('MMAP', 3))
    value(q.streamon())
    value(q.qbuf({ index: 0, memory: 'MMAP' }))
    expect(driver).toEqual([])
    value(q.qbuf({ index: 1, memory: 'MMAP' }))
    expect(driver).toHaveLength(2)
  })

  it('that cannot start gives every buffer back to user space', () => {
    const { queue, driver } = openBench()
    const q = queue({ onStart: () => fail('EIO', 'the device does not answer') })
    value(q.reqbufs('MMAP', 2))
    value(q.qbuf({ index: 0, memory: 'MMAP' }))
    expect(q.streamon()).toMatchObject({ ok: false, errno: 'EIO' })
    expect([driver.length, value(q.querybuf(0)).state]).toEqual([1, 'DEQUEUED'])
    value(q.qbuf({ index: 0, memory: 'MMAP' }))
  })

  it('a buffer that is done twice gets a warning, and is dequeued once', () => {
    const { queue, driver, texts } = openBench()
    const q = queue()
    value(q.reqbufs('MMAP', 1))
    value(q.streamon())
    value(q.qbuf({ index: 0, memory: 'MMAP' }))
    const [buffer] = driver
    q.done(buffer as never, 'DONE', { bytesused: [5] })
    q.done(buffer as never, 'DONE', { bytesused: [6] })
    expect(texts().at(-1)).toBe('WARNING: vb2_buffer_done: buffer 0 of vid0 CAPTURE is not active')
    expect(value(q.dqbuf())).toMatchObject({ bytesused: [5] })
    expect(q.dqbuf()).toMatchObject({ ok: false, errno: 'EAGAIN' })
  })

  it('refuses a buffer that is not user space’s', () => {
    const { queue, texts } = openBench()
    const q = queue()
    value(q.reqbufs('MMAP', 2))
    value(q.qbuf({ index: 0, memory: 'MMAP' }))
    expect(q.qbuf({ index: 0, memory: 'MMAP' })).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(texts().at(-1)).toBe('vb2-core: vb2_core_qbuf: invalid buffer state 3')
    expect(q.qbuf({ index: 7, memory: 'MMAP' })).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(q.qbuf({ index: 1, memory: 'DMABUF' })).toMatchObject({ ok: false, errno: 'EINVAL' })
  })

  it('dequeues in the order the driver finished, with what it said', () => {
    const { queue, driver } = openBench()
    const q = queue()
    value(q.reqbufs('MMAP', 2))
    value(q.streamon())
    for (const index of [0, 1]) value(q.qbuf({ index, memory: 'MMAP' }))
    expect(q.dqbuf()).toMatchObject({ ok: false, errno: 'EAGAIN' })
    expect(q.poll()).toBe('empty')
    const [first, second] = driver
    q.done(second as never, 'DONE', { bytesused: [77], timestamp: 9 })
    q.done(first as never, 'ERROR')
    expect(q.poll()).toBe('ready')
    expect(q.dqbuf()).toMatchObject({ ok: true, value: { index: 1, bytesused: [77], timestamp: 9, error: false } })
    expect(q.dqbuf()).toMatchObject({ ok: true, value: { index: 0, error: true } })
  })

  it('gives EPIPE after the last buffer until it is stopped', () => {
    const { queue, driver } = openBench()
    const q = queue()
    value(q.reqbufs('MMAP', 2))
    value(q.streamon())
    value(q.qbuf({ index: 0, memory: 'MMAP' }))
    q.done(driver[0] as never, 'DONE', { last: true })
    expect(value(q.dqbuf()).last).toBe(true)
    expect(q.dqbuf()).toMatchObject({ ok: false, errno: 'EPIPE' })
    value(q.streamoff())
    value(q.streamon())
    expect(q.dqbuf()).toMatchObject({ ok: false, errno: 'EAGAIN' })
  })

  it('gives every buffer back at STREAMOFF', () => {
    const { queue, driver, events } = openBench()
    const q = queue()
    value(q.reqbufs('MMAP', 2))
    value(q.qbuf({ index: 0, memory: 'MMAP' }))
    value(q.streamon())
    value(q.streamoff())
    expect(driver).toEqual([])
    expect(events.at(-2)).toMatchObject({ event: 'vb2_buf_done', ownedByDriver: 0 })
    expect(value(q.querybuf(0)).state).toBe('DEQUEUED')
    expect(q.dqbuf()).toMatchObject({ ok: false, errno: 'EINVAL' })
  })

  it('frees everything on release, but what a mapping holds', () => {
    const { queue, calls } = openBench()
    const q = queue()
    value(q.reqbufs('MMAP', 2))
    value(q.mmap(1, 0))
    q.release()
    expect(calls.slice(-2)).toEqual(['free', 'put'])
    for (const [index, plane] of [
      [0, 0],
      [1, 1],
    ] as const)
      expect(() => q.munmap(index, plane)).toThrow('vid0 CAPTURE has no such mapping')
    q.munmap(1, 0)
    expect(calls.at(-1)).toBe('free')
  })

  it('reports every ioctl with what it returned', () => {
    const { queue, events } = openBench()
    const q = queue()
    value(q.reqbufs('MMAP', 1))
    q.qbuf({ index: 3, memory: 'MMAP' })
    expect(events.filter(({ event }) => event === 'ioctl')).toEqual([
      { event: 'ioctl', name: 'VIDIOC_REQBUFS', device: 'vid0' },
      {
        event: 'ioctl',
        name: 'VIDIOC_QBUF',
        device: 'vid0',
        errno: 'EINVAL',
        why: 'vid0 CAPTURE has no buffer 3',
      },
    ])
  })
})

describe('trace events of the V4L2 core', () => {
  const v4l2 = (bench: Bench) =>
    bench.events.flatMap((event) => (event.event === 'v4l2_qbuf' || event.event === 'v4l2_dqbuf' ? [event] : []))

  it('a buffer that was queued and came back is reported after vb2, as user space sees it', () => {
    const bench = openBench(V6_12)
    const q = bench.queue()
    q.reqbufs('MMAP', 2)
    q.streamon()
    q.qbuf({ index: 1, memory: 'MMAP' })
    q.qbuf({ index: 0, memory: 'MMAP' })
    for (const [frame, buffer] of bench.driver.entries())
      q.done(buffer, frame === 0 ? 'ERROR' : 'DONE', {
        bytesused: [100 + frame],
        timestamp: 7 + frame,
        last: frame > 0,
        field: 1,
      })
    q.dqbuf()
    q.dqbuf()
    q.qbuf({ index: 0, memory: 'MMAP' })
    const common = { minor: 3, type: 'VIDEO_CAPTURE' }
    const clock = 'TIMESTAMP_UNKNOWN|TIMESTAMP_MONOTONIC'
    const queued = { ...common, event: 'v4l2_qbuf', flags: `QUEUED|${clock}`, timestamp: 0, sequence: 0 }
    const got = { ...common, event: 'v4l2_dqbuf', field: 'NONE' }
    expect(v4l2(bench)).toEqual([
      { ...queued, index: 1, bytesused: 5000, field: 'ANY' },
      { ...queued, index: 0, bytesused: 5000, field: 'ANY' },
      { ...got, index: 1, bytesused: 100, flags: `ERROR|${clock}`, timestamp: 7, sequence: 0 },
      { ...got, index: 0, bytesused: 101, flags: `${clock}|LAST`, timestamp: 8, sequence: 1 },
      { ...queued, index: 0, bytesused: 5000, field: 'NONE' },
    ])
    const order = bench.events.flatMap(({ event }) => (/^(vb2|v4l2)_/.test(event) ? [event] : []))
    expect(order.slice(0, 3)).toEqual(['vb2_qbuf', 'vb2_buf_queue', 'v4l2_qbuf'])
  })

  it('an ioctl that fails leaves no event, nor does read()', () => {
    const bench = openBench(V6_12)
    const q = bench.queue({ fileIo: true })
    q.qbuf({ index: 9, memory: 'MMAP' })
    q.dqbuf()
    expect(v4l2(bench)).toEqual([])
  })

  it('a multi-planar buffer has its bytes in the planes, and one that is exported counts as mapped', () => {
    const bench = openBench(V6_12)
    const q = bench.queue({ type: 'VIDEO_OUTPUT_MPLANE', timestamps: 'copy' })
    q.reqbufs('MMAP', 2)
    q.mmap(0, 0)
    q.qbuf({ index: 0, memory: 'MMAP', planes: [{ bytesused: 12 }], timestamp: 5 })
    expect(v4l2(bench)).toMatchObject([
      { bytesused: 0, flags: 'MAPPED|QUEUED|TIMESTAMP_UNKNOWN|TIMESTAMP_COPY', field: 'NONE', timestamp: 5 },
    ])
  })
})

describe('read(2) and write(2) into and out of memory of a task', () => {
  const user = { phys: phys(0x9000), len: 8192, kind: 'cached' } as const

  it('go on in the buffer where the call before ended, and stop at its end', () => {
    const bench = openBench(V6_12)
    const q = bench.queue({ fileIo: true })
    expect(q.readInto(user, 2000)).toMatchObject({ ok: false, errno: 'EAGAIN' })
    for (const buffer of bench.driver.splice(0)) q.done(buffer, 'DONE', { bytesused: [3000] })
    expect([value(q.readInto(user, 2000)), value(q.readInto(user, 2000))]).toEqual([2000, 1000])
    expect(bench.calls.filter((call) => call.startsWith('copy'))).toEqual([
      'copy 2000 from vid0 CAPTURE buffer 0 plane 0 at 0 (0xc0000000) to 0x9000',
      'copy 1000 from vid0 CAPTURE buffer 0 plane 0 at 2000 (0xc00007d0) to 0x9000',
    ])
    expect(bench.driver.map(({ index }) => index)).toEqual([0])
  })

  it('a buffer is the driver’s once it is full', () => {
    const bench = openBench(V6_12)
    const q = bench.queue({ fileIo: true, type: 'VIDEO_OUTPUT' })
    expect(value(q.writeFrom(user, 4000))).toBe(4000)
    expect(bench.driver).toEqual([])
    expect(value(q.writeFrom(user, 4000))).toBe(1000)
    expect(bench.driver.map(({ index, planes }) => [index, planes[0]?.bytesused])).toEqual([[0, 5000]])
    expect(bench.calls.filter((call) => call.startsWith('copy'))).toEqual([
      'copy 4000 to vid0 CAPTURE buffer 0 plane 0 at 0 (0xc0000000) from 0x9000',
      'copy 1000 to vid0 CAPTURE buffer 0 plane 0 at 4000 (0xc0000fa0) from 0x9000',
    ])
    expect(bench.events.filter(({ event }) => event === 'ioctl')).toEqual([
      { event: 'ioctl', name: 'write', device: 'vid0' },
      { event: 'ioctl', name: 'write', device: 'vid0' },
    ])
  })

  it('never touch more than the task has room for', () => {
    const bench = openBench(V6_12)
    const q = bench.queue({ fileIo: true, type: 'VIDEO_OUTPUT' })
    expect(value(q.writeFrom({ ...user, len: 100 }, 4000))).toBe(100)
  })
})
