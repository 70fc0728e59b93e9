// Maintenance of ranges that are much longer than what is cached: the summaries must lead to every cached page and to no other.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { phys } from '@dmalab/api'
import { Hot } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'

const PAGE = 4096
/** Three sections; pages near the borders of summary words (64 pages), their words (4096 pages) and sections (32768 pages). */
const PAGES = 3 * 32768
const page = fc.oneof(
  fc.nat(PAGES - 1),
  fc
    .record({ unit: fc.constantFrom(64, 4096, 32768), n: fc.nat(30), by: fc.integer({ min: -2, max: 1 }) })
    .map(({ unit, n, by }) => Math.min(PAGES - 1, Math.max(0, unit * n + by))),
)

describe.each(BUILDS)('%s build', (build) => {
  const hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })

  it.each(['clean', 'invalidate', 'flush'] as const)('%s finds every cached page of a long range', (op) => {
    fc.assert(
      fc.property(
        fc.uniqueArray(page, { maxLength: 40, size: 'max' }),
        fc.array(fc.tuple(page, page), { minLength: 1, maxLength: 4 }),
        (dirty, ranges) => {
          hot.reset()
          const left = new Set(dirty)
          for (const n of dirty) hot.set('cpu', phys(n * PAGE + 100), 1, 1)
          for (const [a, b] of ranges) {
            const [first, end] = [Math.min(a, b), Math.max(a, b) + 1]
            const hit = dirty.filter((n) => left.has(n) && n >= first && n < end)
            for (const n of hit) left.delete(n)
            expect(hot[op](phys(first * PAGE), (end - first) * PAGE)).toEqual({
              lines: (end - first) * 64,
              writtenBack: op === 'invalidate' ? 0 : hit.length,
            })
          }
          for (const n of dirty) {
            const inMemory = hot.compareSet('memory', phys(n * PAGE + 100), 1, 1).wrong === 0
            expect(inMemory).toBe(op !== 'invalidate' && !left.has(n))
            const seen = hot.compareSet('snoop', phys(n * PAGE + 100), 1, 1).wrong === 0
            expect(seen).toBe(op !== 'invalidate' || left.has(n))
          }
        },
      ),
      { seed: 4242, numRuns: build === 'release' ? 60 : 20 },
    )
  })
})
