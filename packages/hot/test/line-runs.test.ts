// Lines of the caches as runs: what each of them is, told from outside, and that looking changes nothing.
import { describe, expect, it } from 'vitest'
import { type LineSize, phys } from '@dmalab/api'
import { Hot } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'

const BASE = phys(0x4000_0000)
const PAGE = 4096

describe.each(BUILDS)('%s build', (build) => {
  const module = moduleOf(build)
  it.each([16, 32, 64] as LineSize[])('tells lines of %i bytes apart', (lineSize) => {
    const hot = new Hot(module, { lineSize, poison: 0 })
    const perPage = PAGE / lineSize
    expect(hot.lineRuns(BASE, 2 * PAGE)).toEqual([2 * perPage, 0])
    hot.fill('memory', BASE, 2 * PAGE, 1)
    hot.read('cpu', BASE, new Uint8Array(PAGE))
    expect(hot.lineRuns(BASE, 2 * PAGE)).toEqual([perPage, 1, perPage, 0])
    hot.set('cpu', phys(BASE + lineSize), lineSize, 0xaa)
    hot.set('memory', phys(BASE + 3 * lineSize), lineSize, 0x55)
    const seen = [1, 1, 1, 3, 1, 1, 1, 5, perPage - 4, 1, perPage, 0]
    expect(hot.lineRuns(BASE, 2 * PAGE)).toEqual(seen)
    expect(hot.lineRuns(BASE, 2 * PAGE)).toEqual(seen)
    // A range may begin and end within a line.
    expect(hot.lineRuns(phys(BASE + lineSize + 1), 1)).toEqual([1, 3])
    hot.clean(BASE, PAGE)
    expect(hot.lineRuns(BASE, 2 * lineSize)).toEqual([2, 1])
    hot.invalidate(BASE, PAGE)
    expect(hot.lineRuns(BASE, PAGE)).toEqual([perPage, 0])
  })

  it.each([16, 32, 64] as LineSize[])('sees the outer cache behind lines of %i bytes', (lineSize) => {
    const hot = new Hot(module, { lineSize, outer: true, poison: 0 })
    const wide = Math.max(lineSize, 32)
    const lines = wide / lineSize
    // In the middle of the page: those on both sides have no part of it.
    const at = phys(BASE + 8 * wide)
    const rest = [PAGE / lineSize - 9 * lines, 0]
    const runs = (state: number) => [8 * lines, 0, lines, state, ...rest]
    hot.fill('memory', BASE, PAGE, 1)
    hot.set('cpu', at, wide, 0xaa)
    expect(hot.lineRuns(BASE, PAGE)).toEqual(runs(3))
    // Written back as far as the outer cache: the bytes are still to reach DRAM.
    hot.clean(at, wide)
    expect(hot.lineRuns(BASE, PAGE)).toEqual(runs(3))
    hot.invalidate(at, wide)
    expect(hot.lineRuns(BASE, PAGE)).toEqual(runs(3))
    hot.outerClean(at, wide)
    expect(hot.lineRuns(BASE, PAGE)).toEqual(runs(1))
    hot.set('memory', at, wide, 0x55)
    expect(hot.lineRuns(BASE, PAGE)).toEqual(runs(5))
    hot.outerInvalidate(at, wide)
    expect(hot.lineRuns(BASE, PAGE)).toEqual([PAGE / lineSize, 0])
  })

  it.each([32, 64] as LineSize[])('tells an outer line from a stale one beside it, lines of %i bytes', (lineSize) => {
    const hot = new Hot(module, { lineSize, outer: true, poison: 0 })
    hot.fill('memory', BASE, PAGE, 1)
    hot.read('cpu', BASE, new Uint8Array(5 * lineSize))
    hot.invalidate(BASE, PAGE)
    for (const line of [1, 3]) hot.set('memory', phys(BASE + line * lineSize), lineSize, 0x55)
    expect(hot.lineRuns(BASE, 5 * lineSize)).toEqual([1, 1, 1, 5, 1, 1, 1, 5, 1, 1])
  })

  it('goes on where the stage is full', () => {
    const hot = new Hot(module, { lineSize: 16, poison: 0 })
    const lines = 20_000
    for (let line = 0; line < lines; line += 2) hot.set('cpu', phys(BASE + line * 16), 16, 1)
    const runs = hot.lineRuns(BASE, lines * 16)
    const counts = runs.filter((_value, i) => i % 2 === 0)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(lines)
    expect(runs.slice(0, 6)).toEqual([1, 3, 1, 0, 1, 3])
  })
})
