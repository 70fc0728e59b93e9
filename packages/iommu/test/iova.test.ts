import { beforeEach, describe, expect, it } from 'vitest'
import { Hot, IovaDomain } from '@dmalab/hot'
import { IovaCache } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'
import { IovaTwin } from './twin/iova-twin.ts'
import { seeded } from './seeded.ts'

describe.each(BUILDS)('%s build', (build) => {
  let hot: Hot
  beforeEach(() => {
    hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })
  })

  const cases = [
    { what: 'all below 4 GiB', granule: 4096, start: 1, limits: [2 ** 20 - 1], reserved: 0 },
    { what: 'a narrow space that fills up', granule: 4096, start: 0xfff00, limits: [2 ** 20 - 1], reserved: 0 },
    { what: 'two limits', granule: 4096, start: 1, limits: [2 ** 20 - 1, 0x7fff, 2 ** 18 - 1], reserved: 5 },
    {
      what: 'above 4 GiB first',
      granule: 4096,
      start: 1,
      limits: [2 ** 36 - 1, 2 ** 20 - 1, 2 ** 36 - 5],
      reserved: 5,
    },
    {
      what: 'a limit in the middle of a word',
      granule: 4096,
      start: 7,
      limits: [2 ** 24 + 1003, 2 ** 24],
      reserved: 3,
    },
    {
      what: 'ranges reserved across both ends of the window',
      granule: 4096,
      start: 1,
      limits: [2 ** 22 - 1, 2 ** 23 - 1, 2 ** 22 - 2 ** 20 + 999],
      reserved: 6,
      around: [2 ** 22 - 2 ** 20 - 2000, 2 ** 22 - 2000],
    },
    { what: 'the last pfns of 64 bits', granule: 4096, start: 1, limits: [2 ** 52 - 1, 2 ** 52 - 70], reserved: 0 },
    { what: '64 KiB granule', granule: 65536, start: 1, limits: [2 ** 16 - 1, 2 ** 32 - 1], reserved: 3 },
  ]
  it.each(cases)('places as the twin does: $what', ({ granule, start, limits, reserved, around }) => {
    for (let seed = 1; seed <= 6; seed++) {
      const domain = new IovaDomain(hot.io, granule, start)
      const twin = new IovaTwin(start, 2 ** 32 / granule)
      expect(history(domain, seed, start, limits, reserved, around)).toEqual(
        history(twin, seed, start, limits, reserved, around),
      )
      expect(domain.ranges()).toEqual(twin.ranges())
      expect(domain.max32AllocSize).toBe(twin.max32AllocSize)
      domain.close()
    }
  })

  it('finds the highest free block far below the last one, and above it what is free again', () => {
    const domain = new IovaDomain(hot.io, 4096, 1)
    const twin = new IovaTwin(1, 2 ** 20)
    const random = seeded(3)
    const both = <T>(call: (on: Allocator) => T): T => {
      const [came, wanted] = [call(domain), call(twin)]
      expect(came).toEqual(wanted)
      return came
    }
    const limit = 2 ** 20 - 1
    const live = Array.from({ length: 2500 }, () => {
      const size = 2 ** random(6)
      return both((on) => on.alloc(size, limit, true))!
    })
    for (let step = 0; step < 2500; step++) {
      const at = random(live.length)
      both((on) => on.free(live[at]!))
      const size = 2 ** random(2)
      live[at] = both((on) => on.alloc(size, limit, true))!
      if (step % 5 !== 0) continue
      const more = random(live.length)
      both((on) => on.free(live[more]!))
      live[more] = both((on) => on.alloc(32, limit, true))!
    }
    expect(domain.ranges()).toEqual(twin.ranges())
  })

  it('hands a closed domain`s memory to the next one', () => {
    const sizeAfterOne = (): number => {
      const domain = new IovaDomain(hot.io, 4096, 1)
      domain.alloc(1, 2 ** 20 - 1, true)
      domain.close()
      return hot.stats().linearBytes
    }
    const first = sizeAfterOne()
    for (let i = 0; i < 99; i++) sizeAfterOne()
    expect(sizeAfterOne()).toBe(first)
  })

  it('keeps a freed pfn in the cache, taken in the domain, until the flush', () => {
    const domain = new IovaDomain(hot.io, 4096, 1)
    const cache = new IovaCache(domain)
    const pfn = cache.alloc(3, 2 ** 20 - 1, false)!
    cache.free(pfn, 3)
    expect(domain.find(pfn)).toEqual({ lo: pfn, hi: pfn + 3 })
    expect(cache.alloc(4, 2 ** 20 - 1, false)).toBe(pfn)
    cache.free(pfn, 4)
    cache.flush()
    expect(domain.ranges()).toEqual([])
  })
})

type Allocator = Pick<IovaDomain, 'alloc' | 'free' | 'reserve'>

/** What a random sequence of calls returned. */
function history(
  on: Allocator,
  seed: number,
  start: number,
  limits: readonly number[],
  reserved: number,
  around?: readonly number[],
): unknown[] {
  const random = seeded(seed)
  const live: number[] = []
  const results: unknown[] = []
  for (let i = 0; i < reserved; i++) {
    const lo = around ? around[i % 2]! + random(2000) : start + random(Math.min(2 ** 20, limits[0]!))
    results.push(on.reserve(lo, lo + random(5000)))
  }
  for (let step = 0; step < 1200; step++) {
    if (live.length > 0 && random(100) < 42) {
      results.push(on.free(live.splice(random(live.length), 1)[0]!))
      continue
    }
    const size = random(3) === 0 ? 1 + random(100) : 2 ** random(7)
    const pfn = on.alloc(size, limits[random(limits.length)]!, random(10) !== 0)
    if (pfn !== undefined) live.push(pfn)
    results.push(pfn)
  }
  return results
}
