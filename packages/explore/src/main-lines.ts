// The ways that buffers usually take: memory, a dma-buf, an importer that maps it. The search looks beside them first.
import type { ScenarioStep } from '@dmalab/api'
import { after, keyOf, type Protocol } from './protocol.ts'
import type { Setup } from './setup.ts'

/** A kind of step; a mapping with its direction. */
type Kind = ScenarioStep['do'] | 'map FROM_DEVICE'

const SHARING: readonly Kind[] = ['declare-pool', 'alloc', 'device-write', 'cpu-write', 'export', 'attach', 'map']
const SHORT: readonly Kind[] = ['declare-pool', 'alloc', 'export', 'attach', 'map']
/** In calls, then in ioctls; each kind of step once. */
const LINES: readonly (readonly Kind[])[] = [
  SHARING,
  [...SHORT, 'alloc', 'cpu-write', 'sg-table', 'map'],
  [...SHORT, 'alloc', 'cpu-write', 'reuse-table'],
  ['declare-pool', 'alloc', 'export', 'attach', 'map FROM_DEVICE', 'alloc', 'cpu-write', 'sg-table'],
  ['declare-pool', 'alloc', 'linear-write', 'export', 'attach', 'map'],
  ['declare-pool', 'queue-attrs', 'reqbufs', 'expbuf', 'reqbufs', 'qbuf', 'streamon', 'dqbuf'],
]

/** Keys of the states on the main lines. */
export const mainStates = (setup: Setup): ReadonlySet<string> =>
  new Set(LINES.flatMap((line) => statesOf(setup, line)).map(keyOf))

const statesOf = (setup: Setup, line: readonly Kind[]): readonly Protocol[] => {
  const states: Protocol[] = [setup.first]
  for (const kind of line) {
    const state = states.at(-1) ?? setup.first
    const step = setup.next(state).find((one) => isA(one, kind) && keyOf(after(state, one)) !== keyOf(state))
    if (step !== undefined) states.push(after(state, step))
  }
  return states
}

const isA = (step: ScenarioStep, kind: Kind): boolean =>
  kind === 'map FROM_DEVICE' ? step.do === 'map' && step.dir === 'FROM_DEVICE' : step.do === kind
