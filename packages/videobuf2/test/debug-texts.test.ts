// Every refusal of a queue: the errno that user space gets, and the line that vb2 prints of it, on an old kernel and on a new one.
// The texts stand in videobuf2-core.c and videobuf2-v4l2.c of Linux v4.11 and v6.12.
import { fail, ok, phys, type QueueSetup, type V4l2Memory } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { type Bench, openBench, V4_11, V6_12, value } from './fixtures.ts'

type Queue = ReturnType<Bench['queue']>
interface Case {
  readonly setup?: Partial<QueueSetup>
  readonly failing?: Partial<Record<string, number>>
  readonly ready?: (q: Queue, bench: Bench) => unknown
  readonly ask: (q: Queue, bench: Bench) => { readonly ok: boolean }
  readonly errno: string
  /** Behind the name of the function. */
  readonly text: string
  /** The function, where it is another one in v4.11. */
  readonly where: string
  readonly before?: string
  readonly file?: 'v4l2'
}
const CAPTURE = 'VIDEO_CAPTURE' as const
const user = { phys: phys(0x9000), len: 8192, kind: 'cached' } as const
const some =
  (memory: V4l2Memory, count = 2) =>
  (q: Queue) =>
    value(q.reqbufs(memory, count))
const refuses = { field: () => ok(1), prepare: () => fail('EINVAL', 'too small') }
const mmap = (index = 0) => ({ index, memory: 'MMAP' as const })
const dmabuf = (fd: number, length?: number) => ({
  index: 0,
  memory: 'DMABUF' as const,
  planes: [{ fd, ...(length === undefined ? {} : { length }) }],
})
const userptr = (length: number) => ({ index: 0, memory: 'USERPTR' as const, planes: [{ user, length }] })
const CASES: readonly Case[] = [
  {
    ask: (q) => q.v4l2.reqbufs({ type: CAPTURE, memory: 'OVERLAY', count: 1, flags: 0 }),
    errno: 'EINVAL',
    where: 'vb2_verify_memory_type',
    text: 'unsupported memory type',
  },
  {
    ask: (q) => q.v4l2.reqbufs({ type: 'VIDEO_OUTPUT', memory: 'MMAP', count: 1, flags: 0 }),
    errno: 'EINVAL',
    where: 'vb2_verify_memory_type',
    text: 'requested type is incorrect',
  },
  {
    setup: { ioModes: ['USERPTR'] },
    ask: (q) => q.reqbufs('DMABUF', 1),
    errno: 'EINVAL',
    where: 'vb2_verify_memory_type',
    text: 'DMABUF for current setup unsupported',
  },
  {
    setup: { fileIo: true },
    ready: (q) => q.read(1),
    ask: (q) => q.reqbufs('MMAP', 1),
    errno: 'EBUSY',
    where: 'vb2_verify_memory_type',
    text: 'file io in progress',
  },
  {
    ready: (q) => [value(q.reqbufs('MMAP', 1)), value(q.streamon())],
    ask: (q) => q.reqbufs('MMAP', 1),
    errno: 'EBUSY',
    where: 'vb2_core_reqbufs',
    text: 'streaming active',
  },
  {
    failing: { alloc: 1 },
    ask: (q) => q.reqbufs('MMAP', 1),
    errno: 'ENOMEM',
    where: 'vb2_core_reqbufs',
    text: 'memory allocation failed',
  },
  {
    ready: (q) => value(q.reqbufs('MMAP', 32)),
    ask: (q) => q.createBufs('MMAP', 1, []),
    errno: 'ENOBUFS',
    where: 'vb2_core_create_bufs',
    text: 'maximum number of buffers already allocated',
  },
  {
    ready: some('MMAP'),
    ask: (q) => q.createBufs('USERPTR', 1, []),
    errno: 'EINVAL',
    where: 'vb2_core_create_bufs',
    text: 'memory model mismatch',
  },
  {
    failing: { alloc: 2 },
    ready: some('MMAP', 1),
    ask: (q) => q.createBufs('MMAP', 1, []),
    errno: 'ENOMEM',
    where: 'vb2_core_create_bufs',
    text: 'memory allocation failed',
  },
  {
    ready: some('USERPTR'),
    ask: (q) => q.expbuf(0, 0),
    errno: 'EINVAL',
    where: 'vb2_core_expbuf',
    text: 'queue is not currently set up for mmap',
  },
  {
    ready: some('MMAP'),
    ask: (q) => q.expbuf(0, 0, 4),
    errno: 'EINVAL',
    where: 'vb2_core_expbuf',
    text: 'queue does support only O_CLOEXEC and access mode flags',
  },
  {
    ready: some('MMAP'),
    ask: (q) => q.v4l2.expbuf('VIDEO_OUTPUT', 0, 0, 0),
    errno: 'EINVAL',
    where: 'vb2_core_expbuf',
    text: 'invalid buffer type',
  },
  {
    ready: some('MMAP'),
    ask: (q) => q.expbuf(0, 1),
    errno: 'EINVAL',
    where: 'vb2_core_expbuf',
    text: 'buffer plane out of range',
  },
  {
    setup: { fileIo: true },
    ready: (q) => q.read(1),
    ask: (q) => q.expbuf(0, 0),
    errno: 'EBUSY',
    where: 'vb2_core_expbuf',
    text: 'expbuf: file io in progress',
  },
  {
    failing: { getDmabuf: 1 },
    ready: some('MMAP'),
    ask: (q) => q.expbuf(1, 0),
    errno: 'EINVAL',
    where: 'vb2_core_expbuf',
    text: 'failed to export buffer 1, plane 0',
  },
  {
    ready: some('USERPTR'),
    ask: (q) => q.v4l2.mmap(0, 4096),
    errno: 'EINVAL',
    where: '__find_plane_by_offset',
    text: 'queue is not currently set up for mmap',
  },
  {
    setup: { fileIo: true },
    ready: (q) => q.read(1),
    ask: (q) => q.v4l2.mmap(0, 4096),
    errno: 'EBUSY',
    where: '__find_plane_by_offset',
    text: 'file io in progress',
  },
  {
    ready: some('MMAP'),
    ask: (q) => q.v4l2.mmap(0, 8193),
    errno: 'EINVAL',
    where: 'vb2_mmap',
    text: 'MMAP invalid, as it would overflow buffer length',
  },
  {
    ask: (q) => q.dqbuf(),
    errno: 'EINVAL',
    where: '__vb2_wait_for_done_vb',
    text: 'streaming off, will not wait for buffers',
  },
  { ask: (q) => q.streamon(), errno: 'EINVAL', where: 'vb2_core_streamon', text: 'no buffers have been allocated' },
  {
    ready: (q) => [value(q.reqbufs('MMAP', 2)), value(q.qbuf(mmap()))],
    ask: (q) => q.prepareBuf(mmap()),
    errno: 'EINVAL',
    where: 'vb2_core_prepare_buf',
    text: 'invalid buffer state queued',
    before: 'vb2_core_prepare_buf: invalid buffer state 3',
  },
  {
    ready: (q) => [value(q.reqbufs('MMAP', 2)), value(q.prepareBuf(mmap()))],
    ask: (q) => q.prepareBuf(mmap()),
    errno: 'EINVAL',
    where: 'vb2_core_prepare_buf',
    text: 'buffer already prepared',
  },
  {
    ready: some('DMABUF'),
    ask: (q) => q.qbuf(dmabuf(-1)),
    errno: 'EINVAL',
    where: '__prepare_dmabuf',
    before: '__qbuf_dmabuf: invalid dmabuf fd for plane 0',
    text: 'invalid dmabuf fd for plane 0',
  },
  {
    ready: some('USERPTR'),
    ask: (q) => q.qbuf(userptr(4999)),
    errno: 'EINVAL',
    where: '__prepare_userptr',
    before: '__qbuf_userptr: provided buffer size 4999 is less than setup size 5000 for plane 0',
    text: 'provided buffer size 4999 is less than setup size 5000 for plane 0',
  },
  {
    failing: { getUserptr: 1 },
    ready: some('USERPTR'),
    ask: (q) => q.qbuf(userptr(5000)),
    errno: 'ENOMEM',
    where: '__prepare_userptr',
    before: '__qbuf_userptr: failed acquiring userspace memory for plane 0',
    text: 'failed acquiring userspace memory for plane 0',
  },
  {
    setup: { hooks: refuses },
    ready: some('USERPTR'),
    ask: (q) => q.qbuf(userptr(5000)),
    errno: 'EINVAL',
    where: '__prepare_userptr',
    before: '__qbuf_userptr: buffer preparation failed',
    text: 'buffer preparation failed',
  },
  {
    ready: some('MMAP'),
    ask: (q) => q.v4l2.qbuf('VIDEO_OUTPUT', mmap()),
    errno: 'EINVAL',
    where: 'vb2_queue_or_prepare_buf',
    text: 'qbuf: invalid buffer type',
    file: 'v4l2',
  },
  {
    ready: some('MMAP'),
    ask: (q) => q.qbuf(dmabuf(3)),
    errno: 'EINVAL',
    where: 'vb2_queue_or_prepare_buf',
    text: 'qbuf: invalid memory type',
    file: 'v4l2',
  },
  {
    ready: some('MMAP'),
    ask: (q) => q.prepareBuf(dmabuf(3)),
    errno: 'EINVAL',
    where: 'vb2_queue_or_prepare_buf',
    text: 'prepare_buf: invalid memory type',
    file: 'v4l2',
  },
  {
    setup: { fileIo: true },
    ready: (q) => q.read(1),
    ask: (q) => q.qbuf(mmap()),
    errno: 'EBUSY',
    where: 'vb2_qbuf',
    text: 'file io in progress',
    file: 'v4l2',
  },
]

