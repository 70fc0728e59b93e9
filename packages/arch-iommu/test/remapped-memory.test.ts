// Coherent memory behind an IOMMU, call by call: which pages are taken, how they are mapped, and what goes back when a step fails.
import { ATTR, fail, ok, pfn, vaddr } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { PAGE } from './recorded-domain.ts'
import { K64, LINEAR, M1, NOTHING, openMemory as open, value } from './recorded-host.ts'

const SIZE = M1 + K64 + 2 * PAGE

describe('scattered memory', () => {
  const sizes = (calls: readonly string[]) =>
    calls.filter((call) => call.startsWith('pages')).map((call) => Number.parseInt(call.split(' ')[2] ?? '', 16))

  it('is the largest pieces first, from anywhere, for whom they are; all of it is zeroed', () => {
    const { memory, calls } = open()
    value(memory.alloc(SIZE, 0, 'frame'))
    expect(sizes(calls)).toEqual([M1, K64, PAGE, PAGE])
    expect(calls[0]).toBe('pages 100 100000 high frame')
    expect(calls.slice(4, 8)).toEqual([
      'clear 100000 100000 and clean',
      'clear 200000 10000 and clean',
      'clear 210000 1000 and clean',
      'clear 211000 1000 and clean',
    ])
    const snooping = open({ coherent: true })
    value(snooping.memory.alloc(PAGE, 0, 'frame'))
    expect(snooping.calls).toContain('clear 100000 1000')
  })
  it.each([
    [K64, [...Array.from({ length: 17 }, () => K64), PAGE, PAGE]],
    [PAGE, Array.from({ length: 274 }, () => PAGE)],
  ])('is taken in pieces of %d where there are no larger ones', (largest, pieces) => {
    const { memory, calls } = open({ largest })
    value(memory.alloc(SIZE, 0, 'frame'))
    expect(sizes(calls)).toEqual(pieces)
  })
  it('is single pages when asked for', () => {
    const { memory, calls } = open()
    value(memory.alloc(3 * PAGE, ATTR.ALLOC_SINGLE_PAGES, 'frame'))
    expect(sizes(calls)).toEqual([PAGE, PAGE, PAGE])
  })

  it.each([
    [0, false, 3, 'uncached'],
    [ATTR.WRITE_COMBINE, false, 3, 'writecombine'],
    [0, true, 7, 'cached'],
    [ATTR.WRITE_COMBINE, true, 7, 'cached'],
    [ATTR.PRIVILEGED, false, 35, 'uncached'],
    [ATTR.PRIVILEGED, true, 39, 'cached'],
  ])('with attributes %d, snooping %s, has protection %d and is %s', (attrs, coherent, prot, kind) => {
    const { memory, calls } = open({ coherent })
    const { cpuAddr } = value(memory.alloc(2 * PAGE, attrs, 'frame'))
    expect(calls.slice(-2)).toEqual([`link 100000 100000 2000 prot ${prot}`, `vmap 2 ${kind}`])
    expect(value(memory.mmap(cpuAddr, 2 * PAGE, 0, 2 * PAGE, attrs)).kind).toBe(kind)
  })

  it('is mapped neighbours together, and piece by piece where there are none', () => {
    const links = (apart: boolean) => {
      const { memory, calls } = open({ apart })
      value(memory.alloc(K64 + 2 * PAGE, 0, 'frame'))
      return calls.filter((call) => call.startsWith('link'))
    }
    expect(links(false)).toEqual(['link 100000 100000 12000 prot 3'])
    expect(links(true)).toEqual([
      'link 100000 100000 10000 prot 3',
      'link 110000 111000 1000 prot 3',
      'link 111000 113000 1000 prot 3',
    ])
  })

  it('comes back whole', () => {
    const { memory, balance, calls } = open({ apart: true })
    const { cpuAddr, handle } = value(memory.alloc(SIZE, 0, 'frame'))
    expect(balance()).toEqual({ live: SIZE, mappings: 1, taken: SIZE, mapped: SIZE / PAGE })
    calls.length = 0
    memory.free(SIZE, cpuAddr, handle)
    expect(balance()).toEqual(NOTHING)
    expect(calls).toHaveLength(5)
    // A second time it is unknown.
    memory.free(SIZE, cpuAddr, handle)
    expect(balance()).toMatchObject({ live: 0, mappings: 0 })
  })

  it.each([
    ['pages', { pages: 1 }, 'no 2 pages are left for dev', []],
    ['the second page', { pages: 2 }, 'no 1 pages are left for dev', []],
    ['bus addresses', { failing: { allocIova: 1 } }, 'no bus address for 8192 bytes', []],
    ['the first link', { failing: { mapAt: 1 } }, 'no table', []],
    ['the second link', { failing: { mapAt: 2 } }, 'no table', ['unlink 100000 1000']],
    ['the kernel mapping', { vmap: 1 }, 'no kernel address', ['unmap 100000 2000']],
  ])('without %s leaves nothing', (_, setup, why, back) => {
    const { memory, balance, calls } = open({ apart: true, ...setup })
    expect(memory.alloc(2 * PAGE, 0, 'frame')).toEqual({ ok: false, errno: 'ENOMEM', why })
    expect(balance()).toEqual(NOTHING)
    const undone = calls.filter((call) => call.startsWith('unlink') || call.startsWith('unmap'))
    expect(undone).toEqual(back)
  })

  it('fills whole granules of the IOMMU', () => {
    const { memory, calls } = open({ granule: K64 })
    value(memory.alloc(PAGE + 1, 0, 'frame'))
    expect(calls.find((call) => call.startsWith('link'))).toBe('link 100000 100000 10000 prot 3')
  })
})

