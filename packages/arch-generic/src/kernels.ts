// The kernels with dma-direct for devices that are not translated: arm64, riscv64 and arm, a release each. What releases differ in are facts (api).
import type {
  BuildFacts,
  ConfigOption,
  DeviceFacts,
  IommuFacts,
  KernelDef,
  KernelOptions,
  PluginApi,
  ReleaseFacts,
} from '@dmalab/api'
import { memoryCmdline, memoryPolicy } from './memory-options.ts'
import { ARM_MEM, CMDLINE, DMABUF_DEBUG, iommuPolicy, memLimit, SG_DMA_LENGTH, swiotlbPolicy } from './options.ts'

const MAX_32 = 2 ** 32 - 1
/** arch/arm leaves zone_dma_limit as kernel/dma/direct.c sets it, though its ZONE_DMA holds all of low memory. */
const ARM_ZONE_DMA_LIMIT = 2 ** 24 - 1
const MAX_ORDER = 10

/** What both architectures have in common. */
const common = (api: PluginApi, release: ReleaseFacts, options: KernelOptions) => ({
  ...release,
  dmabufDebug: options.config['DMABUF_DEBUG'] === true ? release.dmabufDebugTables : ('none' as const),
  iommu: iommuPolicy(api, options),
})

/** Models: Linux v6.12 arch/arm64/mm/init.c: mem_init, zone_sizes_init */
const arm64Facts = (api: PluginApi, release: ReleaseFacts, options: KernelOptions): BuildFacts => {
  const dmaLength = options.config['NEED_SG_DMA_LENGTH'] !== false
  return {
    ...common(api, release, options),
    ...memoryPolicy(api, options, 'zones'),
    sgEntrySize: dmaLength ? 32 : 24,
    sgDmaLength: dmaLength,
    dmaAddrSize: 8,
    physAddrSize: 8,
    zoneDmaLimit: MAX_32,
    memLimit: memLimit(api, options),
    swiotlb: swiotlbPolicy(api, release, options, {
      dmaLimit: MAX_32,
      highest: false,
      bouncesKmalloc: release.bouncesKmalloc && options.config['DMA_BOUNCE_UNALIGNED_KMALLOC'] !== false,
      kmallocPool: true,
      restrictedPools: options.config['DMA_RESTRICTED_POOL'] !== false,
    }),
  }
}

/** Without LPAE there is no swiotlb: nothing lies above 4 GiB. Models: Linux v6.12 arch/arm/mm/init.c: mem_init */
const armFacts = (api: PluginApi, release: ReleaseFacts, options: KernelOptions): BuildFacts => {
  const lpae = options.config['ARM_LPAE'] === true
  const dmaLength = options.config['NEED_SG_DMA_LENGTH'] === true
  const policy = swiotlbPolicy(api, release, options, {
    dmaLimit: MAX_32,
    highest: false,
    bouncesKmalloc: false,
    kmallocPool: false,
    restrictedPools: false,
  })
  const { mem } = options.cmdline
  if (mem === true) throw new api.InputError('mem needs a value', { path: 'cmdline' }, ARM_MEM)
  return {
    ...common(api, release, options),
    ...memoryPolicy(api, options, 'single'),
    sgEntrySize: (lpae ? 24 : 16) + (dmaLength ? (lpae ? 8 : 4) : 0),
    sgDmaLength: dmaLength,
    dmaAddrSize: lpae ? 8 : 4,
    physAddrSize: lpae ? 8 : 4,
    swiotlb: lpae ? policy : null,
    memBanks: mem === undefined ? null : api.memBanks(mem),
    zoneDmaLimit: options.config['ZONE_DMA'] === true ? ARM_ZONE_DMA_LIMIT : null,
    zoneDmaEnd: 'lowmem',
    iommuAlignment: Number(options.config['ARM_DMA_IOMMU_ALIGNMENT'] ?? 8),
    highmem: options.config['HIGHMEM'] !== false,
    maxPageOrder: Number(options.config['ARCH_FORCE_MAX_ORDER'] ?? MAX_ORDER),
  }
}

/**
 * ZONE_DMA32 is the only zone for DMA, so the masks that devices get are judged by the end of RAM. Small buffers bounce only where the
 * processor maintains caches, which the machine says.
 * Models: Linux v6.12 arch/riscv/mm/init.c: mem_init, zone_sizes_init; v6.6 arch/riscv/mm/init.c: mem_init
 * Leaves out: the area of CMA_SIZE_MBYTES beside a default one of the device tree.
 */
