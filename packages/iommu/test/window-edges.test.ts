// Bus addresses about the ends of what a domain keeps as a bitmap: entries at its first and last pfn, and across both.
import { compileHotSync, Hot, IovaDomain } from '@dmalab/hot'
import { expect, it } from 'vitest'
import { seeded } from './seeded.ts'
import { IovaTwin } from './twin/iova-twin.ts'

const PAGE = 4096
const WINDOW = 2 ** 20
const { io } = new Hot(compileHotSync(), { lineSize: 64, poison: 0 })

it.each([
  ['the bottom', 0, WINDOW - 1],
  ['the bottom, from pfn 1 on', 1, WINDOW - 1],
  ['2^22', 1, 4 * WINDOW - 1],
  ['2^32', 1, 2 ** 32 - 1],
] as const)('a window at %s', (_, start, top) => {
  const base = top + 1 - WINDOW
  for (let seed = 1; seed <= 4; seed++) {
    const both = [new IovaDomain(io, PAGE, start), new IovaTwin(start, 2 ** 20)] as const
    const same = <T>(call: (on: IovaTwin | IovaDomain) => T): T => {
      const [came, wanted] = [call(both[0]), call(both[1])]
      expect(came).toEqual(wanted)
      return came
    }
    // The window comes with the first request.
    const first = same((on) => on.alloc(1, top, true))
    if (first !== undefined) same((on) => on.free(first))
    const random = seeded(seed)
    const near = () => Math.max(start, (random(2) === 0 ? base : base + WINDOW) - 6 + random(12))
    for (let step = 0; step < 150; step++) {
      const [pfn, does, more, size, isAligned] = [near(), random(4), random(4), 1 + random(5), random(2) === 0]
      if (does === 0) same((on) => on.reserve(pfn, pfn + more))
      else if (does === 1) same((on) => on.alloc(size, pfn + more, isAligned))
      else same((on) => on.free(pfn))
      expect(both[0].ranges()).toEqual(both[1].ranges())
      for (let n = -8; n < 8; n++) {
        const asked = Math.max(0, base + n)
        expect(both[0].find(asked)).toEqual(both[1].ranges().find(({ lo, hi }) => lo <= asked && asked <= hi))
      }
    }
    both[0].close()
  }
})
