// A kernel patch as a plug-in: dma_get_sgtable() refuses memory that has no struct page.
import type { DmaOps, Host, Patch, PluginApi, PluginFactory } from '@dmalab/api'

const patch = (api: PluginApi): Patch => {
  /** `next` is the function as it was: the kernel's own, or that of the patch below. */
  const getSgtable =
    (next: DmaOps['getSgtable'], host: Host): DmaOps['getSgtable'] =>
    (cpuAddr, handle, size, attrs) => {
      const at = host.dmaToPhys(handle)
      if (at === undefined || !host.mem.pfnValid(api.pfnOf(at)))
        return api.fail('ENXIO', `the buffer at ${api.hex(handle)} has no struct page`)
      return next(cpuAddr, handle, size, attrs)
    }

  return {
    name: 'my-thing',
    title: 'dma_get_sgtable() refuses memory without struct page',
    source: 'my own idea',
    appliesTo: ['arm@4.11'],
    // One entry a hunk, in the order of the diff: what `dmalab kernel show` prints.
    hunks: [
      { file: 'arch/arm/mm/dma-mapping.c', symbol: 'arm_dma_get_sgtable', what: '-ENXIO when pfn_valid() says no' },
    ],
    // By C name: every op table that calls the function gets it.
    functions: { arm_dma_get_sgtable: getSgtable },
    // What such tables now say of themselves; the test kit holds them to it.
    caps: { arm_dma_get_sgtable: { pageless: 'refused' } },
  }
}

const plugin: PluginFactory = (api) => ({ name: 'my-thing', patches: [patch(api)] })
export default plugin
