// What cache maintenance says that it did: of each call what that call found, whatever was asked in between.
import { describe, expect, it } from 'vitest'
import { type PhysAddr, pfn, phys } from '@dmalab/api'
import { Hot } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'

const PAGE = 4096

describe.each(BUILDS)('%s build', (build) => {
  const hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })
  const clean = (machine = hot, len = PAGE) => {
    const { lines, writtenBack } = machine.clean(phys(0), len)
    return [lines, writtenBack]
  }

  it('counts are those of the call, and again after the same ones', () => {
    hot.reset()
    hot.set('cpu', phys(0), PAGE, 1)
    expect([clean(), clean(), clean()]).toEqual([
      [64, 64],
      [64, 0],
      [64, 0],
    ])
    expect([clean(hot, 2 * PAGE), clean(hot, 65), clean()]).toEqual([
      [128, 0],
      [2, 0],
      [64, 0],
    ])
  })

  it('other work between two calls that count the same is not told for the second', () => {
    hot.reset()
    clean()
    const list = hot.sg.alloc(1)
    hot.sg.setPages(list, 0, [3])
    hot.set('cpu', phys(3 * PAGE), 128, 1)
    const ranges = [{ firstPfn: pfn(0), endPfn: 16, busOffset: 0 }]
    const options = { from: 0, count: 1, maintain: 'flush', side: 'device', skipAttrs: 0, ranges } as const
    expect(hot.sg.map(list, options)).toMatchObject({ writtenBack: 2 })
    expect(clean()).toEqual([64, 0])
    hot.set('cpu', phys(0), 192, 1)
    hot.maintain('flush', phys(0), PAGE, 'new')
    const sum = { lines: 1, writtenBack: 1 }
    hot.addCounts(sum)
    expect(sum).toEqual({ lines: 65, writtenBack: 4 })
    expect(clean()).toEqual([64, 0])
  })

  it('a machine that starts again, and a copy, count for themselves', () => {
    hot.reset()
    hot.set('cpu', phys(0), PAGE, 1)
    const copy = hot.fork()
    expect([clean(), clean(copy), clean(copy)]).toEqual([
      [64, 64],
      [64, 64],
      [64, 0],
    ])
    hot.reset()
    expect([clean(hot, 0), clean()]).toEqual([
      [1, 0],
      [64, 0],
    ])
    hot.set('cpu', phys(0), PAGE, 1)
    expect(clean()).toEqual([64, 64])
  })
})

describe('a range', () => {
  const hot = new Hot(moduleOf('release'), { lineSize: 64, poison: 0 })
  it.each([
    [-1, 64],
    [0.5, 64],
    [Number.NaN, 64],
    [2 ** 44, 1],
    [2 ** 44 - 63, 64],
    [2 ** 53, 0],
    [0, -1],
    [0, 0.5],
    [0, 2 ** 32],
    [0, Number.NaN],
  ])('of %d, %d bytes long, is none', (at, len) => {
    expect(() => hot.clean(at as PhysAddr, len)).toThrow(/no physical range/)
  })

  it('may end where addresses end', () => {
    expect(hot.clean(phys(2 ** 44 - 64), 64)).toEqual({ lines: 1, writtenBack: 0 })
    expect(hot.clean(phys(2 ** 44 - (2 ** 32 - 1)), 2 ** 32 - 1).lines).toBe(2 ** 26)
  })
})
