// Facts of a kernel that the machine under it decides at boot.
import type { KernelFacts, Machine } from '@dmalab/api'

const U32_MAX = 2 ** 32 - 1

/**
 * The end of the DMA zone, and with it the bounce pool's size and place, and where CMA and atomic pools lie: the lowest address that
 * some window for DMA ends at, and at most 4 GiB where there is memory below.
 * Models: Linux v6.12 arch/arm64/mm/init.c: zone_sizes_init
 */
export const machineFacts = (facts: KernelFacts, machine: Machine): KernelFacts => {
  if (facts.zoneDmaLimit === null || facts.zoneDmaEnd !== 'dma-ranges') return facts
  const start = Math.min(...machine.memory.map(({ base }) => base))
  const tree = machine.dmaLimit ?? lowestWindowEnd(machine)
  const zoneDmaLimit = start < U32_MAX ? Math.min(tree, facts.zoneDmaLimit) : tree
  return {
    ...facts,
    zoneDmaLimit,
    swiotlb: facts.swiotlb === null ? null : { ...facts.swiotlb, dmaLimit: zoneDmaLimit },
  }
}

/**
 * A board file tells windows a device, not a bus.
 * Models: Linux v6.12 drivers/of/address.c: of_dma_get_max_cpu_address
 */
const lowestWindowEnd = ({ devices }: Machine): number =>
  Math.min(
    ...devices.flatMap(({ dmaRanges }) =>
      dmaRanges === undefined ? [] : [Math.max(...dmaRanges.map(({ cpu, len }) => cpu + len - 1))],
    ),
  )