describe('memory in one piece', () => {
  it('comes from CMA, else from the page allocator, which may not give highmem', () => {
    const { memory, calls, balance } = open({ cma: pfn(0x4000) })
    const { cpuAddr, handle } = value(memory.alloc(2 * PAGE, ATTR.FORCE_CONTIGUOUS, 'frame'))
    expect(calls).toEqual([
      'clear 4000000 2000 and clean',
      'link 100000 4000000 2000 prot 3',
      'remap 4000000 2000 uncached',
    ])
    memory.free(2 * PAGE, cpuAddr, handle)
    expect([calls.at(-1), balance()]).toEqual(['free piece 4000 2000', NOTHING])
    const plain = open()
    value(plain.memory.alloc(2 * PAGE, ATTR.FORCE_CONTIGUOUS, 'frame'))
    expect(plain.calls[0]).toBe('pages 100 2000 frame')
  })

  it.each([
    [{ coherent: true }, false],
    [{ coherent: true, highmem: true }, true],
    [{}, true],
  ])('of %o has a mapping of its own: %s', (setup, remapped) => {
    const { memory, balance } = open(setup)
    const { cpuAddr, handle } = value(memory.alloc(PAGE, ATTR.FORCE_CONTIGUOUS, 'frame'))
    expect([balance().mappings, cpuAddr >= LINEAR]).toEqual([remapped ? 1 : 0, !remapped])
    memory.free(PAGE, cpuAddr, handle)
    expect(balance()).toEqual(NOTHING)
  })

  it.each([
    [PAGE, 'no pages'],
    [2 * PAGE, 'CMA lacks 8192; no pages'],
  ])('of %d bytes that is not there: %s', (size, why) => {
    expect(open({ pages: 1 }).memory.alloc(size, ATTR.FORCE_CONTIGUOUS, 'frame')).toEqual(fail('ENOMEM', why))
  })

  it.each([{ failing: { allocIova: 1 } }, { failing: { mapAt: 1 } }, { vmap: 1 }])(
    'with %o leaves nothing',
    (setup) => {
      const { memory, balance } = open(setup)
      expect(memory.alloc(2 * PAGE, ATTR.FORCE_CONTIGUOUS, 'frame')).toMatchObject({ errno: 'ENOMEM' })
      expect(balance()).toEqual(NOTHING)
    },
  )
})

