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

test('joined ranges of the same value are the longest there can be, in any order', () => {
  const range = fc.record({ base: fc.nat(SIZE - 1), len: fc.integer({ min: 1, max: 16 }) })
  fc.assert(
    fc.property(fc.array(range, { maxLength: 40 }), (ranges) => {
      const intervals = new Intervals<true>()
      for (const { base, len } of ranges) intervals.join(base, len, true)
      const isIn = (point: number): boolean => ranges.some(({ base, len }) => base <= point && point < base + len)
      for (const { base, end } of intervals.all()) {
        expect(isIn(base - 1)).toBe(false)
        expect(isIn(end)).toBe(false)
      }
      for (let at = 0; at < SIZE + 16; at++) expect(intervals.at(at) !== undefined).toBe(isIn(at))
    }),
  )
})
