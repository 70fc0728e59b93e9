// The address space of a recorded program's task.
import { PAGE_SIZE, type Pfn, phys, type UserMapping } from '@dmalab/api'
import { expect, it } from 'vitest'
import { UserSpace } from '../src/differential/v4l2/user-space.ts'

const memory = (pages: readonly number[], more: Partial<UserMapping> = {}): UserMapping => ({
  phys: phys((pages[0] ?? 0) * PAGE_SIZE),
  len: pages.length * PAGE_SIZE,
  kind: 'cached',
  pages: pages as readonly Pfn[],
  ...more,
})

it('maps downwards, and a mapping runs on into the one that was made before it', () => {
  const space = new UserSpace()
  const first = space.map(memory([10, 11]))
  const second = space.map(memory([20]))
  expect(second).toBe(first - PAGE_SIZE)
  expect(space.from(second + 8, 2 * PAGE_SIZE)).toMatchObject({ len: 2 * PAGE_SIZE, pages: [20, 10, 11] })
})

it('stops at a hole, which the next mapping of that size fills', () => {
  const space = new UserSpace()
  const at = space.map(memory([1, 2, 3]), { hole: true })
  expect(space.from(at, 3 * PAGE_SIZE).len).toBe(2 * PAGE_SIZE)
  expect(space.map(memory([9]))).toBe(at + 2 * PAGE_SIZE)
  expect(space.from(at, 3 * PAGE_SIZE).len).toBe(3 * PAGE_SIZE)
})

it('keeps the alignment of an address where nothing is', () => {
  expect(new UserSpace().from(3, 10)).toMatchObject({ len: 0, phys: 3 })
})

it('is as writable and as pinnable as the worst of what it covers', () => {
  const space = new UserSpace()
  const first = space.map(memory([1]))
  const second = space.map(memory([2], { pfnMap: true }), { readOnly: true })
  expect(space.from(first, PAGE_SIZE)).toMatchObject({ readOnly: false, pfnMap: false })
  expect(space.from(second, 2 * PAGE_SIZE)).toMatchObject({ readOnly: true, pfnMap: true })
  space.unmap(second)
  expect(space.from(second, PAGE_SIZE).len).toBe(0)
})
