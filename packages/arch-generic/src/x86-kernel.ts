// The kernels x86_64@6.12 and x86_64@7.2: dma-direct with swiotlb, and dma-iommu on VT-d and AMD-Vi.
import type {
  BuildFacts,
  ConfigOption,
  IommuFacts,
  KernelDef,
  KernelOptions,
  PluginApi,
  ReleaseFacts,
} from '@dmalab/api'
import { memoryCmdline, memoryPolicy } from './memory-options.ts'
import { CMDLINE, DMABUF_DEBUG, iommuPolicy, lastValue, memTop, swiotlbPolicy } from './options.ts'

/** What kernel/dma/direct.c starts with, and x86 leaves. */
const ZONE_DMA_LIMIT = 2 ** 24 - 1
const MAX_32 = 2 ** 32 - 1

export const X86_RELEASES = ['6.12', '7.2'] as const

const X86_CMDLINE: Readonly<Record<string, string>> = {
  iommu: 'off: no IOMMU and no bounce pool; pt: devices behind an IOMMU are not translated; nopt: they are',
  intel_iommu: 'on, off: VT-d translates; strict: as iommu.strict=1',
  amd_iommu: 'off: AMD-Vi does not translate; fullflush: as iommu.strict=1',
}

const CONFIG: Readonly<Record<string, ConfigOption>> = {
  CMA: { meaning: 'there is a CMA area, of the size that cma= states', default: false },
  DMA_RESTRICTED_POOL: { meaning: 'restricted-dma-pool regions bounce everything of their devices', default: false },
  INTEL_IOMMU_DEFAULT_ON: { meaning: 'VT-d translates unless intel_iommu=off is given', default: true },
  IOMMU_DEFAULT_DMA_LAZY: { meaning: 'invalidate in batches unless iommu.strict=1 is given', default: true },
  DMABUF_DEBUG,
}

/** Words of a parameter that takes a list. @throws InputError for a parameter without a value, or an unknown word */
const wordsOf = (api: PluginApi, options: KernelOptions, name: string, known: readonly string[]): readonly string[] => {
  const text = lastValue(api, options, name)
  const words = text?.split(',') ?? []
  const unknown = words.find((word) => !known.includes(word))
  if (unknown === undefined) return words
  throw new api.InputError(`${name}=${unknown} is not modelled`, { path: 'cmdline' }, X86_CMDLINE[name])
}
const iommuWords = (api: PluginApi, options: KernelOptions) =>
  wordsOf(api, options, 'iommu', ['off', 'pt', 'nopt', 'soft'])
const intelWords = (api: PluginApi, options: KernelOptions) =>
  wordsOf(api, options, 'intel_iommu', ['on', 'off', 'strict', 'sm_on', 'sm_off'])
const amdWords = (api: PluginApi, options: KernelOptions) =>
  wordsOf(api, options, 'amd_iommu', ['on', 'off', 'fullflush'])

/**
 * The last word on passing through is `iommu=`'s here, as on a command line that has it last.
 * Models: Linux v6.12 drivers/iommu/iommu.c: iommu_subsys_init
 */
const policyOf = (api: PluginApi, options: KernelOptions): BuildFacts['iommu'] => {
  const lazy = options.config['IOMMU_DEFAULT_DMA_LAZY'] !== false
  const stated = iommuPolicy(api, options, !lazy)
  const words = iommuWords(api, options)
  const flushes = intelWords(api, options).includes('strict') || amdWords(api, options).includes('fullflush')
  return {
    strict: stated.strict || flushes,
    passthrough: words.includes('nopt') ? false : words.includes('pt') || stated.passthrough,
  }
}

/**
 * Does the driver of this IOMMU take it into use?
 * Models: Linux v6.12 arch/x86/kernel/pci-dma.c: iommu_setup
 * Models: Linux v6.12 drivers/iommu/intel/iommu.c: intel_iommu_setup. Models: Linux v6.12 drivers/iommu/amd/init.c: parse_amd_iommu_options
 */
