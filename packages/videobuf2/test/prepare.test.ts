// USERPTR and DMABUF planes: what is looked at first, and what is left after a failure.
import { fail, ok, phys, type UserMapping } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { type Bench, openBench, V4_11, V6_12, value } from './fixtures.ts'

const SIZE = 5000
const user = (len = 8192): UserMapping => ({ phys: phys(0x9000), len, kind: 'cached' })

describe('USERPTR', () => {
  const opened = (failing = {}) => {
    const bench = openBench(V6_12, failing)
    const queue = bench.queue()
    value(queue.reqbufs('USERPTR', 1))
    const prepare = (plane: object) => queue.prepareBuf({ index: 0, memory: 'USERPTR', planes: [plane] })
    const planes = () => value(queue.querybuf(0)).planes
    return { ...bench, queue, prepare, planes }
  }

  it('too short is refused before it looks at the address', () => {
    const { prepare, calls } = opened()
    expect(prepare({ length: SIZE - 1 })).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(calls).not.toContain('getUserptr')
  })

  it('is taken once for the same address and length, and anew for others', () => {
    const { queue, prepare, calls } = opened()
    const memory = user()
    for (const plane of [
      { user: memory, length: SIZE },
      { user: { ...memory }, length: SIZE },
      { user: memory, length: 6000 },
    ]) {
      value(prepare(plane))
      value(queue.streamoff())
    }
    expect(calls.filter((call) => call === 'getUserptr')).toHaveLength(2)
    expect(calls.filter((call) => call === 'putUserptr')).toHaveLength(1)
  })

  it('a plane that failed has neither address nor length left', () => {
    const { prepare, planes } = opened({ getUserptr: 1 })
    expect(prepare({ user: user(), length: SIZE })).toMatchObject({ ok: false, errno: 'ENOMEM' })
    expect(planes()).toEqual([{ length: 0, bytesused: 0, dataOffset: 0, m: 0 }])
  })
})

describe('DMABUF of two planes', () => {
  const opened = (facts = V6_12, failing = {}) => {
    const bench: Bench = openBench(facts, failing)
    const source = bench.queue({ name: 'source' })
    value(source.reqbufs('MMAP', 2))
    const [one, two] = [value(source.expbuf(0, 0)), value(source.expbuf(1, 0))]
    const queue = bench.queue({
      name: 'sink OUTPUT',
      type: 'VIDEO_OUTPUT_MPLANE',
      planes: () => [1, 2].map(() => ({ size: SIZE, dev: source.device })),
    })
    value(queue.reqbufs('DMABUF', 1))
    const prepare = (...fds: number[]) =>
      queue.prepareBuf({ index: 0, memory: 'DMABUF', planes: fds.map((fd) => ({ fd })) })
    const count = (what: string) => bench.calls.filter((call) => call === what).length
    const refs = () => bench.core.live().map((buf) => buf.refs)
    return { ...bench, queue, prepare, count, refs, one, two }
  }

  it('looks at every fd before it attaches one, since 6.12', () => {
    for (const [facts, attached] of [
      [V6_12, 0],
      [V4_11, 1],
    ] as const) {
      const { prepare, count, refs, one } = opened(facts)
      expect(prepare(one, -1)).toMatchObject({ ok: false, errno: 'EINVAL' })
      expect(count('attachDmabuf')).toBe(attached)
      expect(count('detachDmabuf')).toBe(attached)
      expect(refs()).toEqual([1, 1])
    }
  })

  it('attaches and maps once when both planes are one dma-buf, since 6.12', () => {
    for (const [facts, attached] of [
      [V6_12, 1],
      [V4_11, 2],
    ] as const) {
      const { prepare, queue, count, refs, one } = opened(facts)
      value(prepare(one, one))
      expect([count('attachDmabuf'), count('mapDmabuf')]).toEqual([attached, attached])
      value(queue.reqbufs('DMABUF', 0))
      expect([count('detachDmabuf'), count('unmapDmabuf')]).toEqual([attached, attached])
      expect(refs()).toEqual([1, 1])
    }
  })

  it('keeps both attachments while the same dma-bufs come again', () => {
    const { prepare, queue, count, refs, one, two } = opened()
    for (let round = 0; round < 2; round++) {
      value(prepare(one, two))
      value(queue.streamoff())
    }
    expect(count('attachDmabuf')).toBe(2)
    expect(refs()).toEqual([2, 2])
    value(prepare(two, two))
    expect([count('attachDmabuf'), count('detachDmabuf')]).toEqual([3, 2])
    expect(refs()).toEqual([1, 3])
  })

  it('an attach that fails leaves the references of that plane and of those behind it, since 6.12', () => {
    const { prepare, refs, one, two } = opened(V6_12, { attachDmabuf: 2 })
    expect(prepare(one, two)).toMatchObject({ ok: false, errno: 'ENOMEM' })
    expect(refs()).toEqual([1, 2])
    const before = opened(V4_11, { attachDmabuf: 2 })
    expect(before.prepare(before.one, before.two)).toMatchObject({ ok: false, errno: 'ENOMEM' })
    expect(before.refs()).toEqual([1, 1])
  })
})

describe('what the driver says', () => {
  const hooks = (answer: 'field' | 'prepare') => ({
    field: (field: number) => (answer === 'field' ? fail('EINVAL', 'no such field') : ok(field)),
    prepare: () => (answer === 'prepare' ? fail('EINVAL', 'too small') : ok(null)),
  })

  it('of the field is heard before anything is prepared', () => {
    const { queue, texts, calls } = openBench(V6_12)
    const q = queue({ type: 'VIDEO_OUTPUT', hooks: hooks('field') })
    value(q.reqbufs('MMAP', 1))
    expect(q.qbuf({ index: 0, memory: 'MMAP' })).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(texts()).toEqual(['videobuf2_common: [vid0 CAPTURE] __buf_prepare: buffer validation failed'])
    expect(calls).not.toContain('prepare')
  })

  it('of the planes makes a buffer fail that was acquired, and its memory is given back', () => {
    const { queue, calls } = openBench(V6_12)
    const q = queue({ hooks: hooks('prepare') })
    value(q.reqbufs('USERPTR', 1))
    const planes = [{ user: user(), length: SIZE }]
    expect(q.qbuf({ index: 0, memory: 'USERPTR', planes })).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(calls).toEqual(['getUserptr', 'putUserptr'])
  })
})
