// What users brought to public trackers: the right answer to each small input, as scenarios of our own, and the inputs themselves where
// they are at hand (../shared/field).
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunReport } from '@dmalab/api'
import { runScenario, type ScenarioRequest } from 'dmalab'
import { afterAll, describe, expect, test } from 'vitest'
import { scenarioRequest } from './scenario-request.ts'

const SCENARIOS = join(import.meta.dirname, '../../scenarios')
const FIELD = join(import.meta.dirname, '../../../shared/field')
const folder = mkdtempSync(join(tmpdir(), 'dmalab-field-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0

const fileOf = (text: string): string => {
  const file = join(folder, `input-${++count}.yaml`)
  writeFileSync(file, text)
  return file
}
type Asked = { readonly kernel: string; readonly cmdline?: string }
const run = async (
  board: string,
  steps: readonly string[],
  asked: Asked = { kernel: 'arm64@6.12' },
): Promise<RunReport['runs'][number]> => {
  const scenario = fileOf(['name: field', 'steps:', ...steps.map((step) => `  - { do: ${step} }`)].join('\n'))
  return only(scenario, { board, kernels: [asked.kernel], cmdline: asked.cmdline })
}
const only = async (scenario: string, more: Partial<ScenarioRequest> = {}): Promise<RunReport['runs'][number]> => {
  const { runs } = await runScenario(scenarioRequest(scenario, more))
  const [one] = runs
  if (one === undefined) throw new Error('nothing was run')
  return one
}
const codes = ({ findings }: RunReport['runs'][number]): string[] => findings.map(({ code }) => code)

/** arm64, 64-byte lines. */
const boardOf = (memory: readonly string[], reserved: readonly string[], devices: readonly string[]): string =>
  fileOf(
    [
      'name: field',
      'title: a board of the field',
      'arch: arm64',
      'cpu: { lineSize: 64, aliasing: false }',
      `memory: [${memory.join(', ')}]`,
      `reserved: [${reserved.join(', ')}]`,
      'iommus: []',
      `devices: [${devices.join(', ')}]`,
      'bindings: {}',
    ].join('\n'),
  )

describe('a PCIe window that begins at bus address 2^36', () => {
  const host = (maskBits: number): string =>
    boardOf(
      ['{ base: 0x0, len: 8GiB }'],
      ['{ name: cma, base: 0xfc00_0000, len: 64MiB, compatible: shared-dma-pool, reusable: true, default: cma }'],
      [
        `{ name: 1000110000.pcie, class: other, coherent: true, maskBits: ${maskBits}, busLimit: 0x1f_ffff_ffff, ` +
          'dmaRanges: [{ cpu: 0x0, bus: 0x10_0000_0000, len: 64GiB }] }',
      ],
    )
  const steps = [
    'alloc, buffer: ring, size: 4KiB, from: coherent, device: 1000110000.pcie',
    'free, buffer: ring',
    'alloc, buffer: data, size: 64KiB, from: pages',
    'map, buffer: data, device: 1000110000.pcie, dir: TO_DEVICE',
    'unmap, buffer: data, device: 1000110000.pcie',
    'free, buffer: data',
  ]
  test.each([32, 36])('is out of reach of a mask of %i bits: -ENOMEM, "can\'t setup: -12"', async (maskBits) => {
    const one = await run(host(maskBits), steps)
    expect(one.verdict).toBe('refused')
    expect(one.steps[0]?.detail).toMatch(/^ENOMEM: 1000110000.pcie does not reach/)
    expect(codes(one)).toEqual(['mapping-failed'])
  })
  test.each([37, 64])('is reached with %i bits', async (maskBits) => {
    expect(await run(host(maskBits), steps)).toMatchObject({ verdict: 'works', findings: [] })
  })
})

describe('a reusable pool at 0x8_6100_0000', () => {
  const board = (maskBits: number): string =>
    boardOf(
      ['{ base: 0x0, len: 2GiB }', '{ base: 0x8_0000_0000, len: 2GiB }'],
      ['{ name: ddr4_buf@0, base: 0x8_6100_0000, len: 64MiB, compatible: shared-dma-pool, reusable: true }'],
      [`{ name: udmabuf, class: dma-engine, maskBits: ${maskBits}, pools: [ddr4_buf@0] }`],
    )
  const steps = ['alloc, buffer: b, size: 64MiB, from: coherent, device: udmabuf', 'free, buffer: b']
  test('a platform device with its 32 bits does not reach it, and is told so', async () => {
    const one = await run(board(32), steps)
    expect(one.steps[0]?.detail).toContain(
      'ENOMEM: the CMA area ddr4_buf@0: udmabuf does not reach the memory at 0x861000000',
    )
  })
  test('dma-mask = 64 does', async () => {
    expect(await run(board(64), steps)).toMatchObject({ verdict: 'works', findings: [] })
  })
})

describe('a CMA area that does not fit below its limit', () => {
  const board = boardOf(
    ['{ base: 0x0, len: 2GiB }', '{ base: 0x8_0000_0000, len: 2GiB }'],
    [],
    ['{ name: dma, class: dma-engine, maskBits: 32 }'],
  )
  const steps = ['alloc, buffer: b, size: 32MiB, from: coherent, device: dma', 'free, buffer: b']
  test('cma=2048M: there is none, and the refusal says that', async () => {
    const one = await run(board, steps, { kernel: 'arm64@6.12', cmdline: 'cma=2048M' })
    expect(one.verdict).toBe('refused')
    expect(one.steps[0]?.detail).toContain('cma=2048M could not be made')
  })
  test('cma=1900M fits', async () => {
    const one = await run(board, steps, { kernel: 'arm64@6.12', cmdline: 'cma=1900M' })
    expect(one).toMatchObject({ verdict: 'works', findings: [] })
  })
})

const VIRT = join(SCENARIOS, 'boards/virt-arm64.yaml')

test('a kernel mapping of an imported buffer, read without begin_cpu_access: stale, by whom and why', async () => {
  const one = await run(VIRT, [
    'alloc, buffer: fb, size: 64KiB, from: system-heap',
    'cpu-read, buffer: fb',
    'attach, buffer: fb, device: plain',
    'map, buffer: fb, device: plain, dir: FROM_DEVICE',
    'vmap, buffer: fb',
    'cpu-read, buffer: fb',
    'device-write, buffer: fb, device: plain',
    'cpu-read, buffer: fb',
    'unmap, buffer: fb, device: plain',
  ])
  expect(one.verdict).toBe('corrupt')
  expect(one.findings.find(({ code }) => code === 'stale-read')?.message).toMatch(
    /of plain was not synced for the CPU$/,
  )
})

test('a device fills a part of a bounced buffer: the rest is what the CPU had there, since map copies in', async () => {
  const one = await run(VIRT, [
    'alloc, buffer: rx, size: 4KiB, from: pages',
    'cpu-write, buffer: rx',
    'map, buffer: rx, device: bouncing, dir: FROM_DEVICE',
    'device-write, buffer: rx, device: bouncing, len: 256',
    'sync, buffer: rx, device: bouncing, for: cpu, dir: FROM_DEVICE, len: 256',
    'sync, buffer: rx, device: bouncing, for: device, dir: FROM_DEVICE, len: 256',
    'device-write, buffer: rx, device: bouncing, len: 128',
    'unmap, buffer: rx, device: bouncing',
    'cpu-read, buffer: rx',
    'free, buffer: rx',
  ])
  expect(one).toMatchObject({ verdict: 'works' })
  expect(codes(one)).toEqual(['bounced'])
  expect(one.steps[8]?.detail).toBe('4096 bytes as written')
})

test('a buffer that the CPU read once through mmap, and that was freed, is no leak', async () => {
  const one = await run(
    join(SCENARIOS, 'boards/xu4-display-pool.yaml'),
    [
      'alloc, buffer: frame, size: 64KiB, from: coherent, device: codec.left',
      'cpu-write, buffer: frame',
      'cpu-read, buffer: frame',
      'free, buffer: frame',
    ],
    { kernel: 'arm@4.11' },
  )
  expect(one).toMatchObject({ verdict: 'works', findings: [] })
})

const there = existsSync(FIELD)
describe.skipIf(!there)('inputs of users (../shared/field)', () => {
  const seed = (name: string): Promise<RunReport['runs'][number]> => only(join(FIELD, 'seed', `${name}.yaml`))

  test('seed/audit-dmabounce-exporter: dmabounce has the patched arm_dma_get_sgtable, the importer reads the pool', async () => {
    const one = await seed('audit-dmabounce-exporter')
    expect(one.verdict).toBe('works')
    expect(one.steps.at(-1)?.detail).toBe('65536 bytes as written')
  })
  test('seed/audit-dmabounce-pfn-valid: -ENXIO at the export', async () => {
    const one = await seed('audit-dmabounce-pfn-valid')
    expect(one).toMatchObject({ verdict: 'refused' })
    expect(one.steps[2]?.detail).toMatch(/^ENXIO/)
  })
  test('seed/audit-offset-exporter-mmap: user space and vmap see the pool', async () => {
    const one = await seed('audit-offset-exporter-mmap')
    expect(one.expectations?.every(({ met }) => met)).toBe(true)
  })
  test('seed/audit-vb2-attrs-combo: the tag joins the attributes of the queue', async () => {
    expect(await seed('audit-vb2-attrs-combo')).toMatchObject({ verdict: 'works' })
  })
  test('seed/fp-leak-cpu-read: no leak', async () => {
    expect(codes(await seed('fp-leak-cpu-read'))).toEqual([])
  })
  test.each([
    ['b32', 'refused'],
    ['b36', 'refused'],
    ['b37', 'works'],
    ['b64', 'works'],
  ])('cases/01-pi5-vl805-36bit, %s: %s', async (board, verdict) => {
    const place = join(FIELD, 'cases/01-pi5-vl805-36bit')
    const asked = { board: join(place, `${board}.yaml`), kernels: ['arm64@6.12'] }
    expect(await only(join(place, 'x.yaml'), asked)).toMatchObject({ verdict })
  })
  test('cases/03-high-cma: the pool that is not reached is named', async () => {
    const place = join(FIELD, 'cases/03-high-cma')
    const one = await only(join(place, 'alloc.yaml'), { board: join(place, 'b.yaml'), kernels: ['arm64@6.12'] })
    expect(one.steps[0]?.detail).toMatch(/ddr4_buf@0: udmabuf does not reach/)
  })
})
