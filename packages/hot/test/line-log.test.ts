// The log of line operations: it begins empty, ends when it is switched off, and touches nothing afterwards.
import { phys } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { Hot } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'

const BASE = phys(0x4000_0000)
const LINE = 64
const LINES = 4096

describe.each(BUILDS)('%s build', (build) => {
  const open = (): Hot => new Hot(moduleOf(build), { lineSize: LINE, poison: 0 })
  const dirty = (hot: Hot, seed: number): void => hot.fill('cpu', BASE, LINES * LINE, seed)

  it('begins empty each time, and holds what happened while it was on', () => {
    const hot = open()
    expect(hot.lineLog(() => undefined)).toEqual([])
    dirty(hot, 1)
    expect(hot.lineLog(() => hot.clean(BASE, 2 * LINE))).toEqual(
      [0, LINE].map((at) => ({ level: 'inner', op: 'c', at: BASE + at })),
    )
    hot.clean(BASE, LINES * LINE)
    expect(hot.lineLog(() => hot.invalidate(phys(BASE + LINE), LINE))).toEqual([
      { level: 'inner', op: 'i', at: BASE + LINE },
    ])
  })

  it('is off afterwards: what happens then is written nowhere', () => {
    const [hot, other] = [open(), open()]
    for (const one of [hot, other]) dirty(one, 1)
    hot.lineLog(() => hot.clean(BASE, LINE))
    other.clean(BASE, LINE)
    for (const one of [hot, other])
      for (let round = 0; round < 3; round += 1) {
        dirty(one, round)
        one.flush(BASE, LINES * LINE)
      }
    expect(hot.compare('memory', BASE, LINES * LINE, 2)).toEqual({ wrong: 0, firstWrong: -1 })
    expect(hot.lineRuns(BASE, LINES * LINE)).toEqual(other.lineRuns(BASE, LINES * LINE))
    expect(hot.lineLog(() => hot.clean(BASE, LINE))).toHaveLength(1)
  })

  it('with room for fewer is told, not cut', () => {
    const hot = open()
    expect(hot.lineLog(() => hot.clean(BASE, 4 * LINE), 4)).toHaveLength(4)
    expect(() => hot.lineLog(() => hot.clean(BASE, LINES * LINE), 4)).toThrow(
      /the line log holds \d+ records, 4096 were written/,
    )
  })
})
