// Where calls of the core end early: what is refused keeps nothing, and what is kept is counted.
import { DIR, fail, ok, vaddr } from '@dmalab/api'
import { describe, expect, it, test } from 'vitest'
import { DEVICE, KERNEL_AT, openCore, TABLE, value } from './recorded-core.ts'

describe('what is lent is counted, and counted back', () => {
  it('one thing after the other', () => {
    const { core, exported, balance } = openCore()
    expect(balance()).toEqual({})
    const buf = exported()
    const fd = value(core.fd(buf))
    const one = { 'dma-bufs': 1, 'references to dma-bufs': 1, 'file descriptors': 1 }
    expect(balance()).toEqual(one)
    value(core.get(fd))
    expect(balance()).toEqual({ ...one, 'references to dma-bufs': 2 })
    const attachment = value(core.attach(buf, DEVICE))
    expect(balance()).toMatchObject({ attachments: 1 })
    expect(balance()).not.toHaveProperty(['mapped attachments'])
    const table = value(core.mapAttachment(attachment, DIR.TO_DEVICE))
    expect(balance()).toMatchObject({ attachments: 1, 'mapped attachments': 1 })
    core.unmapAttachment(attachment, table, DIR.TO_DEVICE)
    expect(balance()).not.toHaveProperty(['mapped attachments'])
    core.detach(buf, attachment)
    value(core.vmap(buf))
    value(core.vmap(buf))
    expect(balance()).toMatchObject({ 'kernel mappings of dma-bufs': 2 })
    core.vunmap(buf, KERNEL_AT)
    core.vunmap(buf, KERNEL_AT)
    value(core.mmap(buf))
    expect(balance()).toEqual({ ...one, 'references to dma-bufs': 3 })
    core.munmap(buf)
    core.put(buf)
    expect(balance()).toEqual(one)
    value(core.close(fd))
    expect(balance()).toEqual({})
  })

  it('buffers of their own, each with references of its own', () => {
    const { core, exported, balance } = openCore()
    const [first, second] = [exported(), exported()]
    expect([first.ino, second.ino]).toEqual([1, 2])
    value(core.mmap(second))
    expect(balance()).toEqual({ 'dma-bufs': 2, 'references to dma-bufs': 3 })
    expect(core.live()).toEqual([first, second])
  })
})

describe('a size of a dma-buf', () => {
  it.each([
    [0, 'EINVAL'],
    [-4096, 'EINVAL'],
    [4095, 'EINVAL'],
    [4097, 'EINVAL'],
    [4096, undefined],
    [8192, undefined],
  ])('%d: %s', (size, errno) => {
    const { core, exported, events } = openCore()
    const { ops } = exported()
    events.length = 0
    const made = core.export({ expName: 'x', size, ops, priv: null, owner: 'x' })
    expect(made.ok ? undefined : made.errno).toBe(errno)
    expect(events).toHaveLength(made.ok ? 1 : 0)
  })
})

describe('CPU access', () => {
  it.each([
    ['read', { read: true, write: false }, 'FROM_DEVICE'],
    ['write', { read: false, write: true }, 'TO_DEVICE'],
    ['both', { read: true, write: true }, 'BIDIRECTIONAL'],
  ] as const)('of kind %s begins and ends in its direction', (_, kind, dir) => {
    const { core, exported, calls, paths } = openCore()
    const fd = value(core.fd(exported()))
    value(core.syncIoctl(fd, 'start', kind))
    value(core.syncIoctl(fd, 'end', kind))
    expect(calls).toEqual([`begin ${dir}`, `end ${dir}`])
    expect(paths).toEqual(['dma_buf_begin_cpu_access', 'dma_buf_end_cpu_access'])
  })

  it.each([
    ['FROM_DEVICE', 'read', true],
    ['TO_DEVICE', 'read', false],
    ['BIDIRECTIONAL', 'read', false],
    ['FROM_DEVICE', 'write', false],
    ['TO_DEVICE', 'write', false],
    ['BIDIRECTIONAL', 'write', false],
  ] as const)('%s while a device has it to %s: %s', (dir, usage, begins) => {
    const { core, exported } = openCore()
    const buf = exported()
    core.resv(buf).addFence(core.resv(buf).newFence('gpu', 'ring0'), usage)
    expect(core.beginCpuAccess(buf, DIR[dir])).toMatchObject(begins ? { ok: true } : { errno: 'ETIME' })
  })

  it('that the exporter refuses waits for nothing', () => {
    const { core, exported, events } = openCore({ ops: { beginCpuAccess: () => fail('EINVAL', 'no list') } })
    const buf = exported()
    core.resv(buf).addFence(core.resv(buf).newFence('gpu', 'ring0'), 'write')
    events.length = 0
    expect(core.beginCpuAccess(buf, DIR.TO_DEVICE)).toMatchObject({ errno: 'EINVAL' })
    expect(events).toEqual([])
  })

  it('of a buffer that was released is a mistake of the caller', () => {
    const { core, exported } = openCore()
    const buf = exported()
    core.put(buf)
    expect(() => core.beginCpuAccess(buf, DIR.TO_DEVICE)).toThrow('dma-buf 1 (frame) was released')
    expect(() => core.endCpuAccess(buf, DIR.TO_DEVICE)).toThrow('was released')
    expect(() => core.kmap(buf, 0)).toThrow('was released')
  })
})

