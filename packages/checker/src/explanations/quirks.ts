// What the kernel's own code gets wrong, and the model repeats: codes that the model itself reports.
import type { Explanation } from './explanation.ts'

export const QUIRKS = {
  'sg-split-miscount': {
    what: 'sg_split() was asked for a last list that ends inside an entry while more entries follow. The list it made holds all of them, its wanted last entry in full, and only the very last one was cut to 0.',
    why: 'The counter of lists left drops below zero there, and the loop ends only when it is exactly zero. A driver that trusts the list sends the device over bytes it never asked for. When the mapped list merges entries differently, the kernel writes behind the allocated list.',
    source: 'lib/sg_split.c: sg_calculate_split',
    fixes: ['end the last split at an entry, or take all that is left', 'on the model: the patch fix-sg-split'],
  },
  'sg-pages-surplus': {
    what: 'A scatterlist was built from more pages than its size needs.',
    why: 'The counter of bytes left wraps there: every entry behind the end of the data gets its full length, so the list is longer than the buffer.',
    source: 'lib/scatterlist.c: sg_alloc_append_table_from_pages',
    fixes: ['give as many pages as offset and size need, no more'],
  },
  'bounce-sync-refused': {
    what: 'A sync of part of a bounced mapping was refused: nothing was copied, and the side that was to see new data reads the old.',
    why: 'From v5.14 to v6.8 a sync that begins in a later slot of the mapping, nearer to that slot’s start than the buffer lies in its first one, is taken for one in front of the mapping. The kernel warns once, "Access before mapping start detected", and returns; the caller hears nothing. It needs a device with a minimal alignment mask, such as NVMe.',
    source: 'Linux v6.1 kernel/dma/swiotlb.c: swiotlb_bounce',
    fixes: [
      'sync from the start of the mapping, or the whole of it',
      'take a kernel from v6.9 on, which computes the offset with its sign',
    ],
  },
  'iova-links-left': {
    what: 'Bus addresses were given back to the allocator while page table entries behind them were still there.',
    why: 'dma_iova_destroy() unmaps from the first address on and ends at the first hole: what is linked behind it stays mapped. dma_iova_free() unmaps nothing at all. The device can still reach that memory, and the next driver that links something at these addresses gets -EEXIST.',
    source: 'Linux v7.2 drivers/iommu/dma-iommu.c: __iommu_dma_iova_unlink, dma_iova_destroy, dma_iova_free',
    fixes: [
      'unlink every piece with dma_iova_unlink() before dma_iova_free()',
      'use dma_iova_destroy() only when the links have no hole, also not one that a failed dma_iova_link() left',
    ],
  },
  'iova-part-lost': {
    what: 'dma_iova_destroy() gave back fewer bus addresses than dma_iova_try_alloc() had taken.',
    why: 'It gives back as many as are linked. The allocator keeps short ranges (up to 32 pages) in caches, by the size with which they come back: a later request of that size gets the start of the range, and the rest is handed out again only when addresses run out and the caches are emptied.',
    source:
      'Linux v7.2 drivers/iommu/dma-iommu.c: dma_iova_destroy, __iommu_dma_iova_unlink; drivers/iommu/iova.c: free_iova_fast',
    fixes: [
      'link all that was allocated, or allocate what will be linked',
      'unlink with dma_iova_unlink() and give all of it back with dma_iova_free()',
    ],
  },
  'iova-not-synced': {
    what: 'A device used memory that dma_iova_link() had put behind its bus addresses, and no dma_iova_sync() had covered them yet.',
    why: 'Linking writes page table entries and nothing else. Hardware that remembers missing entries, or that does not snoop its tables, sees them only after the sync. On other hardware the access works, by chance.',
    source: 'Linux v7.2 drivers/iommu/dma-iommu.c: dma_iova_link, dma_iova_sync',
    fixes: ['call dma_iova_sync() once all pieces are linked, before the device is told the address'],
  },
  'unmap-attrs-leak': {
    what: 'A mapping was unmapped with DMA_ATTR_MMIO or DMA_ATTR_REQUIRE_COHERENT, and had been mapped without. When it was bounced its slots stay taken, and what the device wrote is not copied back; behind an IOMMU the device still reaches the memory, and the bus addresses stay taken.',
    why: 'Mappings with these attributes never bounce, so unmap returns at once and does not look whether this one did; dma_unmap_page() does nothing at all with DMA_ATTR_MMIO, for it maps no registers. Each time slots or bus addresses are lost, until there are none left for anybody.',
    source: 'Linux v7.2 kernel/dma/direct.h: dma_direct_unmap_phys; kernel/dma/mapping.c: dma_unmap_page_attrs',
    fixes: [
      'unmap with the attributes that the mapping was made with',
      'let CONFIG_DMA_API_DEBUG compare them (since v7.0)',
    ],
  },
  'bounce-unreachable': {
    what: 'A mapping was bounced, and the bounce buffer itself lies where the device does not reach.',
    why: 'The check comes after the copy: the mapping fails, the slots are freed, and the search position stays moved. No mapping of this device can succeed that way.',
    source: 'kernel/dma/swiotlb.c: swiotlb_map',
    fixes: [
      'place the pool below every device’s limit (swiotlb is allocated low by default)',
      'give the device a restricted-dma-pool that it reaches',
    ],
  },
  'bounce-too-long': {
    what: 'One entry of a list, or one buffer, had to be bounced and is longer than 256 KiB: the mapping fails with EIO and "swiotlb buffer is full", however empty the pool is.',
    why: 'Slots are handed out in runs of at most 128 (IO_TLB_SEGSIZE), and nothing splits an entry. How long entries are is up to the exporter: a udmabuf has one a page from v6.12 on, and one for each run of adjacent pages before that and from v7.0 on; a CMA buffer is always one entry. So an import that worked can fail after a change of kernel.',
    source: 'kernel/dma/swiotlb.c: swiotlb_tbl_map_single; drivers/dma-buf/udmabuf.c: get_sg_table',
    fixes: [
      'let the device reach the memory: a wider mask where the hardware has it, an IOMMU, or memory from where it reaches (a pool, CMA below its limit)',
      'in a driver, respect dma_max_mapping_size() when lists are made',
    ],
  },
  'attribute-bit-taken': {
    what: 'A patch defines a DMA attribute by a bit that the kernel below it has given another meaning since. Whatever the patch tags means that, too.',
    why: 'Bit 10 was free in v4.11, where the RFC took it for DMA_ATTR_DEV_COHERENT_NOPAGE; from v6.18 on it is DMA_ATTR_MMIO. A buffer that keeps the tag in its attributes is memory of a device to every call that gets them: mapping a page of it fails, its caches are left alone, an unmap gives no bounce slots back, and traces say MMIO.',
    source: 'include/linux/dma-mapping.h: DMA_ATTR_MMIO; kernel/dma/mapping.c: dma_map_page_attrs, dma_map_phys',
    fixes: [
      'take a bit that is free in the release',
      'keep the tag in a member of its own, outside of the DMA attributes',
    ],
  },
  'v7s-split-loses-address': {
    what: 'Part of a 1 MiB section was unmapped in ARMv7 short-descriptor tables, and the rest of the section now leads to physical address 0 upwards.',
    why: 'The new level-2 entries are made from the permissions of the section alone; its address is left out.',
    source: 'drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_split_blk_unmap',
    fixes: ['unmap what was mapped, never a part of it', 'on the model: the patch fix-v7s-split'],
  },
  'v7s-supersection-split-refused': {
    what: 'A page of a 16 MiB supersection beyond its first MiB was to be unmapped: nothing was, yet the supersection is split.',
    why: 'The split returns the first entry, and the exchange that follows compares it with the entry of the piece.',
    source: 'drivers/iommu/io-pgtable-arm-v7s.c: arm_v7s_split_cont',
    fixes: ['unmap what was mapped, never a part of it', 'on the model: the patch fix-v7s-supersection'],
  },
  'list-without-pages': {
    what: 'The list that dma_buf_map_attachment() returned has bus addresses and lengths, and no pages: orig_nents is 0, sg_page() is NULL.',
    why: 'The memory belongs to a PCI device (dma_buf_phys_vec_to_sgt), which has no struct page; or CONFIG_DMABUF_DEBUG hides the pages (since v7.0). An importer that walks the CPU part of a list, or maps it itself, finds nothing or a NULL page.',
    source:
      'drivers/dma-buf/dma-buf-mapping.c: dma_buf_phys_vec_to_sgt; drivers/dma-buf/dma-buf.c: dma_buf_wrap_sg_table',
    fixes: ['walk lists of a dma-buf by for_each_sgtable_dma_sg()', 'never call sg_page() on what an exporter gave'],
  },
  'pgtable-part-stays-mapped': {
    what: 'Fewer bytes were unmapped than the IOMMU maps by one entry: nothing is unmapped, and the device still reaches all of it.',
    why: 'Tables of io-pgtable split no block since v6.13, and those of Exynos never did. The bus addresses are given back all the same, so the next mapping may get addresses that lead to this memory.',
    source: 'drivers/iommu/io-pgtable-arm.c: __arm_lpae_unmap; drivers/iommu/exynos-iommu.c: exynos_iommu_unmap',
    fixes: ['unmap with the size that was mapped', 'dma_iova_unlink what was linked in one call, not a part of it'],
  },
  'pgtable-block-replaces-live': {
    what: 'A block was mapped over a table that still mapped smaller pages: they are gone, and the map reported success.',
    why: 'The code takes any table in the way for an empty one that was left behind.',
    source: 'drivers/iommu/io-pgtable-arm.c: arm_lpae_init_pte',
    fixes: ['unmap first', 'on the model: the patch fix-pgtable-overwrite'],
  },
  'pgtable-failed-map-destroys': {
    what: 'A map of several blocks was refused because something was mapped there, after it had removed smaller pages before that.',
    why: 'Obstacles are removed one by one before all entries were looked at.',
    source: 'drivers/iommu/io-pgtable-arm.c: arm_lpae_init_pte',
    fixes: ['unmap first', 'on the model: the patch fix-pgtable-overwrite'],
  },
  'dma-segment-limit-wraps': {
    what: 'A scatterlist entry longer than the device’s largest segment was joined by those after it, without limit.',
    why: 'The room left is an unsigned difference, and it wraps when the segment is already too long.',
    source: 'drivers/iommu/dma-iommu.c: __finalise_sg',
    fixes: ['set dma_set_max_seg_size() to what the device takes', 'on the model: the patch fix-dma-segment-limit'],
  },
  'dma-unmap-at-top-skipped': {
    what: 'A list whose last segment ends at 2^64 was not unmapped.',
    why: 'Its end wraps to 0, and 0 stands for "no segment".',
    source: 'drivers/iommu/dma-iommu.c: iommu_dma_unmap_sg',
    fixes: ['give the device a mask below 64 bits', 'on the model: the patch fix-dma-unmap-at-top'],
  },
  'iommu-stale-translation': {
    what: 'A device accessed an address that was unmapped before, and reached the memory all the same.',
    why: 'With lazy invalidation (iommu.strict=0) the TLB keeps an entry until the flush queue is full or its timer fires.',
    source: 'drivers/iommu/dma-iommu.c: queue_iova',
    fixes: ['stop the device before the unmap', 'boot with iommu.strict=1'],
  },
  'iova-zero-kept': {
    what: 'A mapping behind an IOMMU lies at bus address 0, and its unmap did nothing.',
    why: 'The unmap takes bus address 0 for "no mapping" and returns, while the allocator hands 0 out when the window starts there: pages and address stay taken, and the device keeps its access.',
    source: 'arch/arm/mm/dma-mapping.c: arm_iommu_unmap_page',
    fixes: ['begin the window above 0 (dma-ranges, arm_iommu_create_mapping)'],
  },
  'iommu-pages-from-stack': {
    what: 'Coherent memory behind an IOMMU is mapped right for its first page only; the bus addresses behind it lead to other memory, or to none.',
    why: '__iommu_alloc_simple gives __iommu_create_mapping the address of one page pointer as an array of as many as the buffer has pages: the others are whatever the stack holds. It serves devices that snoop, and atomic allocations of the others. What lies there is chance, so the pages that are shown here are an example; with a stack that has a guard page (v5.18 on) a large buffer runs into it.',
    source: 'arch/arm/mm/dma-mapping.c: __iommu_alloc_simple, __iommu_create_mapping',
    fixes: [
      'allocate one page at a time for such a device',
      'take the IOMMU away from the device where its buffers are contiguous anyway',
    ],
  },
  'iommu-memory-as-page-array': {
    what: 'mmap or get_sgtable of coherent memory behind an IOMMU read page pointers where there are none.',
    why: '__iommu_get_pages takes the kernel address of memory with NO_KERNEL_MAPPING for its page array, and for memory of the atomic pool its struct page. Memory of a device that snoops, or of a pool, has no such array: a table gets pointers that lead nowhere, and mmap follows them.',
    source: 'arch/arm/mm/dma-mapping.c: __iommu_get_pages, __atomic_get_pages',
    fixes: ['leave NO_KERNEL_MAPPING away for such memory', 'do not map or export memory of atomic allocations'],
  },
  'iommu-refused-memory-lost': {
    what: 'Coherent memory for a device that snoops was taken, the IOMMU in front of the device could not map it, and the memory was not given back.',
    why: 'The way back of __iommu_alloc_simple frees to the pool for callers that may not sleep. Pages of a device that snoops do not come from there: the call does nothing, and they stay taken until the next boot.',
    source: 'arch/arm/mm/dma-mapping.c: __iommu_alloc_simple',
    fixes: ['find out why the mapping was refused: a driver that retries loses memory each time'],
  },
  'vb2-import-keeps-references': {
    what: 'A video queue refused to import the dma-bufs of a buffer: one of them could not be attached or mapped. References that the queue had taken were not dropped.',
    why: 'Since 6.12 all planes are looked up before the first one is attached, and the error path drops those that a plane holds already. Nothing drops the reference of the plane that failed to attach, and of those behind it: their memory stays until the next boot, however often the program closes its descriptors.',
    source: 'drivers/media/common/videobuf2/videobuf2-core.c: __prepare_dmabuf',
    fixes: [
      'find out why the import failed (the errno and the finding before it): a program that retries loses memory each time',
      'one dma-buf for all planes loses nothing when its mapping fails, one when it cannot be attached',
    ],
  },
} as const satisfies Record<string, Explanation>
