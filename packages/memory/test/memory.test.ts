// The machine's memory as a driver uses it: copies across mappings, faults, owners, what is lent and comes back.
import { PAGE_SIZE, pfn, phys, physOf, type KernelVaddr } from '@dmalab/api'
import { describe, expect, test } from 'vitest'
import { Memory } from '../src/index.ts'
import { FACTS, HIGHMEM, machine, oopsOf, open, type Opened, POOL, RAM } from './small-machine.ts'

const MIB = 2 ** 20
const AT = RAM + 64 * MIB
const withCma = () =>
  open({
    ...machine(),
    reserved: [
      {
        name: 'cma',
        base: AT,
        len: 16 * MIB,
        compatible: 'shared-dma-pool',
        noMap: false,
        reusable: true,
        default: 'cma',
      },
      { name: 'video', base: AT + 16 * MIB, len: MIB, compatible: 'shared-dma-pool', noMap: false, reusable: true },
    ],
  })
const plus = (at: KernelVaddr, bytes: number): KernelVaddr => (at + BigInt(bytes)) as KernelVaddr
const vmapped = ({ memory }: Opened, frames: readonly number[], kind: 'cached' | 'uncached' = 'cached') => {
  const got = memory.vmap(
    frames.map((n) => pfn(RAM / PAGE_SIZE + n)),
    kind,
  )
  if (!got.ok) throw new Error(got.why)
  return got.value
}

describe('memcpy', () => {
  test('moves every byte, however both sides are cut into pieces', () => {
    const opened = open()
    const { memory } = opened
    const [from, to] = [vmapped(opened, [9, 3, 7]), vmapped(opened, [20, 12, 16, 14])]
    memory.cpuWrite(from, 3 * PAGE_SIZE, { seed: 8 }, 'b')
    memory.memset(to, 0, 4 * PAGE_SIZE)
    memory.memcpy(plus(to, 1000), plus(from, 50), 2 * PAGE_SIZE + 3000)
    expect(memory.cpuCompare(plus(to, 1000), 2 * PAGE_SIZE + 3000, { seed: 8, offset: 50 })).toBe(0)
    expect(memory.cpuCompare(to, 1000, 0)).toBe(0)
    expect(memory.cpuCompare(plus(to, 4000 + 2 * PAGE_SIZE), 2 * PAGE_SIZE - 4000, 0)).toBe(0)
  })

  test('an uncached mapping is read from memory, not through the cache', () => {
    const opened = open()
    const { memory } = opened
    const [cached, uncached, to] = [vmapped(opened, [3]), vmapped(opened, [3], 'uncached'), vmapped(opened, [5])]
    memory.cpuWrite(uncached, 64, { seed: 1 }, 'b')
    memory.cpuWrite(cached, 64, { seed: 2 }, 'b')
    memory.memcpy(to, uncached, 64)
    expect(memory.cpuCompare(to, 64, { seed: 1 })).toBe(0)
    memory.memcpy(to, cached, 64)
    expect(memory.cpuCompare(to, 64, { seed: 2 })).toBe(0)
    memory.memcpy(uncached, to, 64)
    expect(memory.hot.compare('memory', phys(RAM + 3 * PAGE_SIZE), 64, 2).wrong).toBe(0)
    expect(['cached', 'uncached', 'writecombine'].map((kind) => Memory.view(kind as 'cached'))).toEqual([
      'cpu',
      'memory',
      'memory',
    ])
  })

  test('faults where either side is not mapped, reading before writing', () => {
    const { memory } = open()
    const [fine, hole] = [memory.linearAddress(phys(AT)), memory.linearAddress(phys(POOL))]
    expect(oopsOf(() => memory.memcpy(fine, plus(hole, -8), 16))).toMatchObject({
      address: '0xc1000000',
      function: 'memcpy',
      reason: 'paging request',
    })
    expect(oopsOf(() => memory.memcpy(plus(hole, -8), fine, 16)).address).toBe('0xc1000000')
  })
})

