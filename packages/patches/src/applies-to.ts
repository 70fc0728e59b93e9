// Which kernels have the faults of IOMMU code that patches of ours correct, as their sources were read (5.15.55, 6.1.176, 6.6.63, 6.12.107,
// 6.18.35). 5.10 and 7.2 are taken for like their neighbours, whose code is the same.

const V5: readonly string[] = ['arm64@5.10', 'arm64@5.15']
const armsOf = (...releases: readonly string[]): readonly string[] =>
  releases.flatMap((release) => [`arm@${release}`, `arm64@${release}`])

/** Page tables of ARM that split blocks. arm@4.11 has tables of its own, and none of this code. */
export const UNTIL_V6_12: readonly string[] = [...V5, ...armsOf('6.1', '6.6', '6.12')]

/** Page tables of ARM. */
export const WITH_ARM_TABLES: readonly string[] = [...UNTIL_V6_12, ...armsOf('6.18', '7.2')]

const REST = ['riscv64@6.6', 'riscv64@6.12', 'riscv64@6.18', 'x86_64@6.12', 'x86_64@7.2']
export const WITH_DMA_IOMMU: readonly string[] = [...WITH_ARM_TABLES, ...REST]

/** iommu_dma_unmap_sg() looks for the end of a list (record unmap-sg-by-its-end). */
export const SINCE_V6_1: readonly string[] = WITH_DMA_IOMMU.filter((kernel) => !V5.includes(kernel))
