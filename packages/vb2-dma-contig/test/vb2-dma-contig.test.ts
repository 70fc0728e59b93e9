// The contiguous allocator on a host of plain objects, one way to fail at a time.
import { ATTR, type DmaBuf, DIR, fail, ok, PAGE_SIZE, pfn, phys, type Vb2Mem } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { NO_STRUCT_PAGE, open, OWNER, value } from './host.ts'

const NON_COHERENT = { dmaAttrs: 0, nonCoherent: true } as const

describe('memory that the CPU sees cached', () => {
  it('comes zeroed from the area of the device, is mapped without sync, and goes back there', () => {
    const { ops, dev, calls, left } = open({ cmaArea: 'mine' })
    const mem = value(ops.alloc(dev, 8192, DIR.FROM_DEVICE, OWNER, NON_COHERENT))
    expect(calls).toEqual(['cma 8192 mine', `memset ${0x100 * PAGE_SIZE} 0 8192`, `map ${ATTR.SKIP_CPU_SYNC}`])
    expect([mem.dmaAddr, ops.vaddr(mem)]).toEqual([0x8000_0000, BigInt(0x100 * PAGE_SIZE)])
    ops.put(mem)
    expect([calls.slice(3), left()]).toEqual([
      [`unmap ${ATTR.SKIP_CPU_SYNC}`, `free ${0x100} 8192`],
      [0, 0],
    ])
  })

  it('comes from ordinary pages that the device reaches, where the area is full or lies in highmem', () => {
    const full = open()
    full.world.cma = undefined
    value(full.ops.alloc(full.dev, 8192, DIR.FROM_DEVICE, OWNER, NON_COHERENT))
    expect(full.calls.slice(0, 2)).toEqual(['cma 8192 default', `pages 8192 to ${2 ** 32 - 1}`])
    const high = open()
    high.world.highmem = true
    value(high.ops.alloc(high.dev, 8192, DIR.FROM_DEVICE, OWNER, NON_COHERENT))
    expect(high.calls.slice(1, 3)).toEqual([`free ${0x100} 8192`, `pages 8192 to ${2 ** 32 - 1}`])
  })

  it.each([
    [{ cma: undefined, pages: false }, 'default lacks 8192 bytes; no pages'],
    [{ highmem: true, pages: false }, 'no pages'],
    [{ list: false }, 'no list'],
    [{ map: false }, 'no mapping'],
  ])('gives everything back when %o', (more, why) => {
    const { ops, dev, world, texts, left } = open()
    Object.assign(world, more)
    expect(ops.alloc(dev, 8192, DIR.FROM_DEVICE, OWNER, NON_COHERENT)).toEqual(fail('ENOMEM', why))
    expect([left(), texts.length]).toEqual([[0, 0], 1])
  })

  it('is mapped for a task page by page, to its end and no further', () => {
    const { ops, dev } = open()
    const mem = value(ops.alloc(dev, 8192 - 100, DIR.FROM_DEVICE, OWNER, NON_COHERENT))
    expect(ops.mmap(mem, { pgoff: 1, len: 4096 })).toEqual(
      ok({ phys: 0x101 * PAGE_SIZE, len: 4096, kind: 'cached', pfnMap: true }),
    )
    expect(ops.mmap(mem, { pgoff: 1, len: 4097 })).toMatchObject({ ok: false, errno: 'ENXIO' })
    expect(ops.numUsers(mem)).toBe(2)
  })
})

describe('coherent memory', () => {
  it('goes with its last user, and so does the list of its export', () => {
    const { ops, dev, calls, left } = open()
    const mem = value(ops.alloc(dev, 8192, DIR.FROM_DEVICE, OWNER))
    value(ops.getDmabuf(mem))
    expect([left()[0], ops.numUsers(mem)]).toEqual([1, 2])
    ops.put(mem)
    expect([left()[0], calls]).toEqual([1, []])
    ops.put(mem)
    expect([left()[0], calls, ops.vaddr(mem)]).toEqual([0, ['dma free'], null])
    // Whoever gives back once too often finds nothing there.
    mem.refcount = 1
    ops.put(mem)
    expect([left()[0], calls]).toEqual([0, ['dma free']])
  })

  it('that was never exported has no list', () => {
    const { ops, dev, left } = open()
    ops.put(value(ops.alloc(dev, 8192, DIR.FROM_DEVICE, OWNER)))
    expect(left()[0]).toBe(0)
  })
})

