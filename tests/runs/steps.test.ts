// The scenarios of single steps end as they state, and steps that cannot be meant are refused with the reason.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunReport } from '@dmalab/api'
import { exitCodeFor, runScenario } from 'dmalab'
import { afterAll, describe, expect, test } from 'vitest'
import { scenarioRequest } from './scenario-request.ts'

const SCENARIOS = join(import.meta.dirname, '../../scenarios')
const files = readdirSync(SCENARIOS).filter((file) => /^(?:steps-.*|found-unrelated-page)\.yaml$/.test(file))
const folder = mkdtempSync(join(tmpdir(), 'dmalab-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0

const run = async (steps: readonly string[], kernel = 'arm64@6.12'): Promise<RunReport> => {
  const file = join(folder, `scenario-${++count}.yaml`)
  const board = join(SCENARIOS, 'boards/virt-arm64.yaml')
  const head = ['name: test', `board: ${board}`, `kernel: ${kernel}`, 'steps:']
  writeFileSync(file, [...head, ...steps.map((step) => `  - { ${step} }`)].join('\n'))
  return runScenario(scenarioRequest(file))
}
const refused = (steps: readonly string[]): Promise<unknown> =>
  run(steps).then(
    () => 'not refused',
    (error: unknown) => String(error),
  )

test.each(files)('%s ends as it states', async (file) => {
  const report = await runScenario(scenarioRequest(join(SCENARIOS, file)))
  const [one] = report.runs
  expect(one?.expectations?.filter(({ met }) => !met)).toEqual([])
  expect(exitCodeFor(report, 'error')).toBe(0)
})

const PAGES = 'do: alloc, buffer: one, size: 16KiB, from: pages'

describe('a mapping of its own', () => {
  test('is undone as it was made, attributes too', async () => {
    const report = await run([
      PAGES,
      'do: map, buffer: one, device: plain, dir: TO_DEVICE, attrs: [SKIP_CPU_SYNC], offset: 4KiB, len: 8KiB',
      'do: unmap, buffer: one, device: plain',
      'do: free, buffer: one',
    ])
    expect(report.runs[0]).toMatchObject({ verdict: 'works', findings: [] })
  })

  test('has bytes of its buffer', async () => {
    const report = await run([
      PAGES,
      'do: cpu-write, buffer: one',
      'do: map, buffer: one, device: plain, dir: TO_DEVICE, as: page, len: 4KiB',
      'do: device-read, buffer: one, device: plain, len: 4KiB',
      'do: unmap, buffer: one, device: plain',
      'do: free, buffer: one',
    ])
    expect(report.runs[0]?.steps[3]).toMatchObject({ detail: '4096 bytes as written' })
  })

  test.each([
    ['bytes beyond its end', 'do: map, buffer: one, device: plain, dir: TO_DEVICE, offset: 12KiB, len: 8KiB'],
    ['more entries than the list has', 'do: map, buffer: one, device: plain, dir: TO_DEVICE, nents: 2'],
    ['entries of a page', 'do: map, buffer: one, device: plain, dir: TO_DEVICE, as: page, nents: 1'],
  ])('cannot have %s', async (_what, step) => {
    expect(await refused([PAGES, step])).toMatch(/^InputError: .*(bytes 12288 to 20480|has 1 entries|takes one page)/)
  })
})

test('what an exporter maps has its own length and attributes', async () => {
  const shared = [
    'do: alloc, buffer: frame, size: 16KiB, from: coherent, device: exporter-a',
    'do: export, buffer: frame',
    'do: attach, buffer: frame, device: plain',
  ]
  const map = 'do: map, buffer: frame, device: plain, dir: TO_DEVICE'
  expect(await refused([...shared, `${map}, len: 4KiB`])).toContain('with no choice of len')
  expect(await refused([...shared, map, 'do: unmap, buffer: frame, device: plain, nents: 1'])).toContain(
    'with no choice of nents',
  )
})

test('a device without a pool has none to release', async () => {
  const report = await run(['do: release-pool, device: plain', 'do: expect, errno: EINVAL'])
  expect(report.runs[0]?.expectations).toMatchObject([{ met: true }])
})

test('a copy into a list that is not mapped is seen by the CPU', async () => {
  const report = await run([
    PAGES,
    'do: sg-copy-from-buffer, buffer: one, skip: 1KiB, len: 6KiB',
    'do: sg-copy-to-buffer, buffer: one, skip: 2KiB',
    'do: cpu-read, buffer: one',
    'do: free, buffer: one',
  ])
  expect(report.runs[0]?.steps.map(({ detail }) => detail).slice(1, 4)).toEqual([
    '6144 bytes',
    '14336 bytes, 5120 of them as written',
    '6144 bytes as written',
  ])
})

test('a copy of bytes that the device wrote behind the cache differs', async () => {
  const report = await run([
    PAGES,
    'do: cpu-write, buffer: one',
    'do: map, buffer: one, device: plain, dir: FROM_DEVICE',
    'do: cpu-read, buffer: one',
    'do: device-write, buffer: one, device: plain',
    'do: sg-copy-to-buffer, buffer: one, device: plain',
  ])
  expect(report.runs[0]).toMatchObject({ verdict: 'corrupt' })
})

test('a queue that is in use has its attributes already', async () => {
  const attrs = 'do: queue-attrs, device: exporter-a, queue: capture, attrs: [NO_KERNEL_MAPPING]'
  const used = 'do: reqbufs, device: exporter-a, queue: capture, memory: MMAP, count: 1'
  expect(await refused([used, attrs])).toContain('are in use: set their attributes before')
})

describe('bytes that nothing has', () => {
  const MAPPED = 'do: map, buffer: one, device: plain, dir: BIDIRECTIONAL, as: page'
  const SYNC = 'buffer: one, device: plain, for: cpu, dir: FROM_DEVICE'
  test.each([
    [
      'do: cpu-write, buffer: one, len: 16385',
      /^InputError: \S+scenario-\d+.yaml:7:5: steps.2: 16385 bytes of 'one' from byte 0 on: 16384 bytes are within reach/,
    ],
    ['do: cpu-read, buffer: one, offset: 4KiB, len: 9007199254740991', /16384 bytes are within reach/],
    ['do: cpu-write, buffer: one, offset: 20KiB', /offset 20480 of 'one': it has 16384 bytes/],
    ['do: device-write, buffer: one, device: plain, len: 9007199254740991', /4294967296 bytes are within reach/],
    ['do: device-read, buffer: one, device: plain, offset: 20KiB', /offset 20480 of 'one': it has 16384 bytes/],
    [`do: sync, ${SYNC}, len: 9007199254740991`, /it has 16384, and a call is followed up to byte 1073758208/],
    [`do: sync, ${SYNC}, offset: 4503599627370496, len: 1`, /a call is followed up to byte 1073758208/],
    [`do: sync, ${SYNC}, offset: 20KiB`, /offset 20480: the mapping of 'one' ends at byte 16384/],
    ['do: unmap, buffer: one, device: plain, len: 9007199254740991', /a call is followed up to byte 1073758208/],
    ['do: cpu-write, buffer: one, len: .nan', /7:40: steps.2.len: expected a length such as .*, not NaN$/],
    ['do: alloc, buffer: two, from: pages', /7:5: steps.2.size: missing: expected a length such as/],
  ])('%s is refused', async (step, says) => {
    expect(await refused([PAGES, MAPPED, step])).toMatch(says)
  })

  test('a sync of what lies before its mapping is refused', async () => {
    const from = 'do: map, buffer: one, device: plain, dir: BIDIRECTIONAL, as: page, offset: 8KiB'
    expect(await refused([PAGES, from, `do: sync, ${SYNC}, offset: 4KiB, len: 1KiB`])).toContain(
      "offset 4096: 'one' is mapped from byte 8192 on",
    )
  })

  test('a device reaches what lies behind its buffer', async () => {
    const report = await run([PAGES, MAPPED, 'do: device-write, buffer: one, device: plain, len: 20KiB'])
    expect(report.runs[0]?.steps[2]).toMatchObject({ detail: '20480 bytes' })
  })
})
