// A small 64-bit laboratory with the kernel as it is shipped: one device behind an SMMU.
import { type DeviceFacts, type Event, type Injection, type KResult, type Machine } from '@dmalab/api'
import { openLab, parseKernel, withOptions } from '@dmalab/runner'
import { openLaboratory } from '@dmalab/lab/node'

const parts = await openLaboratory()

export interface IommuLabOptions {
  readonly device?: Partial<DeviceFacts>
  readonly machine?: Partial<Machine>
  readonly cmdline?: Readonly<Record<string, string>>
  readonly inject?: readonly Injection[]
  readonly kernel?: string
}

export const RAM = 0x8000_0000

/** 1 GiB at 2 GiB; `card` does not snoop and reaches 32 bits unless told otherwise. */
export const openIommuLab = ({
  device = {},
  machine = {},
  cmdline = {},
  inject = [],
  kernel,
}: IommuLabOptions = {}) => {
  const board: Machine = {
    name: 'board',
    title: 'a board with an SMMU',
    arch: 'arm64',
    cpu: { lineSize: 64, aliasing: false },
    memory: [{ base: RAM, len: 0x4000_0000 }],
    reserved: [],
    layout: {},
    iommus: [{ name: 'smmu', model: 'arm-smmu-v3', enabled: true }],
    devices: [{ name: 'card', class: 'other', coherent: false, maskBits: 32, pools: [], iommu: 'smmu', ...device }],
    bindings: {},
    ...machine,
  }
  const chosen = withOptions(parseKernel(kernel ?? 'arm64@6.12', parts.registry), { config: {}, cmdline })
  const lab = openLab(parts, { machine: board, kernel: chosen, inject })
  const events: Event[] = []
  lab.listen('page', (event) => events.push(event))
  return { lab, card: lab.device('card'), events }
}

export const value = <T>(result: KResult<T>): T => {
  if (!result.ok) throw new Error(`${result.errno}: ${result.why}`)
  return result.value
}
