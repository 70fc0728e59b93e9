// What others see of a contiguous buffer: tasks, importers and the CPU; and what is told when it cannot be shared.
import { ATTR, type Device, DIR, type DmaBuf, type DmaBufAttachment, fail, ok, pluginApi } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { vb2DmaContig } from '../src/index.ts'
import { open, OWNER, value } from './host.ts'

const ATTRS = { dmaAttrs: ATTR.WRITE_COMBINE, nonCoherent: false } as const
const importer = { name: 'importer' } as Device

it('is contiguous memory of the DMA API, also of tasks', () => {
  expect(vb2DmaContig(pluginApi).caps).toEqual({ contiguous: true, userptr: true, dma: true })
})

describe('coherent memory', () => {
  it('keeps its attributes for everything that is done with it', () => {
    const { ops, dev, calls } = open()
    const mem = value(ops.alloc(dev, 8192, DIR.FROM_DEVICE, OWNER, ATTRS))
    value(ops.getDmabuf(mem))
    value(ops.mmap(mem, { pgoff: 1, len: 4096 }))
    for (let users = 3; users > 0; users -= 1) ops.put(mem)
    expect(calls).toEqual([
      `dma alloc 8192 ${ATTR.WRITE_COMBINE} queue.0`,
      `list 16384 8192 ${ATTR.WRITE_COMBINE}`,
      `mmap 16384 8192 ${ATTR.WRITE_COMBINE} 4096 1`,
      `dma free 8192 16384 ${ATTR.WRITE_COMBINE}`,
    ])
  })

  it('has a kernel mapping unless it was asked for without', () => {
    const { ops, dev } = open()
    expect(ops.vaddr(value(ops.alloc(dev, 4096, DIR.TO_DEVICE, OWNER)))).toBe(0xf000_0000n)
    const bare = { ...ATTRS, dmaAttrs: ATTR.NO_KERNEL_MAPPING }
    const mem = value(ops.alloc(dev, 4096, DIR.TO_DEVICE, OWNER, bare))
    expect([ops.vaddr(mem), ops.cookie(mem)]).toEqual([null, 0x4000])
    const { ops: exported } = value(ops.getDmabuf(mem))
    const dbuf = { priv: mem, owner: OWNER } as unknown as DmaBuf
    const why = 'queue.0 has no kernel mapping'
    expect([exported.vmap(dbuf), exported.kmap(dbuf, 0)]).toEqual([fail('EINVAL', why), fail('EINVAL', why)])
  })

  it('is not synced, and the buffer of no device is none', () => {
    const { ops, dev, calls, texts } = open()
    const mem = value(ops.alloc(dev, 4096, DIR.TO_DEVICE, OWNER))
    ops.prepare(mem)
    ops.finish(mem)
    expect(calls).toEqual([])
    expect(ops.alloc(null, 4096, DIR.TO_DEVICE, OWNER)).toMatchObject({ errno: 'EINVAL' })
    expect(texts).toEqual(['WARNING: vb2_dc_alloc: the queue has no device'])
  })

  it('that is not there is ENOMEM with a line', () => {
    const { ops, dev, world, texts } = open()
    world.memory = false
    expect(ops.alloc(dev, 4096, DIR.TO_DEVICE, OWNER)).toEqual(fail('ENOMEM', 'no memory'))
    expect(texts).toHaveLength(1)
    expect(texts[0]).toMatch(/dma alloc of size 4096 failed$/)
  })

  it('that cannot be listed is not exported, and can be later', () => {
    const { ops, dev, world, texts } = open()
    const mem = value(ops.alloc(dev, 4096, DIR.TO_DEVICE, OWNER))
    world.base = false
    expect(ops.getDmabuf(mem)).toMatchObject({ errno: 'ENXIO' })
    expect(texts[0]).toMatch(/failed to get scatterlist from DMA API$/)
    expect(texts[1]).toBe('WARNING: vb2_dc_get_dmabuf: the buffer has no scatterlist')
    expect(ops.numUsers(mem)).toBe(1)
    world.base = true
    value(ops.getDmabuf(mem))
    value(ops.getDmabuf(mem))
    expect([ops.numUsers(mem), texts.length]).toEqual([3, 2])
  })

  it('that cannot be mapped into a task has a line and no user more', () => {
    const { ops, dev, world, texts } = open()
    const mem = value(ops.alloc(dev, 4096, DIR.TO_DEVICE, OWNER))
    world.mmap = false
    expect(ops.mmap(mem, { pgoff: 0, len: 4096 })).toMatchObject({ errno: 'ENXIO' })
    expect([texts, ops.numUsers(mem)]).toEqual([['Remapping memory failed, error: -6'], 1])
  })

  it('is mapped from its start in kernels that lose the offset', () => {
    const { ops, dev, calls } = open({}, { media: { dmabufOffset: 'lost' } })
    value(ops.mmap(value(ops.alloc(dev, 8192, DIR.TO_DEVICE, OWNER)), { pgoff: 1, len: 4096 }))
    expect(calls).toEqual(['mmap 16384 8192 0 4096 0'])
  })

  it('that is gone is neither mapped nor exported', () => {
    const { ops, dev } = open()
    const mem = value(ops.alloc(dev, 4096, DIR.TO_DEVICE, OWNER))
    ops.put(mem)
    const why = 'queue.0 has no memory of its own'
    expect(ops.mmap(mem, { pgoff: 0, len: 4096 })).toEqual(fail('EINVAL', why))
    expect(ops.getDmabuf(mem)).toEqual(fail('EINVAL', why))
    const cached = value(ops.alloc(dev, 4096, DIR.TO_DEVICE, OWNER, { dmaAttrs: 0, nonCoherent: true }))
    ops.put(cached)
    expect(ops.mmap(cached, { pgoff: 0, len: 4096 })).toEqual(fail('EINVAL', 'queue.0 has no pages'))
    expect(ops.numUsers(cached)).toBe(0)
  })
})

