// Pages that are set to zero: a frame that was never written is not written then either. What a machine holds does not depend on that.
import { describe, expect, it } from 'vitest'
import { phys } from '@dmalab/api'
import { Hot, type View } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'
import { pattern } from './twin/pattern-twin.ts'

const PAGE = 4096
const AT = 0x4000_0000
const LENGTH = 3 * PAGE
/** Described by the same tables. */
const ASIDE = AT + 64 * PAGE
const VIEWS: readonly View[] = ['cpu', 'memory', 'snoop']

const write = (hot: Hot, view: View, from: number, length: number, seed: number): void =>
  hot.write(view, phys(AT + from), pattern(seed, 0, length))
const zero = (hot: Hot, view: View, from = 0, length = LENGTH): void => hot.set(view, phys(AT + from), length, 0)
const bytesOf = (hot: Hot, view: View): Buffer => {
  const bytes = Buffer.alloc(LENGTH)
  hot.read(view, phys(AT), bytes)
  return bytes
}

/** What is in the pages before. */
const before: Record<string, (hot: Hot) => void> = {
  nothing: () => {},
  'what a device wrote': (hot) => write(hot, 'memory', 0, LENGTH, 1),
  'what the CPU wrote': (hot) => write(hot, 'cpu', 0, LENGTH, 2),
  'what the CPU wrote and cleaned': (hot) => {
    write(hot, 'cpu', 0, LENGTH, 3)
    hot.clean(phys(AT), LENGTH)
  },
  'one line of the CPU': (hot) => write(hot, 'cpu', PAGE + 64, 64, 4),
  'bytes of the CPU over what a device wrote': (hot) => {
    write(hot, 'memory', 0, LENGTH, 5)
    write(hot, 'cpu', PAGE + 60, 9, 6)
  },
  'zeros, and then something': (hot) => {
    zero(hot, 'memory')
    write(hot, 'memory', PAGE, PAGE, 7)
  },
  'zeros of the CPU, and then something': (hot) => {
    zero(hot, 'cpu')
    write(hot, 'cpu', 0, LENGTH, 8)
  },
}
/** What the engine's memory went through. */
const heaps: readonly ((hot: Hot) => void)[] = [
  () => {},
  (hot) => {
    hot.set('memory', phys(AT), 64 * PAGE, 0x55)
    hot.reset()
  },
  (hot) => {
    hot.set('memory', phys(ASIDE), 8 * PAGE, 0x55)
    hot.set('cpu', phys(ASIDE), 8 * PAGE, 0x66)
    hot.clean(phys(ASIDE), 8 * PAGE)
  },
]

describe.each([...BUILDS.map((build) => ({ build, outer: false })), { build: 'release' as const, outer: true }])(
  '$build build, outer cache: $outer',
  ({ build, outer }) => {
    it.each(Object.entries(before))('over %s', (_, prepare) => {
      for (const view of VIEWS) {
        const came = heaps.map((use) => {
          const hot = new Hot(moduleOf(build), { lineSize: 64, outer, poison: 7 })
          use(hot)
          prepare(hot)
          zero(hot, view)
          expect(bytesOf(hot, view).every((byte) => byte === 0)).toBe(true)
          // Parts of pages, and what is written into zeros.
          zero(hot, view, 100, PAGE)
          write(hot, view, PAGE + 100, 3, 9)
          return (['memory', 'snoop', 'cpu'] as const).map((seen) => bytesOf(hot, seen))
        })
        for (const other of came.slice(1))
          expect(other.map((bytes, i) => bytes.compare(came[0]![i]!))).toEqual([0, 0, 0])
      }
    })

    it('other bytes are written', () => {
      const hot = new Hot(moduleOf(build), { lineSize: 64, outer, poison: 7 })
      for (const view of VIEWS) {
        hot.set(view, phys(AT), LENGTH, 0x77)
        expect(bytesOf(hot, view).every((byte) => byte === 0x77)).toBe(true)
        hot.reset()
      }
    })
  },
)
