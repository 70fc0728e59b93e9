// The allocator for drivers that use the CPU, on a host of plain objects.
import {
  type AllocatorHost,
  type Device,
  DIR,
  type DmaBuf,
  fail,
  type KResult,
  ok,
  PAGE_SIZE,
  pfn,
  type Pfn,
  phys,
  pluginApi,
  vaddr,
} from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { vb2Vmalloc } from '../src/index.ts'

const owner = 'queue.0'
const device = { name: 'dev' } as Device

/** Frames are numbers from 0 on, `pages` of them. */
const open = (pages = 64) => {
  const taken = new Set<number>()
  const calls: string[] = []
  const world = { vmapFails: false }
  const mem = {
    allocPages: (): KResult<Pfn> => {
      const free = Array.from({ length: pages }, (_, i) => i).find((frame) => !taken.has(frame))
      if (free === undefined) return fail('ENOMEM', 'no page is left')
      taken.add(free)
      return ok(pfn(free))
    },
    scattered: true,
    freePages: (frame: Pfn) => {
      if (!taken.delete(frame)) throw new Error(`page ${frame} is free already`)
    },
    pfnValid: (frame: Pfn) => frame < 1000,
    vmap: (frames: readonly Pfn[], kind: string) => {
      if (world.vmapFails) return fail('ENOMEM', 'the vmalloc window is full')
      calls.push(`vmap ${frames.join(' ')} ${kind}`)
      return ok(vaddr(0xf000_0000n))
    },
    remap: (at: number, len: number, kind: string) => {
      calls.push(`remap ${at} ${len} ${kind}`)
      return ok(vaddr(0xf100_0000n))
    },
    unmap: (at: bigint) => void calls.push(`unmap ${at}`),
    memset: (at: bigint, byte: number, len: number) => void calls.push(`memset ${at} ${byte} ${len}`),
  }
  const host = {
    kernel: { dmabufKmap: false },
    mem,
    dmaBuf: {
      vmap: () => ok(vaddr(7n)),
      vunmap: () => void calls.push('dma-buf vunmap'),
      export: (info: object) => ok(info),
    },
    exporter: (_name: string, stock: unknown) => stock,
    call: <T>(_symbols: unknown, body: () => T) => body(),
    printk: (_level: string, text: string) => void calls.push(text),
  } as unknown as AllocatorHost
  return { ops: vb2Vmalloc(pluginApi).create(host), taken, calls, world }
}
const value = <T>(result: KResult<T>): T => {
  if (!result.ok) throw new Error(`${result.errno}: ${result.why}`)
  return result.value
}

describe('memory of the queue', () => {
  it('is single pages that do not lie side by side, mapped together and zeroed', () => {
    const { ops, calls, taken } = open()
    const mem = value(ops.alloc(device, 2 * PAGE_SIZE + 1, DIR.FROM_DEVICE, owner))
    expect(calls).toEqual(['vmap 0 2 4 cached', `memset ${0xf000_0000} 0 ${3 * PAGE_SIZE}`])
    expect([[...taken], ops.vaddr(mem), ops.numUsers(mem)]).toEqual([[0, 2, 4], 0xf000_0000n, 1])
  })

  it('has no address for a device', () => {
    const { ops } = open()
    expect(ops.cookie(value(ops.alloc(device, PAGE_SIZE, DIR.FROM_DEVICE, owner)))).toBeNull()
  })

  it.each([
    ['pages', 3, false],
    ['room to map them', 64, true],
  ])('gives everything back when there are no %s', (_what, pages, vmapFails) => {
    const { ops, taken, calls, world } = open(pages)
    world.vmapFails = vmapFails
    expect(ops.alloc(device, 4 * PAGE_SIZE, DIR.FROM_DEVICE, owner)).toMatchObject({ ok: false, errno: 'ENOMEM' })
    expect([taken.size, calls]).toEqual([0, [`vmalloc of size ${4 * PAGE_SIZE} failed`]])
  })

  it('goes with its last user', () => {
    const { ops, taken } = open()
    const mem = value(ops.alloc(device, PAGE_SIZE, DIR.FROM_DEVICE, owner))
    value(ops.mmap(mem, { pgoff: 0, len: mem.size }))
    ops.put(mem)
    expect(taken.size).toBe(1)
    ops.put(mem)
    expect(taken.size).toBe(0)
  })
})

describe('memory of a task', () => {
  it('is mapped page by page; its address keeps the offset in the first page', () => {
    const { ops, calls } = open()
    const user = { phys: phys(5 * PAGE_SIZE + 0x80), len: PAGE_SIZE, kind: 'cached' } as const
    const mem = value(ops.getUserptr(device, user, PAGE_SIZE, DIR.TO_DEVICE, owner))
    expect([calls, ops.vaddr(mem)]).toEqual([['vmap 5 6 cached'], 0xf000_0080n])
    ops.putUserptr(mem)
    expect([calls.at(-1), mem.vaddr]).toEqual([`unmap ${0xf000_0000}`, null])
  })

  it('without struct pages is mapped as I/O memory, when it is in one piece', () => {
    const { ops, calls } = open()
    const user = { phys: phys(2000 * PAGE_SIZE + 0x80), len: PAGE_SIZE, kind: 'uncached' } as const
    value(ops.getUserptr(device, user, 0x100, DIR.TO_DEVICE, owner))
    expect(calls).toEqual([`remap ${2000 * PAGE_SIZE} ${0x180} uncached`])
    const scattered = { ...user, pages: [2000, 2002].map(pfn) }
    expect(ops.getUserptr(device, scattered, PAGE_SIZE, DIR.TO_DEVICE, owner)).toMatchObject({ errno: 'ENOMEM' })
  })
})

