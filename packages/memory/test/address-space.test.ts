// The kernel's virtual addresses: the vmalloc window, what of the linear map is not cached, lasting mappings of highmem pages.
import { type KernelVaddr, PAGE_SIZE, pfn, phys } from '@dmalab/api'
import { describe, expect, test } from 'vitest'
import { AddressSpace } from '../src/address-space.ts'
import { layOut } from '../src/index.ts'
import { PersistentKmaps } from '../src/persistent-kmaps.ts'
import { FACTS, HIGHMEM, machine, open, oopsOf, POOL, RAM } from './small-machine.ts'

const VMALLOC = 0xf080_0000n
const MIB = 2 ** 20
const plus = (at: bigint, bytes: number): KernelVaddr => (at + BigInt(bytes)) as KernelVaddr
const layout = layOut(machine(), FACTS)
const spaceOf = (over: Partial<typeof layout> = {}, fails: readonly string[] = []) =>
  new AddressSpace({ ...layout, ...over }, (what) => fails.includes(what))
const taken = (result: ReturnType<AddressSpace['remap']>): KernelVaddr => {
  if (!result.ok) throw new Error(result.why)
  return result.value
}
const linear = (at: number): KernelVaddr => spaceOf().linearAddress(phys(at))

describe('the vmalloc window', () => {
  test('mappings follow one another with a guard page between them', () => {
    const space = spaceOf()
    expect(taken(space.remap(phys(POOL), 1, 'writecombine'))).toBe(VMALLOC)
    expect(taken(space.remap(phys(POOL), PAGE_SIZE + 1, 'uncached'))).toBe(plus(VMALLOC, 2 * PAGE_SIZE))
    expect(taken(space.vmap([pfn(5)], 'cached'))).toBe(plus(VMALLOC, 5 * PAGE_SIZE))
    expect(space.balance().get('kernel mappings')).toBe(3)
    expect(space.resolve(plus(VMALLOC, PAGE_SIZE))).toBeUndefined()
    expect(space.resolve(plus(VMALLOC, 3 * PAGE_SIZE + 7))).toEqual({ phys: POOL + PAGE_SIZE + 7, kind: 'uncached' })
  })

  test('a range that does not begin with a page keeps its offset, and takes the page it ends in', () => {
    const space = spaceOf()
    const at = taken(space.remap(phys(POOL + 0xffe), 4, 'writecombine'))
    expect(at).toBe(plus(VMALLOC, 0xffe))
    expect(space.resolve(at)).toEqual({ phys: POOL + 0xffe, kind: 'writecombine' })
    expect(space.resolve(plus(VMALLOC, 2 * PAGE_SIZE - 1))).toMatchObject({ phys: POOL + 2 * PAGE_SIZE - 1 })
    expect(space.firstUnmapped(VMALLOC as KernelVaddr, 2 * PAGE_SIZE)).toBeUndefined()
    expect(space.firstUnmapped(VMALLOC as KernelVaddr, 2 * PAGE_SIZE + 1)).toBe(2 * PAGE_SIZE)
  })

  // Models: Linux v4.11 mm/vmalloc.c: get_vm_area, where each area has a guard page behind it.
  test('a hole is used again by what fits with its guard page, and by nothing larger', () => {
    const space = spaceOf()
    const [, middle] = [3, 3, 3].map((pages) => taken(space.remap(phys(POOL), pages * PAGE_SIZE, 'cached')))
    space.unmap(plus(middle ?? 0n, PAGE_SIZE + 5))
    expect(space.balance().get('kernel mappings')).toBe(2)
    expect(taken(space.remap(phys(POOL), 4 * PAGE_SIZE, 'cached'))).toBe(plus(VMALLOC, 12 * PAGE_SIZE))
    expect(taken(space.remap(phys(POOL), 3 * PAGE_SIZE, 'cached'))).toBe(middle)
  })

  test('is full to the page, and says so', () => {
    const space = spaceOf({ vmalloc: { start: VMALLOC, end: VMALLOC + 8n * 4096n } })
    expect(space.remap(phys(RAM), 8 * PAGE_SIZE + 1, 'cached')).toEqual({
      ok: false,
      errno: 'ENOMEM',
      why: 'the vmalloc window has no room for 9 pages',
    })
    const all = taken(space.remap(phys(RAM), 8 * PAGE_SIZE, 'cached'))
    expect(space.vmap([pfn(1)], 'cached')).toMatchObject({ errno: 'ENOMEM' })
    space.unmap(all)
    expect(taken(space.remap(phys(RAM), 6 * PAGE_SIZE, 'cached'))).toBe(VMALLOC)
    expect(taken(space.vmap([pfn(1)], 'cached'))).toBe(plus(VMALLOC, 7 * PAGE_SIZE))
    expect(space.resolve(plus(VMALLOC, 8 * PAGE_SIZE))).toBeUndefined()
  })

  test('a mapping of no pages, and one that was made to fail, are refused', () => {
    expect(spaceOf().vmap([], 'cached')).toEqual({ ok: false, errno: 'ENOMEM', why: 'no pages to map' })
    const failing = spaceOf({}, ['vmap'])
    const why = 'a kernel mapping of 2 pages failed on request'
    expect(failing.vmap([pfn(1), pfn(2)], 'cached')).toEqual({ ok: false, errno: 'ENOMEM', why })
    expect(failing.remap(phys(POOL), 2 * PAGE_SIZE, 'cached')).toEqual({ ok: false, errno: 'ENOMEM', why })
    expect(failing.kmap(pfn(9))).toEqual({
      ok: false,
      errno: 'ENOMEM',
      why: 'a kernel mapping of page frame 9 failed on request',
    })
    expect(spaceOf({}, ['pages']).kmap(pfn(9)).ok).toBe(true)
    expect(failing.balance()).toEqual(spaceOf().balance())
  })

  test('what is not mapped cannot be unmapped', () => {
    expect(() => spaceOf().unmap(VMALLOC as KernelVaddr)).toThrow('nothing is mapped at 0xf0800000')
    expect(() => spaceOf().pieces(VMALLOC as KernelVaddr, 1)).toThrow('nothing is mapped at 0xf0800000')
  })

  test('scattered pages come in pieces of a page, also from within one', () => {
    const space = spaceOf()
    const at = taken(space.vmap([7, 8, 3].map(pfn), 'writecombine'))
    expect(space.pieces(plus(at, 100), 2 * PAGE_SIZE)).toEqual([
      { len: PAGE_SIZE - 100, done: 0, phys: 7 * PAGE_SIZE + 100, kind: 'writecombine' },
      { len: PAGE_SIZE, done: PAGE_SIZE - 100, phys: 8 * PAGE_SIZE, kind: 'writecombine' },
      { len: 100, done: 2 * PAGE_SIZE - 100, phys: 3 * PAGE_SIZE, kind: 'writecombine' },
    ])
    expect(space.pieces(taken(space.remap(phys(POOL), 3 * PAGE_SIZE, 'cached')), 3 * PAGE_SIZE)).toHaveLength(1)
  })
})

