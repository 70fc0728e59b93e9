// Mends a hole of the RFC: it keeps map and unmap away from entries without a page, but not sync. One line of data does it.
export const dmalab = { api: 2 }

const NOPAGE = 1024 // DMA_ATTR_DEV_COHERENT_NOPAGE

/** @type {import('@dmalab/api').PluginFactory} */
export default () => ({
  name: 'sync-guard',
  patches: [
    {
      name: 'sync-guard',
      title: 'dma_sync_sg_* leave tagged entries alone',
      source: 'example',
      appliesTo: ['arm@4.11'],
      hunks: [
        { file: 'arch/arm/mm/dma-mapping.c', symbol: 'arm_dma_sync_sg_for_cpu', what: 'skips tagged entries' },
        { file: 'arch/arm/mm/dma-mapping.c', symbol: 'arm_dma_sync_sg_for_device', what: 'skips tagged entries' },
      ],
      sg: { skip: { sync: { bits: NOPAGE, sets: [] } } },
    },
  ],
})
