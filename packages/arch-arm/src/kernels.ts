// The kernel arm@4.11: 32-bit ARM as of v4.11, before its DMA code became dma-direct.
import type { BuildFacts, DeviceFacts, IommuFacts, KernelDef, KernelOptions, PluginApi } from '@dmalab/api'

const facts = (api: PluginApi, options: KernelOptions): BuildFacts => {
  const lpae = options.config['ARM_LPAE'] === true
  const dmaLength = options.config['NEED_SG_DMA_LENGTH'] === true
  const sgMagic = options.config['DEBUG_SG'] === true
  const [mem, cma, pool] = ['mem', 'cma', 'coherent_pool'].map((name) => valueOf(api, options, name))
  return {
    ...api.RELEASES['4.11'],
    sgEntrySize: sgEntrySize(lpae, dmaLength, sgMagic),
    sgMagic,
    debugReadsPages: options.config['DMA_API_DEBUG'] === true,
    sgDmaLength: dmaLength,
    dmaAddrSize: lpae ? 8 : 4,
    physAddrSize: lpae ? 8 : 4,
    devicePools: options.config['HAVE_GENERIC_DMA_COHERENT'] !== false,
    iommuAlignment: Number(options.config['ARM_DMA_IOMMU_ALIGNMENT'] ?? 8),
    memBanks: mem === undefined ? null : api.memBanks(mem),
    cma: cma === undefined ? null : api.cmaArea(cma),
    atomicPools: { kind: 'single', size: pool === undefined ? null : api.coherentPool(pool) },
  }
}

const valueOf = (api: PluginApi, { cmdline }: KernelOptions, name: string): string | undefined => {
  const value = cmdline[name]
  if (value !== true) return value
  throw new api.InputError(`${name} needs a value`, { path: 'cmdline' }, cmdlineOf(api)[name])
}

const cmdlineOf = (api: PluginApi): Readonly<Record<string, string>> => ({
  mem: MEM,
  cma: api.CMA_HINT,
  coherent_pool: api.COHERENT_POOL_HINT,
})

const MEM = 'nn[KMG][@ss[KMG]], once a bank: the memory there is, whatever the device tree says'

/**
 * sg_magic where lists are checked, page_link, offset and length (4 bytes each), dma_address, and dma_length where it has its own member.
 * With LPAE the magic takes the place of padding. Models: Linux v4.11 include/linux/scatterlist.h: struct scatterlist
 */
const sgEntrySize = (lpae: boolean, dmaLength: boolean, magic: boolean): number => {
  if (lpae) return dmaLength ? 32 : 24
  return 16 + (dmaLength ? 4 : 0) + (magic ? 4 : 0)
}

/**
 * dmabounce is registered by code of a platform that knows its bus is narrow; here the device's bus limit or mask says so.
 * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arch_setup_dma_ops; arch/arm/common/dmabounce.c: dmabounce_register_dev
 */
const opsFor = (device: DeviceFacts, { config }: KernelOptions, iommu: IommuFacts | null): string => {
  if (iommu !== null) return device.coherent ? 'arm-coherent-iommu' : 'arm-iommu'
  if (config['DMABOUNCE'] === true && !device.coherent && isNarrow(device)) return 'dmabounce'
  return device.coherent ? 'arm-coherent' : 'arm'
}

const isNarrow = ({ busLimit = Infinity, maskBits }: DeviceFacts): boolean =>
  Math.min(busLimit, 2 ** maskBits - 1) < 2 ** 32 - 1

export const arm411 = (api: PluginApi): KernelDef => ({
  name: 'arm@4.11',
  arch: 'arm-v4.11',
  title: '32-bit ARM, Linux 4.11: arch/arm op tables, get_sgtable without a check',
  source: 'Linux v4.11 arch/arm/mm/dma-mapping.c, drivers/base/dma-coherent.c',
  facts: (options) => facts(api, options),
  config: {
    ARM_LPAE: { meaning: '40-bit physical addresses: dma_addr_t is 8 bytes', default: false },
    ARM_DMA_IOMMU_ALIGNMENT: {
      meaning: 'order of the largest alignment of bus addresses behind an IOMMU, 4 to 9',
      default: 8,
      range: [4, 9],
    },
    DMABOUNCE: { meaning: 'platform code bounces for devices whose bus is narrow', default: false },
    HAVE_GENERIC_DMA_COHERENT: {
      meaning: 'per-device pools of coherent memory; arch/arm selects it, most other architectures do not',
      default: true,
    },
    DMA_API_DEBUG: { meaning: 'each mapping is checked, which reads the struct page of its memory', default: false },
    DEBUG_SG: {
      meaning: 'struct scatterlist begins with a magic number that sg_page() and others check',
      default: false,
    },
    // arch/arm/Kconfig: ARM_DMA_USE_IOMMU.
    NEED_SG_DMA_LENGTH: {
      meaning: 'struct scatterlist has a dma_length of its own; y on a board with an IOMMU in use',
      default: false,
      withIommu: { value: true, selectedBy: 'ARM_DMA_USE_IOMMU' },
    },
  },
  cmdline: cmdlineOf(api),
  lacks: {
    swiotlb: '32-bit ARM has had a bounce pool since v5.3; --config DMABOUNCE is what there was',
    'iommu.strict': 'it came with v4.20, for dma-iommu; arm-iommu invalidates when it unmaps',
    'iommu.passthrough': 'it came with v4.12; arm-iommu translates for every device behind an IOMMU',
    DMABUF_DEBUG: 'it came with v5.12',
    DMA_BOUNCE_UNALIGNED_KMALLOC: 'it came with v6.5, and 32-bit ARM does not select it',
    DMA_RESTRICTED_POOL: 'it came with v5.15',
  },
  idle: () => ({}),
  ops: [],
  opsFor,
})