describe('the linear map', () => {
  test('an address is arithmetic and wraps at the width of a pointer', () => {
    expect(linear(RAM + 5)).toBe(0xc000_0005n)
    expect(linear(0)).toBe(0x8000_0000n)
    expect(linear(RAM + 0x4000_0000)).toBe(0n)
    const wide = spaceOf({ vaddrBits: 64, pageOffset: 0xffff_8000_0000_0000n, physOffset: 0 })
    expect(wide.linearAddress(phys(RAM))).toBe(0xffff_8000_4000_0000n)
    // ~0, an error that was taken for an address.
    expect(wide.linearAddress((2 ** 64) as ReturnType<typeof phys>)).toBe(0xffff_7fff_ffff_ffffn)
  })

  test('resolves where memory has it, from its first byte to its last, and nowhere else', () => {
    const space = spaceOf()
    const resolved = (at: number) => space.resolve(linear(at))?.phys
    expect([RAM, POOL - 1, POOL, POOL + MIB - 1, POOL + MIB, HIGHMEM - 1, HIGHMEM].map(resolved)).toEqual([
      RAM,
      POOL - 1,
      undefined,
      undefined,
      POOL + MIB,
      HIGHMEM - 1,
      undefined,
    ])
    expect(space.resolve((layout.pageOffset - 1n) as KernelVaddr)).toBeUndefined()
    expect(space.resolve((2n ** 63n) as KernelVaddr)).toBeUndefined()
    expect(space.firstUnmapped(linear(POOL - 10), 10)).toBeUndefined()
    expect(space.firstUnmapped(linear(POOL - 10), 11)).toBe(10)
    expect(space.isLinear(phys(POOL - 10), 10)).toBe(true)
    expect(space.isLinear(phys(POOL - 10), 11)).toBe(false)
    expect(space.isLinear(phys(POOL))).toBe(false)
  })

  test('plain are ranges that lie in one stretch', () => {
    const space = spaceOf()
    expect(space.isPlain(phys(POOL - 10), 10)).toBe(true)
    expect(space.isPlain(phys(POOL - 10), 11)).toBe(false)
    expect(space.isPlain(phys(POOL), 1)).toBe(false)
  })

  test('addresses under the vmalloc window, or that wrap around, are not plain', () => {
    const base = 0xf080_0000 - 0xc000_0000 + RAM
    const large = spaceOf({ linear: [{ base: RAM, len: 2 ** 30 }] })
    expect(large.isPlain(phys(base - 1), 1)).toBe(true)
    expect(large.isPlain(phys(base), 1)).toBe(false)
    expect(large.isPlain(phys(base - 1), 2)).toBe(false)
    const behind = base + 0xff80_0000 - 0xf080_0000
    expect(large.isPlain(phys(behind - 1), 1)).toBe(false)
    expect(large.isPlain(phys(behind), 1)).toBe(true)
    const wrap = RAM + 0x4000_0000
    const wider = spaceOf({
      linear: [
        { base: RAM, len: 2 ** 31 },
        { base: wrap, len: PAGE_SIZE },
      ],
    })
    expect(wider.isPlain(phys(wrap - 1), 1)).toBe(true)
    expect(wider.isPlain(phys(wrap - 1), 2)).toBe(false)
    expect(wider.isPlain(phys(wrap), 1)).toBe(false)
  })

  test('a part that is remapped uncached cuts accesses in pieces, until it is cached again', () => {
    const space = spaceOf()
    const at = RAM + 8 * PAGE_SIZE
    space.setLinearKind(phys(at), PAGE_SIZE, 'uncached')
    space.setLinearKind(phys(at + 2 * PAGE_SIZE), PAGE_SIZE, 'writecombine')
    const kinds = space.pieces(linear(at - 16), 3 * PAGE_SIZE + 32).map(({ kind, len, done }) => ({ kind, len, done }))
    expect(kinds).toEqual([
      { kind: 'cached', len: 16, done: 0 },
      { kind: 'uncached', len: PAGE_SIZE, done: 16 },
      { kind: 'cached', len: PAGE_SIZE, done: 16 + PAGE_SIZE },
      { kind: 'writecombine', len: PAGE_SIZE, done: 16 + 2 * PAGE_SIZE },
      { kind: 'cached', len: 16, done: 16 + 3 * PAGE_SIZE },
    ])
    expect(space.isCached(phys(at - 16), 16)).toBe(true)
    expect(space.isCached(phys(at - 16), 17)).toBe(false)
    expect(space.isCached(phys(POOL), 1)).toBe(false)
    expect(space.balance().get('bytes of the linear map that are not cached')).toBe(2 * PAGE_SIZE)
    space.setLinearKind(phys(at), 3 * PAGE_SIZE, 'cached')
    expect(space.pieces(linear(at - 16), 64)).toHaveLength(1)
    expect(space.balance().get('bytes of the linear map that are not cached')).toBe(0)
  })

  test('pieces end where the part ends, be it one byte behind', () => {
    const space = spaceOf()
    space.setLinearKind(phys(RAM + 1), PAGE_SIZE, 'uncached')
    expect(space.pieces(linear(RAM), 2).map(({ kind }) => kind)).toEqual(['cached', 'uncached'])
    expect(space.firstUnmapped(linear(HIGHMEM - 1), 2)).toBe(1)
    space.setLinearKind(phys(HIGHMEM - 1), 1, 'uncached')
    expect(space.pieces(linear(HIGHMEM - 2), 2).map(({ len }) => len)).toEqual([1, 1])
  })
})

