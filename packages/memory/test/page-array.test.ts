import { pfn, phys, vaddr } from '@dmalab/api'
import { describe, expect, test } from 'vitest'
import { FACTS, HIGHMEM, machine, oopsOf, open, POOL, RAM } from './small-machine.ts'

const page = (at: number) => ({ kind: 'page', pfn: pfn(at / 4096) }) as const
test('a page of lowmem and one of highmem are told apart by their flags', () => {
  const { memory } = open()
  expect(memory.pageHighMem(page(RAM + 4096))).toBe(false)
  expect(memory.pageHighMem(page(HIGHMEM))).toBe(true)
})

test('a no-map region is not a valid pfn where the kernel removes it, and is one where the kernel keeps it', () => {
  expect(open().memory.pfnValid(pfn(POOL / 4096))).toBe(false)
  const kept = open(machine(), { ...FACTS, noMap: 'kept', arch: { ...FACTS.arch, pfnValid: 'pageblock' } }).memory
  expect(kept.pfnValid(pfn(POOL / 4096))).toBe(true)
  expect(kept.hasStructPage(pfn(POOL / 4096))).toBe(true)
  expect(kept.resolve(kept.linearAddress(phys(POOL)))).toBeUndefined()
})

test('reading the flags of a page outside the array faults at the address pfn_to_page gives', () => {
  const { memory } = open(machine({ base: 0xee00_0000n, entrySize: 32, holes: 'unmapped' }))
  const oops = oopsOf(() => memory.pageHighMem(page(POOL)))
  expect(oops.address).toBe('0xee020000')
  expect(oops.text[0]).toBe('Unable to handle kernel paging request at virtual address ee020000')
})

test('a hole that holds other bytes is read as a struct page, and reported', () => {
  const hole = (word: number) => open(machine({ base: 0xee00_0000n, entrySize: 32, holes: { word } }))
  const zeros = hole(0)
  expect(zeros.memory.pageHighMem(page(POOL))).toBe(false)
  expect(zeros.events).toMatchObject([{ event: 'type_confusion', virtAddr: '0xee020000', read: '0x0' }])
  expect(hole(0x4000_0000).memory.pageHighMem(page(POOL))).toBe(true)
})

test('a kernel address in place of a page pointer is read as flags: the content decides', () => {
  const { memory } = open()
  const window = memory.remap(phys(POOL), 8192, 'writecombine')
  if (!window.ok) throw new Error(window.why)
  const lie = { kind: 'vaddr', at: window.value } as const
  memory.memset(window.value, 0, 4096)
  expect(memory.pageHighMem(lie)).toBe(false)
  memory.memset(window.value, 0x55, 4096)
  expect(memory.pageHighMem(lie)).toBe(true)
  expect(memory.pageToPfn(lie)).not.toBe(POOL / 4096)
})

test('a NULL page pointer is a NULL pointer dereference', () => {
  expect(oopsOf(() => open().memory.pageHighMem({ kind: 'null' })).reason).toBe('NULL pointer')
})

test('page_to_pfn undoes pfn_to_page everywhere', () => {
  const { memory } = open()
  for (const at of [RAM, POOL, HIGHMEM, 0xf000_0000])
    expect(memory.pageToPfn({ kind: 'vaddr', at: vaddr(memory.pageStructAddress(pfn(at / 4096))) })).toBe(at / 4096)
})

describe('pfn_valid', () => {
  const MIB = 2 ** 20
  const valid = (rule: 'memblock' | 'pageblock' | 'section', facts: object, places: readonly number[]) => {
    const { memory } = open(
      { ...machine(), memory: [{ base: RAM, len: 250 * MIB }] },
      { ...FACTS, ...facts, arch: { ...FACTS.arch, pfnValid: rule } },
    )
    return places.map((at) => memory.pfnValid(pfn(at / 4096)))
  }
  const END = RAM + 250 * MIB

  test('by memblock: what may be mapped, to the page', () => {
    const places = [RAM - 4096, RAM, POOL - 4096, POOL, POOL + MIB - 4096, POOL + MIB, END - 4096, END]
    const expected = [false, true, true, false, false, true, true, false]
    expect(valid('memblock', { noMap: 'kept' }, places)).toEqual(expected)
    // In any order: an answer does not hang on the one before.
    expect(valid('memblock', { noMap: 'kept' }, places.toReversed())).toEqual(expected.toReversed())
  })

  test('by page block: all of each 4 MiB in which there is memory', () => {
    const places = [RAM - 4096, RAM, POOL, END, RAM + 252 * MIB - 4096, RAM + 252 * MIB]
    expect(valid('pageblock', {}, places)).toEqual([false, true, true, true, true, false])
  })

  test('by section: all of each 128 MiB', () => {
    const places = [RAM - 4096, RAM, END, RAM + 256 * MIB - 4096, RAM + 256 * MIB, RAM + 384 * MIB]
    expect(valid('section', {}, places)).toEqual([false, true, true, true, false, false])
    expect(valid('section', { memLimit: 128 * MIB }, [RAM + 128 * MIB - 4096, RAM + 128 * MIB])).toEqual([true, false])
  })
})

