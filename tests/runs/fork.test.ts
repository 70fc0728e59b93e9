// An experiment that was forked and its fork go separate ways, and each is what it had been without the other: the same events, byte for
// byte, as of a fresh experiment with the same steps.
import type { Event, ScenarioStep } from '@dmalab/api'
import { type Experiment, openExperiment, parseKernel } from '@dmalab/runner'
import { kitMachine } from '@dmalab/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openLaboratory } from '@dmalab/lab/node'
import { anySteps, firstSteps } from './random-steps.ts'

const parts = await openLaboratory()
const archOf = (kernel: string) => parts.registry.arches.get(parseKernel(kernel, parts.registry).base.arch)
const open = (kernel: string, device: string): Experiment =>
  openExperiment(parts, {
    kernel: parseKernel(kernel, parts.registry),
    machine: kitMachine(archOf(kernel), device === 'translated' ? 'smmu-v3' : undefined),
    seed: 7,
    inject: [{ what: 'mapSg', nth: 3 }],
  })

/** What comes of the next step: its result or its end, and every event. */
const watched = (experiment: Experiment): ((step: ScenarioStep) => void) & { story(): string } => {
  const told: (Event | string)[] = []
  experiment.lab.listen('line', (event) => told.push(event))
  const perform = (step: ScenarioStep): void => {
    try {
      told.push(JSON.stringify(experiment.do(step)))
    } catch (e) {
      told.push(String(e))
    }
  }
  const story = (): string =>
    JSON.stringify([told, experiment.wrong, experiment.lab.cache.counters(), experiment.lab.dmaBuf.live().length])
  return Object.assign(perform, { story })
}

const after = (experiment: Experiment, past: readonly ScenarioStep[]): Experiment => {
  const perform = watched(experiment)
  for (const step of past) perform(step)
  return experiment
}

test.each([
  ['arm@4.11', 'plain'],
  ['arm@4.11+nopage-rfc', 'pooled'],
  ['arm@6.12', 'plain'],
  ['arm64@6.12', 'narrow'],
  ['arm64@6.12', 'translated'],
])('%s, device %s', (kernel, device) => {
  const past = fc.tuple(firstSteps(device), anySteps(device)).map((some) => some.flat())
  fc.assert(
    fc.property(past, anySteps(device), anySteps(device), (before, mine, other) => {
      const first = after(open(kernel, device), before)
      const original = watched(first)
      const second = first.fork()
      const fork = watched(second)
      for (let i = 0; i < Math.max(mine.length, other.length); i++) {
        for (const step of mine.slice(i, i + 1)) original(step)
        for (const step of other.slice(i, i + 1)) fork(step)
      }
      const alone = (steps: readonly ScenarioStep[]): string => {
        const experiment = after(open(kernel, device), before)
        const fresh = watched(experiment)
        for (const step of steps) fresh(step)
        const story = fresh.story()
        experiment.lab.close()
        return story
      }
      expect(original.story()).toBe(alone(mine))
      expect(fork.story()).toBe(alone(other))
      for (const { lab } of [first, second]) lab.close()
    }),
    { numRuns: 12, seed: 1 },
  )
})

test('a fork of a fork has the steps of both', () => {
  const first = open('arm@6.12', 'plain')
  first.do({ do: 'alloc', buffer: 'a', size: 100, from: 'pages' })
  const second = first.fork()
  second.do({ do: 'cpu-write', buffer: 'a' })
  expect(second.fork().do({ do: 'cpu-read', buffer: 'a' })).toEqual({ ok: true, value: '100 bytes as written' })
  expect(first.do({ do: 'cpu-read', buffer: 'a' })).toEqual({ ok: true, value: '0 bytes as written' })
})
