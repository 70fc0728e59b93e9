// Which op tables a kernel chooses from: asked of the kernel itself, with devices and options that differ in what may decide.
import type { DeviceFacts, DmaOpsDef, IommuFacts, KernelDef, KernelOptions } from '@dmalab/api'

const PLAIN: DeviceFacts = { name: 'device', class: 'other', coherent: false, maskBits: 64, pools: [] }

const DEVICES: readonly DeviceFacts[] = [
  PLAIN,
  { ...PLAIN, coherent: true },
  { ...PLAIN, maskBits: 24 },
  { ...PLAIN, pci: { untrusted: true, windows: [] } },
]

const IOMMUS: readonly (IommuFacts | null)[] = [
  null,
  { name: 'iommu', model: 'arm,smmu-v3', enabled: true },
  { name: 'iommu', model: 'intel-vtd', enabled: true },
]

/** The defaults of a kernel, and each of its switches turned. */
const optionsToTry = ({ config }: KernelDef): readonly KernelOptions[] => {
  const usual = Object.fromEntries(Object.entries(config).map(([name, option]) => [name, option.default]))
  const turned = Object.entries(usual).flatMap(([name, value]) =>
    typeof value === 'boolean' ? [{ ...usual, [name]: !value }] : [],
  )
  return [usual, ...turned].map((one) => ({ config: one, cmdline: {} }))
}

/** Names in the order the kernel comes to them. */
export const opTableNames = (kernel: KernelDef): readonly string[] => {
  const names = new Set<string>()
  for (const options of optionsToTry(kernel))
    for (const iommu of IOMMUS) for (const device of DEVICES) names.add(kernel.opsFor(device, options, iommu))
  return [...names]
}

interface NamedTables {
  has(name: string): boolean
  get(name: string): DmaOpsDef
}

/** The op tables that the kernel chooses from; those that are not there are left out. */
export const opTablesOf = (kernel: KernelDef, registry: { readonly ops: NamedTables }): readonly DmaOpsDef[] =>
  opTableNames(kernel).flatMap((name) => {
    const own = kernel.ops.find((table) => table.name === name)
    if (own !== undefined) return [own]
    return registry.ops.has(name) ? [registry.ops.get(name)] : []
  })
