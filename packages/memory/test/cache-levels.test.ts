import { DIR, pfn, phys } from '@dmalab/api'
import { expect, test } from 'vitest'
import { FACTS, HIGHMEM, machine, open, RAM } from './small-machine.ts'

const withOuter = () =>
  ({ ...machine(), cpu: { lineSize: 32, aliasing: false, outer: { model: 'pl310', lineSize: 32 } } }) as const
const AT = phys(RAM + 0x280_0000)

test('what the CPU wrote reaches memory when both levels are cleaned, and not before', () => {
  const { memory } = open(withOuter())
  memory.hot.fill('cpu', AT, 4096, 7)
  const wrong = (): number => memory.hot.compare('memory', AT, 4096, 7).wrong
  memory.cache.dmacMap(memory.linearAddress(AT), 4096, DIR.TO_DEVICE)
  expect(wrong()).toBeGreaterThan(4000)
  memory.cache.outerClean(AT, 4096)
  expect(wrong()).toBe(0)
})

test('on a machine without an outer cache its operations do and tell nothing', () => {
  const { memory, events } = open()
  memory.hot.fill('cpu', AT, 4096, 7)
  memory.cache.outerFlush(AT, 4096)
  expect(memory.hot.compare('memory', AT, 4096, 7).wrong).toBeGreaterThan(4000)
  expect(events).toEqual([])
})

test('every line is reported, edges as the code of the release treats them', () => {
  const lines = (invalidatesTwice: boolean): string[] => {
    const cache = { ...FACTS.arch.cache, invalidatesTwice }
    const { memory, events } = open(machine(), { ...FACTS, arch: { ...FACTS.arch, cache } })
    memory.cache.dmacMap(memory.linearAddress(phys(AT + 32)), 128, DIR.FROM_DEVICE)
    return events.flatMap((event) => (event.event === 'cache_line' ? [`${event.op} ${event.physAddr - AT}`] : []))
  }
  expect(lines(false)).toEqual(['ci 0', 'ci 128', 'i 64'])
  expect(lines(true)).toEqual(['ci 0', 'ci 128', 'i 0', 'i 64'])
})

test('a page marked clean keeps the mark', () => {
  const { memory } = open()
  memory.cache.markPageClean(pfn(AT / 4096))
  expect([memory.hot.pageClean(pfn(AT / 4096)), memory.hot.pageClean(pfn(AT / 4096 + 1))]).toEqual([true, false])
})

test('kmap maps a highmem page until the last kunmap, and any other page is where it always is', () => {
  const { memory } = open()
  const page = pfn(HIGHMEM / 4096)
  const first = memory.kmap(page)
  const second = memory.kmap(page)
  expect(first).toEqual(second)
  if (!first.ok) throw new Error(first.why)
  expect(memory.resolve(first.value)).toEqual({ phys: HIGHMEM, kind: 'cached' })
  memory.kunmap(page)
  expect(memory.kmapped(page)).toBe(true)
  memory.kunmap(page)
  expect([memory.kmapped(page), memory.resolve(first.value)]).toEqual([false, undefined])
  expect(memory.kmap(pfn(AT / 4096))).toMatchObject({ value: memory.linearAddress(AT) })
})

test('a range may run from the linear map into a mapping right behind it', () => {
  const end = 0xc000_0000n + BigInt(HIGHMEM - RAM)
  const { memory } = open({
    ...machine(),
    layout: { lowmemEnd: HIGHMEM, vmalloc: { start: end, end: end + 0x10_0000n } },
  })
  const over = memory.linearAddress(phys(HIGHMEM - 64))
  expect(() => memory.cache.dmacFlush(over, 128)).toThrow('paging request at virtual address c8000000')
  memory.remap(phys(HIGHMEM), 4096, 'cached')
  memory.cache.dmacFlush(over, 128)
})
