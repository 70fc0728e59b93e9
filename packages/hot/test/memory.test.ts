// Bytes, views and cache maintenance: the engine against its twin, on random operations.
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { type LineSize, phys } from '@dmalab/api'
import { type DisturbKey, Hot, type View } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'
import { chooser } from './twin/disturb-twin.ts'
import { MemoryTwin, type Op } from './twin/memory-twin.ts'
import { checksum, pattern } from './twin/pattern-twin.ts'

const POISON = 0xdead_beef
const PAGE = 4096
/** Two pages, the end of one section and the start of the next, and two at 40 GiB: few, so that steps meet. */
const WINDOWS = [2 ** 27 - PAGE, 40 * 2 ** 30] as const
const WINDOW_LEN = 2 * PAGE

type Step =
  | { readonly do: 'write' | 'read' | 'checksum'; readonly view: View; readonly at: number; readonly len: number }
  | {
      readonly do: 'fill' | 'compare'
      readonly view: View
      readonly at: number
      readonly len: number
      readonly seed: number
    }
  | {
      readonly do: 'set' | 'compareSet'
      readonly view: View
      readonly at: number
      readonly len: number
      readonly seed: number
    }
  | { readonly do: 'copy'; readonly view: View; readonly at: number; readonly len: number; readonly to: View }
  | { readonly do: 'disturb'; readonly at: number; readonly len: number }
  | {
      readonly do: Op
      readonly level: 'inner' | 'outer'
      readonly at: number
      readonly len: number
      readonly old: boolean
    }

const view = fc.constantFrom<View>('memory', 'cpu', 'snoop')
/** Ranges are often whole pages or whole lines: that is where the short cuts are. */
const range = fc.oneof(
  fc.record({ page: fc.nat(1), pages: fc.integer({ min: 1, max: 2 }) }).map(({ page, pages }) => ({
    off: page * PAGE,
    len: Math.min(pages, 2 - page) * PAGE,
  })),
  fc.record({ off: fc.nat(WINDOW_LEN - 1), len: fc.integer({ min: 1, max: PAGE }) }),
  fc.record({ off: fc.nat(WINDOW_LEN - 1), len: fc.integer({ min: 0, max: 150 }) }),
)
const place = fc.record({ window: fc.constantFrom(...WINDOWS), range }).map(({ window, range: { off, len } }) => ({
  at: window + off,
  len: Math.min(len, WINDOW_LEN - off),
}))
const seed = fc.nat(3)
const step: fc.Arbitrary<Step> = fc
  .oneof(
    fc.record({ do: fc.constantFrom('write' as const, 'read' as const, 'checksum' as const), view, place }),
    fc.record({ do: fc.constantFrom('fill' as const, 'compare' as const), view, place, seed }),
    fc.record({ do: fc.constantFrom('set' as const, 'compareSet' as const), view, place, seed }),
    fc.record({ do: fc.constant('copy' as const), view, place, to: view }),
    fc.record({ do: fc.constant('disturb' as const), place }),
    fc.record({
      do: fc.constantFrom<Op>('clean', 'invalidate', 'flush'),
      level: fc.constantFrom('inner' as const, 'outer' as const),
      place,
      old: fc.boolean(),
    }),
  )
  .map(({ place: { at, len }, ...rest }) => ({ ...rest, at, len }) as Step)

/** Does one step and returns everything it let the caller see. */
function onEngine(hot: Hot, s: Step, n: number): unknown {
  const at = phys(s.at)
  switch (s.do) {
    case 'write':
      return hot.write(s.view, at, pattern(n, 1, s.len))
    case 'read': {
      const into = new Uint8Array(s.len)
      hot.read(s.view, at, into)
      return text(into)
    }
    case 'checksum':
      return hot.checksum(s.view, at, s.len)
    case 'fill':
      return hot.fill(s.view, at, s.len, s.seed, n)
    case 'compare':
      return hot.compare(s.view, at, s.len, s.seed, n)
    case 'set':
      return hot.set(s.view, at, s.len, s.seed)
    case 'compareSet':
      return hot.compareSet(s.view, at, s.len, s.seed)
    case 'copy':
      return hot.copy(s.view, at, s.to, phys(otherWindow(s.at)), s.len)
    case 'disturb':
      return hot.disturb(keyOf(n), [{ base: at, len: s.len }])
    case 'clean':
      return s.level === 'inner' ? hot.clean(at, s.len) : hot.outerClean(at, s.len)
    case 'invalidate':
      return s.level === 'inner' ? hot.invalidate(at, s.len, s.old ? 'old' : 'new') : hot.outerInvalidate(at, s.len)
    case 'flush':
      return s.level === 'inner' ? hot.flush(at, s.len) : hot.outerFlush(at, s.len)
  }
}