const isUsed = (api: PluginApi, options: KernelOptions, { model }: IommuFacts): boolean => {
  if (iommuWords(api, options).includes('off')) return false
  if (!model.startsWith('intel')) return !amdWords(api, options).includes('off')
  const said = intelWords(api, options).findLast((word) => word === 'on' || word === 'off')
  return said === undefined ? options.config['INTEL_IOMMU_DEFAULT_ON'] !== false : said === 'on'
}

/**
 * ZONE_DMA is 16 MiB. The bounce pool is there where memory lies beyond 4 GiB, as high below as it fits; `iommu=off` leaves it out.
 * Models: Linux v6.12 arch/x86/kernel/pci-dma.c: pci_swiotlb_detect, pci_iommu_alloc
 * Leaves out: memory encryption (the pool for guests, pools for atomic allocations).
 */
const factsOf = (api: PluginApi, name: (typeof X86_RELEASES)[number], options: KernelOptions): BuildFacts => {
  const release: ReleaseFacts = api.RELEASES[name]
  const { cma } = memoryPolicy(api, options, 'zones')
  const swiotlb = swiotlbPolicy(api, release, options, {
    dmaLimit: MAX_32,
    bouncesKmalloc: false,
    kmallocPool: false,
    restrictedPools: options.config['DMA_RESTRICTED_POOL'] === true,
    highest: true,
  })
  const off = iommuWords(api, options).includes('off') && swiotlb.mode !== 'force'
  return {
    ...release,
    dmabufDebug: options.config['DMABUF_DEBUG'] === true ? release.dmabufDebugTables : 'none',
    iommu: policyOf(api, options),
    cma: options.config['CMA'] === true ? (cma ?? { size: 0 }) : { size: 0 },
    atomicPools: null,
    zoneDmaLimit: ZONE_DMA_LIMIT,
    zoneDmaEnd: 'fixed',
    memTop: memTop(api, options),
    sgEntrySize: 32,
    sgDmaLength: true,
    dmaAddrSize: 8,
    physAddrSize: 8,
    swiotlb: off ? { ...swiotlb, mode: 'noforce' } : swiotlb,
  }
}

export const x8664Kernel = (api: PluginApi, name: (typeof X86_RELEASES)[number]): KernelDef => ({
  name: `x86_64@${name}`,
  arch: 'x86_64',
  title: `x86-64, Linux ${name}: dma-direct with swiotlb, dma-iommu on VT-d and AMD-Vi; get_sgtable without a check`,
  source: `Linux v${name} kernel/dma, arch/x86/kernel/pci-dma.c, drivers/iommu/intel; AMD-Vi by its source alone, drivers/iommu/amd`,
  facts: (options) => factsOf(api, name, options),
  config: CONFIG,
  cmdline: { ...CMDLINE, ...X86_CMDLINE, cma: memoryCmdline(api)['cma'] ?? '' },
  lacks: {
    NEED_SG_DMA_LENGTH: 'it is always on',
    DMA_BOUNCE_UNALIGNED_KMALLOC: 'x86 does not select it: every device snoops',
    ARM_LPAE: 'it is an option of 32-bit ARM',
    ARM_DMA_IOMMU_ALIGNMENT: 'it is an option of the IOMMU code of 32-bit ARM',
    DMABOUNCE: 'it was code of 32-bit ARM; here the bounce pool does that (swiotlb=)',
  },
  idle: ({ config, cmdline }): Readonly<Record<string, string>> =>
    cmdline['cma'] !== undefined && config['CMA'] !== true ? { cma: 'there is no CMA without --config CMA' } : {},
  ops: [],
  /** Models: Linux v6.12 drivers/iommu/iommu.c: iommu_get_default_domain_type */
  opsFor: (device, options, iommu) =>
    iommu !== null &&
    isUsed(api, options, iommu) &&
    (device.pci?.untrusted === true || !policyOf(api, options).passthrough)
      ? 'dma-iommu'
      : 'dma-direct',
})
