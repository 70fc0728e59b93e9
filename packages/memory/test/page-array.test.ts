import { pfn, phys, vaddr } from '@dmalab/api'
import { expect, test } from 'vitest'
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
