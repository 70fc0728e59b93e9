// The machines that vectors run on: plain RAM, one device, nothing else.
import type { DeviceFacts, GoldenContext, KernelLayout, Lab, Machine, Range, ReservedRegion } from '@dmalab/api'

/** The vectors of this room were made with 6.12, 64-bit. */
const KERNEL = 'arm64@6.12'

export interface VectorMachine {
  readonly memory: readonly Range[]
  readonly reserved?: readonly ReservedRegion[]
  readonly device?: Partial<DeviceFacts>
  readonly layout?: KernelLayout
}

/** The laboratory, and its one device. */
export const openVectorLab = (context: GoldenContext, options: VectorMachine): Lab => {
  const device: DeviceFacts = {
    name: 'device',
    class: 'other',
    coherent: true,
    maskBits: 64,
    pools: [],
    ...options.device,
  }
  const machine: Machine = {
    name: 'vectors',
    title: 'plain RAM and one device',
    arch: 'arm64',
    cpu: { lineSize: 64, aliasing: false },
    memory: options.memory,
    reserved: options.reserved ?? [],
    layout: options.layout ?? {},
    iommus: [],
    devices: [device],
    bindings: {},
  }
  return context.openLab({ kernel: KERNEL, machine })
}
