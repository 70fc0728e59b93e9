// The struct-page map, and how sparse a machine may be.
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { pfn, phys } from '@dmalab/api'
import { Hot } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'

const SECTION = 32768

describe.each(BUILDS)('%s build', (build) => {
  const hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0xdead_beef })
  beforeEach(() => hot.reset())

  it('knows which pages have a struct page', () => {
    const edge = fc.oneof(
      fc.nat(8).map((n) => SECTION - 4 + n),
      fc.nat(4 * SECTION),
    )
    const call = fc.record({ first: edge, count: fc.oneof(fc.nat(70), fc.nat(3 * SECTION)), exists: fc.boolean() })
    fc.assert(
      fc.property(
        fc.array(call, { maxLength: 8 }),
        fc.array(edge, { minLength: 40, maxLength: 40 }),
        (calls, asked) => {
          hot.reset()
          for (const { first, count, exists } of calls) hot.setPages(pfn(first), count, exists)
          const edges = calls.flatMap(({ first, count }) => [first - 1, first, first + count - 1, first + count])
          for (const n of [...asked, ...edges].filter((n) => n >= 0)) {
            const last = calls.findLast(({ first, count }) => n >= first && n < first + count)
            expect(hot.hasPage(pfn(n))).toBe(last?.exists ?? false)
          }
        },
      ),
      { seed: 4242, numRuns: 100 },
    )
  })

  it('gives 64 GiB of pages a struct page without using memory for it', () => {
    hot.setPages(pfn(0), 2 ** 24, true)
    expect(hot.hasPage(pfn(2 ** 24 - 1))).toBe(true)
    expect(hot.hasPage(pfn(2 ** 24))).toBe(false)
    expect(hot.stats()).toMatchObject({ sections: 0, frames: 0, freeFrames: 0 })
  })

  it('has no struct page beyond 16 TiB', () => {
    hot.setPages(pfn(2 ** 32 - 1), 1, true)
    expect(hot.hasPage(pfn(2 ** 32 - 1))).toBe(true)
    expect(hot.hasPage(pfn(2 ** 32))).toBe(false)
  })

  it('holds bytes where no struct page is, and none where one is', () => {
    hot.setPages(pfn(100), 1, true)
    hot.set('memory', phys(200 * 4096), 4096, 0x5a)
    expect(hot.hasPage(pfn(200))).toBe(false)
    expect(hot.compareSet('memory', phys(200 * 4096), 4096, 0x5a).wrong).toBe(0)
    const unwritten = new Uint8Array(5)
    hot.read('memory', phys(100 * 4096), unwritten)
    expect([...unwritten]).toEqual([0xef, 0xbe, 0xad, 0xde, 0xef])
  })

  it('keeps contents all over 16 TiB apart, with frames only where something was written', () => {
    const places = [0, 1, 4, 17, 63, 64, 1024, 16383].map((gib) => phys(gib * 2 ** 30 + 12345))
    for (const [seed, at] of places.entries()) hot.fill('memory', at, 3000, seed)
    for (const [seed, at] of places.entries()) expect(hot.compare('memory', at, 3000, seed).wrong).toBe(0)
    expect(hot.stats().sections).toBe(places.length)
    expect(() => hot.fill('memory', phys(2 ** 44 - 1), 2, 0)).toThrow('no physical range')
  })

  it('grows past its first 256 KiB and keeps what it held', () => {
    for (let mib = 0; mib < 96; mib++) hot.fill('memory', phys(mib * 2 ** 20), 2 ** 20, mib)
    for (let mib = 0; mib < 96; mib++) expect(hot.compare('memory', phys(mib * 2 ** 20), 2 ** 20, mib).wrong).toBe(0)
    expect(hot.stats().linearBytes).toBeGreaterThan(96 * 2 ** 20)
  })

  it('uses a frame again that the cache gave up', () => {
    const at = phys(0x4000_0000)
    for (let i = 0; i < 3; i++) {
      hot.fill('cpu', at, 4096, i)
      hot.clean(at, 4096)
    }
    const { frames } = hot.stats()
    for (let i = 0; i < 50; i++) {
      hot.fill('cpu', at, 4096, i)
      expect(hot.clean(at, 4096)).toEqual({ lines: 64, writtenBack: 64 })
      hot.fill('memory', at, 4096, 1000 + i)
      expect(hot.compare('cpu', at, 4096, i).wrong).toBe(0) // stale, because nothing invalidated it
    }
    expect(hot.stats().frames - frames).toBeLessThanOrEqual(1)
  })
})
