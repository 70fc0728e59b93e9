// A run written as ftrace text and read back: the same events, and the same findings.
import type { Event, Finding } from '@dmalab/api'
import { createChecker } from '@dmalab/checker'
import { createFtraceWriter, createReader } from '@dmalab/trace'
import { describe, expect, it } from 'vitest'
import { runScenario } from '../../src/run-scenario.ts'

const KERNELS = ['arm@4.11', 'arm@4.11+pfn-valid', 'arm@4.11+nopage-rfc', 'arm@6.12']

const eventsOf = async (kernel: string): Promise<{ events: readonly Event[]; findings: readonly Finding[] }> => {
  const events: Event[] = []
  const report = await runScenario({
    scenario: 'founding',
    board: undefined,
    kernels: [kernel],
    frames: 3,
    size: '320x240',
    buffers: 3,
    seed: 7,
    bind: [],
    inject: [],
    plugins: {},
    config: [],
    cmdline: undefined,
    onEvent: (event) => events.push(event),
  })
  return { events, findings: report.runs[0]?.findings ?? [] }
}
const readBack = (
  text: string,
): { readonly damaged: number; readonly findings: readonly Finding[]; readonly events: number } => {
  const checker = createChecker()
  let events = 0
  const reader = createReader({
    onEvent: (event) => {
      events += 1
      checker.onEvent(event)
    },
  })
  reader.push(Buffer.from(text, 'latin1'))
  const { damagedCount } = reader.end()
  return { damaged: damagedCount, findings: checker.finish().findings, events }
}

describe.each(KERNELS)('the founding use case on %s', (kernel) => {
  it('gives the same findings from its log', async () => {
    const { events, findings } = await eventsOf(kernel)
    const writer = createFtraceWriter()
    for (const event of events) writer.onEvent(event)
    expect(readBack(writer.finish())).toEqual({ damaged: 0, findings, events: events.length })
  })
})

it('a run that leaks says so from its log too', async () => {
  const { events } = await eventsOf('arm@6.12')
  const leaking = events.filter(({ event }) => event !== 'dma_unmap_sg' && event !== 'pool_free')
  const checker = createChecker()
  for (const event of leaking) checker.onEvent(event)
  const { findings } = checker.finish()
  expect(findings.map(({ code }) => code)).toEqual(expect.arrayContaining(['leak-mapping', 'leak-coherent']))
  const writer = createFtraceWriter()
  for (const event of leaking) writer.onEvent(event)
  expect(readBack(writer.finish()).findings).toEqual(findings)
})
