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

export const nopageRfc = (api: PluginApi): Patch => {
  const { fail, has, hex, pageAlign, pfnOf } = api

  /** Hunk 1. A valid pfn wins over the tag; the attributes are stored either way, the handle only with the tag. */
  const getSgtable = (next: DmaOps, host: Host): DmaOps => ({
    ...next,
    getSgtable: (cpuAddr, handle, size, attrs) => {
      const tagged = has(attrs, NOPAGE)
      const at = host.dmaToPhys(handle)
      const valid = at !== undefined && host.mem.pfnValid(pfnOf(at))
      if (!valid && !tagged) return fail('ENXIO', `the buffer at ${hex(handle)} has no struct page and no tag`)
      const page: SgPage = valid ? { kind: 'page', pfn: pfnOf(at) } : { kind: 'vaddr', at: cpuAddr }
      const list = host.sgAlloc(1)
      if (!list.ok) return list
      const length = pageAlign(size)
      list.value.setPage(0, page, length, 0)
      list.value.setAttrs(0, attrs)
      // dma_length, where struct scatterlist has one, is not set.
      if (tagged) list.value.setDma(0, handle, host.kernel.sgDmaLength ? 0 : length)
      return list
    },
  })

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

  /** Hunk 5. The tag goes into buf->attrs, and so to free, mmap and get_sgtable. */
  const tagPoolMemory = (next: Vb2MemOps, facts: KernelFacts): Vb2MemOps => ({
    ...next,
    alloc: (dev, size, dir, owner) => {
      const mem = next.alloc(dev, size, dir, owner)
      if (mem.ok && mem.value.cookie !== null && checkDevCoherent(facts)(dev, mem.value.dmaAddr, mem.value.cookie))
        mem.value.attrs += has(mem.value.attrs, NOPAGE) ? 0 : NOPAGE
      return mem
    },
  })

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
        what: 'arm_dma_get_sgtable: valid pfn, else the CPU address as page when tagged, else -ENXIO; stores attrs and handle',
      },
      {
        file: 'arch/arm/mm/dma-mapping.c',
        what: 'arm_dma_map_sg: tagged entries are not mapped and not cleaned; the bad_mapping unwind is as before',
      },
      { file: 'arch/arm/mm/dma-mapping.c', what: 'arm_dma_unmap_sg: tagged entries are not unmapped' },
      {
        file: 'drivers/base/dma-coherent.c',
        what: 'dma_check_dev_coherent(): does an allocation lie in the device pool; exported',
      },
      {
        file: 'drivers/media/v4l2-core/videobuf2-dma-contig.c',
        what: 'vb2_dc_alloc: tags what came from a device pool',
      },
      {
        file: 'drivers/media/v4l2-core/videobuf2-dma-contig.c',
        what: "vb2_dc_dmabuf_ops_attach: copies attributes and handle to the importer's list",
      },
      { file: 'include/linux/dma-mapping.h', what: 'DMA_ATTR_DEV_COHERENT_NOPAGE (bit 10)' },
      {
        file: 'include/linux/dma-mapping.h',
        what: 'prototype of dma_check_dev_coherent(), inside CONFIG_HAVE_GENERIC_DMA_COHERENT only',
      },
      { file: 'include/linux/scatterlist.h', what: 'struct scatterlist gets dma_attrs' },
    ],
    ops: { arm: getSgtable, 'arm-coherent': getSgtable }, // hunk 1
    sg: {
      skip: { map: NOPAGE, unmap: NOPAGE }, // hunks 2 and 3: data, so that the batch loop stays one loop
      attachCopies: ['attrs', 'dmaAddress'], // hunk 6
      cFields: { dma_attrs: { type: 'unsigned long', bytes32: 4, bytes64: 8 } }, // hunk 9
    },
    exports: (facts) => ({ dma_check_dev_coherent: checkDevCoherent(facts) }), // hunks 4 and 8
    allocators: { 'vb2-dma-contig': (next, host) => tagPoolMemory(next, host.kernel) }, // hunk 5
    attrs: { DEV_COHERENT_NOPAGE: NOPAGE }, // hunk 7
    caps: { arm: { pageless: 'carried' }, 'arm-coherent': { pageless: 'carried' } },
  }
}
