// Scenario files: steps run as they stand, and what they state is checked.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunReport } from '@dmalab/api'
import { afterAll, describe, expect, test } from 'vitest'
import { exitCodeFor, runScenario, type ScenarioRequest } from 'dmalab'
import { scenarioRequest } from './scenario-request.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0

const run = async (
  steps: readonly string[],
  head: readonly string[] = [],
  more: Partial<ScenarioRequest> = {},
): Promise<RunReport> => {
  const file = join(folder, `scenario-${++count}.yaml`)
  const lines = ['name: test', 'board: odroid-xu4-2017', ...head, 'steps:', ...steps.map((step) => `  - { ${step} }`)]
  writeFileSync(file, lines.join('\n'))
  return runScenario(scenarioRequest(file, more))
}
const RFC = ['kernel: arm@4.11+nopage-rfc']
const SHARED = [
  'do: alloc, buffer: frame, size: 64KiB, from: coherent, device: codec.left',
  'do: export, buffer: frame',
  'do: attach, buffer: frame, device: converter',
  'do: map, buffer: frame, device: converter, dir: BIDIRECTIONAL',
]

describe('what is found', () => {
  const codesOf = ({ runs }: RunReport): readonly string[] =>
    runs.flatMap(({ findings }) => findings.map(({ code }) => code))

  test('memory that a task mapped to read it goes with its buffer', async () => {
    const report = await run(
      [
        'do: alloc, buffer: frame, size: 64KiB, from: coherent, device: codec.left',
        'do: cpu-write, buffer: frame',
        'do: cpu-read, buffer: frame',
        'do: free, buffer: frame',
      ],
      ['kernel: arm@4.11'],
    )
    expect(codesOf(report)).toEqual([])
  })

  test('what a run that stopped did not reach is one note a device, after the cause', async () => {
    const report = await run([...SHARED, 'do: alloc, buffer: big, size: 1GiB, from: coherent, device: codec.left'], RFC)
    const [one] = report.runs
    expect(one).toMatchObject({ verdict: 'refused', step: expect.stringContaining('alloc big') })
    expect(one?.findings.map(({ severity, code }) => `${severity} ${code}`)).toEqual([
      'info mapping-failed',
      'info leak-dma-buf',
      'info live-at-end',
      'info live-at-end',
    ])
  })
})