function onTwin(twin: MemoryTwin, s: Step, n: number): unknown {
  twin.zeroCounts()
  switch (s.do) {
    case 'write':
      return twin.write(s.view, s.at, pattern(n, 1, s.len))
    case 'read':
      return text(twin.read(s.view, s.at, s.len))
    case 'checksum':
      return checksum(twin.read(s.view, s.at, s.len))
    case 'fill':
      return twin.write(s.view, s.at, pattern(s.seed, n, s.len))
    case 'compare':
      return comparison(twin.read(s.view, s.at, s.len), pattern(s.seed, n, s.len))
    case 'set':
      return twin.write(s.view, s.at, new Uint8Array(s.len).fill(s.seed))
    case 'compareSet':
      return comparison(twin.read(s.view, s.at, s.len), new Uint8Array(s.len).fill(s.seed))
    case 'copy':
      return twin.write(s.to, otherWindow(s.at), twin.read(s.view, s.at, s.len))
    case 'disturb':
      return twin.disturb(chooser(keyOf(n)), [{ base: s.at, len: s.len }])
    case 'clean':
    case 'invalidate':
    case 'flush':
      return s.level === 'inner' ? twin.innerRange(s.do, s.at, s.len, s.old) : twin.outerRange(s.do, s.at, s.len)
  }
}

function keyOf(n: number): DisturbKey {
  return { seed: 7, purpose: n % 2 === 0 ? 'even step' : 'odd step', operation: n }
}

function otherWindow(at: number): number {
  return at >= WINDOWS[1] ? at - WINDOWS[1] + WINDOWS[0] : at - WINDOWS[0] + WINDOWS[1]
}

function comparison(have: Uint8Array, want: Uint8Array): { wrong: number; firstWrong: number } {
  const differ = have.map((byte, i) => Number(byte !== want[i]))
  return { wrong: differ.reduce((sum, d) => sum + d, 0), firstWrong: differ.indexOf(1) }
}

/** Bytes as a digest: compares and prints well. */
function text(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex')
}

/** Everything a machine holds in the windows, seen without changing it. */
function contents(read: (view: View, at: number) => Uint8Array): string[] {
  return WINDOWS.flatMap((at) => [text(read('memory', at)), text(read('snoop', at))])
}

function engineContents(hot: Hot): string[] {
  return contents((v, at) => {
    const into = new Uint8Array(WINDOW_LEN)
    hot.read(v, phys(at), into)
    return into
  })
}

const MACHINES = ([16, 32, 64] as LineSize[]).flatMap((lineSize) => [
  { lineSize, outer: false },
  { lineSize, outer: true },
])
const steps = fc.array(step, { maxLength: 30, size: 'max' })

vi.setConfig({ testTimeout: 30_000 })

describe.each(BUILDS)('%s build', (build) => {
  const module = moduleOf(build)
  describe.each(MACHINES)('with $lineSize-byte lines, outer cache $outer', (machine) => {
    const config = { ...machine, poison: POISON }
    const reused = new Hot(module, config)

    it('does what its twin does, step by step', () => {
      fc.assert(
        fc.property(steps, (all) => {
          reused.reset()
          const twin = new MemoryTwin(machine.lineSize, POISON, machine.outer)
          for (const [n, s] of all.entries()) expect(onEngine(reused, s, n)).toEqual(onTwin(twin, s, n))
          expect(engineContents(reused)).toEqual(contents((v, at) => twin.read(v, at, WINDOW_LEN)))
        }),
        { seed: 4242, numRuns: build === 'release' ? 30 : 8 },
      )
    })

    it('is as good as new after a reset', () => {
      const fresh = new Hot(module, config)
      fc.assert(
        fc.property(steps, steps, (before, after) => {
          reused.reset()
          fresh.reset()
          for (const [n, s] of before.entries()) onEngine(reused, s, n)
          reused.reset()
          for (const [n, s] of after.entries()) expect(onEngine(reused, s, n)).toEqual(onEngine(fresh, s, n))
          expect(engineContents(reused)).toEqual(engineContents(fresh))
          expect({ ...reused.stats(), linearBytes: 0 }).toEqual({ ...fresh.stats(), linearBytes: 0 })
        }),
        { seed: 4242, numRuns: 8 },
      )
    })

    it('forks into a machine that goes its own way', () => {
      fc.assert(
        fc.property(steps, steps, steps, (before, here, there) => {
          const run = (all: Step[], hot: Hot): void => all.forEach((s, n) => onEngine(hot, s, n))
          reused.reset()
          run(before, reused)
          const copy = reused.fork()
          run(here, reused)
          run(there, copy)
          const straight = [here, there].map((then) => {
            const hot = new Hot(module, config)
            run(before, hot)
            run(then, hot)
            return engineContents(hot)
          })
          expect([engineContents(reused), engineContents(copy)]).toEqual(straight)
        }),
        { seed: 4242, numRuns: 2 },
      )
    })

    it('logs line operations in the order in which they are issued', () => {
      fc.assert(
        fc.property(steps, (all) => {
          reused.reset()
          const twin = new MemoryTwin(machine.lineSize, POISON, machine.outer)
          for (const [n, s] of all.entries()) {
            const log = reused.lineLog(() => onEngine(reused, s, n))
            onTwin(twin, s, n)
            expect(log).toEqual(twin.log)
          }
        }),
        { seed: 4242, numRuns: 8 },
      )
    })
  })
})
