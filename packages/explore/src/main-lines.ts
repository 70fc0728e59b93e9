// The ways that buffers usually take: memory, a dma-buf, an importer that maps it. The search looks beside them first.
import type { ScenarioStep } from '@dmalab/api'
import type { Rules, Situation } from './rules.ts'

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

export const statesOnMainLines = (rules: Rules): ReadonlySet<Situation> =>
  new Set(LINES.flatMap((line) => statesOn(rules, line)))

const statesOn = (rules: Rules, line: readonly Kind[]): readonly Situation[] => {
  const states: Situation[] = [rules.first]
  for (const kind of line) {
    const state = states.at(-1) ?? rules.first
    const move = rules.movesIn(state).find(({ step, to }) => isA(step, kind) && to !== state)
    if (move !== undefined) states.push(move.to)
  }
  return states
}

const isA = (step: ScenarioStep, kind: Kind): boolean =>
  kind === 'map FROM_DEVICE' ? step.do === 'map' && step.dir === 'FROM_DEVICE' : step.do === kind
