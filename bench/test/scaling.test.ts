// What scaling rows make of their costs; the costs themselves are measured by hand.
import { describe, expect, it } from 'vitest'
import { exponentOf, scalingFiles, scalingText } from '../src/scaling.mjs'

describe('an exponent', () => {
  it('is 1 where cost grows as size does, and 2 where it grows as its square', () => {
    expect(exponentOf([10, 100, 1000], [1, 10, 100])).toBeCloseTo(1)
    expect(exponentOf([10, 100, 1000, 10_000], [100, 10_000, 1e6, 1e8])).toBeCloseTo(2)
  })
  it('is that of the upper sizes: starting costs what it costs', () => {
    expect(exponentOf([1, 10, 100, 1000], [50, 50, 100, 1000])).toBeGreaterThan(0.6)
    expect(scalingText({ name: 'x', sizes: [1, 10, 100], costs: [1, 10, 1000] })).toMatch(
      /^x +1\.50 ABOVE {3}1: 1\.00 ms/,
    )
  })
})

it('is asked of all that a user may have much of', async () => {
  expect(await scalingFiles()).toHaveLength(9)
})