describe('memory of another exporter', () => {
  it('is read through the exporter’s mapping, and must be as large as the plane', () => {
    const { ops, calls } = open()
    const dbuf = { owner: 'other.0', size: PAGE_SIZE } as DmaBuf
    expect(ops.attachDmabuf(device, dbuf, PAGE_SIZE + 1, DIR.TO_DEVICE)).toMatchObject({ errno: 'EFAULT' })
    const mem = value(ops.attachDmabuf(device, dbuf, PAGE_SIZE, DIR.TO_DEVICE))
    value(ops.mapDmabuf(mem))
    expect(ops.vaddr(mem)).toBe(7n)
    ops.detachDmabuf(mem)
    expect([calls, mem.vaddr, mem.dbuf]).toEqual([['dma-buf vunmap'], null, null])
  })

  it('a plane that is not mapped has no address, and the kernel says so', () => {
    const { ops, calls } = open()
    const mem = value(ops.attachDmabuf(device, { owner: 'other.0', size: PAGE_SIZE } as DmaBuf, 1, DIR.TO_DEVICE))
    expect(ops.vaddr(mem)).toBeNull()
    expect(calls).toEqual(['Address of an unallocated plane requested or cannot map user pointer'])
  })
})

it('does not take a buffer of another allocator', () => {
  const { ops } = open()
  const foreign = { owner: 'x', priv: { blocks: [] } } as never
  expect(() => ops.put(foreign)).toThrow('no buffer of vb2-vmalloc')
})

describe('only once', () => {
  it('a user pointer is unmapped', () => {
    const { ops, calls } = open()
    const user = { phys: phys(5 * PAGE_SIZE), len: PAGE_SIZE, kind: 'cached' } as const
    const mem = value(ops.getUserptr(device, user, PAGE_SIZE, DIR.TO_DEVICE, owner))
    ops.putUserptr(mem)
    ops.putUserptr(mem)
    expect(calls).toEqual(['vmap 5 cached', `unmap ${0xf000_0000}`])
  })

  it('memory of the queue is unmapped and given back', () => {
    const { ops, calls, taken } = open()
    const mem = value(ops.alloc(device, PAGE_SIZE, DIR.FROM_DEVICE, owner))
    ops.put(mem)
    mem.refcount = 1
    ops.put(mem)
    expect([calls.filter((call) => call.startsWith('unmap')), taken.size]).toEqual([[`unmap ${0xf000_0000}`], 0])
  })

  it('a dma-buf loses its kernel mapping', () => {
    const { ops, calls } = open()
    const mem = value(ops.attachDmabuf(device, { size: PAGE_SIZE, owner: 'other' } as DmaBuf, PAGE_SIZE, DIR.TO_DEVICE))
    value(ops.mapDmabuf(mem))
    ops.unmapDmabuf(mem)
    ops.unmapDmabuf(mem)
    expect(calls).toEqual(['dma-buf vunmap'])
  })
})

it('memory of which only a part has struct pages is neither mapped as pages nor, scattered, as I/O memory', () => {
  const { ops, calls } = open()
  const part = { phys: phys(999 * PAGE_SIZE), len: 2 * PAGE_SIZE, kind: 'cached' } as const
  value(ops.getUserptr(device, part, 2 * PAGE_SIZE, DIR.TO_DEVICE, owner))
  expect(calls).toEqual([`remap ${999 * PAGE_SIZE} ${2 * PAGE_SIZE} uncached`])
  const scattered = { ...part, pages: [pfn(5), pfn(1000)] }
  expect(ops.getUserptr(device, scattered, 2 * PAGE_SIZE, DIR.TO_DEVICE, owner)).toMatchObject({
    ok: false,
    errno: 'ENOMEM',
  })
})

it('a mapping for a task that is refused makes no user', () => {
  const { ops } = open()
  const mem = value(ops.alloc(device, PAGE_SIZE, DIR.FROM_DEVICE, owner))
  expect(ops.mmap(mem, { pgoff: 0, len: 2 * PAGE_SIZE })).toMatchObject({ ok: false, errno: 'EINVAL' })
  expect(ops.numUsers(mem)).toBe(1)
})

it('a buffer of another allocator is a bug', () => {
  const { ops } = open()
  for (const priv of [null, {}])
    expect(() => ops.putUserptr({ owner: 'other', priv } as never)).toThrow('other: no buffer of vb2-vmalloc')
})
