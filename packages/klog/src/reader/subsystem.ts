// Which part of the kernel printed a line that the catalogue does not have: what is not understood is named, not passed over.

const SUBSYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/^(?:\S+ \S+: )?(?:DMAR|dmar)\b|\bDMAR:/, 'Intel IOMMU (drivers/iommu/intel)'],
  [/\bAMD-Vi\b/, 'AMD IOMMU (drivers/iommu/amd)'],
  [/^arm-smmu-v3\b|\btegra241_cmdqv\b/, 'SMMUv3 (drivers/iommu/arm/arm-smmu-v3)'],
  [/^arm-smmu\b|^qcom-iommu\b/, 'SMMU (drivers/iommu/arm/arm-smmu)'],
  [
    /^(?:rk_iommu|mtk-iommu|sun50i-iommu|exynos-sysmmu|ipmmu-vmsa|virtio_iommu|apple-dart|msm_iommu|omap-iommu|sprd-iommu|fsl-pamu)\b/,
    'IOMMU (drivers/iommu)',
  ],
  [/^(?:tegra-mc|mc-err|tegra-smmu)\b/, 'Tegra memory controller (drivers/memory/tegra)'],
  [/\bio-pgtable\b|^iommu:|\biommu group\b.{0,40}(?:fail|err)/i, 'IOMMU core (drivers/iommu)'],
  [/\bsoftware IO TLB\b|\bswiotlb\b|\bSW-IOMMU\b|\bSWIOTLB\b/, 'swiotlb (kernel/dma/swiotlb.c)'],
  [/^cma: |\bcma_alloc\b|\balloc_contig_range\b/, 'CMA (mm/cma.c)'],
  [/\bReserved memory:|\breserved mem:/, 'reserved memory (drivers/of/of_reserved_mem.c)'],
  [/\bDMA-API: /, 'dma-debug (kernel/dma/debug.c)'],
  [/^videobuf2[\w-]*[: ]|\bvb2[-_]/, 'videobuf2 (drivers/media/common/videobuf2)'],
  [/\bdma[-_]?buf\b.{0,80}\b(?:fail|error|invalid|unable|cannot)/i, 'dma-buf (drivers/dma-buf)'],
  [/\bvfio[-_ :]/, 'VFIO (drivers/vfio)'],
  [
    /\bdma[-_ ](?:ranges|mask|pool|alloc\w*|map\w*|buffer)\b.{0,80}\b(?:fail|error|invalid|unable|cannot)/i,
    'DMA mapping (kernel/dma)',
  ],
]

/** Boot and probe lines that such a subsystem prints when all is well, and lines of a source or a trace. */
const QUIET =
  /ommand line: |out-of-tree module|probing hardware|features 0x|ias \d|oas \d|stage-\d|translation|registered|page sizes|enabled|initialized|adding to iommu group|removing from iommu group|default domain type|invalidation policy|host address width|DRHD base|DRHD: |RMRR base|ATSR flags|RHSA base|SATC flags|dmar\d+: (?:reg_base|Using)|Intel\(R\) Virtualization|extended features|command-line|interrupt remapping enabled|allocated \d+ entries|area num|coherent walk|\bSMMUv\d with|stream matching|context banks|option |mapped \[mem|buffer size|\+0x[0-9a-f]+\/0x|No ATSR|No RMRR|No SATC|Prepare to run|DAC|Loaded|^\S+ from |Using (?:Register|Queued)|IOMMU (?:disabled|enabled)|Disable (?:GFX|integrated|supported)|Enable scalable|No DMAR devices|ANDD device|self ?test|DebugFS|deprecated; use|Doesn't support (?:large page|hardware pass)|reg_base_addr|add hid:|IRT cache|Applying|Unknown option|option format|Command-line override|X2APIC|SNP enabled|pm_runtime|Using IPMMU context|Reusing IPMMU|registered$|erratum|workaround|proximity domain|pgtable size|map_benchmark|vb2_\w+ result|file io|plane \d+ offset/i

/** A word of each pattern above: most lines of a log have none. */
const OURS =
  /dmar|AMD-Vi|smmu|cmdqv|iommu|dart|pamu|tegra-mc|mc-err|io-pgtable|IO TLB|swiotlb|cma|contig|reserved mem|DMA-API|videobuf2|vb2|dma|vfio/i

/** undefined: none of those that handle DMA memory, or nothing that needs an answer. */
export const subsystemOf = (text: string): string | undefined => {
  if (!OURS.test(text) || text.endsWith(':')) return undefined
  const found = SUBSYSTEMS.find(([pattern]) => pattern.test(text))?.[1]
  return found === undefined || QUIET.test(text) ? undefined : found
}
