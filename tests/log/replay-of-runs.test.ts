// A run's own log, replayed where it was written: lists without struct pages and calls that never returned stand in it as markers.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Event, KernelRun } from '@dmalab/api'
import { openLaboratory, run } from '@dmalab/lab/node'
import { readMachine } from '@dmalab/machine'
import { createFtraceWriter } from '@dmalab/trace'
import { runScenario } from 'dmalab'
import { describe, expect, it } from 'vitest'
import { scenarioRequest } from '../runs/scenario-request.ts'

const laboratory = await openLaboratory()
const SCENARIOS = join(import.meta.dirname, '../../scenarios')

interface Logged {
  readonly one: KernelRun
  readonly board: string
  readonly log: string
}
const logged = async (scenario: string, kernel?: string): Promise<Logged> => {
  const events: Event[] = []
  const onEvent = (event: Event): void => void events.push(event)
  const small = { frames: 2, size: '64x32', buffers: 2, seed: 7 }
  const { board, runs } = await runScenario(
    scenarioRequest(scenario, { ...small, kernels: kernel === undefined ? [] : [kernel], onEvent }),
  )
  const writer = createFtraceWriter()
  for (const event of events) writer.onEvent(event)
  const [one] = runs
  if (one === undefined) throw new Error(`${scenario} did not run`)
  return { one, board, log: writer.finish() }
}
const replayed = async (log: string, kernel: string, name: string): Promise<KernelRun> => {
  const file = join(SCENARIOS, 'boards', `${name}.yaml`)
  const board = existsSync(file) ? readMachine(readFileSync(file, 'utf8'), file) : name
  const work = { log, file: 'own.trace', devices: {} }
  const { runs } = await run({ board, kernels: [kernel], work, assume: ['all'] }, { laboratory })
  const [again] = runs
  if (again === undefined) throw new Error('nothing was replayed')
  return again
}

const CASES = [
  ['founding', 'arm@4.11'],
  ['founding', 'arm@4.11+pfn-valid'],
  ['founding', 'arm@4.11+nopage-rfc'],
  ['founding', 'arm@6.12'],
  ...[
    'rd-13-sync-not-guarded',
    'rd-07-page-is-an-address',
    'rd-09-other-back-ends',
    'rd-03-tag-inherited',
    'generic-import-arm-pool-a',
    'generic-import-arm64-pool-b',
    'generic-sync-arm-pool-b-stall',
    'fixed-case-before',
    'ok-2-importer-takes-addresses',
  ].map((name) => [join(SCENARIOS, `${name}.yaml`), undefined] as const),
] as const

describe('ends as the run did', () => {
  it.each(CASES)('%s on %s', async (scenario, kernel) => {
    const { one, board, log } = await logged(scenario, kernel)
    const again = await replayed(log, one.kernel, board)
    const { devices = [], skipped, fault } = again.replay ?? {}
    expect(devices.map(({ model }) => model)).toEqual(devices.map(({ log: inLog }) => inLog))
    const inCall = log.includes('"event":"stopped_call"')
    expect([skipped, fault?.function]).toEqual([0, inCall ? one.oops?.function : undefined])
  })
})

it('both kinds of markers are among them', async () => {
  const [stopped, pageLess] = await Promise.all([
    logged('founding', 'arm@4.11'),
    logged('founding', 'arm@4.11+nopage-rfc'),
  ])
  expect(stopped.log).toMatch(/"event":"stopped_call","call":"map_sg","device":"/)
  expect(pageLess.log).toContain('"records":[{"page":"0x')
})

it.each([
  ['arm@4.11', 'dma_map_resource'],
  ['arm@6.12', undefined],
])('a call that stopped one kernel may return on another: RAM as a resource on %s', async (kernel, stopsIn) => {
  const entry = { page: 0x4_5000, offset: 0, length: 4096, attrs: 0, dmaAddress: 0, dmaLength: 0 }
  const call = { event: 'stopped_call', call: 'map_resource', device: 'display', dir: 1, attrs: 0, entries: [entry] }
  const log = `            init-1       [000] .....     1.000000: tracing_mark_write: dmalab: ${JSON.stringify(call)}\n`
  const again = await replayed(log, kernel, 'odroid-xu4-2017')
  expect([again.replay?.skipped, again.replay?.fault?.function]).toEqual([0, stopsIn])
})

it.each([
  ['a page that is no number', { page: {} }],
  ['a length below nothing', { length: -1 }],
  ['an address that is no address', { page: '0xzz' }],
])('a marker with %s is text', async (_what, odd) => {
  const entry = { page: 0x4_5000, offset: 0, length: 4096, attrs: 0, dmaAddress: 0, dmaLength: 0, ...odd }
  const call = { event: 'stopped_call', call: 'map_sg', device: 'display', dir: 1, attrs: 0, entries: [entry] }
  const line = (body: string): string => `            init-1       [000] .....     1.000000: ${body}\n`
  const mapped = line('dma_map_page: display dir=TO_DEVICE dma_addr=45000000 size=4096 phys_addr=45000000 attrs=')
  const log = mapped + line(`tracing_mark_write: dmalab: ${JSON.stringify(call)}`)
  expect((await replayed(log, 'arm@4.11', 'odroid-xu4-2017')).replay?.fault).toBeNull()
})

it('a list that is longer than all memory is left out', async () => {
  const entry = { page: '0xf0800000', offset: 0, length: 2 ** 50, attrs: 0, dmaAddress: 0, dmaLength: 0 }
  const call = { event: 'stopped_call', call: 'map_sg', device: 'display', dir: 1, attrs: 0, entries: [entry] }
  const log = `            init-1       [000] .....     1.000000: tracing_mark_write: dmalab: ${JSON.stringify(call)}\n`
  expect((await replayed(log, 'arm@4.11', 'odroid-xu4-2017')).replay).toMatchObject({ skipped: 1, fault: null })
})