describe('memory of a task', () => {
  const user = { phys: phys(0x5000), len: 8192, kind: 'cached' } as const

  it('must be aligned and hold something', () => {
    const { ops, dev, texts } = open()
    for (const [at, size] of [
      [0x5001, 64],
      [0x5000, 65],
    ] as const)
      expect(ops.getUserptr(dev, { ...user, phys: phys(at) }, size, DIR.TO_DEVICE, OWNER)).toMatchObject({
        errno: 'EINVAL',
      })
    expect(texts).toHaveLength(2)
    expect(ops.getUserptr(dev, user, 0, DIR.TO_DEVICE, OWNER)).toEqual(fail('EINVAL', `${OWNER} is empty`))
    expect(texts).toHaveLength(2)
  })

  it('without struct pages is given by the address that the bus of the device has for it', () => {
    const at = phys(NO_STRUCT_PAGE * PAGE_SIZE + 0x40)
    const bus = (dmaRanges: object[]): number => {
      const { ops, dev } = open({ facts: { dmaRanges } as never })
      return value(ops.getUserptr(dev, { ...user, phys: at }, 4096, DIR.TO_DEVICE, OWNER)).dmaAddr
    }
    const window = { cpu: 0x9000_0000, bus: 0x1000_0000, len: 0x1000_0000 }
    expect(bus([])).toBe(at)
    expect(bus([window])).toBe(0x1000_0040)
    expect(bus([{ ...window, cpu: at + 1 }])).toBe(at)
    expect(bus([{ ...window, len: 0x40 }])).toBe(at)
    expect(bus([{ ...window, cpu: at }])).toBe(window.bus)
    expect(bus([{ ...window, cpu: 0, len: 4096 }, window])).toBe(0x1000_0040)
  })

  it('without struct pages must lie in one piece', () => {
    const { ops, dev } = open()
    const pages = [pfn(NO_STRUCT_PAGE), pfn(NO_STRUCT_PAGE + 2)]
    const scattered = { ...user, phys: phys(NO_STRUCT_PAGE * PAGE_SIZE), pages }
    expect(ops.getUserptr(dev, scattered, 8192, DIR.TO_DEVICE, OWNER)).toMatchObject({ ok: false, errno: 'EINVAL' })
  })

  it.each([
    [{ list: false }, 'ENOMEM', 'failed to initialize sg table'],
    [{ map: false }, 'EIO', 'failed to map scatterlist'],
    [{ short: true }, 'EFAULT', 'contiguous mapping is too small 16/8192'],
  ])('leaves nothing when %o', (more, errno, text) => {
    const { ops, dev, world, texts, left } = open()
    Object.assign(world, more)
    expect(ops.getUserptr(dev, user, 8192, DIR.TO_DEVICE, OWNER)).toMatchObject({ ok: false, errno })
    expect([texts, left()]).toEqual([[text], [0, 0]])
  })

  it('of neighbours is one entry that begins in its page and ends with the data', () => {
    const { ops, dev } = open()
    const memory = { ...user, phys: phys(0x1_0040), len: 12_288, pages: [16, 17, 18].map(pfn) }
    const entries = value(ops.getUserptr(dev, memory, 8960, DIR.TO_DEVICE, OWNER)).table?.entries()
    expect(entries).toMatchObject([{ page: { kind: 'page', pfn: 16 }, offset: 0x40, length: 8960 }])
  })

  it('is unmapped and its list given back at the end, once', () => {
    const { ops, dev, calls, left } = open()
    const mem = value(ops.getUserptr(dev, user, 8192, DIR.TO_DEVICE, OWNER))
    expect([mem.dmaAddr, left()[0]]).toEqual([0x8000_0000, 1])
    ops.putUserptr(mem)
    ops.putUserptr(mem)
    expect([calls, left()[0]]).toEqual([[`map ${ATTR.SKIP_CPU_SYNC}`, `unmap ${ATTR.SKIP_CPU_SYNC}`], 0])
  })
})

describe('a dma-buf', () => {
  const dbuf = { size: 8192, owner: 'other' } as DmaBuf
  const attached = (opened: ReturnType<typeof open>): Vb2Mem =>
    value(opened.ops.attachDmabuf(opened.dev, dbuf, 8192, DIR.TO_DEVICE))

  it('must be as large as the plane, and be attachable', () => {
    const { ops, dev, world, texts } = open()
    expect(ops.attachDmabuf(dev, dbuf, 8193, DIR.TO_DEVICE)).toMatchObject({ ok: false, errno: 'EFAULT' })
    expect(ops.attachDmabuf(null, dbuf, 8192, DIR.TO_DEVICE)).toMatchObject({ ok: false, errno: 'EINVAL' })
    world.attach = false
    expect(ops.attachDmabuf(dev, dbuf, 8192, DIR.TO_DEVICE)).toMatchObject({ ok: false, errno: 'ENODEV' })
    expect(texts.at(-1)).toBe('failed to attach dmabuf')
  })

  it('that is mapped is unmapped by its detach; one that is not is only detached', () => {
    const mapped = open()
    const mem = attached(mapped)
    value(mapped.ops.mapDmabuf(mem))
    mapped.ops.detachDmabuf(mem)
    expect([mapped.calls, mapped.texts, mem.table, mem.dbuf]).toEqual([['unmap attachment', 'detach'], [], null, null])
    const idle = open()
    idle.ops.detachDmabuf(attached(idle))
    expect([idle.calls, idle.texts]).toEqual([['detach'], []])
  })

  it('is mapped once, and unmapped once', () => {
    const { ops, calls, texts, ...rest } = open()
    const mem = attached({ ops, calls, texts, ...rest })
    value(ops.mapDmabuf(mem))
    value(ops.mapDmabuf(mem))
    expect(mem.dmaAddr).toBe(0x8000_0000)
    ops.unmapDmabuf(mem)
    ops.unmapDmabuf(mem)
    expect([calls, texts, mem.dmaAddr]).toEqual([
      ['unmap attachment'],
      ['dmabuf buffer is already pinned', 'dmabuf buffer is already unpinned'],
      0,
    ])
  })

  it('that the device does not see in one piece is unmapped again', () => {
    const opened = open()
    opened.world.short = true
    expect(opened.ops.mapDmabuf(attached(opened))).toMatchObject({ ok: false, errno: 'EFAULT' })
    expect([opened.calls, opened.texts]).toEqual([['unmap attachment'], ['contiguous chunk is too small 16/8192']])
    opened.world.map = false
    expect(opened.ops.mapDmabuf(attached(opened))).toMatchObject({ ok: false, errno: 'EINVAL' })
  })
})

it('a buffer of another allocator is a bug', () => {
  const { ops } = open()
  for (const priv of [null, {}])
    expect(() => ops.put({ owner: 'other', priv } as unknown as Vb2Mem)).toThrow('other: no buffer of vb2-dma-contig')
})