describe('for a caller that may not sleep', () => {
  it('a device that snoops gets pages in one piece, never from CMA', () => {
    const { memory, calls } = open({ coherent: true, cma: pfn(0x4000), pages: 2 })
    value(memory.allocAtomic(2 * PAGE, 0, 'frame'))
    expect(calls[0]).toBe('pages 100 2000 frame')
    expect(memory.allocAtomic(2 * PAGE, 0, 'frame')).toEqual(fail('ENOMEM', 'no pages'))
  })
  it('any other one gets memory of the pool, and gives it back', () => {
    const { memory, calls, balance } = open({ atomic: true })
    const { cpuAddr, handle } = value(memory.allocAtomic(PAGE + 1, 0, 'frame'))
    expect(calls).toEqual(['pool 2000 {"owner":"frame","zone":"normal","quiet":false}', 'map 5000 1001 prot 3'])
    memory.free(PAGE + 1, cpuAddr, handle)
    expect([calls.at(-1), balance()]).toEqual(['pool back 2000', NOTHING])
  })
  it('nothing is kept of a pool that is full, or of memory that cannot be mapped', () => {
    const full = open()
    expect(full.memory.allocAtomic(PAGE, ATTR.NO_WARN, 'frame')).toEqual(fail('ENOMEM', 'pool is full'))
    expect(full.calls).toEqual(['pool 1000 {"owner":"frame","zone":"normal","quiet":true}'])
    const { memory, calls } = open({ atomic: true, failing: { map: 1 } })
    expect(memory.allocAtomic(PAGE, 0, 'frame')).toEqual(fail('ENOMEM', 'no address'))
    expect(calls.at(-1)).toBe('pool back 1000')
  })
})

describe('mmap and get_sgtable', () => {
  const made = (attrs: number) => {
    const opened = open({ apart: true })
    return { ...opened, ...value(opened.memory.alloc(4 * PAGE, attrs, 'frame')) }
  }
  it.each([
    [0, 4, [0x100, 0x102, 0x104, 0x106]],
    [1, 3, [0x102, 0x104, 0x106]],
    [3, 1, [0x106]],
    [0, 2, [0x100, 0x102]],
    [0, 5, undefined],
    [1, 4, undefined],
    [4, 1, undefined],
    [4, 0, undefined],
  ])('from page %d on, %d pages of four', (pgoff, count, pages) => {
    const { memory, cpuAddr } = made(ATTR.ALLOC_SINGLE_PAGES)
    expect(memory.mmap(cpuAddr, 4 * PAGE, pgoff, count * PAGE, 0)).toEqual(
      pages === undefined
        ? fail('ENXIO', 'the mapping is longer than the buffer')
        : ok({ phys: (pages[0] ?? 0) * PAGE, len: count * PAGE, kind: 'uncached', pages }),
    )
  })
  it('of one piece is that piece, from its page on', () => {
    const { memory, cpuAddr, calls } = made(ATTR.FORCE_CONTIGUOUS)
    expect(value(memory.mmap(cpuAddr, 4 * PAGE, 1, PAGE + 1, 0))).toEqual({
      phys: 0x10_1000,
      len: 2 * PAGE,
      kind: 'uncached',
    })
    memory.getSgtable(cpuAddr, 4 * PAGE - 1)
    expect(calls.at(-1)).toBe('entry [0,{"kind":"page","pfn":256},16384,0]')
  })
  it('a list has the pages of the buffer, as far as asked', () => {
    const { memory, cpuAddr } = made(ATTR.ALLOC_SINGLE_PAGES)
    expect(memory.getSgtable(cpuAddr, PAGE + 1)).toEqual(
      ok({ pfns: [0x100, 0x102], offset: 0, size: PAGE + 1, maxSegment: 2 ** 32 - 1 }),
    )
  })
  it('of memory that is not mapped, or that a pool of the device has', () => {
    const { memory } = open()
    const why = 'nothing is mapped at this address'
    expect(memory.mmap(vaddr(5n), PAGE, 0, PAGE, 0)).toEqual(fail('ENXIO', why))
    expect(memory.getSgtable(vaddr(5n), PAGE)).toEqual(fail('ENXIO', why))
    expect(memory.mmap(vaddr(0x99n), PAGE, 0, PAGE, 0)).toEqual(fail('EBUSY', 'a pool of the device'))
  })
})
