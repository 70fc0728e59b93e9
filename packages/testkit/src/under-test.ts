// What a suite is given, and the laboratory it opens for each test.
import {
  type Device,
  type DmaOps,
  type DmaOpsCaps,
  type DmaOpsDef,
  type Injection,
  type Lab,
  type Machine,
} from '@dmalab/api'
import { openLab, parseKernel, patchedCaps, type RunParts } from '@dmalab/runner'
import { onTestFinished } from 'vitest'
import type { AllocatorSubject } from './allocator-checks.ts'
import { kitMachine } from './kit-machine.ts'

export interface KernelUnderTest {
  /** Engine and registry, with the plug-in under test in it. */
  readonly parts: RunParts
  /** `arch@release+patch`. */
  readonly kernel: string
  /** Model of an IOMMU in front of the kit's device `translated`; none when absent. */
  readonly iommu?: string
}

/** A fresh machine of the kit under the kernel, until the test ends. */
export const openKitForTest = (under: KernelUnderTest): Lab => {
  const lab = openKit(under)
  onTestFinished(() => lab.close())
  return lab
}

/** A fresh machine of the kit under the kernel. */
export const openKit = (under: KernelUnderTest, inject: readonly Injection[] = []): Lab => {
  const kernel = parseKernel(under.kernel, under.parts.registry)
  return openLab(under.parts, { kernel, machine: kitMachineFor(under), inject })
}

export interface AllocatorUnderTest extends KernelUnderTest {
  readonly allocator: string
}

/** An allocator on the kit's machine, for describeAllocator(). */
export const allocatorOnKit = (under: AllocatorUnderTest): AllocatorSubject => ({
  allocator: under.allocator,
  caps: under.parts.registry.allocators.get(under.allocator).caps,
  open: (inject) => {
    const lab = openKit(under, inject)
    return { lab, device: lab.device('plain') }
  },
})

const kitMachineFor = ({ parts, kernel, iommu }: KernelUnderTest): Machine =>
  kitMachine(parts.registry.arches.get(parseKernel(kernel, parts.registry).base.arch), iommu)

/** The definition of the op table a device got. @throws InputError when no plug-in provides it */
const tableOf = ({ parts }: KernelUnderTest, lab: Lab, device: Device): DmaOpsDef => {
  const own = lab.kernel.base.ops.find(({ name }) => name === device.opsName)
  if (own !== undefined) return own
  return parts.registry.ops.get(device.opsName)
}

/** Capabilities of a device's table with the patches of the kernel applied. */
export const capsOf = (under: KernelUnderTest, lab: Lab, device: Device): DmaOpsCaps =>
  patchedCaps(tableOf(under, lab, device), lab.kernel.patches)

/** Every method of struct dma_map_ops. */
export const OPERATIONS: readonly (keyof DmaOps)[] = [
  'alloc',
  'free',
  'mmap',
  'getSgtable',
  'mapPage',
  'unmapPage',
  'mapSg',
  'unmapSg',
  'mapResource',
  'unmapResource',
  'syncSingleForCpu',
  'syncSingleForDevice',
  'syncSgForCpu',
  'syncSgForDevice',
  'dmaSupported',
  'requiredMaskBits',
  'maxMappingSize',
]
