// Which kernels have the faults of IOMMU code that patches of ours correct, as their sources were read (5.15.55, 6.1.176, 6.6.63, 6.12.107,
// 6.18.35). 5.10 and 7.2 are taken for like their neighbours, whose code is the same.

/** arm@4.11 has tables of its own, and none of this code. */
export const UNTIL_V6_12: readonly string[] = [
  'arm64@5.10',
  'arm64@5.15',
  ...['6.1', '6.6', '6.12'].flatMap((release) => [`arm@${release}`, `arm64@${release}`]),
  'riscv64@6.12',
  'x86_64@6.12',
]

const AFTER: readonly string[] = ['6.18', '7.2'].flatMap((release) =>
  ['arm', 'arm64', 'riscv64', 'x86_64'].map((arch) => `${arch}@${release}`),
)

export const WITH_DMA_IOMMU: readonly string[] = [...UNTIL_V6_12, ...AFTER]

/** iommu_dma_unmap_sg() looks for the end of a list (record unmap-sg-by-its-end). */
export const SINCE_V6_1: readonly string[] = WITH_DMA_IOMMU.filter((kernel) => !kernel.includes('@5.'))