describe('steps', () => {
  test('a shared pool buffer carries bytes from device to device under the RFC', async () => {
    const report = await run(
      [
        ...SHARED,
        'do: device-write, buffer: frame, device: codec.left',
        'do: device-read, buffer: frame, device: converter',
        'do: unmap, buffer: frame, device: converter',
        'do: detach, buffer: frame, device: converter',
        'do: close, buffer: frame',
        'do: free, buffer: frame',
        'do: expect, verdict: works',
      ],
      RFC,
    )
    expect(report.runs[0]).toMatchObject({ verdict: 'works', findings: [] })
    expect(exitCodeFor(report, 'error')).toBe(0)
  })

  test('what is left behind is a leak', async () => {
    const report = await run(SHARED, RFC)
    expect(report.runs[0]?.findings.map((f) => f.code)).toEqual(
      expect.arrayContaining(['leak-attachment', 'leak-dma-buf']),
    )
  })

  test('the sync that the RFC does not guard faults', async () => {
    const report = await run(
      [
        ...SHARED,
        'do: sync, buffer: frame, device: converter, for: cpu, dir: BIDIRECTIONAL',
        'do: expect, verdict: fault, finding: kernel-oops',
      ],
      RFC,
    )
    expect(report.runs[0]?.oops?.callPath.slice(0, 2)).toEqual(['dma_cache_maint_page', '__dma_page_dev_to_cpu'])
    expect(exitCodeFor(report, 'error')).toBe(0)
  })

  test('a CPU write that is not cleaned is not what a device reads', async () => {
    const pages = [
      'do: alloc, buffer: p, size: 8KiB, from: pages',
      'do: map, buffer: p, device: converter, dir: TO_DEVICE',
    ]
    const late = await run([...pages, 'do: cpu-write, buffer: p', 'do: device-read, buffer: p, device: converter'])
    expect(late.runs[0]).toMatchObject({ verdict: 'corrupt' })
    const synced = await run([
      ...pages,
      'do: cpu-write, buffer: p',
      'do: sync, buffer: p, device: converter, for: device, dir: TO_DEVICE',
      'do: device-read, buffer: p, device: converter',
    ])
    expect(synced.runs[0]?.verdict).toBe('works')
  })

  test('an errno that is expected does not end the run; another one does', async () => {
    const steps = [
      'do: alloc, buffer: big, size: 64MiB, from: coherent, device: codec.left',
      'do: expect, errno: ENOMEM',
      'do: alloc, buffer: small, size: 4KiB, from: pages',
      'do: free, buffer: small',
    ]
    expect((await run(steps)).runs[0]).toMatchObject({
      verdict: 'works',
      steps: [{ outcome: 'refused' }, { outcome: 'ok' }, { outcome: 'ok' }],
    })
    const [first = '', , ...rest] = steps
    expect((await run([first, ...rest])).runs[0]).toMatchObject({
      verdict: 'refused',
      steps: [{ outcome: 'refused' }, { outcome: 'not reached' }, { outcome: 'not reached' }],
    })
  })

  test('an expectation that is not met is exit code 3, and says what came instead', async () => {
    const report = await run([
      'do: alloc, buffer: p, size: 4KiB, from: pages',
      'do: free, buffer: p',
      'do: expect, verdict: fault',
    ])
    expect(report.runs[0]?.expectations).toEqual([{ step: 3, expected: 'verdict fault', got: 'works', met: false }])
    expect(exitCodeFor(report, 'error')).toBe(3)
  })

  test('an injected failure hits the call it names', async () => {
    const report = await run(
      [
        'do: alloc, buffer: p, size: 8KiB, from: pages',
        'do: map, buffer: p, device: converter, dir: TO_DEVICE',
        'do: expect, errno: EIO',
      ],
      ["inject: ['mapPage@converter:1']"],
    )
    expect(report.runs[0]?.expectations?.[0]).toMatchObject({ met: true, got: 'EIO' })
  })
})

describe('with caches at their worst', () => {
  const worst = { 'adversarial-cache': true } as const
  const fill = [
    'do: alloc, buffer: p, size: 64KiB, from: pages',
    'do: cpu-write, buffer: p',
    'do: map, buffer: p, device: converter, dir: BIDIRECTIONAL',
    'do: device-write, buffer: p, device: converter',
  ]

  test('a read that lacks its sync is stale, and with the sync it is not', async () => {
    const late = await run([...fill, 'do: cpu-read, buffer: p'], [], worst)
    expect(late.runs[0]?.verdict).toBe('corrupt')
    const synced = await run(
      [...fill, 'do: sync, buffer: p, device: converter, for: cpu, dir: BIDIRECTIONAL', 'do: cpu-read, buffer: p'],
      [],
      worst,
    )
    expect(synced.runs[0]?.verdict).toBe('works')
  })

  test('the same seed disturbs the same lines', async () => {
    const once = await run([...fill, 'do: cpu-read, buffer: p'], [], worst)
    const again = await run([...fill, 'do: cpu-read, buffer: p'], [], worst)
    expect(again.runs).toEqual(once.runs)
    const other = await run([...fill, 'do: cpu-read, buffer: p'], [], { ...worst, seed: 2 })
    expect(other.runs[0]?.steps).not.toEqual(once.runs[0]?.steps)
  })

  test('a correct pipeline stays correct', async () => {
    const one = await run(['do: alloc, buffer: p, size: 4KiB, from: pages', 'do: free, buffer: p'], [], worst)
    expect(one.runs[0]).toMatchObject({ verdict: 'works', findings: [] })
  })
})

test('a scenario with a mistake names file, line and column', async () => {
  await expect(run(['do: free, buffer: nothing'])).rejects.toThrow(
    /scenario-\d+\.yaml:4:\d+.*no step before this one makes a buffer nothing/,
  )
})
