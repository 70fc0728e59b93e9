// Buffers of several planes: whose memory each has, what a failure on the way forgets, and what user space is told of buffers that come back at once.
import type { Device, DriverQueue, QueueSetup } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { openBench, V4_11, V6_12, value } from './fixtures.ts'

const SIZE = 5000

describe('planes that are imported', () => {
  const other = { name: 'other', memDevices: [] as readonly Device[] } as Device
  const opened = (devices: (own: Device) => readonly Device[], failing = {}) => {
    const bench = openBench(V6_12, failing)
    const source = bench.queue({ name: 'source' })
    value(source.reqbufs('MMAP', 2))
    const fds = [0, 1].map((index) => value(source.expbuf(index, 0)))
    const queue = bench.queue({
      name: 'sink',
      type: 'VIDEO_OUTPUT_MPLANE',
      planes: () => devices(source.device).map((dev) => ({ size: SIZE, dev })),
    })
    value(queue.reqbufs('DMABUF', 1))
    const prepare = (...which: number[]) =>
      queue.prepareBuf({ index: 0, memory: 'DMABUF', planes: which.map((i) => ({ fd: fds[i] ?? -1 })) })
    const forgotten = () =>
      bench.events.flatMap((event) => (event.event === 'kernel_quirk' ? [/(\d+) reference/.exec(event.text)?.[1]] : []))
    const attached = () =>
      bench.asked.filter((line) => line.startsWith('attachDmabuf')).map((line) => line.split(' ')[1])
    return { ...bench, queue, prepare, forgotten, attached }
  }

  it.each([
    ['one device, one dma-buf', (own: Device) => [own, own], [0, 0], ['vid0']],
    ['two devices, one dma-buf', (own: Device) => [own, other], [0, 0], ['vid0', 'other']],
    ['one device, two dma-bufs', (own: Device) => [own, own], [0, 1], ['vid0', 'vid0']],
    ['the third plane is the first again', (own: Device) => [own, other, own], [0, 0, 0], ['vid0', 'other']],
  ] as const)('%s: each pair of both is attached once', (_what, devices, which, expected) => {
    const { prepare, attached, queue, calls } = opened(devices)
    value(prepare(...which))
    expect(attached()).toEqual(expected)
    value(queue.streamoff())
    value(queue.reqbufs('DMABUF', 0))
    expect(calls.filter((call) => call === 'detachDmabuf')).toHaveLength(expected.length)
  })

  it.each([
    ['attachDmabuf', 1, ['2']],
    ['attachDmabuf', 2, ['1']],
    ['mapDmabuf', 1, ['1']],
    ['mapDmabuf', 2, []],
  ])('when call %s %i fails, so many references are forgotten, and it is told', (operation, nth, expected) => {
    const { prepare, forgotten, core } = opened((own) => [own, own], { [operation]: nth })
    expect(prepare(0, 1)).toMatchObject({ ok: false, errno: 'ENOMEM' })
    expect(forgotten()).toEqual(expected)
    const held = core.live().reduce((sum, { refs }) => sum + refs - 1, 0)
    expect(held).toBe(Number(expected[0] ?? 0))
  })

  it('the same dma-bufs with another length are attached anew', () => {
    const { queue, prepare, attached } = opened((own) => [own, own])
    value(prepare(0, 1))
    value(queue.streamoff())
    value(queue.prepareBuf({ index: 0, memory: 'DMABUF', planes: queuePlanes(queue, SIZE + 1) }))
    expect(attached()).toHaveLength(4)
  })
  const queuePlanes = (queue: DriverQueue, length: number) =>
    value(queue.querybuf(0)).planes.map(({ m }) => ({ fd: Number(m), length }))
})

describe('what the task fills in', () => {
  it.each([
    [
      { bytesused: 300, dataOffset: 20 },
      { bytesused: 300, dataOffset: 20 },
    ],
    [{ bytesused: 300 }, { bytesused: 300, dataOffset: 0 }],
  ])('stays with its plane: %j', (given, told) => {
    const { queue } = openBench(V6_12)
    const q = queue({ type: 'VIDEO_OUTPUT_MPLANE', planes: () => [{ size: SIZE }, { size: SIZE }] as never })
    value(q.reqbufs('MMAP', 1))
    value(q.prepareBuf({ index: 0, memory: 'MMAP', planes: [{ bytesused: 40 }, given] }))
    expect(value(q.querybuf(0)).planes).toMatchObject([{ bytesused: 40, dataOffset: 0 }, told])
  })
})

describe('a driver that is done at once', () => {
  const flagsOf = (state: 'DONE' | 'ERROR'): string[] => {
    const bench = openBench(V6_12)
    const q: DriverQueue = bench.queue({
      onQueue: (buffer: Parameters<NonNullable<QueueSetup['onQueue']>>[0]) =>
        q.done(buffer, state, { bytesused: [1], timestamp: 1, last: false, field: 1 }),
    } as Partial<QueueSetup>)
    value(q.reqbufs('MMAP', 1))
    value(q.streamon())
    value(q.qbuf({ index: 0, memory: 'MMAP' }))
    return bench.events.flatMap((event) => (event.event === 'v4l2_qbuf' ? [event.flags] : []))
  }
  it('QBUF tells what became of the buffer', () => {
    const clock = 'TIMESTAMP_UNKNOWN|TIMESTAMP_MONOTONIC'
    expect(flagsOf('DONE')).toEqual([`DONE|${clock}`])
    expect(flagsOf('ERROR')).toEqual([`DONE|ERROR|${clock}`])
  })
})

describe('further buffers', () => {
  it('are as coherent as those that are there, and coherent when there are none', () => {
    const { queue, asked } = openBench(V6_12)
    const q = queue({ allowCacheHints: true })
    value(q.reqbufs('MMAP', 1, { nonCoherent: true }))
    value(q.createBufs('MMAP', 1, []))
    expect(asked.filter((line) => line.includes('non-coherent'))).toHaveLength(2)
    value(q.reqbufs('MMAP', 0))
    value(q.createBufs('MMAP', 1, []))
    expect(asked.filter((line) => line.includes('non-coherent'))).toHaveLength(2)
    expect(asked).toHaveLength(3)
  })
})

it('memory of a task or of another exporter is never in use by others: v4.11 gives it up without a look', () => {
  const { queue, texts } = openBench(V4_11)
  const source = queue({ name: 'source' })
  value(source.reqbufs('MMAP', 1))
  const fd = value(source.expbuf(0, 0))
  const q = queue()
  value(q.reqbufs('DMABUF', 1))
  value(q.qbuf({ index: 0, memory: 'DMABUF', planes: [{ fd }] }))
  value(q.reqbufs('DMABUF', 2))
  expect(texts().filter((text) => text.includes('memory in use'))).toEqual([])
})
