// A laboratory that was reset, or opened on the memory of one that is closed, equals a fresh one, whatever was done in it: the same work leaves the same events, byte for byte.
import { type Event, type Pfn, phys } from '@dmalab/api'
import { openLab, parseKernel, StepMachine } from '@dmalab/runner'
import { kitMachine } from '@dmalab/testkit'
import { Memory } from '@dmalab/memory'
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
  return JSON.stringify([events, machine.wrong, lab.cache.counters(), lab.dmaBuf.live().length, stateOf(lab)])
}

const MIB = 2 ** 20
/** Memory is handed out behind the kernel, which takes 32 MiB at the start of RAM. */
const USED = { from: 31 * MIB, len: 4 * MIB }

const hotOf = (lab: Lab): Memory['hot'] => {
  if (!(lab.mem instanceof Memory)) throw new Error('a laboratory has a Memory')
  return lab.mem.hot
}

/** What the machine holds: bytes as devices see them, what the caches hold of them, page flags, frames and lists in use, what is lent. */
const stateOf = (lab: Lab): unknown => {
  const hot = hotOf(lab)
  const base = (lab.machine.memory[0]?.base ?? 0) + USED.from
  const pages = Array.from({ length: USED.len / 4096 }, (_, i) => (base / 4096 + i) as Pfn)
  const flags = pages.map((pfn) => Number(hot.hasPage(pfn)) + 2 * Number(hot.pageClean(pfn))).join('')
  const bytes = (['memory', 'snoop'] as const).map((view) => hot.checksum(view, phys(base), USED.len))
  return [bytes, flags, { ...hot.stats(), linearBytes: 0 }, [...lab.balance()], lab.bootMemory]
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
      const again = story(lab, after)
      expect(again).toBe(story(open(kernel, device), after))
      const memory = lab.mem
      lab.close()
      const next = open(kernel, device)
      expect(next.mem).not.toBe(memory)
      expect(hotOf(next)).toBe(hotOf(lab))
      expect(story(next, after)).toBe(again)
    }),
    { numRuns: 12, seed: 1 },
  )
})
