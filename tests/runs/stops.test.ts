// Runs that end in a stop while importers hold buffers: the cause is told, and what was live then is no leak.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runScenario } from 'dmalab'
import { afterAll, expect, test } from 'vitest'
import { scenarioRequest } from './scenario-request.ts'

const BOARDS = join(import.meta.dirname, '../../scenarios/boards')
const folder = mkdtempSync(join(tmpdir(), 'dmalab-stops-'))
afterAll(() => rmSync(folder, { recursive: true }))

const TOO_MUCH = 'alloc, buffer: big, size: 1GiB, from: coherent, device: plain'
const taken = (from: string): string => `alloc, buffer: f, size: 64KiB, from: ${from}`
const held = (importer: string): string[] => [
  `attach, buffer: f, device: ${importer}`,
  `map, buffer: f, device: ${importer}, dir: TO_DEVICE`,
]
const shared = (exporter: string, importer: string): string[] => [
  taken(`coherent, device: ${exporter}`),
  'export, buffer: f',
  ...held(importer),
]

interface Stop {
  readonly on: readonly [board: string, kernel: string]
  readonly steps: readonly string[]
  readonly verdict: 'fault' | 'refused'
  readonly found: readonly string[]
}
const ARM64 = ['virt-arm64', 'arm64@6.12'] as const
const LIVE = 'live-at-end info'
const HELD = ['mapping-failed info', 'leak-dma-buf info', LIVE]

const STOPS: Readonly<Record<string, Stop>> = {
  'v4.11, a page that does not exist': {
    on: ['arm-pool-outside', 'arm@4.11'],
    steps: shared('codec', 'converter'),
    verdict: 'fault',
    found: ['kernel-oops error', 'page-less-export warning'],
  },
  'the pfn_valid check': {
    on: ['arm-pool-outside', 'arm@4.11+pfn-valid'],
    steps: shared('codec', 'converter'),
    verdict: 'refused',
    found: [LIVE],
  },
  'the RFC, and a sync': {
    on: ['arm-pool-outside', 'arm@4.11+nopage-rfc'],
    steps: [...shared('codec', 'converter'), 'sync, buffer: f, device: converter, for: device, dir: TO_DEVICE'],
    verdict: 'fault',
    found: ['kernel-oops error'],
  },
  'the RFC, and a dumb buffer': {
    on: ['xu4-display-pool', 'arm@4.11+nopage-rfc'],
    steps: [taken('dumb, device: display'), ...held('converter')],
    verdict: 'fault',
    found: ['kernel-oops error'],
  },
  'a bounce copy of memory outside the linear map': {
    on: ARM64,
    steps: shared('exporter-a', 'bouncing'),
    verdict: 'fault',
    found: ['kernel-oops error'],
  },
  'a bounce pool that is too small': {
    on: ARM64,
    steps: [
      'alloc, buffer: a, size: 64KiB, from: pages',
      'map, buffer: a, device: plain, dir: TO_DEVICE',
      'alloc, buffer: g, size: 4MiB, from: pages',
      'map, buffer: g, device: bouncing, dir: TO_DEVICE',
    ],
    verdict: 'refused',
    found: ['bounce-too-long warning', LIVE],
  },
  'a full pool': {
    on: ARM64,
    steps: [...shared('exporter-a', 'plain'), 'alloc, buffer: g, size: 64MiB, from: coherent, device: exporter-a'],
    verdict: 'refused',
    found: [...HELD, LIVE],
  },
  ...Object.fromEntries(
    ['system-heap', 'cma-heap'].map((heap): [string, Stop] => [
      heap,
      { on: ARM64, steps: [taken(heap), ...held('plain'), TOO_MUCH], verdict: 'refused', found: HELD },
    ]),
  ),
  'udmabuf with CPU access': {
    on: ARM64,
    steps: [taken('udmabuf'), ...held('plain'), 'begin-cpu-access, buffer: f, dir: TO_DEVICE', TOO_MUCH],
    verdict: 'refused',
    found: [...HELD, LIVE],
  },
  'an exporter whose descriptor is closed': {
    on: ARM64,
    steps: [...shared('exporter-a', 'plain'), 'free, buffer: f', 'close, buffer: f', TOO_MUCH],
    verdict: 'refused',
    found: [...HELD, LIVE],
  },
  'everything given back before': {
    on: ARM64,
    steps: [
      ...shared('exporter-a', 'plain'),
      'unmap, buffer: f, device: plain',
      'detach, buffer: f, device: plain',
      'close, buffer: f',
      'free, buffer: f',
      TOO_MUCH,
    ],
    verdict: 'refused',
    found: ['mapping-failed info'],
  },
  'a driver that was unbound before: its own leak stays one': {
    on: ARM64,
    steps: [...shared('exporter-a', 'plain'), 'unbind, device: plain', TOO_MUCH],
    verdict: 'refused',
    found: [...HELD, 'leak-mapping error', 'unbind-pending error'],
  },
  'udmabuf, an end without a begin': {
    on: ARM64,
    steps: [taken('udmabuf'), 'end-cpu-access, buffer: f, dir: FROM_DEVICE'],
    verdict: 'refused',
    found: [],
  },
}

test.each(Object.entries(STOPS))('%s', async (name, { on: [board, kernel], steps, verdict, found }) => {
  const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.yaml`)
  writeFileSync(file, ['name: stop', 'steps:', ...steps.map((step) => `  - { do: ${step} }`)].join('\n'))
  const asked = { board: join(BOARDS, `${board}.yaml`), kernels: [kernel] }
  const [run] = (await runScenario(scenarioRequest(file, asked))).runs
  expect(run?.verdict).toBe(verdict)
  expect(run?.findings.map(({ code, severity }) => `${code} ${severity}`).toSorted()).toEqual([...found].toSorted())
})