it('memory that the CPU sees cached is synced both ways, and exported as it is', () => {
  const { ops, dev, calls, left } = open()
  const mem = value(ops.alloc(dev, 4096, DIR.FROM_DEVICE, OWNER, { dmaAttrs: 0, nonCoherent: true }))
  const [lists] = left()
  value(ops.getDmabuf(mem))
  expect(left()[0]).toBe(lists)
  calls.length = 0
  ops.prepare(mem)
  ops.finish(mem)
  expect(calls).toEqual(['sync for device', 'sync for cpu'])
})

describe('an import', () => {
  const imported = { owner: 'other.0', size: 8192 } as DmaBuf
  it('is mapped into the kernel once, and unmapped with it', () => {
    const { ops, dev, calls, world } = open()
    const mem = value(ops.attachDmabuf(dev, imported, 4096, DIR.TO_DEVICE))
    value(ops.mapDmabuf(mem))
    world.vmap = false
    expect(ops.vaddr(mem)).toBeNull()
    world.vmap = true
    expect([ops.vaddr(mem), ops.vaddr(mem)]).toEqual([7n, 7n])
    ops.unmapDmabuf(mem)
    expect([calls, mem.vaddr]).toEqual([['vmap', 'vmap', 'vunmap', 'unmap attachment'], null])
    ops.prepare(mem)
    ops.finish(mem)
    expect(calls).toHaveLength(4)
  })
  it('of own memory asks no exporter for a mapping', () => {
    const { ops, dev, calls } = open()
    const mem = value(ops.alloc(dev, 4096, DIR.TO_DEVICE, OWNER))
    ops.put(mem)
    expect([ops.vaddr(mem), calls]).toEqual([null, ['dma free']])
  })
  it('that was detached cannot be mapped', () => {
    const { ops, dev } = open()
    const mem = value(ops.attachDmabuf(dev, imported, 4096, DIR.TO_DEVICE))
    ops.detachDmabuf(mem)
    expect(() => ops.mapDmabuf(mem)).toThrow('other.0 is not attached to dev')
  })
})