test('poll: a reader waits for writers, a writer for both', () => {
  const { core, exported } = openCore()
  const buf = exported()
  const fd = value(core.fd(buf))
  const ready = () => [core.poll(fd, 'POLLIN'), core.poll(fd, 'POLLOUT')].map(value)
  expect(ready()).toEqual([true, true])
  const resv = core.resv(buf)
  const reading = resv.newFence('display', 'crtc')
  resv.addFence(reading, 'read')
  expect(ready()).toEqual([true, false])
  const writing = resv.newFence('gpu', 'ring0')
  resv.addFence(writing, 'write')
  expect(ready()).toEqual([false, false])
  resv.signal(reading)
  resv.signal(writing)
  expect(ready()).toEqual([true, true])
  expect(core.poll(99, 'POLLIN')).toMatchObject({ errno: 'EBADF' })
})

describe('mmap', () => {
  it.each([
    [0, 8192, true],
    [1, 4096, true],
    [0, 4096, true],
    [0, 8193, false],
    [1, 8192, false],
    [2, 4096, false],
  ])('from page %d on for %d bytes of two pages: %s', (pgoff, len, fits) => {
    const { core, exported, calls, paths } = openCore()
    const buf = exported()
    expect(core.mmap(buf, { pgoff, len })).toMatchObject(fits ? { ok: true, value: { len } } : { errno: 'EINVAL' })
    expect(calls).toEqual(fits ? [`mmap ${pgoff} ${len}`] : [])
    expect(paths).toEqual(['dma_buf_mmap_internal'])
  })

  it('without an area is the whole, told by the buffer', () => {
    const { core, exported, calls, events } = openCore()
    value(core.mmap(exported()))
    expect(calls).toEqual(['mmap 0 8192'])
    expect(events.at(-1)).toEqual({ event: 'dma_buf_mmap_internal', expName: 'test', size: 8192, ino: 1 })
  })

  it('that is refused keeps no reference and tells nothing', () => {
    const { core, exported, balance, events } = openCore({ ops: { mmap: () => fail('ENXIO', 'no') } })
    const buf = exported()
    const before = [balance(), events.length]
    expect(core.mmap(buf)).toMatchObject({ errno: 'ENXIO' })
    expect([balance(), events.length]).toEqual(before)
  })
})