describe('lasting mappings of highmem pages', () => {
  const BASE = 0xc000_0000n - 512n * 4096n

  test('a page has one, however often it is asked for, until each user has given it back', () => {
    const kmaps = new PersistentKmaps(0xc000_0000n)
    expect([7, 9, 7].map((page) => kmaps.map(pfn(page)))).toEqual(
      [0, PAGE_SIZE, 0].map((offset) => ({ ok: true, value: plus(BASE, offset) })),
    )
    expect(kmaps.count).toBe(2)
    kmaps.unmap(pfn(7))
    expect(kmaps.has(pfn(7))).toBe(true)
    kmaps.unmap(pfn(7))
    expect([kmaps.has(pfn(7)), kmaps.has(pfn(9)), kmaps.count]).toEqual([false, true, 1])
    expect(kmaps.map(pfn(11))).toEqual({ ok: true, value: BASE })
    expect(() => kmaps.unmap(pfn(7))).toThrow('page frame 7 has no kmap')
  })

  test('addresses resolve within the window, page by page', () => {
    const kmaps = new PersistentKmaps(0xc000_0000n)
    kmaps.map(pfn(7))
    expect(kmaps.resolve(plus(BASE, PAGE_SIZE - 1))).toBe(8 * PAGE_SIZE - 1)
    expect(kmaps.resolve(plus(BASE, PAGE_SIZE))).toBeUndefined()
    expect(kmaps.resolve(plus(BASE, -1))).toBeUndefined()
    expect(kmaps.resolve(0xc000_0000n as KernelVaddr)).toBeUndefined()
  })

  // Models: Linux v4.11 arch/arm/include/asm/highmem.h: LAST_PKMAP
  test('there are 512', () => {
    const kmaps = new PersistentKmaps(0xc000_0000n)
    for (let page = 0; page < 512; page++) expect(kmaps.map(pfn(page)).ok).toBe(true)
    expect(kmaps.resolve(plus(0xc000_0000n, -1))).toBe(512 * PAGE_SIZE - 1)
    expect(kmaps.map(pfn(512))).toEqual({
      ok: false,
      errno: 'ENOMEM',
      why: 'all 512 slots for highmem pages are taken',
    })
    expect(kmaps.map(pfn(100)).ok).toBe(true)
    kmaps.unmap(pfn(3))
    expect(kmaps.map(pfn(512))).toEqual({ ok: true, value: plus(BASE, 3 * PAGE_SIZE) })
  })

  test('are pieces of a page each, and fault behind it', () => {
    const { memory } = open()
    const page = pfn(HIGHMEM / PAGE_SIZE + 3)
    const at = taken(memory.kmap(page))
    memory.cpuWrite(at, PAGE_SIZE, { seed: 4 }, 'b')
    expect(memory.cpuCompare(at, PAGE_SIZE, { seed: 4 })).toBe(0)
    expect(oopsOf(() => memory.memset(at, 0, PAGE_SIZE + 1)).reason).toBe('paging request')
    expect([memory.kmapped(page), memory.kmaps, memory.balance().get('kmaps')]).toEqual([true, 1, 1])
    memory.kunmap(page)
    expect([memory.kmapped(page), memory.kmaps, memory.balance().get('kmaps')]).toEqual([false, 0, 0])
    // A page of lowmem has its linear address, and nothing to give back.
    const low = pfn(RAM / PAGE_SIZE + 3)
    expect(taken(memory.kmap(low))).toBe(linear(RAM + 3 * PAGE_SIZE))
    memory.kunmap(low)
    expect(memory.kmaps).toBe(0)
  })
})
