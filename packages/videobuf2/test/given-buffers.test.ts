// What a buffer brings from user space: dma-bufs that fail on the way, planes and fields that do not fit.
import type { QueueSetup } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { type Bench, openBench, V4_11, V6_12, value } from './fixtures.ts'

const mmap = (index = 0) => ({ index, memory: 'MMAP' as const })
const dmabuf = (fd: number, length?: number) => ({
  index: 0,
  memory: 'DMABUF' as const,
  planes: [{ fd, ...(length === undefined ? {} : { length }) }],
})
/** A descriptor of another queue's buffer. */
const shared = ({ queue }: Bench): number => {
  const source = queue({ name: 'source' })
  value(source.reqbufs('MMAP', 1))
  return value(source.expbuf(0, 0))
}

describe('dma-bufs that fail on the way', () => {
  it.each([
    ['attachDmabuf', 'failed to attach dmabuf', 'ENOMEM'],
    ['mapDmabuf', 'failed to map dmabuf for plane 0', 'ENOMEM'],
  ] as const)('in %s say so; v6.12 keeps the reference of one that it could not attach', (operation, text, errno) => {
    for (const [facts, stem] of [
      [V4_11, 'vb2-core: __qbuf_dmabuf'],
      [V6_12, 'videobuf2_common: [vid0 CAPTURE] __prepare_dmabuf'],
    ] as const) {
      const bench = openBench(facts, { [operation]: 1 })
      const fd = shared(bench)
      const queue = bench.queue()
      value(queue.reqbufs('DMABUF', 1))
      expect(queue.qbuf(dmabuf(fd))).toMatchObject({ ok: false, errno })
      expect(bench.texts()).toContain(`${stem}: ${text}`)
      expect(bench.core.live().map(({ refs }) => refs)).toEqual([
        operation === 'attachDmabuf' && facts === V6_12 ? 2 : 1,
      ])
    }
  })
  it('a length below that of the format is told with both numbers', () => {
    const bench = openBench(V6_12)
    const fd = shared(bench)
    const queue = bench.queue()
    value(queue.reqbufs('DMABUF', 1))
    expect(queue.qbuf(dmabuf(fd, 4999))).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(bench.texts()[0]).toMatch(/__prepare_dmabuf: invalid dmabuf length 4999 for plane 0, minimum length 5000$/)
  })
})

describe('what a buffer brings from user space', () => {
  const output = (setup: Partial<QueueSetup> = {}) => {
    const bench = openBench(V6_12)
    const queue = bench.queue({ type: 'VIDEO_OUTPUT_MPLANE', ...setup })
    value(queue.reqbufs('MMAP', 1))
    return { bench, queue }
  }
  it.each([
    [{ bytesused: 5000 }, true],
    [{ bytesused: 5001 }, false],
    [{ bytesused: 100, dataOffset: 99 }, true],
    [{ bytesused: 100, dataOffset: 100 }, false],
    [{ dataOffset: 4999 }, true],
    [{ dataOffset: 5000 }, false],
    [{}, true],
  ])('a plane of 5,000 bytes with %o: %s', (plane, taken) => {
    const { bench, queue } = output()
    expect(queue.qbuf({ ...mmap(), planes: [plane] }).ok).toBe(taken)
    const told = bench
      .texts()
      .some((text) => text.endsWith('vb2_fill_vb2_v4l2_buffer: plane parameters verification failed: -22'))
    expect(told).toBe(!taken)
  })
  it('a field that alternates is none of one picture', () => {
    const { bench, queue } = output()
    expect(queue.qbuf({ ...mmap(), planes: [{}], field: 7 })).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(bench.texts()).toEqual([
      'vb2-v4l2: [vid0 CAPTURE] vb2_fill_vb2_v4l2_buffer: the field is incorrectly set to ALTERNATE for an output buffer',
    ])
  })
  it('without an array of planes is refused', () => {
    const { bench, queue } = output()
    expect(queue.v4l2.qbuf('VIDEO_OUTPUT_MPLANE', mmap())).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(bench.texts()).toEqual([
      'vb2-v4l2: [vid0 CAPTURE] __verify_planes_array: multi-planar buffer passed but planes array not provided',
    ])
  })
})