const riscv64Facts = (api: PluginApi, release: ReleaseFacts, options: KernelOptions): BuildFacts => {
  const memory = memoryPolicy(api, options, 'zones')
  return {
    ...common(api, release, options),
    ...memory,
    cma: options.config['CMA'] === false ? { size: 0 } : memory.cma,
    sgEntrySize: 32,
    sgDmaLength: true,
    dmaAddrSize: 8,
    physAddrSize: 8,
    memLimit: memLimit(api, options),
    swiotlb: swiotlbPolicy(api, release, options, {
      dmaLimit: MAX_32,
      highest: false,
      bouncesKmalloc: true,
      kmallocPool: release.kmallocPool,
      restrictedPools: options.config[RESTRICTED] !== false,
    }),
  }
}

/** CONFIG_ARM_DMA_USE_IOMMU is on wherever the platform has it. */
const usesArmIommu = ({ config }: KernelOptions): boolean => config['ARM_DMA_USE_IOMMU'] !== false

/**
 * Without LPAE there is no swiotlb that a parameter could change. The tables of arch/arm bring a domain of their own, whatever the default
 * one is, and invalidate when they unmap.
 * Models: Linux v6.12 drivers/iommu/iommu.c: iommu_get_default_domain_type
 */
const idleOnArm = (options: KernelOptions): Readonly<Record<string, string>> => {
  const { config, cmdline } = options
  const idle: Record<string, string> = {}
  if (cmdline['swiotlb'] !== undefined && config['ARM_LPAE'] !== true)
    idle['swiotlb'] = 'this kernel has a bounce pool only with --config ARM_LPAE'
  if (usesArmIommu(options))
    for (const name of ['iommu.strict', 'iommu.passthrough'])
      if (cmdline[name] !== undefined)
        idle[name] = 'it acts on dma-iommu; the tables of arch/arm translate, and invalidate when they unmap'
  if (!usesArmIommu(options) && options.config['ARM_DMA_IOMMU_ALIGNMENT'] !== 8)
    idle['ARM_DMA_IOMMU_ALIGNMENT'] = 'it belongs to the tables of arch/arm: --config ARM_DMA_USE_IOMMU=y'
  return idle
}

/**
 * An untrusted device is translated whatever the command line says.
 *
 * Models: Linux v6.12 include/linux/iommu-dma.h: use_dma_iommu
 * Models: Linux v6.12 drivers/iommu/iommu.c: iommu_get_default_domain_type
 */
const opsFor =
  (api: PluginApi) =>
  (device: DeviceFacts, options: KernelOptions, iommu: IommuFacts | null): string =>
    iommu !== null && (device.pci?.untrusted === true || !iommuPolicy(api, options).passthrough)
      ? 'dma-iommu'
      : 'dma-direct'

/** Options that came with a release. */
const BOUNCE_UNALIGNED = 'DMA_BOUNCE_UNALIGNED_KMALLOC'
const RESTRICTED = 'DMA_RESTRICTED_POOL'
const RESTRICTED_POOL: ConfigOption = {
  meaning: 'restricted-dma-pool regions bounce everything of their devices',
  default: true,
}

/** Where a release was read in a stable kernel; the others were measured too. */
const READ_IN: Readonly<Record<string, string>> = { '5.15': '5.15.55', '6.6': '6.6.63', '6.18': '6.18.35' }
const sourceOf = (release: string, files: string): string =>
  `Linux v${release} ${files}${READ_IN[release] === undefined ? '' : `, as in ${READ_IN[release]}`}`

/** Releases of arm64, oldest first. */
export const ARM64_RELEASES = ['5.10', '5.15', '6.1', '6.6', '6.12', '6.18', '7.2'] as const
/** Releases of arm that have no op tables of their own but those behind an IOMMU. */
export const ARM_RELEASES = ['6.1', '6.6', '6.12', '6.18', '7.2'] as const

/** Where a release has no arch of its own, it is that of v6.12. */
const ARM64_ARCH: Readonly<Record<string, string>> = {
  '5.15': 'arm64-v6.1',
  '6.1': 'arm64-v6.1',

  '5.10': 'arm64-v5.10',
  '6.18': 'arm64-v6.18',
  '7.2': 'arm64-v6.18',
}

export const arm64Kernel = (api: PluginApi, name: (typeof ARM64_RELEASES)[number]): KernelDef => {
  const release: ReleaseFacts = api.RELEASES[name]
  const restricted = api.compareReleases(name, '5.15') >= 0
  return {
    name: `arm64@${name}`,
    arch: ARM64_ARCH[name] ?? 'arm64',
    title: `64-bit ARM, Linux ${name}: dma-direct with swiotlb, dma-iommu; get_sgtable without a check`,
    source: sourceOf(name, 'kernel/dma, arch/arm64/mm'),
    facts: (options) => arm64Facts(api, release, options),
    config: {
      NEED_SG_DMA_LENGTH: { ...SG_DMA_LENGTH, default: true },
      DMABUF_DEBUG,
      ...(release.bouncesKmalloc
        ? {
            [BOUNCE_UNALIGNED]: {
              meaning: 'small buffers that share cache lines bounce for devices that do not snoop',
              default: true,
            },
          }
        : {}),
      ...(restricted
        ? {
            [RESTRICTED]: RESTRICTED_POOL,
          }
        : {}),
    },
    cmdline: { ...CMDLINE, ...memoryCmdline(api) },
    lacks: {
      ARM_LPAE: 'it is an option of 32-bit ARM; addresses have 48 bits here',
      ARM_DMA_IOMMU_ALIGNMENT: 'it is an option of the IOMMU code of 32-bit ARM',
      DMABOUNCE: 'it was code of 32-bit ARM; here the bounce pool does that (swiotlb=)',
      ...(release.bouncesKmalloc ? {} : { [BOUNCE_UNALIGNED]: 'it came with v6.5' }),
      ...(restricted ? {} : { [RESTRICTED]: 'it came with v5.15' }),
    },
    idle: () => ({}),
    ops: [],
    opsFor: opsFor(api),
  }
}

