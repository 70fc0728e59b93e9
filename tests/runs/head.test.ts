// The head of a report: told before the work of a pipeline begins, and never where the input is refused after all.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunReport } from '@dmalab/api'
import { runScenario } from 'dmalab'
import type { RunHead, ScenarioRequest } from 'dmalab'
import { afterAll, expect, test } from 'vitest'
import { scenarioRequest } from './scenario-request.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-head-'))
afterAll(() => rmSync(folder, { recursive: true }))

const headOf = ({ runs: _runs, differences: _differences, ...head }: RunReport): RunHead => head

/** What came in which order, and what was thrown. */
const order = async (scenario: string, more: Partial<ScenarioRequest>) => {
  const came: unknown[] = []
  const report = await runScenario(
    scenarioRequest(scenario, {
      onHead: (head) => came.push(head),
      onEvent: ({ event }) => {
        if (came.at(-1) !== 'events' && event === 'step') came.push('events')
      },
      ...more,
    }),
  ).catch((error: unknown) => error)
  return { came, report }
}

test('of a pipeline it comes before the first step, and is that of the report', async () => {
  const { came, report } = await order('founding', { kernels: ['arm@4.11', 'arm@6.12'] })
  expect(came).toEqual([headOf(report as RunReport), 'events'])
})

test('it is not told when a kernel further down is refused', async () => {
  const { came, report } = await order('founding', { kernels: ['arm@4.11', 'arm64@6.12'] })
  expect([came, String(report)]).toEqual([[], expect.stringContaining('arm64@6.12 is for arm64')])
})

test('it is not told when an element cannot work on its device', async () => {
  const { came, report } = await order('founding', { kernels: ['arm@4.11'], bind: ['v4l2video4dec=display'] })
  expect([came, String(report)]).toEqual([[], expect.stringContaining('display')])
})

test('where a kernel stands in for another it comes with the results, as they decide what it says', async () => {
  const { came, report } = await order('founding', { kernels: ['arm@5.9'] })
  expect(came).toEqual(['events', headOf(report as RunReport)])
})

test('steps may be refused at any moment, so theirs comes with the results', async () => {
  const file = join(folder, 'late.yaml')
  const steps = [
    '{ do: alloc, buffer: a, size: 4KiB, from: pages }',
    '{ do: map, buffer: a, device: nowhere, dir: TO_DEVICE }',
  ]
  writeFileSync(file, ['name: late', 'steps:', ...steps.map((step) => `  - ${step}`)].join('\n'))
  const { came, report } = await order(file, { board: 'odroid-xu4-2017', kernels: ['arm@4.11'] })
  expect([came, String(report)]).toEqual([['events'], expect.stringContaining('nowhere')])
})
