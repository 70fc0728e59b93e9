// What others see of a buffer that the CPU works on: importers, tasks and the kernel; and that failures keep nothing.
import {
  type AllocatorHost,
  type Device,
  DIR,
  type DmaBuf,
  type DmaBufAttachment,
  fail,
  type KResult,
  ok,
  PAGE_SIZE,
  pfn,
  phys,
  pluginApi,
  vaddr,
} from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { vb2Vmalloc } from '../src/index.ts'

const owner = 'queue.0'
const device = { name: 'dev' } as Device
const AT = 0xf000_0000n
const value = <T>(result: KResult<T>): T => {
  if (!result.ok) throw new Error(`${result.errno}: ${result.why}`)
  return result.value
}

/** `fails` names the call that fails; pages are neighbours unless memory is to be scattered. */
const open = ({ scattered = false, kmap = false }: { scattered?: boolean; kmap?: boolean } = {}) => {
  const calls: string[] = []
  const fails = new Set<string>()
  let next = 0
  let [pages, lists, maps] = [0, 0, 0]
  const attempt = <T>(what: string, make: () => T): KResult<T> =>
    fails.has(what) ? fail('ENOMEM', `no ${what}`) : ok(make())
  const host = {
    kernel: { dmabufKmap: kmap },
    mem: {
      scattered,
      allocPages: (len: number, { highmem }: { highmem?: boolean }) =>
        attempt('pages', () => {
          calls.push(`page of ${len}${highmem === true ? ', high' : ''}`)
          pages += 1
          return pfn(next++)
        }),
      freePages: () => void (pages -= 1),
      pfnValid: (frame: number) => frame < 1000,
      vmap: () =>
        attempt('vmap', () => {
          maps += 1
          return vaddr(AT)
        }),
      remap: () =>
        attempt('remap', () => {
          maps += 1
          return vaddr(AT)
        }),
      unmap: () => void (maps -= 1),
      memset: () => undefined,
    },
    dma: {
      mapSgAttrs: (_dev: Device, _table: object, dir: number, attrs: number) => {
        calls.push(`map ${dir} ${attrs}`)
        return attempt('map', () => 1)
      },
      unmapSgAttrs: (_dev: Device, _table: object, dir: number, attrs: number) =>
        void calls.push(`unmap ${dir} ${attrs}`),
    },
    dmaBuf: {
      export: (info: object) => attempt('export', () => info),
      vmap: () => attempt('import', () => vaddr(7n)),
      vunmap: () => void calls.push('vunmap'),
    },
    sgAlloc: (count: number) =>
      attempt('list', () => {
        lists += 1
        const entries: unknown[] = []
        return { count, entries, setPage: (i: number, ...entry: unknown[]) => void (entries[i] = entry) }
      }),
    sgFree: () => void (lists -= 1),
    exporter: (_name: string, stock: unknown) => stock,
    call: <T>(_symbols: unknown, body: () => T) => body(),
    printk: (level: string, text: string) => void calls.push(`${level}: ${text}`),
  } as unknown as AllocatorHost
  return { ops: vb2Vmalloc(pluginApi).create(host), calls, fails, left: () => ({ pages, lists, maps }) }
}
const exported = (setup: Parameters<typeof open>[0] = {}) => {
  const opened = open(setup)
  const mem = value(opened.ops.alloc(device, 2 * PAGE_SIZE, DIR.FROM_DEVICE, owner))
  const dbuf = value(opened.ops.getDmabuf(mem))
  const attachment = { id: 3, dmabuf: dbuf, dev: device, priv: null } as unknown as DmaBufAttachment
  opened.calls.length = 0
  return { ...opened, mem, dbuf, attachment }
}

it('is memory of the CPU: no address for a device, nothing to sync', () => {
  const { caps } = vb2Vmalloc(pluginApi)
  expect(caps).toEqual({ contiguous: false, userptr: true, dma: false })
  const { ops, mem, calls } = exported()
  ops.prepare(mem)
  ops.finish(mem)
  expect([ops.cookie(mem), calls]).toEqual([null, []])
})

it.each([
  [false, 2],
  [true, 4],
])('memory that is to be scattered: %s takes %d pages for two, of which two stay', (scattered, taken) => {
  const { ops, calls, left } = open({ scattered })
  value(ops.alloc(device, 2 * PAGE_SIZE, DIR.FROM_DEVICE, owner))
  expect([calls, left().pages]).toEqual([Array.from({ length: taken }, () => `page of ${PAGE_SIZE}, high`), 2])
})

it('a buffer that is not exported has no user more', () => {
  const { ops, fails } = open()
  const mem = value(ops.alloc(device, PAGE_SIZE, DIR.FROM_DEVICE, owner))
  fails.add('export')
  expect(ops.getDmabuf(mem)).toMatchObject({ errno: 'ENOMEM' })
  expect(ops.numUsers(mem)).toBe(1)
})

describe('memory of a task', () => {
  const user = (at: number) => ({ phys: phys(at), len: PAGE_SIZE, kind: 'cached' }) as const
  it('that cannot be mapped is refused, as pages and as I/O memory', () => {
    const { ops, fails, left } = open()
    for (const [what, at] of [
      ['vmap', 5 * PAGE_SIZE],
      ['remap', 2000 * PAGE_SIZE],
    ] as const) {
      fails.add(what)
      expect(ops.getUserptr(device, user(at), PAGE_SIZE, DIR.TO_DEVICE, owner)).toEqual(fail('ENOMEM', `no ${what}`))
    }
    expect(left().maps).toBe(0)
  })
  it('keeps what it was asked for', () => {
    const mem = value(open().ops.getUserptr(device, user(5 * PAGE_SIZE), 100, DIR.TO_DEVICE, owner))
    expect(mem).toMatchObject({ dev: device, size: 100, dir: DIR.TO_DEVICE, owner })
  })
})

