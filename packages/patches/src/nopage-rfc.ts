// The RFC this laboratory grew from: coherent memory without struct page is tagged, and tagged entries are left alone.
// One patch, nine hunks, in the order of the diff.
import type {
  Device,
  DmaAddr,
  DmaOps,
  Host,
  KernelFacts,
  KernelVaddr,
  Patch,
  PluginApi,
  SgPage,
  Vb2MemOps,
} from '@dmalab/api'

/** DMA_ATTR_DEV_COHERENT_NOPAGE, include/linux/dma-mapping.h. */
const NOPAGE = 1024

/** What both the RFC and its port are made of. */
const parts = (api: PluginApi) => {
  const { fail, has, hex, pageAlign, pfnOf, withBits } = api

  /** Hunk 1. A valid pfn wins over the tag; the attributes are stored either way, the handle only with the tag. */
  const getSgtable =
    (_next: DmaOps['getSgtable'], host: Host): DmaOps['getSgtable'] =>
    (cpuAddr, handle, size, attrs) => {
      const tagged = has(attrs, NOPAGE)
      const at = host.dmaToPhys(handle)
      const valid = at !== undefined && host.mem.pfnValid(pfnOf(at))
      if (!valid && !tagged) return fail('ENXIO', `the buffer at ${hex(handle)} has no struct page and no tag`)
      const page: SgPage = valid ? { kind: 'page', pfn: pfnOf(at) } : { kind: 'vaddr', at: cpuAddr }
      const list = host.sgAlloc(1)
      if (!list.ok) return list
      const length = pageAlign(size)
      // dma_length, where struct scatterlist has one, is not set.
      if (tagged) list.value.setDma(0, handle, host.kernel.sgDmaLength ? 0 : length)
      list.value.setAttrs(0, attrs)
      list.value.setPage(0, page, length, 0)
      return list
    }

  /** Hunk 4. A NULL device has no pool. The range's length is an int: `size << PAGE_SHIFT` overflows at 2 GiB. */
  const checkDevCoherent =
    (facts: KernelFacts) =>
    (dev: Device | null, handle: DmaAddr, cpuAddr: KernelVaddr): boolean => {
      const pool = dev?.pool ?? null
      if (pool === null) return false
      const length = BigInt.asIntN(32, BigInt(pool.pages) * 4096n)
      const handleEnd = BigInt.asUintN(facts.dmaAddrSize * 8, BigInt(pool.deviceBase) + length)
      const cpuEnd = BigInt.asUintN(facts.arch.pointerBits, pool.virtBase + length)
      return handle >= pool.deviceBase && BigInt(handle) < handleEnd && cpuAddr >= pool.virtBase && cpuAddr < cpuEnd
    }

  /** Hunk 5. The tag joins the attributes in buf->attrs, and so reaches free, mmap and get_sgtable. */
  const vb2DcAlloc =
    (next: Vb2MemOps, facts: KernelFacts): Vb2MemOps['alloc'] =>
    (dev, ...rest) => {
      const mem = next.alloc(dev, ...rest)
      if (!mem.ok || mem.value.cookie === null) return mem
      const { dmaAddr, cookie, attrs } = mem.value
      if (checkDevCoherent(facts)(dev, dmaAddr, cookie)) mem.value.attrs = withBits(attrs, NOPAGE)
      return mem
    }

  return { getSgtable, checkDevCoherent, vb2DcAlloc }
}

/** Hunks 2, 3, 6 and 9: what the loops and the exporter do, as data. */
const LISTS: NonNullable<Patch['sg']> = {
  // Hunks 2 and 3 are data, so that the batch loop stays one loop.
  skip: { map: { bits: NOPAGE, sets: ['dmaLength'] }, unmap: { bits: NOPAGE, sets: [] } },
  attachCopies: [
    { member: 'dmaAddress', only: NOPAGE },
    { member: 'attrs', only: 0 },
  ], // hunk 6
  cFields: { dma_attrs: { type: 'unsigned long', bytes32: 4, bytes64: 8 } }, // hunk 9
}

/** Hunks 4, 5, 7 and 8. */
const common = ({ checkDevCoherent, vb2DcAlloc }: ReturnType<typeof parts>) =>
  ({
    sg: LISTS,
    exports: (facts) => ({ dma_check_dev_coherent: checkDevCoherent(facts) }), // hunks 4 and 8
    allocators: { 'vb2-dma-contig': (next, host) => ({ ...next, alloc: vb2DcAlloc(next, host.kernel) }) }, // hunk 5
    attrs: { DEV_COHERENT_NOPAGE: NOPAGE }, // hunk 7
  }) satisfies Partial<Patch>

