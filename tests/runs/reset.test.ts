// A laboratory that was reset equals a fresh one, whatever was done in it: the same work leaves the same events, byte for byte.
import type { Event } from '@dmalab/api'
import { openLab, parseKernel, StepMachine } from '@dmalab/runner'
import { kitMachine } from '@dmalab/testkit'
import type { Lab, ScenarioStep } from '@dmalab/api'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openLaboratory } from '@dmalab/lab/node'
import { anySteps, firstSteps } from './random-steps.ts'

const parts = await openLaboratory()
const archOf = (kernel: string) => parts.registry.arches.get(parseKernel(kernel, parts.registry).base.arch)
const open = (kernel: string, device: string): Lab =>
  openLab(parts, {
    kernel: parseKernel(kernel, parts.registry),
    machine: kitMachine(archOf(kernel), device === 'translated' ? 'smmu-v3' : undefined),
  })

const steps = (device: string) => fc.tuple(firstSteps(device), anySteps(device)).map((parts) => parts.flat())

/** Everything that could be observed of the steps. */
const story = (lab: Lab, work: readonly ScenarioStep[]): string => {
  const events: (Event | string)[] = []
  const stop = lab.listen('line', (event) => events.push(event))
  const machine = new StepMachine(lab, 7)
  for (const step of work)
    try {
      lab.step(step.do)
      events.push(JSON.stringify(machine.do(step)))
    } catch (e) {
      events.push(String(e))
    }
  stop()
  return JSON.stringify([events, machine.wrong, lab.cache.counters(), lab.dmaBuf.live().length])
}

test.each([
  ['arm@4.11', 'plain'],
  ['arm@6.12', 'plain'],
  ['arm64@6.12', 'narrow'],
  ['arm64@6.12', 'translated'],
])('%s, device %s', (kernel, device) => {
  fc.assert(
    fc.property(steps(device), steps(device), (before, after) => {
      const lab = open(kernel, device)
      story(lab, before)
      lab.reset()
      expect(story(lab, after)).toBe(story(open(kernel, device), after))
    }),
    { numRuns: 15, seed: 1 },
  )
})
