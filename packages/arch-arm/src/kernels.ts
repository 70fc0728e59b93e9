// The kernel arm@4.11: 32-bit ARM as of v4.11, before its DMA code became dma-direct.
import type { DeviceFacts, KernelDef, KernelFacts, KernelOptions, PluginApi } from '@dmalab/api'
import { armCoherentOps, armOps } from './arm-ops.ts'

const facts = (options: KernelOptions): KernelFacts => {
  const lpae = options.config['ARM_LPAE'] === true
  const dmaLength = options.config['NEED_SG_DMA_LENGTH'] === true
  return {
    arch: 'arm',
    release: '4.11',
    pfnValid: 'memblock',
    noMap: 'removed',
    attrs: {},
    sgEntrySize: sgEntrySize(lpae, dmaLength),
    sgDmaLength: dmaLength,
    dmaAddrSize: lpae ? 8 : 4,
    vb2ImportAttrs: 0,
    dqbufUnmaps: true,
    primeImportAttrs: 0,
    dmabufDebug: 'none',
    dmabufKmap: true,
    poolIsFinal: false,
    cacheHooks: 'arm-v7',
    v7InvalidatesTwice: true,
    oopsSaysAccess: false,
    traceNames: 'page',
    tracesPoolFree: false,
    busWindows: 'one-offset',
    poolIgnoresWindows: true,
    mapResourceRefusesRam: true,
  }
}

/**
 * page_link, offset and length (4 bytes each), dma_address, and dma_length where it has its own member.
 * Models: Linux v4.11 include/linux/scatterlist.h: struct scatterlist
 */
const sgEntrySize = (lpae: boolean, dmaLength: boolean): number => {
  if (lpae) return dmaLength ? 32 : 24
  return dmaLength ? 20 : 16
}

/** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arch_setup_dma_ops */
const opsFor = (device: DeviceFacts): string => (device.coherent ? 'arm-coherent' : 'arm')

export const arm411 = (api: PluginApi): KernelDef => ({
  name: 'arm@4.11',
  arch: 'arm',
  title: '32-bit ARM, Linux 4.11: arch/arm op tables, get_sgtable without a check',
  source: 'Linux v4.11 arch/arm/mm/dma-mapping.c, drivers/base/dma-coherent.c',
  facts,
  config: {
    ARM_LPAE: { meaning: '40-bit physical addresses: dma_addr_t is 8 bytes', default: false },
    NEED_SG_DMA_LENGTH: { meaning: 'struct scatterlist has a dma_length of its own', default: false },
  },
  cmdline: {},
  ops: [armOps(api), armCoherentOps(api)],
  opsFor,
})