describe('an import', () => {
  const imported = { owner: 'other.0', size: PAGE_SIZE } as DmaBuf
  it('that its exporter cannot map is EFAULT', () => {
    const { ops, fails, calls } = open()
    const mem = value(ops.attachDmabuf(device, imported, 100, DIR.TO_DEVICE))
    expect(mem).toMatchObject({ dev: device, size: 100, dir: DIR.TO_DEVICE, owner: 'other.0', dbuf: imported })
    fails.add('import')
    expect(ops.mapDmabuf(mem)).toEqual(fail('EFAULT', 'no import'))
    ops.detachDmabuf(mem)
    expect(calls).toEqual([])
    expect(() => ops.mapDmabuf(mem)).toThrow('other.0 is not imported')
  })
})

describe('an importer', () => {
  it('gets a list of its own, an entry a page, and gives it back once', () => {
    const { dbuf, attachment, left } = exported()
    value(dbuf.ops.attach(dbuf, attachment))
    const { sgt } = attachment.priv as { sgt: { count: number; entries: unknown[] } }
    expect([sgt.count, sgt.entries]).toEqual([2, [0, 1].map((frame) => [{ kind: 'page', pfn: frame }, PAGE_SIZE, 0])])
    dbuf.ops.detach(dbuf, attachment)
    dbuf.ops.detach(dbuf, attachment)
    expect([attachment.priv, left().lists]).toEqual([null, 0])
  })
  it('for whom there is no list is not attached', () => {
    const { dbuf, attachment, fails } = exported()
    fails.add('list')
    expect(dbuf.ops.attach(dbuf, attachment)).toEqual(fail('ENOMEM', 'no list'))
    expect(() => dbuf.ops.map(attachment, DIR.TO_DEVICE)).toThrow('attachment 3 has no table')
  })
  it('has it mapped once for a direction, with a sync', () => {
    const { dbuf, attachment, calls } = exported()
    value(dbuf.ops.attach(dbuf, attachment))
    const table = value(dbuf.ops.map(attachment, DIR.TO_DEVICE))
    dbuf.ops.unmap(attachment, table, DIR.TO_DEVICE)
    expect(dbuf.ops.map(attachment, DIR.TO_DEVICE)).toEqual(ok(table))
    value(dbuf.ops.map(attachment, DIR.FROM_DEVICE))
    dbuf.ops.detach(dbuf, attachment)
    expect(calls).toEqual(['map 1 0', 'unmap 1 0', 'map 2 0', 'unmap 2 0'])
  })
  it('whose device cannot map it is told EIO, and is not unmapped', () => {
    const { dbuf, attachment, calls, fails } = exported()
    value(dbuf.ops.attach(dbuf, attachment))
    fails.add('map')
    expect(dbuf.ops.map(attachment, DIR.TO_DEVICE)).toEqual(fail('EIO', 'no map'))
    dbuf.ops.detach(dbuf, attachment)
    expect(calls).toEqual(['map 1 0', 'err: failed to map scatterlist'])
  })
})

it('the kernel mapping is the buffer’s, a page of it where dma-bufs have kmap, and none once it is gone', () => {
  const { dbuf, mem, ops, left } = exported({ kmap: true })
  expect([dbuf.ops.vmap(dbuf), dbuf.ops.kmap(dbuf, 1)]).toEqual([ok(AT), ok(AT + BigInt(PAGE_SIZE))])
  expect([dbuf.ops.beginCpuAccess(dbuf, 0), dbuf.ops.endCpuAccess(dbuf, 0)]).toEqual([ok(undefined), ok(undefined)])
  dbuf.ops.release(dbuf)
  expect(ops.numUsers(mem)).toBe(1)
  ops.put(mem)
  expect(left()).toEqual({ pages: 0, lists: 0, maps: 0 })
  const why = 'gone is not mapped'
  const gone = { ...dbuf, priv: mem, owner: 'gone' } as unknown as DmaBuf
  expect([dbuf.ops.vmap(gone), dbuf.ops.kmap(gone, 0)]).toEqual([fail('EINVAL', why), fail('EINVAL', why)])
  const late = exported()
  expect(late.dbuf.ops.kmap(late.dbuf, 0)).toEqual(fail('EINVAL', 'dma_buf_ops has no kmap'))
})

it('a task sees the buffer from its start, whatever page it asks for, and no more than there is', () => {
  const { ops, mem, dbuf } = exported()
  expect(value(ops.mmap(mem, { pgoff: 1, len: PAGE_SIZE })).phys).toBe(0)
  expect(ops.numUsers(mem)).toBe(3)
  expect(value(dbuf.ops.mmap(dbuf, { pgoff: 0, len: 2 * PAGE_SIZE })).len).toBe(2 * PAGE_SIZE)
  expect(dbuf.ops.mmap(dbuf, { pgoff: 0, len: 3 * PAGE_SIZE })).toMatchObject({ errno: 'EINVAL' })
})
