import { phys } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { Hot, type SlotRequest } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'
import { seeded } from './seeded.ts'
import { SwiotlbTwin } from './twin/swiotlb-twin.ts'

const REQUEST: SlotRequest = {
  cpu: 0,
  base: 0x4000_0000,
  boundaryBits: 64,
  orig: phys(0),
  size: 4096,
  alignMask: 0,
  minAlignMask: 0,
}

/** In whole units of an alignment mask. */
const whole = (size: number, alignMask: number): number => Math.ceil(size / (alignMask + 1)) * (alignMask + 1)

describe.each(BUILDS)('bounce slots, %s build', (build) => {
  const hot = (): Hot => new Hot(moduleOf(build), { lineSize: 64, poison: 0 })

  it.each(['by-slot', 'by-stride'] as const)(
    'takes runs %s, releases them and moves its index as the twin does',
    (how) => {
      const again = hot()
      for (let seed = 1; seed <= 12; seed++) {
        const random = seeded(seed)
        const areas = [1, 2, 4][random(3)] ?? 1
        const slots = areas * 128 * (1 + random(2))
        again.reset()
        const pool = again.swiotlbSlots(slots, areas, how)
        const twin = new SwiotlbTwin(slots, areas, how)
        const live: { slot: number; offset: number }[] = []
        const ours: (number | string | undefined)[] = []
        const theirs: (number | string | undefined)[] = []
        const minAlignMask = [0, 0, 511, 2047, 4095, 65535][random(6)] ?? 0
        const boundaryBits = [64, 32, 24, 16, 12][random(5)] ?? 64
        const base = random(8) === 0 ? undefined : 0x7800_0000 + random(64) * 2048
        for (let step = 0; step < 60; step++) {
          if (random(3) === 0 && live.length > 0) {
            const { slot, offset } = live.splice(random(live.length), 1)[0]!
            ours.push(pool.release(slot, offset))
            theirs.push(twin.release(slot, offset))
            continue
          }
          const orig = phys(random(4) === 0 ? 0 : 0x9_0000_0000 + random(2 ** 20))
          const alignMask = [0, 0, 0, 2047, 4095, 16383][random(6)] ?? 0
          const kept = how === 'by-slot' ? BigInt(alignMask) | 2047n : 2047n
          const offset = Number(BigInt(orig) & BigInt(minAlignMask) & kept)
          const wanted = 1 + random(60_000)
          const size = how === 'by-slot' ? whole(wanted + offset, alignMask) : whole(wanted, alignMask) + offset
          const request = { cpu: random(8), base, boundaryBits, orig, size, alignMask, minAlignMask }
          const slot = pool.find(request)
          ours.push(slot)
          theirs.push(twin.find(request))
          if (slot === undefined || slot === 'endless') continue
          const pad = Math.floor(offset / 2048)
          pool.note(slot, pad, size, orig)
          twin.note(slot, pad)
          live.push({ slot: slot + pad, offset: offset % 2048 })
        }
        expect(ours).toEqual(theirs)
        expect(pool.areas()).toEqual(twin.areas())
        const runs = (p: { freeRun(slot: number): number }) => Array.from({ length: slots }, (_, i) => p.freeRun(i))
        expect(runs(pool)).toEqual(runs(twin))
      }
    },
  )

  it('never serves more than a segment, and no device that cannot see the pool', () => {
    const pool = hot().swiotlbSlots(256, 1)
    expect(pool.find({ ...REQUEST, size: 128 * 2048 })).toBe(0)
    expect(pool.find({ ...REQUEST, size: 128 * 2048 + 1 })).toBeUndefined()
    for (const size of [2 ** 20, 2 ** 32 - 2048, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 4096, 2 ** 40])
      expect(pool.find({ ...REQUEST, size })).toBeUndefined()
    expect(pool.find({ ...REQUEST, base: undefined })).toBeUndefined()
  })

  it('remembers the original address of every slot until it is released', () => {
    const pool = hot().swiotlbSlots(128, 1)
    const slot = Number(pool.find({ ...REQUEST, size: 5000 }))
    pool.note(slot, 0, 5000, phys(0x8_0000_0010))
    expect([0, 1, 2, 3].map((i) => pool.origin(slot + i))).toEqual([
      0x8_0000_0010,
      0x8_0000_0810,
      0x8_0000_1010,
      undefined,
    ])
    // What a slot and those behind it hold of the run.
    expect([0, 1, 2].map((i) => pool.allocSize(slot + i))).toEqual([5000, 5000 - 2048, 5000 - 4096])
    expect(pool.release(slot, 0)).toBe(3)
    expect(pool.origin(slot)).toBeUndefined()
    expect(pool.release(slot, 0)).toBeUndefined()
  })

  it('has a whole segment free again when its first slot is released', () => {
    const pool = hot().swiotlbSlots(256, 1)
    const slot = Number(pool.find({ ...REQUEST, size: 2048 }))
    pool.note(slot, 0, 2048, phys(0))
    expect([pool.release(slot, 0), pool.freeRun(0), pool.freeRun(1)]).toEqual([1, 128, 127])
  })

  it('looks at every slot of an area once, the one before its index last', () => {
    for (const size of [2048, 3 * 2048]) {
      const pool = hot().swiotlbSlots(128, 1)
      const runs = Array.from({ length: Math.floor((128 * 2048) / size) }, () =>
        Number(pool.find({ ...REQUEST, size })),
      )
      for (const slot of runs) pool.note(slot, 0, size, phys(0))
      // All are taken; the index moves behind each of them in turn, and that one is the last that a search comes to.
      for (const slot of runs.slice(0, 5)) {
        pool.release(slot, 0)
        expect(pool.find({ ...REQUEST, size })).toBe(slot)
        pool.note(slot, 0, size, phys(0))
        expect(pool.find({ ...REQUEST, size })).toBeUndefined()
        pool.release(slot, 0)
        expect(pool.find({ ...REQUEST, size })).toBe(slot)
        pool.note(slot, 0, size, phys(0))
      }
    }
  })

  it.each(['by-slot', 'by-stride'] as const)('compares no bits with an original address of 0: %s', (how) => {
    const request = { ...REQUEST, base: 0x4000_0800, size: 2048, minAlignMask: 4095 }
    expect(hot().swiotlbSlots(128, 1, how).find(request)).toBe(0)
    for (const [orig, slot] of [
      [0x8_0000_0800, 0],
      [0x8_0000_0000, 1],
    ] as const)
      expect(
        hot()
          .swiotlbSlots(128, 1, how)
          .find({ ...request, orig: phys(orig) }),
      ).toBe(slot)
  })

  it('never comes back to where a search by stride began, once a device wants address bits kept and no run is free', () => {
    const pool = hot().swiotlbSlots(128, 1, 'by-stride')
    const request = { ...REQUEST, size: 16 * 2048, orig: phys(0x8_0000_0800), minAlignMask: 4095 }
    const taken = Array.from({ length: 8 }, () => pool.find(request))
    expect(taken).toEqual([1, 21, 41, 61, 81, 101, 'endless', 'endless'])
  })
})
