// A machine that starts again answers as a fresh one, whatever it was before: tables and pools that are kept, wherever they lie.
import { describe, expect, it } from 'vitest'
import { pfn, phys } from '@dmalab/api'
import { Hot, IovaDomain, type SwiotlbSlots, type View } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'
import { seeded } from './seeded.ts'

const PAGE = 4096
const SECTION = 2 ** 27
const VIEWS: readonly View[] = ['memory', 'cpu', 'snoop']
/** Pages on both sides of the ends of three sections, and of a group of 64 pages. */
const WINDOWS = [SECTION - 2 * PAGE, 5 * SECTION - 2 * PAGE, 300 * SECTION + 62 * PAGE]
const WINDOW = 4 * PAGE
const POOLS = [128, 256, 640]

/** One life of a machine: what its calls return. */
const live = (hot: Hot, seed: number, steps: number): unknown[] => {
  const random = seeded(seed)
  const told: unknown[] = []
  const lists: number[] = []
  const pools: { readonly pool: SwiotlbSlots; readonly taken: number[] }[] = []
  let domain: IovaDomain | undefined
  const place = () => {
    const off = random(WINDOW)
    return { at: phys(WINDOWS[random(3)]! + off), len: Math.min(1 + random(2 * PAGE), WINDOW - off) }
  }
  const page = () => pfn(WINDOWS[random(3)]! / PAGE + random(4))
  const does = [
    () => {
      const { at, len } = place()
      hot.set(VIEWS[random(3)]!, at, len, random(256))
    },
    () => {
      const { at, len } = place()
      return [hot.flush(at, len), hot.invalidate(at, len), hot.outerFlush(at, len)]
    },
    () => hot.setPages(page(), 1 + random(3), random(3) > 0),
    () => hot.setPageClean(page(), random(2) === 0),
    () => {
      lists.push(hot.sg.alloc(1 + random(300)))
    },
    () => lists.splice(0, 1).forEach((list) => hot.sg.free(list)),
    () => {
      pools.push({ pool: hot.swiotlbSlots(POOLS[random(3)]!, 1), taken: [] })
    },
    () => {
      const one = pools[random(pools.length)]
      const size = 1 + random(20_000)
      const base = 0x4000_0000
      const slot = one?.pool.find({
        cpu: 0,
        base,
        boundaryBits: 64,
        orig: phys(0),
        size,
        alignMask: 0,
        minAlignMask: 0,
      })
      if (typeof slot !== 'number') return slot
      one?.pool.note(slot, 0, size, phys(0x1234_0000))
      one?.taken.push(slot)
      return [slot, one?.pool.freeRun(slot), one?.pool.allocSize(slot), one?.pool.origin(slot), one?.pool.areas()]
    },
    () => {
      const one = pools[random(pools.length)]
      const slot = one?.taken.shift()
      return slot === undefined ? undefined : [one?.pool.release(slot, 0), one?.pool.areas()]
    },
    () => {
      domain ??= new IovaDomain(hot.io, PAGE, 1)
      return domain.alloc(1 + random(40), 2 ** 20 - 1, true)
    },
  ]
  for (let step = 0; step < steps; step++) told.push(does[random(does.length)]!())
  const pages = WINDOWS.flatMap((at) => [0, 1, 2, 3].map((i) => pfn(at / PAGE + i)))
  return [
    ...told,
    VIEWS.map((view) => WINDOWS.map((at) => hot.checksum(view, phys(at), WINDOW))),
    pages.map((one) => [hot.hasPage(one), hot.pageClean(one)]),
    usedBy(hot),
  ]
}

/** What is free among the frames that were taken, and how much memory that made, follows where blocks lay before. */
const usedBy = (hot: Hot): unknown => {
  const { sections, lists, frames, freeFrames } = hot.stats()
  return { sections, lists, used: frames - freeFrames }
}

describe.each(BUILDS)('%s build', (build) => {
  const module = moduleOf(build)
  it.each([
    [16, false],
    [64, true],
  ] as const)('lines of %i bytes, outer cache %s', (lineSize, outer) => {
    const config = { lineSize, outer, poison: 0xdead_beef }
    for (let seed = 1; seed <= 3; seed++) {
      const again = new Hot(module, config)
      for (let life = 0; life < 4; life++) {
        live(again, 100 * seed + life, 10 + 20 * life)
        again.reset()
      }
      expect(live(again, seed, 60)).toEqual(live(new Hot(module, config), seed, 60))
    }
  })

  it('finds a kept block that lies below one that was there before', () => {
    const hot = new Hot(module, { lineSize: 64, poison: 0 })
    // The first life puts the tables of a section behind many lists, the second another one's in front of where they were.
    for (let i = 0; i < 200; i++) hot.sg.alloc(120)
    hot.set('memory', phys(0), PAGE, 1)
    hot.reset()
    hot.swiotlbSlots(128, 1)
    hot.set('memory', phys(7 * SECTION), PAGE, 2)
    hot.reset()
    // The third one's lists must leave both alone.
    const pool = hot.swiotlbSlots(128, 1)
    hot.set('memory', phys(0), PAGE, 3)
    hot.set('memory', phys(7 * SECTION), PAGE, 4)
    for (let i = 0; i < 400; i++) {
      const list = hot.sg.alloc(120)
      hot.sg.setPages(
        list,
        0,
        Array.from({ length: 120 }, () => 0xfffff),
      )
    }
    expect(hot.compareSet('memory', phys(0), PAGE, 3).wrong).toBe(0)
    expect(hot.compareSet('memory', phys(7 * SECTION), PAGE, 4).wrong).toBe(0)
    expect([0, 64, 127].map((slot) => pool.freeRun(slot))).toEqual([128, 64, 1])
  })
})
