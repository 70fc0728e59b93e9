import type { ScenarioStep } from '@dmalab/api'
import { expect, it } from 'vitest'
import { nextCalls } from '../src/alphabet.ts'
import { after, atFirst, keyOf, type Protocol } from '../src/protocol.ts'
import type { Setting } from '../src/setting.ts'

const SETTING: Setting = {
  owner: 'exporter',
  importers: ['importer'],
  source: 'coherent',
  above: null,
  size: 4096,
  attrs: [],
  declare: null,
  kmap: false,
  pool: true,
  masking: [],
  timers: false,
  bothWays: false,
  links: false,
  remaps: true,
  unmapAttrs: [],
}
const START = atFirst(['importer'], 'there')
const FRAME = { buffer: 'frame' }
const ON = { buffer: 'frame', device: 'importer' }
const SHARED: readonly ScenarioStep[] = [
  { do: 'alloc', ...FRAME, size: 4096, from: 'coherent', device: 'exporter' },
  { do: 'export', ...FRAME },
  { do: 'attach', ...ON },
  { do: 'map', ...ON, dir: 'FROM_DEVICE' },
]
const reached = (steps: readonly ScenarioStep[]): Protocol => steps.reduce(after, START)
const may = (steps: readonly ScenarioStep[]): readonly string[] =>
  nextCalls(reached(steps), SETTING).map((step) => step.do)

it('begins with memory', () => {
  expect(may([])).toEqual(['alloc'])
})

it('comes back to an equal state when a mapping is made and undone, but for what a device still knows', () => {
  const once = reached([...SHARED, { do: 'unmap', ...ON }])
  const twice = reached([
    ...SHARED,
    { do: 'unmap', ...ON },
    { do: 'map', ...ON, dir: 'TO_DEVICE' },
    { do: 'unmap', ...ON },
  ])
  expect(keyOf(twice)).toBe(keyOf(once))
})

it('lets a device write only while it holds the buffer, and nobody else then', () => {
  expect(may(SHARED)).toContain('device-write')
  expect(may(SHARED)).not.toContain('cpu-write')
  const handedOver = [...SHARED, { do: 'sync', ...ON, for: 'cpu', dir: 'FROM_DEVICE' }] as const
  expect(may(handedOver)).toContain('cpu-write')
})

it('frees the memory while a dma-buf of it lives, as a kernel must bear', () => {
  expect(may(SHARED)).toEqual(expect.arrayContaining(['free', 'close']))
})