describe('an importer', () => {
  const exported = (kernel: object = {}, copies: readonly object[] = []) => {
    const opened = open({}, kernel, copies)
    const mem = value(opened.ops.alloc(opened.dev, 8192, DIR.FROM_DEVICE, OWNER))
    const dbuf = value(opened.ops.getDmabuf(mem))
    const attachment = { id: 3, dmabuf: dbuf, dev: importer, priv: null } as unknown as DmaBufAttachment
    return { ...opened, mem, dbuf, attachment }
  }

  it.each([
    ['nothing else', [], {}, [0, 0], [0, 0, 0, 0]],
    ['attributes', [{ member: 'attrs', only: 0 }], {}, [0, 5], [0, 0, 0, 0]],
    ['addresses', [{ member: 'dmaAddress', only: 0 }], {}, [0, 0], [0x4000, 0, 0x5000, 0]],
    ['addresses of marked entries', [{ member: 'dmaAddress', only: 4 }], {}, [0, 0], [0, 0, 0x5000, 0]],
    [
      'addresses, where the length is one',
      [{ member: 'dmaAddress', only: 0 }],
      { sgDmaLength: false },
      [0, 0],
      [0x4000, 4096, 0x5000, 4096],
    ],
  ] as const)('gets a list of its own: pages, and of what patches copy %s', (_, copies, kernel, attrs, addresses) => {
    const { dbuf, attachment, left } = exported(kernel, copies)
    value(dbuf.ops.attach(dbuf, attachment))
    const { sgt } = attachment.priv as { sgt: { entries(): readonly Record<string, number>[] } }
    expect(sgt.entries().map(({ page, offset, length }) => [page, offset, length])).toEqual([
      [{ kind: 'page', pfn: 4 }, 0, 4096],
      [{ kind: 'page', pfn: 9 }, 8, 4096],
    ])
    expect(sgt.entries().map((entry) => entry['attrs'])).toEqual(attrs)
    expect(sgt.entries().flatMap(({ dmaAddress, dmaLength }) => [dmaAddress, dmaLength])).toEqual(addresses)
    dbuf.ops.detach(dbuf, attachment)
    dbuf.ops.detach(dbuf, attachment)
    expect([attachment.priv, left()[0]]).toEqual([null, 1])
  })

  it('for whom there is no list is not attached', () => {
    const { dbuf, attachment, world } = exported()
    world.list = false
    expect(dbuf.ops.attach(dbuf, attachment)).toEqual(fail('ENOMEM', 'no list'))
    expect(() => dbuf.ops.map(attachment, DIR.TO_DEVICE)).toThrow('attachment 3 has no table')
  })

  it('has it mapped once for a direction, with the attributes of its kernel', () => {
    const { dbuf, attachment, calls } = exported({ vb2ImportAttrs: 7 })
    value(dbuf.ops.attach(dbuf, attachment))
    const table = value(dbuf.ops.map(attachment, DIR.TO_DEVICE))
    dbuf.ops.unmap(attachment, table, DIR.TO_DEVICE)
    expect(dbuf.ops.map(attachment, DIR.TO_DEVICE)).toEqual(ok(table))
    expect(calls).toEqual(['map 7'])
    value(dbuf.ops.map(attachment, DIR.FROM_DEVICE))
    dbuf.ops.detach(dbuf, attachment)
    expect(calls).toEqual(['map 7', 'unmap 7', 'map 7', 'unmap 7'])
  })

  it('whose device cannot map it is told EIO, and is not unmapped', () => {
    const { dbuf, attachment, world, texts, calls } = exported()
    value(dbuf.ops.attach(dbuf, attachment))
    world.map = false
    expect(dbuf.ops.map(attachment, DIR.TO_DEVICE)).toEqual(fail('EIO', 'no mapping'))
    dbuf.ops.detach(dbuf, attachment)
    expect([texts, calls]).toEqual([['failed to map scatterlist'], ['map 32']])
  })

  it('sees the kernel mapping, a page of it where dma-bufs have kmap', () => {
    const { dbuf, mem } = exported()
    expect([dbuf.ops.vmap(dbuf), dbuf.ops.kmap(dbuf, 1)]).toEqual([ok(0xf000_0000n), ok(0xf000_1000n)])
    expect([dbuf.ops.beginCpuAccess(dbuf, 0).ok, dbuf.ops.endCpuAccess(dbuf, 0).ok]).toEqual([true, true])
    const late = exported({ dmabufKmap: false })
    expect(late.dbuf.ops.kmap(late.dbuf, 0)).toEqual(fail('EINVAL', 'dma_buf_ops has no kmap'))
    dbuf.ops.release(dbuf)
    expect(mem.refcount).toBe(1)
    expect(value(dbuf.ops.mmap(dbuf, { pgoff: 0, len: 4096 }))).toMatchObject({ len: 4096, pfnMap: true })
  })
})

describe('memory of a task without struct pages', () => {
  const user = { phys: 0x9_0000 * 4096, len: 4096, kind: 'cached' } as never
  it('is mapped as a resource by kernels that do so, and given back', () => {
    const { ops, dev, calls, world } = open({}, { media: { userptrResource: true } })
    const mem = value(ops.getUserptr(dev, user, 4096, DIR.TO_DEVICE, OWNER))
    ops.putUserptr(mem)
    const at = 0x9_0000 * 4096
    expect([mem.dmaAddr, calls]).toEqual([at + 1, [`resource ${at} 4096`, `resource back ${at + 1} 4096`]])
    world.map = false
    expect(ops.getUserptr(dev, user, 4096, DIR.TO_DEVICE, OWNER)).toEqual(fail('ENOMEM', 'no mapping'))
  })
  it('of a device that says nothing of its bus is given by its address', () => {
    const { ops, dev } = open({ facts: {} as never })
    expect(value(ops.getUserptr(dev, user, 4096, DIR.TO_DEVICE, OWNER)).dmaAddr).toBe(0x9_0000 * 4096)
  })
  it('of no device is refused', () => {
    expect(open().ops.getUserptr(null, user, 4096, DIR.TO_DEVICE, OWNER)).toMatchObject({ errno: 'EINVAL' })
  })
})

it('memory of a task begins inside its first page alone', () => {
  const { ops, dev, world } = open()
  world.short = false
  const pages = [16, 18].map((frame) => frame as never)
  const user = { phys: 0x1_0040, len: 8192, kind: 'cached', pages } as never
  // Two pieces are not one: the list was made all the same.
  expect(ops.getUserptr(dev, user, 8128, DIR.TO_DEVICE, OWNER)).toMatchObject({
    errno: 'EFAULT',
    why: 'dev sees 4032 of 8128 bytes of queue.0 in one piece',
  })
})