/** Releases of riscv64, oldest first. */
export const RISCV64_RELEASES = ['6.6', '6.12', '6.18'] as const

export const riscv64Kernel = (api: PluginApi, name: (typeof RISCV64_RELEASES)[number]): KernelDef => ({
  name: `riscv64@${name}`,
  arch: 'riscv64',
  title: `64-bit RISC-V, Linux ${name}: dma-direct with swiotlb, dma-iommu; get_sgtable without a check`,
  source: sourceOf(name, 'kernel/dma, arch/riscv/mm/dma-noncoherent.c'),
  facts: (options) => riscv64Facts(api, api.RELEASES[name], options),
  config: {
    CMA: { meaning: 'regions of contiguous memory are kept for DMA', default: true },
    [RESTRICTED]: RESTRICTED_POOL,
    DMABUF_DEBUG,
  },
  cmdline: { ...CMDLINE, ...memoryCmdline(api) },
  lacks: {
    ZONE_DMA: 'RISC-V has ZONE_DMA32 alone',
    NEED_SG_DMA_LENGTH: 'it is always on',
    [BOUNCE_UNALIGNED]: 'it is always on; a board whose processor has no Zicbom does without (cpu.cacheOps: none)',
    ARM_LPAE: 'it is an option of 32-bit ARM',
    ARM_DMA_IOMMU_ALIGNMENT: 'it is an option of the IOMMU code of 32-bit ARM',
    DMABOUNCE: 'it was code of 32-bit ARM; here the bounce pool does that (swiotlb=)',
  },
  idle: ({ config, cmdline }): Readonly<Record<string, string>> =>
    cmdline['cma'] !== undefined && config['CMA'] === false ? { cma: 'there is no CMA without CONFIG_CMA' } : {},
  ops: [],
  opsFor: opsFor(api),
})

export const armKernel = (api: PluginApi, name: (typeof ARM_RELEASES)[number]): KernelDef => ({
  name: `arm@${name}`,
  arch: name === '6.1' ? 'arm-v6.1' : 'arm',
  title: `32-bit ARM, Linux ${name}: dma-direct; arch/arm tables behind an IOMMU; get_sgtable without a check`,
  source: sourceOf(name, 'kernel/dma, arch/arm/mm/dma-mapping.c'),
  facts: (options) => armFacts(api, api.RELEASES[name], options),
  config: {
    ARCH_FORCE_MAX_ORDER: {
      meaning: 'order of the largest physically contiguous allocation',
      default: MAX_ORDER,
    },
    ARM_DMA_IOMMU_ALIGNMENT: {
      meaning: 'order of the largest alignment of bus addresses behind an IOMMU, 4 to 9',
      default: 8,
      range: [4, 9],
    },
    ARM_DMA_USE_IOMMU: {
      meaning:
        "devices behind an IOMMU have arch/arm's own tables; n: dma-iommu, which no kernel of 32-bit ARM has, stands in",
      default: true,
    },
    HIGHMEM: { meaning: 'memory above the linear map is used', default: true },
    ZONE_DMA: { meaning: 'masks from 24 bits on are taken, whatever the memory', default: false },
    ARM_LPAE: { meaning: '40-bit physical addresses: dma_addr_t is 8 bytes, and there is a swiotlb', default: false },
    NEED_SG_DMA_LENGTH: SG_DMA_LENGTH,
    DMABUF_DEBUG,
  },
  cmdline: { ...CMDLINE, ...memoryCmdline(api), mem: ARM_MEM },
  lacks: {
    DMABOUNCE: 'it went with v6.0; with --config ARM_LPAE the bounce pool does that (swiotlb=)',
    DMA_BOUNCE_UNALIGNED_KMALLOC: '32-bit ARM does not select it',
    DMA_RESTRICTED_POOL: 'restricted pools are modelled for arm64 only',
  },
  idle: idleOnArm,
  ops: [],
  opsFor: (device, options, iommu) =>
    iommu !== null && usesArmIommu(options) ? 'arm-v6-iommu' : opsFor(api)(device, options, iommu),
})
