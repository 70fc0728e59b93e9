// How many frames of the engine's memory a machine holds: what DRAM and the cache share is there once, and what is no longer needed is free.
import { describe, expect, it } from 'vitest'
import { pfn, phys } from '@dmalab/api'
import { Hot } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'

const PAGE = 4096

describe.each(BUILDS)('%s build', (build) => {
  const held = (hot: Hot): number => hot.stats().frames - hot.stats().freeFrames
  const grows = (hot: Hot, ...steps: readonly (() => unknown)[]): number[] =>
    steps.map((step) => {
      const before = held(hot)
      step()
      return held(hot) - before
    })
  const machine = (outer = false): Hot => {
    const hot = new Hot(moduleOf(build), { lineSize: 64, outer, poison: 0 })
    hot.setPageClean(pfn(0), true)
    return hot
  }
  const at = phys(8 * PAGE)
  const line = phys(at + 128)

  it('a page that the CPU writes, cleans and reads again', () => {
    const hot = machine()
    const came = grows(
      hot,
      () => hot.set('cpu', at, PAGE, 1),
      () => hot.set('cpu', at, PAGE, 2),
      // DRAM gets the frame, and the cache keeps it.
      () => hot.clean(at, PAGE),
      () => hot.checksum('cpu', at, PAGE),
      // The cache needs one of its own for a line that DRAM does not have.
      () => hot.set('cpu', line, 64, 3),
      () => hot.set('cpu', line, 64, 4),
      () => hot.clean(at, PAGE),
      () => hot.flush(at, PAGE),
      // Nothing is valid: what was the cache's own goes back.
      () => hot.checksum('cpu', line, 64),
      () => hot.checksum('cpu', at, PAGE),
    )
    expect(came).toEqual([1, 0, 0, 0, 1, 0, 0, 0, -1, 0])
    expect(hot.stats().freeFrames).toBe(1)
  })

  it('a page that a device writes under the cache', () => {
    const hot = machine()
    const came = grows(
      hot,
      () => hot.set('memory', line, 64, 1),
      () => hot.checksum('cpu', line, 64),
      // Lines that are cached keep what they have: one of both moves.
      () => hot.set('memory', line, 64, 2),
      () => hot.set('memory', at, PAGE, 3),
      () => hot.invalidate(at, PAGE),
      () => hot.checksum('cpu', line, 64),
      () => hot.set('memory', at, PAGE, 4),
      () => hot.invalidate(at, PAGE),
      () => hot.checksum('cpu', line, 64),
      () => hot.invalidate(at, PAGE),
      // Nothing is cached, and nothing is kept.
      () => hot.set('memory', line, 64, 5),
      () => hot.set('memory', at, PAGE, 6),
    )
    expect(came).toEqual([1, 0, 1, 0, 0, -1, 1, 0, -1, 0, 0, 0])
  })

  it('a page that nothing was written to', () => {
    const hot = machine()
    const came = grows(
      hot,
      () => hot.checksum('memory', at, PAGE),
      () => hot.checksum('cpu', at, PAGE),
      () => hot.checksum('snoop', at, PAGE),
      () => hot.flush(at, PAGE),
      () => hot.checksum('cpu', line, 64),
      // A line is written: the cache has a page, and DRAM has one when it is cleaned.
      () => hot.set('cpu', line, 64, 1),
      () => hot.clean(line, 64),
    )
    expect(came).toEqual([0, 0, 0, 0, 0, 1, 1])
  })

  it('full pages that are cleaned give DRAM`s frames back, one each', () => {
    const hot = machine()
    const pages = 5
    const all = (view: 'cpu' | 'memory', byte: number) => () => hot.set(view, at, pages * PAGE, byte)
    const came = grows(
      hot,
      all('memory', 1),
      all('cpu', 2),
      () => hot.clean(at, pages * PAGE),
      all('cpu', 3),
      () => hot.clean(phys(at + 64), pages * PAGE - 128),
    )
    expect(came).toEqual([5, 5, -5, 5, -3])
    expect(hot.stats().freeFrames).toBe(3)
  })

  it('an outer cache has frames of its own, and shares none', () => {
    const hot = machine(true)
    const came = grows(
      hot,
      () => hot.set('memory', at, PAGE, 1),
      () => hot.checksum('cpu', line, 64),
      () => hot.set('cpu', at, PAGE, 2),
      () => hot.clean(at, PAGE),
      () => hot.outerClean(at, PAGE),
      () => hot.flush(at, PAGE),
      () => hot.outerFlush(at, PAGE),
      () => hot.checksum('cpu', line, 64),
    )
    expect(came).toEqual([1, 2, 0, 0, 0, 0, 0, 0])
  })

  it('scatterlists: a page full of short ones, or one that is as long as it must be', () => {
    const hot = machine()
    const take = (count: number) => () => hot.sg.alloc(count)
    // 32 bytes an entry, and as many for the list itself.
    expect(grows(hot, ...Array.from({ length: 33 }, () => take(3)))).toEqual([1, ...Array<number>(31).fill(0), 1])
    expect(grows(hot, take(127), take(127), take(128), take(255), take(256))).toEqual([1, 1, 2, 2, 3])
    const list = hot.sg.alloc(127)
    hot.sg.free(list)
    expect(grows(hot, take(127))).toEqual([0])
  })

  it('tables lie where their size has them, and what is in front of them is free', () => {
    const hot = machine()
    const orders = [13, 16, 14, 12, 20, 13, 18]
    const tables: number[] = []
    const take = (order: number) => () => tables.push(hot.io.wasm.tableTake(order))
    expect(grows(hot, ...orders.map(take))).toEqual(orders.map((order) => 2 ** (order - 12)))
    expect(tables.map((at, i) => at % 2 ** orders[i]!)).toEqual(orders.map(() => 0))
    expect(hot.stats().freeFrames).toBeGreaterThan(0)
  })

  it('bitmaps of struct pages', () => {
    const hot = machine()
    const set = (first: number, count: number, exists: boolean) => () => hot.setPages(pfn(first), count, exists)
    const whole = 32768
    expect(
      grows(
        hot,
        set(0, whole, true),
        set(0, whole, true),
        set(5, 1, false),
        set(5, 1, true),
        set(9, 2, false),
        set(0, whole, false),
      ),
    ).toEqual([0, 0, 1, 0, 0, -1])
    expect(grows(hot, set(0, 0, true), set(3, 9, false), set(3, 9, true), set(whole - 1, 2, true))).toEqual([
      0, 0, 1, 1,
    ])
  })
})
