// Random legal use of the DMA API on every op table there is; and a fault, shrunk to a scenario that `dmalab run` replays.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shippedBoard } from '@dmalab/machine'
import { checkDmaApi, kitMachine } from '@dmalab/testkit'
import { afterAll, describe, expect, test } from 'vitest'
import { openLaboratory } from '../src/index.ts'

const ROOT = join(import.meta.dirname, '../../..')
const folder = mkdtempSync(join(tmpdir(), 'dmalab-'))
afterAll(() => rmSync(folder, { recursive: true }))
const parts = await openLaboratory({ given: [join(ROOT, 'examples/plugins/op-table')] })

describe('every byte is where the rules say', () => {
  test.each([
    ['arm@4.11', 'plain'],
    ['arm@4.11', 'snooping'],
    ['arm@4.11', 'pooled'],
    ['arm@4.11+nopage-rfc', 'plain'],
    ['arm@6.12', 'plain'],
    ['arm64@6.12', 'plain'],
    ['arm64@6.12', 'snooping'],
    ['arm64@6.12', 'translated'],
    ['arm-alias@4.11', 'plain'],
  ])('%s, device %s', (kernel, device) => {
    const arch = kernel.startsWith('arm64') ? 'arm64' : 'arm'
    const machine = kitMachine(arch, device === 'translated' ? 'smmu-v3' : undefined)
    expect(checkDmaApi({ parts, kernel, machine, device })).toBeUndefined()
  })

  test('with a device that bounces everything', () => {
    const [low, high] = kitMachine('arm64').memory
    if (low === undefined || high === undefined) throw new Error('the kit has two banks')
    const machine = { ...kitMachine('arm64'), memory: [{ base: low.base, len: 2 ** 27 }, high] }
    expect(checkDmaApi({ parts, kernel: 'arm64@6.12', machine, device: 'narrow' })).toBeUndefined()
  })
})

/** A table that forgets the CPU's caches when the device is done. */
const FORGETS = `export const dmalab = { api: 1 }
export default () => ({ name: 'forgets', patches: [{ name: 'forgets', title: 't', source: 's', hunks: [],
  ops: { arm: (next) => ({ ...next, unmapSg: () => {}, syncSgForCpu: () => {} }) } }] })`

describe('a table that forgets the caches', () => {
  const plugin = join(folder, 'forgets.mjs')
  writeFileSync(plugin, FORGETS)
  const check = async () => {
    const broken = await openLaboratory({ given: [plugin] })
    const machine = shippedBoard('odroid-xu4-nopool')
    return checkDmaApi({ parts: broken, kernel: 'arm@4.11+forgets', machine, device: 'converter', runs: 400 })
  }

  test('is found, and shrunk to the steps that matter', async () => {
    const failure = await check()
    expect(failure?.steps.map((step) => step.do)).toEqual([
      'alloc',
      'cpu-write',
      'map',
      'device-write',
      'sync',
      'cpu-read',
    ])
    expect(failure?.message).toMatch(/cpu-read finds \d+ wrong bytes/)
  })

  test('its scenario file replays: corrupt with the fault, works without', async () => {
    const failure = await check()
    const file = join(folder, 'shrunk.yaml')
    writeFileSync(file, failure?.scenario ?? '')
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [join(ROOT, 'apps/cli/bin/run.js'), 'run', file, ...args], { encoding: 'utf8' })
    const broken = run('--plugin', plugin)
    expect(broken.status).toBe(3)
    expect(broken.stdout).toContain('corrupt')
    expect(run('--kernel', 'arm@4.11').status).toBe(0)
  })
})