test('a fault says whether it wrote, and the function that stopped', () => {
  const pageFault = ({ address, write }: { address: string; write: boolean }) => [
    `${write ? 'write' : 'read'} ${address}`,
  ]
  const arch = { ...FACTS.arch, oops: { ...FACTS.arch.oops, memcpy: '__memcpy', pageFault } }
  const { memory } = open(machine(), { ...FACTS, arch })
  const [hole, fine] = [memory.linearAddress(phys(POOL)), memory.linearAddress(phys(AT))]
  const told = (body: () => void) => oopsOf(body).text
  expect(told(() => memory.memset(hole, 0, 4))).toEqual(['write c1000000', 'memset'])
  expect(told(() => memory.memcpy(hole, fine, 4))).toEqual(['write c1000000', '__memcpy'])
  expect(told(() => memory.memcpy(fine, hole, 4))).toEqual(['read c1000000', '__memcpy'])
  expect(told(() => memory.cpuWrite(hole, 4, { seed: 1 }, 'b'))).toEqual(['write c1000000', '__memcpy'])
  expect(told(() => memory.cpuCompare(hole, 4, { seed: 1 }))).toEqual(['read c1000000', 'memcpy'])
})

test('a mapping of what is no memory ends in an external abort at the first byte that none answers', () => {
  const { memory } = open()
  const end = RAM + 256 * MIB
  const got = memory.remap(phys(end - PAGE_SIZE), 2 * PAGE_SIZE, 'uncached')
  if (!got.ok) throw new Error(got.why)
  expect(() => memory.memset(got.value, 0, PAGE_SIZE)).not.toThrow()
  expect(oopsOf(() => memory.memset(got.value, 0, PAGE_SIZE + 1))).toMatchObject({
    address: `0x${end.toString(16)}`,
    reason: 'external abort',
    function: 'memset',
  })
})

test('remapped memory is cached where the architecture cannot do otherwise', () => {
  for (const cachedRemaps of [true, false]) {
    const { memory } = open(machine(), { ...FACTS, cachedRemaps })
    const got = memory.remap(phys(POOL), PAGE_SIZE, 'writecombine')
    expect(got.ok && memory.resolve(got.value)?.kind).toBe(cachedRemaps ? 'cached' : 'writecombine')
  }
})

test('bytes and seeded content are written from their offset on, and a number means each byte', () => {
  const opened = open()
  const { memory } = opened
  const at = vmapped(opened, [9, 3])
  const bytes = Uint8Array.from({ length: 2 * PAGE_SIZE }, (_, i) => (i * 7) % 253)
  memory.cpuWrite(at, 2 * PAGE_SIZE, bytes, 'b')
  expect(memory.cpuCompare(at, 2 * PAGE_SIZE, bytes)).toBe(0)
  bytes[PAGE_SIZE + 1] = 255
  bytes[1] = 255
  expect(memory.cpuCompare(at, 2 * PAGE_SIZE, bytes)).toBe(2)
  memory.cpuWrite(at, 2 * PAGE_SIZE, { seed: 3, offset: 9 }, 'b')
  expect(memory.cpuCompare(at, 2 * PAGE_SIZE, { seed: 3, offset: 9 })).toBe(0)
  expect(memory.cpuCompare(plus(at, 1), 2 * PAGE_SIZE - 1, { seed: 3, offset: 10 })).toBe(0)
  memory.memset(at, 0x5a, 2 * PAGE_SIZE)
  expect([memory.cpuCompare(at, 2 * PAGE_SIZE, 0x5a), memory.cpuCompare(at, 2 * PAGE_SIZE, 0)]).toEqual([0, 8192])
})

test('a highmem page is zeroed whole, and nothing beside it', () => {
  const { memory } = open()
  memory.hot.set('cpu', phys(HIGHMEM - 64), PAGE_SIZE + 128, 1)
  memory.zeroHighmemPage(phys(HIGHMEM))
  expect(memory.hot.compareSet('cpu', phys(HIGHMEM), PAGE_SIZE, 0).wrong).toBe(0)
  expect(memory.hot.compareSet('cpu', phys(HIGHMEM - 64), 64, 1).wrong).toBe(0)
  expect(memory.hot.compareSet('cpu', phys(HIGHMEM + PAGE_SIZE), 64, 1).wrong).toBe(0)
})

