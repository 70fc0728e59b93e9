// A run written as ftrace text and read back: the same events, and the same findings.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Event, Finding } from '@dmalab/api'
import { createChecker } from '@dmalab/checker'
import { createFtraceWriter, createReader } from '@dmalab/trace'
import { describe, expect, it } from 'vitest'
import { runScenario } from 'dmalab'
import { scenarioRequest } from '../runs/scenario-request.ts'

const SCENARIOS = join(import.meta.dirname, '../../scenarios')
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
  const onEvent = (event: Event, kernel: string): void => {
    const before = events.get(kernel)
    if (before === undefined) events.set(kernel, [event])
    else before.push(event)
  }
  const small = { frames: 3, size: '320x240', buffers: 3, seed: 7 }
  const report = await runScenario(scenarioRequest(scenario, { ...small, board, kernels, cmdline, onEvent }))
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

it('a buffer’s way through user space stands in the log as a kernel prints it', async () => {
  const [{ events } = { events: [] }] = await runsOf('founding', ['arm@6.12'])
  const told = written(events).match(/v4l2_\w+: .*/g) ?? []
  expect(told.filter((line) => / index = 0, .* sequence = 0$/.test(line)).slice(0, 2)).toEqual([
    'v4l2_qbuf: minor = 0, index = 0, type = VIDEO_CAPTURE_MPLANE, bytesused = 0, flags = MAPPED|QUEUED|TIMESTAMP_UNKNOWN|TIMESTAMP_COPY, field = ANY, timestamp = 0, timecode = { type = 0x0, flags = , frames = 0, seconds = 0, minutes = 0, hours = 0, userbits = { 0 0 0 0 } }, sequence = 0',
    expect.stringContaining('v4l2_qbuf: minor = '),
  ])
  expect(told.length).toBe(events.filter(({ event }) => event.startsWith('v4l2_')).length)
  expect(told.length).toBeGreaterThan(20)
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
