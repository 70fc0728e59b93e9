// A run written as ftrace text and read back: the same events, and the same findings.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Event, Finding } from '@dmalab/api'
import { createChecker } from '@dmalab/checker'
import { createFtraceWriter, createReader } from '@dmalab/trace'
import { describe, expect, it } from 'vitest'
import { runScenario } from '../../src/run-scenario.ts'

const SCENARIOS = join(import.meta.dirname, '../../../../scenarios')
const SWIOTLB = { board: 'imx8mp-evk', cmdline: 'swiotlb=force' }

interface Run {
  readonly kernel: string
  readonly events: readonly Event[]
  readonly findings: readonly Finding[]
}

const runsOf = async (
  scenario: string,
  kernels: readonly string[],
  { board, cmdline }: { readonly board?: string; readonly cmdline?: string } = {},
): Promise<readonly Run[]> => {
  const events = new Map<string, Event[]>()
  const report = await runScenario({
    scenario,
    board,
    kernels,
    frames: 3,
    size: '320x240',
    buffers: 3,
    seed: 7,
    bind: [],
    inject: [],
    plugins: {},
    config: [],
    cmdline,
    onEvent: (event, kernel) => {
      const before = events.get(kernel)
      if (before === undefined) events.set(kernel, [event])
      else before.push(event)
    },
  })
  return report.runs.map(({ kernel, findings }) => ({ kernel, findings, events: events.get(kernel) ?? [] }))
}
const written = (events: readonly Event[]): string => {
  const writer = createFtraceWriter()
  for (const event of events) writer.onEvent(event)
  return writer.finish()
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

const ofItself = ({ findings, events }: Run): ReturnType<typeof readBack> => ({
  damaged: 0,
  findings,
  events: events.length,
})
const ofItsLog = ({ events }: Run): ReturnType<typeof readBack> => readBack(written(events))

describe('the founding use case gives the same findings from its log', () => {
  it.each(['arm@4.11', 'arm@4.11+pfn-valid', 'arm@4.11+nopage-rfc', 'arm@6.12'])('on %s', async (kernel) => {
    const runs = await runsOf('founding', [kernel])
    expect(runs.length).toBeGreaterThan(0)
    expect(runs.map(ofItsLog)).toEqual(runs.map(ofItself))
  })
  it.each([
    ['arm64@6.12', { board: 'rk3399-rockpro64' }],
    ['arm64@6.12', SWIOTLB],
  ] as const)('on %s, %o', async (kernel, machine) => {
    const runs = await runsOf('founding', [kernel], machine)
    expect(runs.length).toBeGreaterThan(0)
    expect(runs.map(ofItsLog)).toEqual(runs.map(ofItself))
  })
})

describe('a scenario file gives the same findings from its log', () => {
  it.each(readdirSync(SCENARIOS).filter((name) => name.endsWith('.yaml')))('%s', async (name) => {
    const runs = await runsOf(join(SCENARIOS, name), [])
    expect(runs.length).toBeGreaterThan(0)
    expect(runs.map(ofItsLog)).toEqual(runs.map(ofItself))
  })
})

it('a run that leaks says so from its log too', async () => {
  const [run] = await runsOf('founding', ['arm@6.12'])
  const leaking = (run?.events ?? []).filter(({ event }) => event !== 'dma_unmap_sg' && event !== 'pool_free')
  const checker = createChecker()
  for (const event of leaking) checker.onEvent(event)
  const { findings } = checker.finish()
  expect(findings.map(({ code }) => code)).toEqual(expect.arrayContaining(['leak-mapping', 'leak-coherent']))
  expect(readBack(written(leaking)).findings).toEqual(findings)
})
