import { PAGE_SIZE, phys, vaddr } from '@dmalab/api'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CoherentPool } from '../src/index.ts'
import { openTestLab, pool } from './lab.ts'

const BASE = 0x4200_0000

const make = (pages: number) => {
  const { memory } = openTestLab({ reserved: [pool('luma', BASE, pages * PAGE_SIZE)] })
  const made = CoherentPool.init(memory, { name: 'luma', phys: phys(BASE), size: pages * PAGE_SIZE })
  if (!made.ok) throw new Error(made.why)
  return { memory, pool: made.value }
}

it('hands out the first free block whose start is a multiple of its size', () => {
  const { pool: p } = make(16)
  const pages = [1, 3, 1, 4].map((n) => p.alloc(n * PAGE_SIZE, 'x')).map((b) => (b.ok ? b.value.page : b.errno))
  expect(pages).toEqual([0, 4, 1, 8])
})

it('cannot hand out a tail that is not a power of two', () => {
  const { pool: p } = make(12)
  expect(p.alloc(8 * PAGE_SIZE, 'x')).toMatchObject({ ok: true, value: { page: 0 } })
  expect(p.alloc(5 * PAGE_SIZE, 'x')).toMatchObject({ ok: false, errno: 'ENOMEM' })
})

it('gives nothing when its length is negative in a C int, and takes nothing back', () => {
  const { memory } = openTestLab({ reserved: [pool('all', 2 ** 31, 2 ** 31)] })
  const init = { name: 'all', phys: phys(2 ** 31), size: 2 ** 31 }
  for (const lengthIsInt of [true, false]) {
    const made = CoherentPool.init(memory, { ...init, lengthIsInt })
    if (!made.ok) throw new Error(made.why)
    expect(made.value.alloc(PAGE_SIZE, 'x').ok).toBe(!lengthIsInt)
    expect(made.value.release(0, made.value.virtBase)).toBe(!lengthIsInt)
    memory.unmap(made.value.virtBase)
  }
})

it('zeroes the bytes asked for and leaves the rest of the block', () => {
  const { memory, pool: p } = make(4)
  memory.hot.write('memory', phys(BASE), new Uint8Array(2 * PAGE_SIZE).fill(0x55))
  p.alloc(5000, 'x')
  const bytes = new Uint8Array(2 * PAGE_SIZE)
  memory.hot.read('memory', phys(BASE), bytes)
  expect([bytes[4999], bytes[5000]]).toEqual([0, 0x55])
})

it('releases by address and order, and refuses addresses that are not its own', () => {
  const { pool: p } = make(4)
  const block = p.alloc(3 * PAGE_SIZE, 'x')
  if (!block.ok) throw new Error(block.why)
  expect(p.release(2, vaddr(block.value.cpuAddr - 1n))).toBe(false)
  expect(p.release(0, vaddr(p.virtBase + BigInt(4 * PAGE_SIZE)))).toBe(false)
  expect(p.release(0, vaddr(p.virtBase + BigInt(4 * PAGE_SIZE - 1)))).toBe(true)
  expect(p.inUse()).toBe(3)
  p.alloc(PAGE_SIZE, 'y')
  expect(p.inUse()).toBe(4)
  expect(p.release(2, block.value.cpuAddr)).toBe(true)
  expect(p.inUse()).toBe(0)
})

it('maps to user space only what lies in the allocation', () => {
  const { pool: p } = make(8)
  const at = vaddr(p.virtBase + BigInt(2 * PAGE_SIZE))
  expect(p.mmap(at, 2 * PAGE_SIZE, 1, PAGE_SIZE)).toEqual({
    ok: true,
    value: { phys: BASE + 3 * PAGE_SIZE, len: PAGE_SIZE, kind: 'writecombine' },
  })
  expect(p.mmap(at, 2 * PAGE_SIZE, 1, 2 * PAGE_SIZE)).toMatchObject({ ok: false, errno: 'ENXIO' })
  expect(p.mmap(vaddr(at + BigInt(6 * PAGE_SIZE)), 2 * PAGE_SIZE, 0, PAGE_SIZE)).toBeUndefined()
})

it('refuses a region of no bytes', () => {
  const { memory } = openTestLab()
  expect(CoherentPool.init(memory, { name: 'p', phys: phys(BASE), size: 0 })).toMatchObject({ errno: 'EINVAL' })
})

it('never hands out a page twice', () => {
  const step = fc.record({ pages: fc.integer({ min: 1, max: 9 }), free: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { pool: p } = make(32)
      const live: { page: number; count: number; at: bigint }[] = []
      for (const { pages, free } of steps) {
        if (free) {
          const gone = live.shift()
          if (gone !== undefined) p.release(Math.log2(gone.count), vaddr(gone.at))
          continue
        }
        const block = p.alloc(pages * PAGE_SIZE, 'x')
        const count = 2 ** Math.ceil(Math.log2(pages))
        if (!block.ok) continue
        const { page, cpuAddr } = block.value
        expect(live.some((other) => page < other.page + other.count && other.page < page + count)).toBe(false)
        live.push({ page, count, at: cpuAddr })
      }
      expect(p.inUse()).toBe(live.reduce((sum, b) => sum + b.count, 0))
    }),
    { numRuns: 30 },
  )
})