describe('owners', () => {
  const WAYS: readonly (readonly [string, (m: Memory, owner?: string) => ReturnType<Memory['allocPages']>, boolean])[] =
    [
      ['pages', (m, owner) => m.allocPages(PAGE_SIZE + 1, owner === undefined ? {} : { owner }), false],
      ['pages at boot', (m, owner) => m.allocBoot(PAGE_SIZE + 1, owner === undefined ? {} : { owner }), false],
      ['contiguous pages', (m, owner) => m.allocContiguous(PAGE_SIZE + 1, owner === undefined ? {} : { owner }), true],
      [
        'what the boot takes of CMA',
        (m, owner) => m.takeContiguous(PAGE_SIZE + 1, owner === undefined ? {} : { owner }),
        true,
      ],
      ['a task’s pages', (m, owner) => m.allocUser(PAGE_SIZE + 1, owner === undefined ? {} : { owner }), false],
    ]
  test.each(WAYS)('%s belong to who asked, up to the end of the last page, until they come back', (_, take, isCma) => {
    const { memory } = withCma()
    const before = memory.balance()
    const got = take(memory, 'me')
    if (!got.ok) throw new Error(got.why)
    const base = physOf(got.value)
    const at = (offset: number) => memory.ownerAt(phys(base + offset))
    expect([at(-1), at(0), at(2 * PAGE_SIZE - 1), at(2 * PAGE_SIZE)]).toEqual([undefined, 'me', 'me', undefined])
    expect(base >= AT && base < AT + 16 * MIB).toBe(isCma)
    expect(memory.balance()).not.toEqual(before)
    if (isCma) memory.freeContiguous(got.value, PAGE_SIZE + 1)
    else memory.freePages(got.value, PAGE_SIZE + 1)
    expect([at(0), at(2 * PAGE_SIZE - 1)]).toEqual([undefined, undefined])
    expect(memory.balance()).toEqual(before)
    const again = take(memory)
    expect(again.ok && memory.ownerAt(physOf(again.value))).toBeUndefined()
  })

  test('what is claimed has its owner, and what is refused has none', () => {
    const { memory } = open()
    expect(memory.claim(phys(AT), PAGE_SIZE, 'me').ok).toBe(true)
    expect(memory.claim(phys(AT), 2 * PAGE_SIZE, 'you').ok).toBe(false)
    expect([memory.ownerAt(phys(AT)), memory.ownerAt(phys(AT + PAGE_SIZE))]).toEqual(['me', undefined])
    memory.disown(phys(AT), PAGE_SIZE)
    expect(memory.ownerAt(phys(AT))).toBeUndefined()
  })

  test('memory that a cached mapping covers is that of buffers whose every page is mapped and cached', () => {
    const { memory } = open()
    memory.own(phys(AT), 2 * PAGE_SIZE, 'low')
    memory.own(phys(HIGHMEM), PAGE_SIZE, 'high')
    memory.own(phys(POOL), PAGE_SIZE, 'pool')
    memory.own(phys(AT + 8 * PAGE_SIZE), 2 * PAGE_SIZE, 'half')
    memory.setLinearKind(phys(AT + 9 * PAGE_SIZE), PAGE_SIZE, 'uncached')
    expect(memory.cachedBuffers()).toEqual([{ base: AT, len: 2 * PAGE_SIZE }])
  })
})

describe('the CMA area', () => {
  test('is asked by default for more than one page, by name for any', () => {
    const { memory } = withCma()
    expect(memory.allocFromCma(PAGE_SIZE)).toBeUndefined()
    expect(memory.allocFromCma(PAGE_SIZE + 1)).toBe(AT / PAGE_SIZE)
    expect(memory.allocFromCma(PAGE_SIZE, { area: 'video' })).toBe((AT + 16 * MIB) / PAGE_SIZE)
    expect(memory.allocFromCma(2 * MIB, { area: 'video' })).toBeUndefined()
    expect(open().memory.allocFromCma(2 * PAGE_SIZE)).toBeUndefined()
  })

  test('what boot takes of it leaves no event; what others take does', () => {
    const { memory, events } = withCma()
    memory.takeContiguous(2 * PAGE_SIZE)
    expect(events).toEqual([])
    memory.allocContiguous(2 * PAGE_SIZE)
    expect(events.map(({ event }) => event)).toEqual(['cma_alloc_start', 'cma_alloc_finish'])
  })

  test('says what it lacks in whole pages', () => {
    const { memory } = withCma()
    expect(memory.defaultCma).toMatchObject({ base: AT, len: 16 * MIB })
    expect(memory.cmaLacks(17 * MIB - 1)).toMatch(/^17 MiB are needed and CMA area cma has 16 MiB/)
    expect(memory.cmaLacks(2 * MIB, 'video')).toMatch(/CMA area video has 1 MiB/)
    expect(memory.totalRam).toBe((256 - 32) * MIB)
  })
})

test('only highmem pages have a mapping to take down', () => {
  const { memory } = open()
  expect(() => memory.kunmap(pfn(RAM / PAGE_SIZE))).not.toThrow()
  expect(() => memory.kunmap(pfn(HIGHMEM / PAGE_SIZE))).toThrow(/has no kmap/)
})
