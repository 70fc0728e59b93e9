// Open files: one owns a node's queue at a time, or each has queues of its own.
import { describe, expect, it } from 'vitest'
import { openM2mFile, openVideoFile } from '../src/index.ts'
import { openBench, V6_12, value } from './fixtures.ts'

const MMAP = { type: 'VIDEO_CAPTURE', memory: 'MMAP', count: 2, flags: 0 } as const
const buffer = { index: 0, memory: 'MMAP', planes: [{}] } as const

describe('two files of one node', () => {
  const opened = (setup = {}) => {
    const bench = openBench(V6_12)
    const { v4l2 } = bench.queue({ removeBufs: true, fileIo: true, ...setup })
    return { ...bench, v4l2, first: openVideoFile(v4l2), second: openVideoFile(v4l2) }
  }

  it('the one that asked for buffers has them; the other may look, map and poll', () => {
    const { first, second } = opened()
    value(first.reqbufs(MMAP))
    for (const answer of [
      second.reqbufs(MMAP),
      second.createBufs({ ...MMAP, sizes: [5000] }),
      second.removeBufs('VIDEO_CAPTURE', 0, 1),
      second.qbuf('VIDEO_CAPTURE', buffer),
      second.prepareBuf('VIDEO_CAPTURE', buffer),
      second.dqbuf('VIDEO_CAPTURE'),
      second.streamon('VIDEO_CAPTURE'),
      second.streamoff('VIDEO_CAPTURE'),
      second.expbuf('VIDEO_CAPTURE', 0, 0, 2),
      second.read(10),
    ])
      expect(answer).toMatchObject({ ok: false, errno: 'EBUSY' })
    expect(second.querybuf('VIDEO_CAPTURE', 0, 0).ok).toBe(true)
    expect(second.mmap(0, 4096).ok).toBe(true)
    expect(second.createBufs({ ...MMAP, count: 0, sizes: [] }).ok).toBe(true)
    expect(second.removeBufs('VIDEO_CAPTURE', 0, 0).ok).toBe(true)
  })

  it('closing the other changes nothing; giving the buffers back lets it have them', () => {
    const { first, second, v4l2 } = opened()
    value(first.reqbufs(MMAP))
    second.close()
    expect(v4l2.numBuffers).toBe(2)
    value(first.reqbufs({ ...MMAP, count: 0 }))
    expect(second.reqbufs(MMAP).ok).toBe(true)
    second.close()
    expect([v4l2.numBuffers, v4l2.owner]).toEqual([0, null])
  })

  it('poll that starts read(2) makes its file the owner', () => {
    const { first, second } = opened()
    expect(first.poll()).toEqual([])
    expect(first.streaming).toBe(true)
    expect(second.read(10)).toMatchObject({ ok: false, errno: 'EBUSY' })
    first.close()
    expect(second.read(10)).toMatchObject({ ok: false, errno: 'EAGAIN' })
  })

  it('types of the other direction do not reach the queue; those of the other kind are refused there', () => {
    const { first, texts } = opened()
    expect(first.reqbufs({ ...MMAP, type: 'VIDEO_OUTPUT' })).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(texts()).toEqual([])
    expect(first.reqbufs({ ...MMAP, type: 'VIDEO_CAPTURE_MPLANE' })).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(texts()[0]).toContain('requested type is incorrect')
  })

  it('a capture node has no write, an output node no read, and a driver without REMOVE_BUFS none', () => {
    const { first } = opened({ removeBufs: false })
    expect(first.write(10)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(first.removeBufs('VIDEO_CAPTURE', 0, 1)).toMatchObject({ ok: false, errno: 'ENOTTY' })
    const output = opened({ type: 'VIDEO_OUTPUT' })
    expect(output.first.read(10)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(output.first.write(10)).toEqual({ ok: true, value: 10 })
    expect(output.second.write(10)).toMatchObject({ ok: false, errno: 'EBUSY' })
  })

  it('tell what a queue can do, and (CREATE_BUFS) how many buffers it can have', () => {
    const { first } = opened()
    expect(value(first.reqbufs(MMAP)).capabilities).toBe(0x117)
    expect(value(first.createBufs({ ...MMAP, sizes: [5000] }))).toMatchObject({
      capabilities: 0x197,
      max: 32,
      index: 2,
    })
  })
})

describe('a memory-to-memory file', () => {
  const opened = () => {
    const bench = openBench(V6_12)
    const setup = { timestamps: 'copy' } as const
    const output = bench.queue({ ...setup, name: 'm2m OUTPUT', type: 'VIDEO_OUTPUT' })
    const capture = bench.queue({ ...setup, name: 'm2m CAPTURE', type: 'VIDEO_CAPTURE' })
    let closed = 0
    const file = openM2mFile(output.v4l2, capture.v4l2, () => closed++)
    value(file.reqbufs(MMAP))
    value(file.reqbufs({ ...MMAP, type: 'VIDEO_OUTPUT' }))
    return { ...bench, output, capture, file, closed: () => closed }
  }

  it('CAPTURE buffers lie behind OUTPUT ones for mmap', () => {
    const { file, output, capture } = opened()
    expect(value(file.querybuf('VIDEO_OUTPUT', 1, 0)).planes[0]?.m).toBe(0x8000)
    expect(value(file.querybuf('VIDEO_CAPTURE', 1, 0)).planes[0]?.m).toBe(0x4000_8000)
    const mapping = value(file.mmap(0x4000_8000, 4096))
    expect([output.v4l2.maps(mapping), capture.v4l2.maps(mapping)]).toEqual([false, true])
    file.munmap(mapping)
    expect(capture.v4l2.maps(mapping)).toBe(false)
  })

  it('only OUTPUT buffers may come with a request', () => {
    const { file } = opened()
    const asked = { ...buffer, requestFd: 9 }
    expect(file.qbuf('VIDEO_CAPTURE', asked)).toMatchObject({ ok: false, errno: 'EPERM' })
    expect(file.qbuf('VIDEO_OUTPUT', asked)).toMatchObject({ ok: false, errno: 'EBADR' })
  })

  it('an overlay is an output to calls that do not look at the type first', () => {
    const { file, texts } = opened()
    expect(file.streamon('VIDEO_OVERLAY')).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(texts().at(-1)).toContain('[m2m OUTPUT] vb2_core_streamon: invalid stream type')
    expect(file.qbuf('VIDEO_OVERLAY', buffer)).toMatchObject({ ok: false, errno: 'EINVAL' })
  })

  it('poll is an error until a queue that streams has a buffer, and tells what is done', () => {
    const { file, driver, capture, output } = opened()
    value(file.streamon('VIDEO_CAPTURE'))
    expect(file.poll()).toEqual(['ERR'])
    value(file.qbuf('VIDEO_CAPTURE', buffer))
    expect(file.poll()).toEqual([])
    value(file.qbuf('VIDEO_OUTPUT', buffer))
    value(file.streamon('VIDEO_OUTPUT'))
    const [picture, source] = driver
    capture.done(picture as never, 'DONE')
    expect(file.poll()).toEqual(['IN'])
    output.done(source as never, 'DONE')
    expect(file.poll()).toEqual(['IN', 'OUT'])
    expect(file.streaming).toBe(true)
  })

  it('has neither read nor write nor REMOVE_BUFS, and closes its driver', () => {
    const { file, closed } = opened()
    expect([file.read(1), file.write(1)]).toMatchObject([{ errno: 'EINVAL' }, { errno: 'EINVAL' }])
    expect(file.removeBufs('VIDEO_CAPTURE', 0, 1)).toMatchObject({ errno: 'ENOTTY' })
    file.close()
    expect(closed()).toBe(1)
  })
})
