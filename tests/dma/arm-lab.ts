// Small 32-bit ARM laboratories: a pool outside the managed memory, devices as a test wants them.
import {
  type DeviceFacts,
  type IommuFacts,
  type Injection,
  type Lab,
  type Machine,
  type Patch,
  pfn,
  type SgPage,
} from '@dmalab/api'
import { composeKernel, openLab, parseKernel, withOptions } from '@dmalab/runner'
import { openLaboratory } from '@dmalab/lab/node'

export const parts = await openLaboratory()

export const RAM = 0x4000_0000
const HIGHMEM = 0x4400_0000
export const POOL = 0x5100_0000

export interface ArmLabOptions {
  readonly kernel?: string
  /** Further patches, on top of the kernel's. */
  readonly patches?: readonly Patch[]
  readonly config?: Readonly<Record<string, boolean | number | string>>
  /** The exporter `codec` has the pool; `importer` has none. */
  readonly importer?: Partial<DeviceFacts>
  readonly iommus?: readonly IommuFacts[]
  readonly inject?: readonly Injection[]
  readonly machine?: Partial<Machine>
}

const device = (name: string, more: Partial<DeviceFacts>): DeviceFacts => ({
  name,
  class: 'other',
  coherent: false,
  maskBits: 32,
  pools: [],
  ...more,
})

export const openArmLab = (options: ArmLabOptions = {}): Lab => {
  const machine: Machine = {
    name: 'small',
    title: '128 MiB, half of it highmem; a pool of 16 MiB that no page array covers',
    arch: 'arm',
    cpu: { lineSize: 64, aliasing: false },
    memory: [{ base: RAM, len: 0x800_0000 }],
    reserved: [
      { name: 'pool', base: POOL, len: 0x100_0000, compatible: 'shared-dma-pool', noMap: true, reusable: false },
    ],
    layout: { lowmemEnd: HIGHMEM, pageArray: { base: 0xeeff_8000n, entrySize: 32, holes: 'unmapped' } },
    iommus: options.iommus ?? [],
    devices: [device('codec', { pools: ['pool'] }), device('importer', options.importer ?? {})],
    bindings: {},
    ...options.machine,
  }
  const { base, patches } = parseKernel(options.kernel ?? 'arm@4.11', parts.registry)
  const kernel = composeKernel(base, ...patches, ...(options.patches ?? []))
  return openLab(parts, {
    machine,
    kernel: withOptions(kernel, { config: options.config ?? {}, cmdline: {} }),
    inject: options.inject ?? [],
  })
}

export const page = (at: number): SgPage => ({ kind: 'page', pfn: pfn(at / 4096) })

/** The fault that `body` must end in. */
export const oopsOf = (body: () => unknown): { function: string; address: string; callPath: readonly string[] } => {
  try {
    body()
  } catch (e) {
    if (e instanceof Error && e.name === 'SimulatedOops')
      return (e as Error & { oops: { function: string; address: string; callPath: readonly string[] } }).oops
    throw e
  }
  throw new Error('nothing faulted')
}

export const must = <T>(result: { ok: true; value: T } | { ok: false; errno: string; why: string }): T => {
  if (!result.ok) throw new Error(`${result.errno}: ${result.why}`)
  return result.value
}
