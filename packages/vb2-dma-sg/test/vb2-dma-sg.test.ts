// The scattering allocator on a host of plain objects: which memory it takes, what it maps, and that nothing stays behind.
import {
  ATTR,
  DIR,
  type DmaBuf,
  type DmaBufAttachment,
  PAGE_SIZE,
  pfn,
  phys,
  pluginApi,
  RELEASES,
  type UserMapping,
} from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { vb2DmaSg } from '../src/index.ts'
import { open, value } from './host.ts'

const KIB = 1024
const owner = 'queue.0'

describe('memory of the queue', () => {
  it('is blocks of falling order that add up to the size, zeroed, with one user', () => {
    const { ops, device, calls, taken } = open()
    const mem = value(ops.alloc(device, 28 * KIB, DIR.FROM_DEVICE, owner))
    expect(calls.filter((call) => call.startsWith('memset')).map((call) => Number(call.split(' ').at(-1)))).toEqual([
      16 * KIB,
      8 * KIB,
      4 * KIB,
    ])
    expect([taken.size, ops.numUsers(mem)]).toEqual([7, 1])
  })

  it('takes smaller blocks where there are no large ones', () => {
    const { ops, device, calls, world } = open()
    world.largest = 2 * PAGE_SIZE
    value(ops.alloc(device, 6 * PAGE_SIZE, DIR.FROM_DEVICE, owner))
    expect(calls.filter((call) => call.startsWith('memset'))).toHaveLength(3)
  })

  it('gives everything back when not even single pages are left', () => {
    const { ops, device, taken, world } = open()
    world.pages = 5
    expect(ops.alloc(device, 8 * PAGE_SIZE, DIR.FROM_DEVICE, owner)).toMatchObject({ ok: false, errno: 'ENOMEM' })
    expect(taken.size).toBe(0)
  })

  it('gives everything back when it cannot be mapped', () => {
    const { ops, device, calls, taken, world } = open()
    world.mapFails = true
    expect(ops.alloc(device, PAGE_SIZE, DIR.FROM_DEVICE, owner)).toMatchObject({ ok: false, errno: 'ENOMEM' })
    expect([taken.size, calls.at(-1)]).toEqual([0, 'free list 1'])
  })

  it('is mapped for the device without a sync, which prepare does; finish hands it to the CPU', () => {
    const { ops, device, calls } = open()
    const mem = value(ops.alloc(device, PAGE_SIZE, DIR.FROM_DEVICE, owner))
    expect(calls).toContain(`map 1 dir ${DIR.FROM_DEVICE} attrs ${ATTR.SKIP_CPU_SYNC}`)
    ops.prepare(mem)
    ops.finish(mem)
    expect(calls.slice(-2)).toEqual(['sync for device', 'sync for cpu'])
  })

  it('goes with its last user, and is unmapped as it was mapped', () => {
    const { ops, device, calls, taken } = open()
    const mem = value(ops.alloc(device, 2 * PAGE_SIZE, DIR.TO_DEVICE, owner))
    value(ops.mmap(mem, { pgoff: 0, len: mem.size }))
    value(ops.getDmabuf(mem))
    ops.put(mem)
    ops.put(mem)
    expect(taken.size).toBe(2)
    ops.put(mem)
    expect(taken.size).toBe(0)
    expect(calls).toContain(`unmap 1 dir ${DIR.TO_DEVICE} attrs ${ATTR.SKIP_CPU_SYNC}`)
  })
})

describe('memory of a task', () => {
  const user = (more: Partial<UserMapping>): UserMapping => ({
    phys: phys(0x10_0100),
    len: 3 * PAGE_SIZE,
    kind: 'cached',
    ...more,
  })

  it('becomes one entry for each run of neighbours; the first starts in its page, the last ends with the data', () => {
    const { ops, device } = open()
    const pages = [256, 257, 300].map(pfn)
    const mem = value(ops.getUserptr(device, user({ pages }), 2 * PAGE_SIZE + 0x200, DIR.TO_DEVICE, owner))
    expect(mem.table?.entries().map(({ page, offset, length }) => ({ page, offset, length }))).toEqual([
      { page: { kind: 'page', pfn: 256 }, offset: 0x100, length: 0x1f00 },
      { page: { kind: 'page', pfn: 300 }, offset: 0, length: 0x300 },
    ])
  })

  it('without struct pages is refused', () => {
    const { ops, device } = open()
    const refused = ops.getUserptr(device, user({ phys: phys(1000 * PAGE_SIZE) }), PAGE_SIZE, DIR.TO_DEVICE, owner)
    expect(refused).toMatchObject({ ok: false, errno: 'ENOMEM' })
  })

  it('is left to the task when the queue is done with it', () => {
    const { ops, device, taken } = open()
    const mem = value(ops.getUserptr(device, user({}), PAGE_SIZE, DIR.TO_DEVICE, owner))
    ops.putUserptr(mem)
    expect([mem.table, taken.size]).toEqual([null, 0])
  })
})

