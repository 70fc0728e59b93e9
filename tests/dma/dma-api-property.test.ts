// Random legal use of the DMA API on every op table there is; and a fault, shrunk to a scenario that `dmalab run` replays.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shippedBoard } from '@dmalab/machine'
import { parseKernel } from '@dmalab/runner'
import { checkDmaApi, kitMachine } from '@dmalab/testkit'
import { afterAll, describe, expect, test } from 'vitest'
import { openLaboratory } from '@dmalab/lab/node'
import { dmalab } from '../../apps/cli/test/dmalab.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-'))
afterAll(() => rmSync(folder, { recursive: true }))
const parts = await openLaboratory({ given: [join(import.meta.dirname, '../../examples/plugins/op-table')] })

describe('every byte is where the rules say', () => {
  test.each([
    ['arm@4.11', ['plain', 'snooping', 'pooled']],
    ['arm@4.11', ['translated', 'plain']],
    ['arm@4.11+nopage-rfc', ['pooled', 'plain']],
    ['arm@6.12', ['plain', 'snooping']],
    ['arm@6.12', ['translated', 'pooled']],
    ['arm64@6.12', ['plain', 'snooping', 'pooled']],
    ['arm64@6.12', ['translated', 'snooping', 'plain']],
    ['arm-alias@4.11', ['plain']],
  ])('%s, devices %s', (kernel, devices) => {
    const arch = parts.registry.arches.get(parseKernel(kernel, parts.registry).base.arch)
    const machine = kitMachine(arch, devices.includes('translated') ? 'smmu-v3' : undefined)
    expect(checkDmaApi({ parts, kernel, machine, devices })).toBeUndefined()
  })

  test('with a device that bounces everything', () => {
    const [low, high] = kitMachine(parts.registry.arches.get('arm64')).memory
    if (low === undefined || high === undefined) throw new Error('the kit has two banks')
    const machine = {
      ...kitMachine(parts.registry.arches.get('arm64')),
      memory: [{ base: low.base, len: 2 ** 27 }, high],
    }
    expect(checkDmaApi({ parts, kernel: 'arm64@6.12', machine, devices: ['narrow', 'plain'] })).toBeUndefined()
  })
})

describe('and stays there when caches are at their worst', () => {
  test.each([
    ['arm@4.11', ['plain', 'snooping', 'pooled']],
    ['arm@6.12', ['plain', 'snooping', 'pooled']],
  ])('%s, devices %s', (kernel, devices) => {
    const under = {
      parts,
      kernel,
      machine: kitMachine(parts.registry.arches.get('arm')),
      devices,
      adversarialCache: true,
    }
    expect(checkDmaApi({ ...under, runs: 25 })).toBeUndefined()
  })
})

/** A patch of functions that the op table `arm` calls, as a plug-in. */
const patchOfArm = (name: string, functions: string): string => `export const dmalab = { api: 2 }
export default () => ({ name: '${name}', patches: [{ name: '${name}', title: 't', source: 's', hunks: [],
  functions: { ${functions} } }] })`

describe('a table that forgets the caches', () => {
  const plugin = join(folder, 'forgets.mjs')
  writeFileSync(
    plugin,
    patchOfArm('forgets', 'arm_dma_unmap_sg: () => () => {}, arm_dma_sync_sg_for_cpu: () => () => {}'),
  )
  const found = (async () => {
    const broken = await openLaboratory({ given: [plugin] })
    const machine = shippedBoard('odroid-xu4-nopool')
    return checkDmaApi({ parts: broken, kernel: 'arm@4.11+forgets', machine, devices: ['converter'], seed: 3 })
  })()

  test('is found, and shrunk to the steps that matter', async () => {
    const failure = await found
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
    const failure = await found
    const { broken, sound } = await replayed(failure?.scenario ?? '', plugin)
    expect(broken.code).toBe(3)
    expect(broken.out).toContain('corrupt')
    expect(sound.code).toBe(0)
  })
})

describe('a table that hands back only the first entry of a list', () => {
  const plugin = join(folder, 'first-only.mjs')
  const functions = `arm_dma_unmap_sg: (next) => (list, nents, dir, attrs) => next(list, 1, dir, attrs),
    arm_dma_sync_sg_for_cpu: (next) => (list, nents, dir) => next(list, 1, dir)`
  writeFileSync(plugin, patchOfArm('first-only', functions))
  const found = (async () => {
    const broken = await openLaboratory({ given: [plugin] })
    const machine = shippedBoard('odroid-xu4-nopool')
    const devices = ['codec', 'converter']
    return checkDmaApi({ parts: broken, kernel: 'arm@4.11+first-only', machine, devices, seed: 3 })
  })()

  test('is found with a list, which shrinks to two entries', async () => {
    const steps = (await found)?.steps ?? []
    expect(steps.map((step) => step.do)).toEqual([
      'alloc',
      'cpu-write',
      'sg-table',
      'map',
      'device-write',
      'sync',
      'cpu-read',
    ])
    const [list] = steps.flatMap((step) => (step.do === 'sg-table' ? [step] : []))
    expect(list?.of).toHaveLength(2)
  })

  test('its scenario file replays: corrupt with the fault, works without', async () => {
    const failure = await found
    const { broken, sound } = await replayed(failure?.scenario ?? '', plugin)
    expect(broken.code).toBe(3)
    expect(broken.out).toContain('corrupt')
    expect(sound.code).toBe(0)
  })
})

describe('a table that invalidates before the device writes, and not after', () => {
  const plugin = join(folder, 'too-early.mjs')
  const functions = `arm_dma_unmap_sg: (next) => (list, nents, dir, attrs) => dir === 2 || next(list, nents, dir, attrs),
    arm_dma_sync_sg_for_cpu: (next) => (list, nents, dir) => dir === 2 || next(list, nents, dir)`
  writeFileSync(plugin, patchOfArm('too-early', functions))

  test('passes until the CPU fetches ahead', async () => {
    const broken = await openLaboratory({ given: [plugin] })
    const machine = shippedBoard('odroid-xu4-nopool')
    const under = { parts: broken, kernel: 'arm@4.11+too-early', machine, devices: ['converter'], runs: 40 }
    expect(checkDmaApi(under)).toBeUndefined()
    const failure = checkDmaApi({ ...under, adversarialCache: true })
    expect(failure?.message).toMatch(/cpu-read finds \d+ wrong bytes/)
    const { broken: corrupt, sound } = await replayed(failure?.scenario ?? '', plugin, '--adversarial-cache')
    expect([corrupt.code, sound.code]).toEqual([3, 0])
    expect(corrupt.out).toContain('corrupt')
  })
})

/** `dmalab run` of a scenario's text, with the plug-in that its kernel names and on a kernel without it. */
const replayed = async (scenario: string, plugin: string, ...flags: readonly string[]) => {
  const file = join(folder, 'shrunk.yaml')
  writeFileSync(file, scenario)
  const broken = await dmalab('run', file, ...flags, '--plugin', plugin)
  return { broken, sound: await dmalab('run', file, ...flags, '--kernel', 'arm@4.11') }
}