describe.each([
  ['v4.11', V4_11],
  ['v6.12', V6_12],
] as const)('%s', (release, facts) => {
  it.each(CASES.map((one) => [`${one.where}: ${one.text}`, one] as const))('%s', (_what, one) => {
    const bench = openBench(facts, one.failing)
    const queue = bench.queue(one.setup)
    one.ready?.(queue, bench)
    const seen = bench.texts().length
    expect(one.ask(queue, bench)).toMatchObject({ ok: false, errno: one.errno })
    const old = release === 'v4.11'
    const said = old ? (one.before ?? `${one.where}: ${one.text}`) : `${one.where}: ${one.text}`
    const prefix = one.file === 'v4l2' ? facts.media.log.v4l2 : facts.media.log.core
    // What failed inside is told first; the line of the case is among what this call printed.
    expect(bench.texts().slice(seen)).toContain(`${prefix}${old ? '' : '[vid0 CAPTURE] '}${said}`)
  })
})

it('each file of the kernel prints its own name, and the queue since it has one', () => {
  expect([V4_11, V6_12].map(({ media }) => media.log)).toEqual([
    { core: 'vb2-core: ', v4l2: 'vb2-v4l2: ', named: false },
    { core: 'videobuf2_common: ', v4l2: 'vb2-v4l2: ', named: true },
  ])
})
