// The machine of the suites: small, and with one device for every question.
import type { Arch, Machine } from '@dmalab/api'

/** Devices of the kit's machine. `translated` is there when an IOMMU model is named. */
export type KitDevice = 'plain' | 'snooping' | 'pooled' | 'narrow' | 'translated'

const MIB = 2 ** 20

/**
 * - `plain`: does not snoop, reaches 4 GiB
 * - `snooping`: sees the CPU's caches
 * - `pooled`: has a coherent pool that is not RAM, so that its memory has no struct page
 * - `narrow`: does not reach the last bank's end
 * - `translated`: sits behind the IOMMU
 */
export const kitMachine = (arch: Pick<Arch, 'board' | 'pointerBits'>, iommuModel?: string): Machine => {
  const wide = arch.pointerBits === 64
  const device = { class: 'other', coherent: false, maskBits: 32, pools: [] } as const
  return {
    name: `kit-${arch.board}`,
    title: 'machine of the test kit',
    arch: arch.board,
    cpu: { lineSize: 64, aliasing: false },
    memory: [{ base: 128 * MIB, len: 256 * MIB }, ...(wide ? [{ base: 4096 * MIB, len: 256 * MIB }] : [])],
    reserved: [
      {
        name: 'pool',
        base: 1024 * MIB,
        len: 4 * MIB,
        compatible: 'shared-dma-pool',
        noMap: true,
        reusable: false,
      },
    ],
    layout: {},
    iommus: iommuModel === undefined ? [] : [{ name: 'iommu', model: iommuModel, enabled: true }],
    devices: [
      { ...device, name: 'plain' },
      { ...device, name: 'snooping', coherent: true },
      { ...device, name: 'pooled', pools: ['pool'] },
      { ...device, name: 'narrow', maskBits: wide ? 32 : 28 },
      ...(iommuModel === undefined ? [] : [{ ...device, name: 'translated', iommu: 'iommu' }]),
    ],
    bindings: {},
  }
}

/** First byte of the last page of memory. */
export const lastPage = (machine: Machine): number =>
  Math.max(...machine.memory.map(({ base, len }) => base + len)) - 4096
