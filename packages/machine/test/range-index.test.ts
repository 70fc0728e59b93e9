import { expect, it } from 'vitest'
import { RangeIndex } from '../src/of/range-index.ts'

/** mulberry32 */
const random = (seed: number) => (): number => {
  let state = (seed = (seed + 0x6d2b79f5) % 2 ** 32)
  state = Math.imul(state ^ (state >>> 15), state | 1)
  state ^= state + Math.imul(state ^ (state >>> 7), state | 61)
  return ((state ^ (state >>> 14)) >>> 0) / 2 ** 32
}

it('finds what going through all ranges in order finds', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const next = random(seed)
    const width = 2 + Math.floor(next() * 60)
    const ranges = Array.from({ length: Math.floor(next() * 24) }, () => {
      const start = BigInt(Math.floor(next() * width))
      // Some are empty, and some wrap: those hold no address.
      return { start, end: start + BigInt(Math.floor(next() * 12) - 2) }
    })
    const index = new RangeIndex()
    for (const [at, { start, end }] of ranges.entries()) index.add(at, start, end)
    for (let at = -1n; at < BigInt(width + 14); at++) {
      const expected = ranges.findIndex(({ start, end }) => start <= at && at < end)
      expect(index.find(at)).toBe(expected < 0 ? undefined : expected)
    }
  }
})

it('takes ranges between look-ups', () => {
  const index = new RangeIndex()
  index.add(0, 10n, 20n)
  expect(index.find(20n)).toBeUndefined()
  index.add(1, 0n, 30n)
  expect([5n, 15n, 20n, 30n].map((at) => index.find(at))).toEqual([1, 0, 1, undefined])
})
