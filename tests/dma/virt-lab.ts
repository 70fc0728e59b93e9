// The emulated board on which kernels of 6.12 were recorded, opened in the model.
import { type DeviceFacts, type KernelSpec, type Lab, type Machine, type Pfn, physOf } from '@dmalab/api'
import { openLab, parseKernel } from '@dmalab/runner'
import { openLaboratory } from '@dmalab/lab/node'

const parts = await openLaboratory()
const RAM = 0x4000_0000
export const POOLS = { a: 0x6000_0000, b: 0x7400_0000 } as const

/** RAM is 768 MiB from 0x4000_0000: pool a lies inside, b outside. */
const machine = (
  arch: 'arm' | 'arm64',
  holes: Machine['layout']['pageArray'],
  devices: readonly DeviceFacts[],
): Machine => ({
  name: 'virt',
  title: 'a board with two no-map pools and a restricted one',
  arch,
  cpu: { lineSize: 64, aliasing: false },
  memory: [{ base: RAM, len: 768 * 2 ** 20 }],
  reserved: [
    { name: 'a', base: POOLS.a, len: 2 ** 24, compatible: 'shared-dma-pool', noMap: true, reusable: false },
    { name: 'b', base: POOLS.b, len: 2 ** 24, compatible: 'shared-dma-pool', noMap: true, reusable: false },
    {
      name: 'bounce',
      base: 0x6800_0000,
      len: 2 ** 22,
      compatible: 'restricted-dma-pool',
      noMap: false,
      reusable: false,
    },
  ],
  layout: holes === undefined ? {} : { pageArray: holes },
  iommus: [{ name: 'smmu', model: 'arm-smmu-v3', enabled: true }],
  devices,
  bindings: {},
})

const device = (name: string, more: Partial<DeviceFacts> = {}): DeviceFacts => ({
  name,
  class: 'other',
  coherent: false,
  maskBits: 64,
  pools: [],
  ...more,
})

const DEVICES = [
  device('poolA', { pools: ['a'] }),
  device('poolB', { pools: ['b'] }),
  device('plain'),
  device('coherent', { coherent: true }),
  device('translated', { coherent: true, iommu: 'smmu' }),
  device('bouncing', { pools: ['bounce'] }),
  device('bouncingCoherent', { pools: ['bounce'], coherent: true }),
]

/** The page array's holes hold `word`; absent: nothing is mapped there. */
export const openVirtLab = (
  kernel: 'arm@6.12' | 'arm64@6.12',
  word?: number,
  options?: Partial<KernelSpec['options']>,
): Lab => {
  const arch = kernel === 'arm@6.12' ? 'arm' : 'arm64'
  const array = { base: 0xede0_9000n, entrySize: 32 }
  const holes = word === undefined ? undefined : { ...array, holes: { word } }
  const spec = parseKernel(kernel, parts.registry)
  return openLab(parts, {
    machine: machine(arch, holes, DEVICES),
    kernel: { ...spec, options: { ...spec.options, ...options } },
  })
}

/** Two pages of ordinary memory. */
export const twoPages = (lab: Lab): Pfn => {
  const got = lab.mem.allocPages(8192, { owner: 'buffer' })
  if (!got.ok) throw new Error(got.why)
  return got.value
}
export const mapping = (at: Pfn) => ({ phys: physOf(at), len: 8192, kind: 'cached' }) as const
export const write = (lab: Lab, at: Pfn, seed: number): void => lab.userWrite(mapping(at), { seed }, 8192, 'buffer')
