import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Intervals } from '../src/index.ts'

const SIZE = 64
const step = fc.record({
  set: fc.boolean(),
  base: fc.nat(SIZE - 1),
  len: fc.integer({ min: 1, max: 16 }),
  value: fc.nat(3),
})

test('intervals agree with an array of points after any sequence of changes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const intervals = new Intervals<number>()
      const points: (number | undefined)[] = Array.from({ length: SIZE + 16 })
      for (const { set, base, len, value } of steps) {
        if (set) intervals.set(base, len, value)
        else intervals.delete(base, len)
        points.fill(set ? value : undefined, base, base + len)
      }
      for (let at = 0; at < points.length; at++) expect(intervals.at(at)?.value).toBe(points[at])
      for (const { base, len } of steps) {
        const gap = points.slice(base, base + len).findIndex((point) => point === undefined)
        expect(intervals.firstGap(base, len)).toBe(gap < 0 ? undefined : base + gap)
      }
    }),
  )
})
