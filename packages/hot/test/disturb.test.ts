// Disturbed caches: what is correct stays correct, what is missing shows.
import { beforeEach, describe, expect, it } from 'vitest'
import { type LineSize, phys } from '@dmalab/api'
import { type DisturbKey, Hot } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'

const BASE = phys(0x4000_0000)
const LEN = 16 * 4096
const RANGE = [{ base: BASE, len: LEN }]
const key = (seed: number, operation: number): DisturbKey => ({ seed, purpose: 'test', operation })

describe.each(BUILDS)('%s build', (build) => {
  const module = moduleOf(build)
  describe.each([
    { lineSize: 16 as LineSize, outer: true },
    { lineSize: 64 as LineSize, outer: false },
  ])('with $lineSize-byte lines, outer cache $outer', (machine) => {
    const hot = new Hot(module, { ...machine, poison: 0 })
    beforeEach(() => hot.reset())

    it('never breaks a transfer that is maintained as it should be', () => {
      for (let seed = 0; seed < 20; seed++) {
        let operation = 0
        const disturb = (): void => hot.disturb(key(seed, operation++), RANGE)
        hot.fill('cpu', BASE, LEN, seed)
        disturb()
        hot.clean(BASE, LEN)
        hot.outerClean(BASE, LEN)
        disturb()
        expect(hot.compare('memory', BASE, LEN, seed).wrong).toBe(0)
        hot.invalidate(BASE, LEN)
        hot.outerInvalidate(BASE, LEN)
        disturb()
        hot.fill('memory', BASE, LEN, 1000 + seed)
        disturb()
        hot.outerInvalidate(BASE, LEN)
        hot.invalidate(BASE, LEN)
        disturb()
        expect(hot.compare('cpu', BASE, LEN, 1000 + seed).wrong).toBe(0)
      }
    })

    it('shows that the invalidate after a device wrote is missing, which quiet caches hide', () => {
      const receive = (disturbed: boolean): number => {
        hot.reset()
        hot.flush(BASE, LEN)
        hot.outerFlush(BASE, LEN)
        if (disturbed) hot.disturb(key(1, 1), RANGE)
        hot.fill('memory', BASE, LEN, 5)
        return hot.compare('cpu', BASE, LEN, 5).wrong
      }
      expect(receive(false)).toBe(0)
      expect(receive(true)).toBeGreaterThan(0)
    })

    it('shows that dirty lines were left behind, which quiet caches hide', () => {
      const receive = (disturbed: boolean): number => {
        hot.reset()
        hot.set('cpu', BASE, LEN, 0xff)
        hot.fill('memory', BASE, LEN, 5)
        for (let n = 0; n < 2 && disturbed; n++) hot.disturb(key(1, n))
        return hot.compare('memory', BASE, LEN, 5).wrong
      }
      expect(receive(false)).toBe(0)
      expect(receive(true)).toBeGreaterThan(0)
    })

    it('hits the same lines whether a range comes whole or in parts', () => {
      const lines = (parts: number): number[] => {
        hot.reset()
        const size = LEN / parts
        const ranges = Array.from({ length: parts }, (_, i) => ({
          base: phys(BASE + i * size),
          len: size,
        })).toReversed()
        hot.disturb(key(3, 9), ranges)
        hot.set('memory', BASE, LEN, 1) // lines fetched before keep the zeros
        return Array.from({ length: LEN / 64 }, (_, i) => hot.compareSet('snoop', phys(BASE + i * 64), 64, 1).wrong)
      }
      const whole = lines(1)
      expect(lines(16)).toEqual(whole)
      const fetched = whole.reduce((sum, wrong) => sum + wrong, 0)
      expect(fetched).toBeGreaterThan(LEN / 5)
      expect(fetched).toBeLessThan(LEN / 2) // an outer line holds two inner ones of 16 bytes
    })

    it('hits other lines under another seed, purpose or operation', () => {
      const pattern = (k: DisturbKey): number => {
        hot.reset()
        hot.disturb(k, RANGE)
        hot.set('memory', BASE, LEN, 1)
        return hot.checksum('snoop', BASE, LEN)
      }
      const keys = [key(1, 1), key(2, 1), key(1, 2), { ...key(1, 1), purpose: 'other' }]
      expect(new Set(keys.map(pattern)).size).toBe(keys.length)
      expect(pattern(key(1, 1))).toBe(pattern(key(1, 1)))
    })
  })
})