describe('a kernel mapping', () => {
  it('that fails is none: the next one is asked for again', () => {
    const answers = [fail('ENOMEM', 'no room'), ok(KERNEL_AT)]
    const { core, exported, balance } = openCore({ ops: { vmap: () => answers.shift() ?? ok(KERNEL_AT) } })
    const buf = exported()
    expect(core.vmap(buf)).toMatchObject({ errno: 'ENOMEM' })
    expect(balance()).not.toHaveProperty(['kernel mappings of dma-bufs'])
    expect(() => core.vunmap(buf, KERNEL_AT)).toThrow('dma-buf 1 is not mapped at 0xf0000000')
    expect(core.vmap(buf)).toEqual(ok(KERNEL_AT))
  })

  it('is made again after the last user let it go', () => {
    const { core, exported, calls, paths } = openCore()
    const buf = exported()
    for (let round = 0; round < 2; round += 1) {
      value(core.vmap(buf))
      expect(() => core.vunmap(buf, vaddr(0xf000_1000n))).toThrow('not mapped at 0xf0001000')
      core.vunmap(buf, KERNEL_AT)
    }
    expect(calls).toEqual(['vmap', 'vunmap', 'vmap', 'vunmap'])
    expect(paths).toEqual(['dma_buf_vmap', 'dma_buf_vunmap', 'dma_buf_vmap', 'dma_buf_vunmap'])
  })

  it('of one page is the exporter’s', () => {
    const { core, exported, calls, paths } = openCore()
    expect(core.kmap(exported(), 1)).toEqual(ok(KERNEL_AT))
    expect([calls, paths]).toEqual([['kmap 1'], ['dma_buf_kmap']])
  })
})

describe('descriptors', () => {
  it('one that fails on request is not told and not open', () => {
    const { core, exported, balance, events } = openCore({ parts: { injected: (what) => what === 'fd' } })
    const buf = exported()
    events.length = 0
    expect(core.fd(buf)).toMatchObject({ errno: 'EMFILE', why: expect.stringContaining('on request') })
    expect([events, balance()]).toEqual([[], { 'dma-bufs': 1, 'references to dma-bufs': 1 }])
  })

  it('are told with their number', () => {
    const { core, exported, events } = openCore()
    const fd = value(core.fd(exported()))
    value(core.get(fd))
    const buf = { expName: 'test', size: 8192, ino: 1 }
    expect(events).toEqual([
      { event: 'dma_buf_export', ...buf },
      { event: 'dma_buf_fd', ...buf, fd: 3 },
      { event: 'dma_buf_get', ...buf, fd: 3 },
    ])
  })

  it('that are not open are refused by every call', () => {
    const { core } = openCore()
    const refused = { ok: false, errno: 'EBADF', why: 'file descriptor 9 is not open' }
    expect([
      core.get(9),
      core.close(9),
      core.lseek(9, 0, 'SEEK_SET'),
      core.poll(9, 'POLLOUT'),
      core.syncIoctl(9, 'end', { read: true, write: true }),
    ]).toEqual(Array.from({ length: 5 }, () => refused))
  })
})

describe('the last reference', () => {
  it('releases with a warning that counts the importers still there', () => {
    const { core, exported, events, paths } = openCore()
    const buf = exported()
    core.attach(buf, DEVICE)
    core.attach(buf, DEVICE)
    core.put(buf)
    expect(events.slice(-3)).toEqual([
      { event: 'dma_buf_put', expName: 'test', size: 8192, ino: 1 },
      { event: 'dma_buf_release', expName: 'test', size: 8192, ino: 1 },
      {
        event: 'printk',
        level: 'warn',
        text: 'WARNING: dma-buf 1 (frame) released with 2 attachment(s)',
      },
    ])
    expect(paths.at(-1)).toBe('dma_buf_release')
  })

  it('releases without a word where there is none', () => {
    const { core, exported, events } = openCore()
    core.put(exported())
    expect(events.map(({ event }) => event)).toEqual(['dma_buf_export', 'dma_buf_put', 'dma_buf_release'])
  })
})

test('DMABUF_DEBUG without a machine cannot hand out lists', () => {
  const mangling = openCore({
    facts: { dmabufDebug: 'mangle' },
    ops: { map: () => ok({ ...TABLE, entries: () => [{ page: { kind: 'page', pfn: 1 } }] } as never) },
  })
  expect(() => mangling.core.mapAttachment(mangling.attached().attachment, DIR.TO_DEVICE)).toThrow(
    'DMABUF_DEBUG needs the machine',
  )
  const copying = openCore({ facts: { dmabufDebug: 'page-less' } })
  expect(copying.core.mapAttachment(copying.attached().attachment, DIR.TO_DEVICE)).toMatchObject({ errno: 'ENOMEM' })
  // The exporter's list is given back.
  expect(copying.calls).toEqual(['attach', 'map TO_DEVICE', 'unmap TO_DEVICE'])
  expect(copying.balance()).not.toHaveProperty(['mapped attachments'])
})
