// What stands before page tables and bus addresses: the TLB, magazines of freed addresses with their depot, the flush queue.
import { Hot, IovaDomain } from '@dmalab/hot'
import { beforeEach, describe, expect, it } from 'vitest'
import { FlushQueue, IovaCache, Tlb } from '../src/index.ts'
import { moduleOf } from './builds.ts'

const PAGE = 4096
const module = moduleOf('release')
let hot: Hot
beforeEach(() => {
  hot = new Hot(module, { lineSize: 64, poison: 0 })
})

describe('the TLB', () => {
  const entry = (n: number) => ({ phys: n * PAGE, readable: true, writable: true })
  const filled = (pages: readonly number[]): Tlb => {
    const tlb = new Tlb(PAGE)
    for (const page of pages) tlb.fill(page, entry(page))
    return tlb
  }
  it.each([
    ['one page', PAGE, PAGE, [0, 2, 3, 900]],
    ['two pages that a few bytes touch', 2 * PAGE - 1, 2, [0, 3, 900]],
    ['a long range, both ends', PAGE, 900 * PAGE, [0]],
    ['a long range, not what follows', 0, 900 * PAGE, [900]],
    ['nothing that is not there', 5 * PAGE, PAGE, [0, 1, 2, 3, 900]],
  ])('forgets %s', (_, from, size, left) => {
    const tlb = filled([0, 1, 2, 3, 900])
    tlb.invalidate(from, size)
    expect([0, 1, 2, 3, 900].filter((page) => tlb.look(page) !== undefined)).toEqual(left)
    expect(tlb.size).toBe(left.length)
    tlb.invalidateAll()
    expect(tlb.size).toBe(0)
  })
})

describe('caches of bus addresses', () => {
  const cache = () => new IovaCache(new IovaDomain(hot.io, PAGE, 1))

  it('what callers hold is what was given less what lies in the caches', () => {
    const iova = cache()
    const got = Array.from({ length: 300 }, () => iova.alloc(2, 2 ** 20 - 1, true) ?? -1)
    expect(iova.live).toBe(600)
    for (const pfn of got) iova.free(pfn, 2)
    // 127 loaded, 127 before, and the depot.
    expect(iova.live).toBe(0)
    const large = iova.alloc(40, 2 ** 20 - 1, true) ?? -1
    expect(iova.live).toBe(40)
    iova.free(large, 40)
    expect(iova.live).toBe(0)
    expect([1, 2, 3, 31, 32, 33].map((size) => IovaCache.taken(size))).toEqual([1, 2, 4, 32, 32, 33])
  })

  // Models: Linux v6.12 drivers/iommu/iova.c: iova_depot_work_func, IOVA_DEPOT_DELAY of 100 ms
  it('the depot gives back a magazine each 100 ms, down to one for each CPU', () => {
    const iova = cache()
    const got = Array.from({ length: 127 * 5 }, () => iova.alloc(1, 2 ** 20 - 1, true) ?? -1)
    for (const pfn of got) iova.free(pfn, 1)
    const depot = () => iova.classes[0]?.depot.length
    expect(depot()).toBe(3)
    expect([iova.pass(99), depot()]).toEqual([0, 3])
    expect([iova.pass(1), depot()]).toEqual([1, 2])
    expect([iova.pass(60), iova.pass(40), depot()]).toEqual([0, 1, 1])
    expect([iova.pass(100), depot()]).toEqual([1, 1])
    expect(iova.pass(100)).toBe(0)
  })

  it('a flush queue counts what waits, and is flushed when it is full', () => {
    const flushed: number[] = []
    const iova = cache()
    const queue = new FlushQueue({ slots: 4, timeoutMs: 10 }, iova, () => flushed.push(queue.state.queued))
    const wait = (pages: number) => queue.queue(iova.alloc(pages, 2 ** 20 - 1, true) ?? -1, pages)
    for (const pages of [1, 3, 1]) wait(pages)
    expect([queue.pages, queue.state]).toEqual([6, { queued: 3, begun: 0, finished: 0, armed: true }])
    queue.pass(9)
    expect(flushed).toEqual([])
    wait(1)
    expect([flushed, queue.pages, queue.state.queued]).toEqual([[3], 1, 1])
    queue.pass(1)
    expect(queue.state).toEqual({ queued: 0, begun: 2, finished: 2, armed: false })
    queue.pass(100)
    expect(flushed).toHaveLength(2)
  })
})
