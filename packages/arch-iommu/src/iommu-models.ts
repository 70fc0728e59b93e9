// Which tables the drivers of known IOMMUs ask for.
import type { IommuRegion, IommuSetup } from '@dmalab/api'

type Shape = Omit<IommuSetup, 'lazy' | 'fixes' | 'partialUnmap'>

export interface IommuModel {
  readonly shape: Shape
  /** pgsize_bitmap that kernel code above the driver sees: the sizes worth allocating. */
  readonly allocSizes: number
  /** End of a forced aperture; 0 = not forced. */
  readonly apertureEnd: number
  /** TLB invalidation may wait (IOMMU_CAP_DEFERRED_FLUSH). */
  readonly deferredFlush: boolean
  /** What unmapping a part of a block does; of io-pgtable, the release says. */
  readonly partialUnmap: 'io-pgtable' | Exclude<IommuSetup['partialUnmap'], 'split'>
  /** Bus addresses that its driver sets aside for every device (get_resv_regions). */
  readonly regions: readonly IommuRegion[]
}

const KIB = 2 ** 10
const MIB = 2 ** 20
const NO_PERMS = 2
const MTK_EXT = 8

const LPAE: Shape = {
  format: 'ARM_64_LPAE_S1',
  pageSizes: 4 * KIB + 2 * MIB + 2 ** 30,
  ias: 48,
  oas: 48,
  quirks: 0,
  coherentWalk: true,
  apertureStart: 0,
}

/**
 * Models: Linux v6.12 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_domain_finalise
 * Models: Linux v6.12 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_get_resv_regions
 */
const smmu: IommuModel = {
  shape: LPAE,
  allocSizes: LPAE.pageSizes,
  apertureEnd: 2 ** 48 - 1,
  deferredFlush: true,
  // Where it lets the kernel map MSI doorbells.
  partialUnmap: 'io-pgtable',
  regions: [{ base: 0x800_0000, len: MIB, type: 'sw-msi' }],
}

/**
 * Its own two-level format with 4 KiB pages below 4 GiB, here as long-descriptor tables of the same reach.
 * Models: Linux v6.12 drivers/iommu/rockchip-iommu.c: rk_iommu_domain_alloc_paging
 */
const rockchip: IommuModel = {
  shape: { ...LPAE, format: 'ARM_32_LPAE_S1', pageSizes: 4 * KIB, ias: 32, oas: 40, coherentWalk: false },
  allocSizes: 0x007f_f000,
  apertureEnd: 2 ** 32 - 1,
  deferredFlush: false,
  // Its only pages are the smallest: there is no block.
  partialUnmap: 'io-pgtable',
  regions: [],
}

/** Models: Linux v6.12 drivers/iommu/mtk_iommu.c: mtk_iommu_domain_finalise */
const mediatek: IommuModel = {
  shape: {
    ...LPAE,
    format: 'ARM_V7S',
    pageSizes: 4 * KIB + 64 * KIB + MIB + 16 * MIB,
    ias: 32,
    oas: 35,
    quirks: NO_PERMS + MTK_EXT,
    coherentWalk: false,
  },
  allocSizes: 4 * KIB + 64 * KIB + MIB + 16 * MIB,
  apertureEnd: 2 ** 32 - 1,
  deferredFlush: false,
  partialUnmap: 'io-pgtable',
  regions: [],
}

/**
 * Short descriptors with sections, large and small pages; no permissions. A part of a section or large page is refused in every release.
 * Models: Linux v6.12 drivers/iommu/exynos-iommu.c: exynos_iommu_domain_alloc_paging, exynos_iommu_unmap
 */
const exynos: IommuModel = {
  shape: { ...LPAE, format: 'ARM_V7S', pageSizes: 4 * KIB + 64 * KIB + MIB, ias: 32, oas: 32, quirks: NO_PERMS },
  allocSizes: 4 * KIB + 64 * KIB + MIB,
  apertureEnd: 2 ** 32 - 1,
  deferredFlush: false,
  partialUnmap: 'refused',
  regions: [],
}

/** Where the interrupt controllers of a PC take messages. */
const MSI: IommuRegion = { base: 0xfee0_0000, len: MIB, type: 'msi' }

/**
 * Second-stage tables of VT-d, here as long-descriptor tables of the same reach. Hardware with fewer levels (39 bits) ends the aperture sooner.
 * Models: Linux v6.12 drivers/iommu/intel/iommu.c: intel_iommu_domain_alloc, domain_update_iommu_cap, intel_iommu_get_resv_regions, intel_iommu_unmap
 * Leaves out: a part in the middle of a large page, which v6.12 looks for in a table that is none.
 */
const vtd: IommuModel = {
  shape: LPAE,
  allocSizes: LPAE.pageSizes,
  apertureEnd: 2 ** 48 - 1,
  deferredFlush: true,
  partialUnmap: 'whole',
  regions: [MSI],
}

/**
 * Its tables take every power of two; here they are long-descriptor tables of the same reach. The last stretch below 1 TiB is
 * HyperTransport's.
 * Models: Linux v6.12 drivers/iommu/amd/iommu.c: do_iommu_domain_alloc, amd_iommu_get_resv_regions
 */
const amdVi: IommuModel = {
  ...vtd,
  regions: [MSI, { base: 0xfd_0000_0000, len: 0x3_0000_0000, type: 'reserved' }],
}

/** By the last word of a device tree's compatible string; whatever is not known is taken for an SMMU. */
export const modelOf = (name: string): IommuModel => {
  if (name.startsWith('rockchip')) return rockchip
  if (name.startsWith('mediatek')) return mediatek
  if (name.startsWith('samsung')) return exynos
  if (name.startsWith('intel')) return vtd
  if (name.startsWith('amd')) return amdVi
  return smmu
}
