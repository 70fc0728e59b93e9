// The upstream answer to the RFC: refuse to describe memory that has no struct page.
import type { DmaOps, Host, Patch, PluginApi } from '@dmalab/api'

export const pfnValid = (api: PluginApi): Patch => {
  /** Models: Linux v4.12 arch/arm/mm/dma-mapping.c: arm_dma_get_sgtable */
  const getSgtable =
    (next: DmaOps['getSgtable'], host: Host): DmaOps['getSgtable'] =>
    (cpuAddr, handle, size, attrs) => {
      const at = host.dmaToPhys(handle)
      if (at === undefined || !host.mem.pfnValid(api.pfnOf(at)))
        return api.fail('ENXIO', `the buffer at ${api.hex(handle)} has no struct page (pfn_valid is false)`)
      return next(cpuAddr, handle, size, attrs)
    }
  return {
    name: 'pfn-valid',
    title: 'dma_get_sgtable() refuses memory that the kernel does not manage',
    source: 'ARM: dma-mapping: disallow dma_get_sgtable() for non-kernel managed memory (Russell King, v4.12)',
    appliesTo: ['arm@4.11'],
    hunks: [
      {
        file: 'arch/arm/mm/dma-mapping.c',
        symbol: 'arm_dma_get_sgtable',
        what: '-ENXIO when pfn_valid() says no, before a table is made',
      },
    ],
    functions: { arm_dma_get_sgtable: getSgtable },
    caps: { arm_dma_get_sgtable: { pageless: 'refused' } },
  }
}
