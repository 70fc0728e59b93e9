// Configuration that goes with the machine: a kernel that drives its IOMMU selects options.
import { InputError, type KernelSpec, type Machine } from '@dmalab/api'

/** The kernel as it is configured for the machine. @throws InputError for an option that says otherwise */
export const configuredFor = (kernel: KernelSpec, machine: Machine): KernelSpec => {
  const iommu = machine.iommus.find(({ enabled }) => enabled)
  if (iommu === undefined) return kernel
  const implied: Record<string, boolean> = {}
  for (const [name, { withIommu }] of Object.entries(kernel.base.config)) {
    if (withIommu === undefined) continue
    const given = kernel.options.config[name]
    if (given !== undefined && given !== withIommu.value)
      throw new InputError(
        `CONFIG_${name} cannot be ${given === true ? 'y' : 'n'}: board ${machine.name} has an IOMMU in use`,
        {},
        `${withIommu.selectedBy} selects it`,
      )
    implied[name] = withIommu.value
  }
  return { ...kernel, options: { ...kernel.options, config: { ...kernel.options.config, ...implied } } }
}