export const nopageRfc = (api: PluginApi): Patch => {
  const made = parts(api)
  return {
    name: 'nopage-rfc',
    title: 'share coherent DMA memory without struct page (RFC)',
    source: "RFC 'arm: dma: fix sharing of coherent DMA memory without struct page' (Shuah Khan, 5 April 2017)",
    appliesTo: ['arm@4.11'],
    requires: {
      HAVE_GENERIC_DMA_COHERENT: 'vb2_dc_alloc calls dma_check_dev_coherent(), which has no stub in the #else',
    },
    hunks: [
      {
        file: 'arch/arm/mm/dma-mapping.c',
        symbol: 'arm_dma_get_sgtable',
        what: 'valid pfn, else the CPU address as page when tagged, else -ENXIO; stores the attributes, and of tagged memory the handle',
      },
      {
        file: 'arch/arm/mm/dma-mapping.c',
        symbol: 'arm_dma_map_sg',
        what: 'tagged entries are not mapped and not cleaned; dma_length is set before, and the bad_mapping unwind does not ask',
      },
      {
        file: 'arch/arm/mm/dma-mapping.c',
        symbol: 'arm_dma_unmap_sg',
        what: 'tagged entries are not unmapped',
      },
      {
        file: 'drivers/base/dma-coherent.c',
        symbol: 'dma_check_dev_coherent',
        what: 'new: does an allocation lie in the device pool; exported',
      },
      {
        file: 'drivers/media/v4l2-core/videobuf2-dma-contig.c',
        symbol: 'vb2_dc_alloc',
        what: 'tags what came from a device pool, beside the attributes of the queue',
      },
      {
        file: 'drivers/media/v4l2-core/videobuf2-dma-contig.c',
        symbol: 'vb2_dc_dmabuf_ops_attach',
        what: "copies the attributes to the importer's list, and of tagged entries the handle",
      },
      { file: 'include/linux/dma-mapping.h', symbol: 'DMA_ATTR_DEV_COHERENT_NOPAGE', what: 'new: bit 10' },
      {
        file: 'include/linux/dma-mapping.h',
        symbol: 'dma_check_dev_coherent',
        what: 'the prototype, inside CONFIG_HAVE_GENERIC_DMA_COHERENT only',
      },
      { file: 'include/linux/scatterlist.h', symbol: 'struct scatterlist', what: 'gets dma_attrs' },
    ],
    functions: { arm_dma_get_sgtable: made.getSgtable }, // hunk 1
    ...common(made),
    caps: { arm_dma_get_sgtable: { pageless: 'carried' } },
  }
}

/** The releases that have dma-direct in the place of arch/arm's tables. */
const PORTED = ['6.1', '6.6', '6.12', '6.18', '7.2']

/** The same nine hunks where the code went: what a rebase to today would have to be. */
export const nopageRfcPort = (api: PluginApi): Patch => {
  const made = parts(api)
  return {
    name: 'nopage-rfc-port',
    ports: 'nopage-rfc',
    title: 'the RFC for coherent DMA memory without struct page, carried to dma-direct',
    source: 'a port of our own of the RFC of 5 April 2017; none was posted',
    appliesTo: ['arm64@5.10', 'arm64@5.15', ...PORTED.flatMap((release) => [`arm@${release}`, `arm64@${release}`])],
    hunks: [
      {
        file: 'kernel/dma/direct.c',
        symbol: 'dma_direct_get_sgtable',
        what: 'hunk 1: valid pfn, else the CPU address as page when tagged, else -ENXIO; stores attributes and handle',
      },
      {
        file: 'kernel/dma/direct.c',
        symbol: 'dma_direct_map_sg, dma_direct_unmap_sg',
        what: 'hunks 2 and 3: tagged entries are left alone',
      },
      {
        file: 'kernel/dma/coherent.c',
        symbol: 'dma_check_dev_coherent',
        what: 'hunks 4 and 8: drivers/base/dma-coherent.c moved here with v4.18',
      },
      {
        file: 'drivers/media/common/videobuf2/videobuf2-dma-contig.c',
        symbol: 'vb2_dc_alloc, vb2_dc_dmabuf_ops_attach',
        what: 'hunks 5 and 6: the file moved with v4.17',
      },
      {
        file: 'include/linux/dma-mapping.h',
        symbol: 'DMA_ATTR_DEV_COHERENT_NOPAGE',
        what: 'hunk 7: bit 10 as it was posted, which is DMA_ATTR_MMIO from v6.18 on',
      },
      { file: 'include/linux/scatterlist.h', symbol: 'struct scatterlist', what: 'hunk 9: gets dma_attrs' },
    ],
    leftOut: [
      {
        file: 'arch/arm/mm/dma-mapping.c',
        symbol: 'arm_dma_get_sgtable, arm_dma_map_sg, arm_dma_unmap_sg',
        what: 'gone with v6.0, when arch/arm took dma-direct',
      },
      {
        file: 'arch/arm/mm/dma-mapping.c, drivers/iommu/dma-iommu.c',
        symbol: 'arm_iommu_map_sg, iommu_dma_map_sg',
        what: 'devices behind an IOMMU had no hunk, and have none',
      },
      {
        file: 'kernel/dma/direct.c',
        symbol: 'dma_direct_sync_sg_for_cpu, dma_direct_sync_sg_for_device',
        what: 'syncs had no hunk, and have none',
      },
    ],
    functions: { dma_direct_get_sgtable: made.getSgtable },
    ...common(made),
    caps: { dma_direct_get_sgtable: { pageless: 'carried' } },
  }
}
