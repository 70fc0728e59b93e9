// Cleaning whole pages in loops of their own, against the same lines cleaned one by one.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { phys } from '@dmalab/api'
import { Hot } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'

const PAGE = 4096
const LINE = 64
/** Some pages in front of a section's end, some behind it. */
const FIRST = 2 ** 15 - 100
const PAGES = 200
const START = phys(FIRST * PAGE)

/** Stretches of lines that the CPU writes: scattered ones, and whole pages. */
const writes = fc.array(
  fc.oneof(
    fc.record({ line: fc.nat(PAGES * 64 - 1), lines: fc.constant(1) }),
    fc.record({ line: fc.nat(PAGES - 1).map((page) => page * 64), lines: fc.constantFrom(64, 128, 640) }),
    fc.record({ line: fc.nat(PAGES * 64 - 1), lines: fc.integer({ min: 1, max: 100 }) }),
  ),
  { maxLength: 30 },
)
const range = fc.tuple(fc.nat(PAGES - 1), fc.integer({ min: 1, max: PAGES }))

describe.each(BUILDS)('%s build', (build) => {
  const machine = (): Hot => new Hot(moduleOf(build), { lineSize: LINE, poison: 5 })
  const bytesOf = (hot: Hot): Uint8Array => {
    const bytes = new Uint8Array(PAGES * PAGE)
    hot.read('memory', START, bytes)
    return bytes
  }

  it('writes back what cleaning line by line does', () => {
    const [whole, single] = [machine(), machine()]
    fc.assert(
      fc.property(writes, range, fc.boolean(), (stretches, [first, count], written) => {
        const pages = Math.min(count, PAGES - first)
        for (const hot of [whole, single]) {
          hot.reset()
          if (written) hot.fill('memory', START, PAGES * PAGE, 3)
          for (const { line, lines } of stretches)
            hot.fill('cpu', phys(START + line * LINE), Math.min(lines, PAGES * 64 - line) * LINE, line)
        }
        const at = phys(START + first * PAGE)
        const counts = whole.clean(at, pages * PAGE)
        let writtenBack = 0
        for (let line = 0; line < pages * 64; line++)
          writtenBack += single.clean(phys(at + line * LINE), LINE).writtenBack
        expect(counts).toEqual({ lines: pages * 64, writtenBack })
        expect(Buffer.compare(bytesOf(whole), bytesOf(single))).toBe(0)
        expect(whole.clean(START, PAGES * PAGE)).toEqual(single.clean(START, PAGES * PAGE))
        expect(whole.checksum('cpu', START, PAGES * PAGE)).toBe(single.checksum('cpu', START, PAGES * PAGE))
      }),
      { numRuns: 20 },
    )
  })

  it('finds a dirty line anywhere in gigabytes, again and again, and after a reset', () => {
    const hot = machine()
    const gigabytes = 3 * 2 ** 30
    const places = [0, 2 ** 27 - LINE, 2 ** 27, 5 * 2 ** 27 + 77 * PAGE, gigabytes - LINE, gigabytes]
    for (const base of [0, 0x1_f000_0000, 2 ** 33 - 2 ** 27, 2 ** 43])
      for (const place of places) {
        hot.fill('cpu', phys(base + place), LINE, 1)
        const writtenBack = place < gigabytes ? 1 : 0
        expect(hot.clean(phys(base), gigabytes)).toEqual({ lines: gigabytes / LINE, writtenBack })
        expect(hot.clean(phys(base), gigabytes).writtenBack).toBe(0)
        hot.fill('cpu', phys(base + place), LINE, 2)
        if (place % 2 ** 27 === 0) hot.reset()
        else hot.invalidate(phys(base + place), LINE)
        expect(hot.clean(phys(base), gigabytes).writtenBack).toBe(0)
        hot.clean(phys(base + gigabytes), PAGE)
      }
  })

  it('hands over no full page behind the range, nor in front of it', () => {
    const hot = machine()
    hot.fill('memory', START, PAGES * PAGE, 1)
    hot.fill('cpu', START, PAGES * PAGE, 2)
    expect(hot.clean(phys(START + 2 * PAGE), 3 * PAGE)).toEqual({ lines: 3 * 64, writtenBack: 3 * 64 })
    const wrong = Array.from(
      { length: 7 },
      (_, n) => hot.compare('memory', phys(START + n * PAGE), PAGE, 2, n * PAGE).wrong > 0,
    )
    expect(wrong).toEqual([true, true, false, false, false, true, true])
    expect(hot.clean(START, PAGES * PAGE).writtenBack).toBe((PAGES - 3) * 64)
  })

  it('hands over frames of full pages in the order of the pages', () => {
    const hot = machine()
    hot.fill('memory', START, PAGES * PAGE, 1)
    hot.fill('cpu', START, PAGES * PAGE, 2)
    expect(hot.clean(START, PAGES * PAGE)).toEqual({ lines: PAGES * 64, writtenBack: PAGES * 64 })
    expect(hot.stats().freeFrames).toBe(PAGES)
    expect(hot.compare('memory', START, PAGES * PAGE, 2).wrong).toBe(0)
  })
})