describe('memory of another exporter', () => {
  const imported = { owner: 'other.0', size: 2 * PAGE_SIZE } as DmaBuf

  it('must be as large as the plane', () => {
    const { ops, device } = open()
    expect(ops.attachDmabuf(device, imported, 2 * PAGE_SIZE + 1, DIR.TO_DEVICE)).toMatchObject({ errno: 'EFAULT' })
    expect(ops.attachDmabuf(device, imported, 2 * PAGE_SIZE, DIR.TO_DEVICE).ok).toBe(true)
  })

  it('is its exporter’s to sync', () => {
    const { ops, device, calls } = open()
    const mem = value(ops.attachDmabuf(device, imported, PAGE_SIZE, DIR.TO_DEVICE))
    value(ops.mapDmabuf(mem))
    ops.prepare(mem)
    ops.finish(mem)
    expect(calls).toEqual([])
  })

  it('cannot be mapped: EINVAL, whatever the exporter said', () => {
    const { ops, device, texts, world } = open()
    const mem = value(ops.attachDmabuf(device, imported, PAGE_SIZE, DIR.TO_DEVICE))
    world.mapFails = true
    expect(ops.mapDmabuf(mem)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(texts).toEqual(['Error getting dmabuf scatterlist'])
  })

  it('mapped twice or unmapped twice is reported and harmless; detach unmaps what is still mapped', () => {
    const { ops, device, calls, texts } = open()
    const mem = value(ops.attachDmabuf(device, imported, PAGE_SIZE, DIR.TO_DEVICE))
    value(ops.mapDmabuf(mem))
    value(ops.mapDmabuf(mem))
    ops.unmapDmabuf(mem)
    ops.unmapDmabuf(mem)
    value(ops.mapDmabuf(mem))
    ops.detachDmabuf(mem)
    expect(texts).toEqual(['dmabuf buffer is already pinned', 'dmabuf buffer is already unpinned'])
    expect(calls).toEqual(['unmap attachment', 'unmap attachment', 'detach'])
  })
})

describe('the exporter', () => {
  const exported = () => {
    const host = open()
    const mem = value(host.ops.alloc(host.device, 3 * PAGE_SIZE, DIR.FROM_DEVICE, owner))
    const dbuf = value(host.ops.getDmabuf(mem))
    const attachment = {
      id: 1,
      dmabuf: dbuf,
      dev: { name: 'importer' },
      priv: null,
      sgt: null,
    } as unknown as DmaBufAttachment
    value(dbuf.ops.attach(dbuf, attachment))
    host.calls.length = 0
    return { ...host, dbuf, attachment }
  }

  it('gives each importer a list of its own over the same pages', () => {
    const { dbuf, attachment, ops } = exported()
    const table = value(dbuf.ops.map(attachment, DIR.TO_DEVICE))
    const mine = ops.cookie(dbuf.priv as never)
    expect(table).not.toBe(mine)
    expect(table.entries().map(({ page }) => page)).toEqual(
      typeof mine === 'object' ? mine?.entries().map(({ page }) => page) : [],
    )
  })

  it('keeps a mapping until the direction changes or the importer detaches', () => {
    const { calls, dbuf, attachment } = exported()
    const table = value(dbuf.ops.map(attachment, DIR.TO_DEVICE))
    dbuf.ops.unmap(attachment, table, DIR.TO_DEVICE)
    value(dbuf.ops.map(attachment, DIR.TO_DEVICE))
    expect(calls).toEqual(['map 2 dir 1 attrs 0'])
    value(dbuf.ops.map(attachment, DIR.FROM_DEVICE))
    dbuf.ops.detach(dbuf, attachment)
    expect(calls.slice(1)).toEqual([
      'unmap 2 dir 1 attrs 0',
      'map 2 dir 2 attrs 0',
      'unmap 2 dir 2 attrs 0',
      'free list 2',
    ])
  })

  it('says EIO and one line when the importer’s device cannot map it', () => {
    const { dbuf, attachment, texts, world } = exported()
    world.mapFails = true
    expect(dbuf.ops.map(attachment, DIR.TO_DEVICE)).toMatchObject({ ok: false, errno: 'EIO' })
    expect(texts).toEqual(['failed to map scatterlist'])
  })
})

describe('what the CPU sees of it', () => {
  it('a kernel mapping is made once, and gone with the memory', () => {
    const { ops, device, calls } = open()
    const mem = value(ops.alloc(device, 2 * PAGE_SIZE, DIR.FROM_DEVICE, owner))
    const at = ops.vaddr(mem)
    expect(at).toBe(0xf000_0002n)
    expect(ops.vaddr(mem)).toBe(at)
    ops.put(mem)
    expect(calls).toContain(`vunmap ${at}`)
  })
  it('memory of a task is seen from its first byte on', () => {
    const { ops, device } = open()
    const user: UserMapping = { phys: phys(0x10_0100), len: 3 * PAGE_SIZE, kind: 'cached' }
    expect(ops.vaddr(value(ops.getUserptr(device, user, PAGE_SIZE, DIR.TO_DEVICE, owner)))).toBe(0xf000_0102n)
  })
  it('memory of a task whose last page has no struct page is refused, and so is one of no device', () => {
    const { ops, device, taken } = open()
    const user: UserMapping = { phys: phys(999 * PAGE_SIZE), len: 2 * PAGE_SIZE, kind: 'cached' }
    expect(ops.getUserptr(device, user, 2 * PAGE_SIZE, DIR.TO_DEVICE, owner)).toMatchObject({ errno: 'ENOMEM' })
    expect(ops.getUserptr(null, user, PAGE_SIZE, DIR.TO_DEVICE, owner).ok).toBe(false)
    expect(taken.size).toBe(0)
  })
  it('an import is mapped by its exporter, once', () => {
    const { ops, device } = open()
    const mem = value(ops.attachDmabuf(device, { owner: 'o', size: PAGE_SIZE } as DmaBuf, PAGE_SIZE, DIR.TO_DEVICE))
    expect([ops.vaddr(mem), ops.vaddr(mem)]).toEqual([7n, 7n])
  })
  it('a page of the kernel mapping, as long as dma-bufs had kmap', () => {
    const kmapOf = (kernel: object, mapped: boolean) => {
      const { ops, device } = open(kernel)
      const mem = value(ops.alloc(device, 3 * PAGE_SIZE, DIR.FROM_DEVICE, owner))
      if (mapped) ops.vaddr(mem)
      const dbuf = value(ops.getDmabuf(mem))
      return dbuf.ops.kmap(dbuf, 2)
    }
    expect(kmapOf(RELEASES['4.11'], true)).toEqual({ ok: true, value: 0xf000_0003n + BigInt(2 * PAGE_SIZE) })
    expect(kmapOf(RELEASES['4.11'], false)).toMatchObject({
      errno: 'EINVAL',
      why: expect.stringMatching(/is not mapped into the kernel/),
    })
    expect(kmapOf(RELEASES['6.12'], true)).toMatchObject({ errno: 'EINVAL', why: 'dma_buf_ops has no kmap' })
  })
  it('a task that maps it is a user, unless there is nothing to map', () => {
    const { ops, device } = open()
    const mem = value(ops.alloc(device, 2 * PAGE_SIZE, DIR.FROM_DEVICE, owner))
    expect(ops.mmap(mem, { pgoff: 2, len: PAGE_SIZE }).ok).toBe(false)
    expect(ops.numUsers(mem)).toBe(1)
    expect(value(ops.mmap(mem, { pgoff: 1, len: PAGE_SIZE })).len).toBe(PAGE_SIZE)
    expect(ops.numUsers(mem)).toBe(2)
  })
})

it('a buffer of another allocator is a mistake of the driver', () => {
  const { ops, device } = open()
  const mem = value(ops.alloc(device, PAGE_SIZE, DIR.FROM_DEVICE, owner))
  expect(() => ops.vaddr({ ...mem, priv: null })).toThrow('queue.0: no buffer of vb2-dma-sg')
  expect(() => ops.vaddr({ ...mem, priv: {} })).toThrow('queue.0: no buffer of vb2-dma-sg')
})

it('is scattered memory of the DMA API, also of tasks', () => {
  expect(vb2DmaSg(pluginApi).caps).toEqual({ contiguous: false, userptr: true, dma: true })
})