describe('the words of what is no struct page', () => {
  const zone = (word: number) => open(machine({ base: 0xee00_0000n, entrySize: 32, holes: { word } })).memory
  test.each([
    [0, false],
    [0x3fff_ffff, false],
    [0x4000_0000, true],
    [0x8000_0000, true],
    [0xbfff_ffff, true],
    [0xc000_0000, false],
  ])('flags %i: highmem is %s', (word, expected) => {
    expect(zone(word).pageHighMem(page(POOL))).toBe(expected)
  })

  test('a word is read at its offset, and says which', () => {
    const { memory, events } = open()
    const window = memory.remap(phys(POOL), 8192, 'writecombine')
    if (!window.ok) throw new Error(window.why)
    const lie = { kind: 'vaddr', at: window.value } as const
    memory.memset(window.value, 0, 64)
    memory.memset((window.value + 12n) as typeof window.value, 0x77, 4)
    expect([memory.pageWord(lie, 12), memory.pageWord(lie, 0)]).toEqual([0x7777_7777, 0])
    expect(events.map((one) => (one.event === 'type_confusion' ? [one.what, one.virtAddr, one.read] : one))).toEqual([
      ['word 12 of something that is not a struct page', '0xf0800000', '0x77777777'],
      ['page->flags of something that is not a struct page', '0xf0800000', '0x0'],
    ])
    expect(memory.pageWord(page(RAM), 12)).toBeUndefined()
  })

  test('a word of the first page of addresses is one of a NULL pointer, and behind it is not', () => {
    const { memory } = open()
    const fault = (at: bigint, offset: number) =>
      oopsOf(() => memory.pageWord({ kind: 'vaddr', at: vaddr(at) }, offset))
    expect(fault(0n, 8)).toMatchObject({ reason: 'NULL pointer', address: '0x00000008' })
    expect(fault(0xffcn, 0).reason).toBe('NULL pointer')
    expect(fault(0xffcn, 4)).toMatchObject({ reason: 'paging request', address: '0x00001000' })
    expect(oopsOf(() => memory.pageWord({ kind: 'null' }, 4)).address).toBe('0x00000004')
    expect(oopsOf(() => memory.pageWord(page(POOL), 4)).reason).toBe('paging request')
  })

  test('highmem is no question where the architecture has none', () => {
    const { memory, events } = open(machine(), { ...FACTS, arch: { ...FACTS.arch, highmem: false } })
    expect([page(HIGHMEM), page(POOL), { kind: 'null' } as const].map((one) => memory.pageHighMem(one))).toEqual([
      false,
      false,
      false,
    ])
    expect([memory.isHighmemPfn(pfn(HIGHMEM / 4096)), events]).toEqual([false, []])
    const with32 = open().memory
    expect([HIGHMEM - 4096, HIGHMEM].map((at) => with32.isHighmemPfn(pfn(at / 4096)))).toEqual([false, true])
  })
})

test('page frames of foreign pointers wrap at the width of the kernel', () => {
  const arch = { ...FACTS.arch, pointerBits: 64 as const }
  const array = { base: 0xffff_fdff_c000_0000n, entrySize: 64, holes: 'unmapped' } as const
  const wide = open(machine(array), { ...FACTS, arch }).memory
  const narrow = open().memory
  const frame = (memory: typeof wide, at: bigint) => memory.pageToPfn({ kind: 'vaddr', at: vaddr(at) })
  expect(frame(wide, array.base + 64n)).toBe(RAM / 4096 + 1)
  expect(frame(wide, array.base - 64n * BigInt(RAM / 4096) - 64n)).toBe(2 ** 52 - 1)
  expect(frame(narrow, 0xeeff_8000n - 32n * BigInt(RAM / 4096) - 32n)).toBe(2 ** 32 - 1)
  expect(narrow.pageToPfn({ kind: 'null' })).toBe(frame(narrow, 0n))
  expect(narrow.pageToPfn(page(POOL))).toBe(POOL / 4096)
})
