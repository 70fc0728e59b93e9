import { describe, expect, it } from 'vitest'
import { compareReleases, isRelease } from '../src/release-order.ts'

describe('the order of releases', () => {
  it.each([
    ['6.1', '6.12', -1],
    ['6.12.107-lab', 'v6.12', 0],
    ['7', '6.18', 1],
    ['7', '7.0', 0],
    ['mine', '4.11', -1],
  ] as const)('%s beside %s: %d', (a, b, order) => {
    expect(Math.sign(compareReleases(a, b))).toBe(order)
    expect(Math.sign(compareReleases(b, a))).toBe(0 - order)
  })
  it('tells a release from a word and from a lone number', () => {
    expect(['v6.12', '6.6-rc1', '7', 'mine'].map(isRelease)).toEqual([true, true, false, false])
  })
})
