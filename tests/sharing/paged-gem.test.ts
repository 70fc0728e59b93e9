// GEM objects of ordinary pages, as GPUs have them: what they take, what the CPU sees of them, and that a failure keeps nothing.
import { DIR, PAGE_SIZE, pfn, type KResult } from '@dmalab/api'
import { createPagedGem } from '@dmalab/dma-buf'
import { describe, expect, it, test } from 'vitest'
import { openBench, value } from './sharing-bench.ts'

const SIZE = 4 * PAGE_SIZE
const open = (device = 'display') => {
  const bench = openBench('arm64@6.12')
  return { ...bench, host: bench.lab.allocatorHost, dev: bench.lab.device(device) }
}
type Host = ReturnType<typeof open>['host']
/** The host, one of whose calls fails from the nth time on. */
const failing = (
  host: Host,
  what: 'sgAlloc' | 'mapSgAttrs' | 'allocPages',
  nth: number,
  live: { pages: number },
): Host => {
  let count = 0
  const fails = (name: string): boolean => name === what && ++count >= nth
  const refused = (): KResult<never> => ({ ok: false, errno: 'ENOMEM', why: 'told to fail' })
  return {
    ...host,
    sgAlloc: (n) => (fails('sgAlloc') ? refused() : host.sgAlloc(n)),
    dma: new Proxy(host.dma, {
      get: (target, key) =>
        key === 'mapSgAttrs' && fails('mapSgAttrs') ? refused : (Reflect.get(target, key) as unknown),
    }),
    mem: new Proxy(host.mem, {
      get: (target, key) => {
        const own = Reflect.get(target, key) as unknown
        if (key === 'allocPages')
          return (...args: Parameters<typeof target.allocPages>) => {
            if (fails('allocPages')) return refused()
            live.pages += 1
            return target.allocPages(...args)
          }
        if (key === 'freePages')
          return (...args: Parameters<typeof target.freePages>) => {
            live.pages -= 1
            return target.freePages(...args)
          }
        return typeof own === 'function' ? (own.bind(target) as unknown) : own
      },
    }),
  }
}

test.each([
  ['allocPages', 1, '4 pages are needed for bo, and 0 could be had: told to fail'],
  ['allocPages', 4, '4 pages are needed for bo, and 3 could be had: told to fail'],
  ['sgAlloc', 1, 'told to fail'],
  ['mapSgAttrs', 1, 'told to fail'],
] as const)('%s that fails at call %d gives every page back', (what, nth, why) => {
  const { host, dev } = open()
  const live = { pages: 0 }
  expect(createPagedGem(failing(host, what, nth, live), dev, SIZE, 'bo')).toMatchObject({
    ok: false,
    errno: 'ENOMEM',
    why,
  })
  expect(live.pages).toBe(0)
})

describe('an object', () => {
  it('of some bytes has whole pages, zeroed, mapped for its device as long as it lives', () => {
    const { host, dev, events } = open()
    const live = { pages: 0 }
    const gem = value(createPagedGem(failing(host, 'sgAlloc', 99, live), dev, SIZE - 100, 'bo'))
    expect(live.pages).toBe(4)
    const told = () => events.flatMap(({ event }) => (/^dma_(?:un)?map_sg$/.test(event) ? [event] : []))
    expect(told()).toEqual(['dma_map_sg'])
    gem.close()
    expect(told()).toEqual(['dma_map_sg', 'dma_unmap_sg'])
    expect(live.pages).toBe(0)
  })
  it('shares its pages: every importer gets a list of single pages, and the last user gives them back', () => {
    const { host, dev, lab } = open()
    const live = { pages: 0 }
    const gem = value(createPagedGem(failing(host, 'sgAlloc', 99, live), dev, SIZE, 'bo'))
    const fd = value(gem.export())
    const buf = value(lab.dmaBuf.get(fd))
    const attachment = value(lab.dmaBuf.attach(buf, lab.device('n')))
    const table = value(lab.dmaBuf.mapAttachment(attachment, DIR.TO_DEVICE))
    expect(table.origNents).toBe(4)
    expect([0, 1, 2, 3].map((i) => table.entry(i).length)).toEqual([PAGE_SIZE, PAGE_SIZE, PAGE_SIZE, PAGE_SIZE])
    lab.dmaBuf.unmapAttachment(attachment, table, DIR.TO_DEVICE)
    lab.dmaBuf.detach(buf, attachment)
    gem.close()
    expect(live.pages).toBe(4)
    lab.dmaBuf.put(buf)
    lab.dmaBuf.close(fd)
    expect(live.pages).toBe(0)
  })
  test.each([
    ['display', 'writecombine'],
    ['nc', 'cached'],
  ])('of %s is %s for the CPU', (device, kind) => {
    const { host, dev, lab } = open(device)
    const gem = value(createPagedGem(host, dev, SIZE, 'bo'))
    const fd = value(gem.export())
    const buf = value(lab.dmaBuf.get(fd))
    const mapped = value(lab.dmaBuf.mmap(buf, { pgoff: 1, len: PAGE_SIZE }))
    expect(mapped).toMatchObject({ kind, len: PAGE_SIZE, pfnMap: true })
    expect(mapped.pages ?? []).not.toContain(pfn(0))
    const at = value(lab.dmaBuf.vmap(buf))
    expect(value(lab.dmaBuf.vmap(buf))).toBe(at)
    for (let users = 2; users > 0; users--) lab.dmaBuf.vunmap(buf, at)
    expect(lab.dmaBuf.beginCpuAccess(buf, DIR.TO_DEVICE).ok).toBe(true)
    expect(lab.dmaBuf.endCpuAccess(buf, DIR.TO_DEVICE).ok).toBe(true)
    expect(lab.dmaBuf.mmap(buf, { pgoff: 4, len: PAGE_SIZE })).toMatchObject({ ok: false })
  })
})
