// Findings about syncs: dma-debug's check_sync, and what no kernel checks.
import type { Explanation } from './explanation.ts'

const CHECK_SYNC = 'kernel/dma/debug.c: check_sync'

export const SYNC = {
  'sync-not-mapped': {
    what: 'Memory was synced that no mapping covers: after the unmap, with a wrong address, or over the end of a mapping. dma-debug reports an overrun this way too, never as one.',
    why: 'The sync does nothing useful; on a non-coherent machine it may throw away dirty lines of a neighbour.',
    source: CHECK_SYNC,
    fixes: ['sync before the unmap, not after it', 'check offset + size against the mapped size'],
  },
  'sync-outside-range': {
    what: 'The sync begins inside a mapping and is longer than it.',
    why: 'Lines behind the buffer are cleaned or invalidated: data of a neighbour is lost.',
    source: CHECK_SYNC,
    fixes: ['sync at most what was mapped'],
  },
  'sync-direction': {
    what: 'The direction of a sync is not the direction of the mapping.',
    why: 'The wrong maintenance is done, or none.',
    source: CHECK_SYNC,
    fixes: ['sync with the direction of the mapping', 'map BIDIRECTIONAL when both sides write'],
  },
  'sync-cpu-read-only': {
    what: 'A mapping that the device only reads (TO_DEVICE) was synced for the CPU as if the device had written it.',
    why: 'Either the direction of the mapping is wrong, and an IOMMU will refuse the write, or the sync is superfluous.',
    source: CHECK_SYNC,
    fixes: ['map FROM_DEVICE or BIDIRECTIONAL if the device writes', 'drop the sync if it does not'],
  },
  'sync-device-write-only': {
    what: 'A mapping that the device only writes (FROM_DEVICE) was synced for the device as if it would read it.',
    why: 'Either the direction is wrong, and an IOMMU will refuse the read, or the wrong sync was called.',
    source: CHECK_SYNC,
    fixes: [
      'map TO_DEVICE or BIDIRECTIONAL if the device reads',
      'use the direction FROM_DEVICE when handing a receive buffer back',
    ],
  },
  'sync-sg-count': {
    what: 'A scatterlist was synced with another number of entries than it was mapped with.',
    why: 'Entries left out are not maintained: part of the buffer is stale.',
    source: CHECK_SYNC,
    fixes: ['pass nents of the map call', 'use dma_sync_sgtable_for_cpu / _for_device'],
  },
  'missing-sync': {
    what: 'The CPU wrote a buffer while it owned it, and the device read it without a sync for the device.',
    why: 'On a non-coherent machine the data is still in the CPU’s cache, behind swiotlb it is not in the bounce buffer: the device reads what was there before.',
    source: 'Documentation/core-api/dma-api.rst; no kernel checks it',
    fixes: ['call dma_sync_*_for_device after the last CPU write', 'in user space end access with DMA_BUF_IOCTL_SYNC'],
  },
  'stale-read': {
    what: 'The CPU read through a cached mapping while the device owned the buffer, and got bytes from before the transfer.',
    why: 'Old or speculatively fetched cache lines hide what the device wrote. It works on coherent machines and fails on others.',
    source: 'Documentation/core-api/dma-api.rst; no kernel checks it',
    fixes: [
      'call dma_sync_*_for_cpu, or unmap, before the first read',
      'in user space begin access with DMA_BUF_IOCTL_SYNC (START)',
      'do not map cacheable what the port does not snoop',
    ],
  },
  'cpu-access-device-owned': {
    what: 'The CPU touched a mapped buffer between the hand-over to the device and the next sync for the CPU.',
    why: 'A write may overwrite what the device stores, or be lost at the invalidate; a read may fetch lines that are stale later. dma-debug checked a part of this until 5.9.',
    source: 'lib/dma-debug.c: debug_dma_assert_idle (until 5.9)',
    fixes: [
      'sync for the CPU first, and for the device after',
      'keep CPU-written fields out of the cache lines of a mapped buffer',
    ],
  },
  'bounce-without-sync': {
    what: 'A mapping was bounced by swiotlb, carries SKIP_CPU_SYNC, was never synced, and was used: a second time towards the device, or for what the device writes. dma-buf importers map once and stream many frames.',
    why: 'swiotlb copies at map time only: from the second use on the device sees the first frame again. Contiguity checks pass, because bounce slots are consecutive.',
    source:
      'kernel/dma/swiotlb.c: swiotlb_tbl_map_single, drivers/media/common/videobuf2/videobuf2-dma-contig.c: vb2_dc_map_dmabuf',
    fixes: [
      'allocate the buffer where the importer reaches it (its own heap, CMA below its limit)',
      'give the device its real mask and dma-ranges, or an IOMMU',
      'let the importer refuse bounced buffers (DMA_ATTR_REQUIRE_COHERENT since 6.18)',
    ],
  },
  bounced: {
    what: 'The kernel copied mappings of a device through bounce buffers. The finding counts mappings and bytes and says why: forced, the mask, the bus, or the alignment of the memory.',
    why: 'Each mapping costs a copy and slots of a pool that can run full. It is right as long as each transfer has its syncs: see bounce-without-sync.',
    source: 'kernel/dma/direct.h: dma_direct_map_phys (dma_direct_map_page before), kernel/dma/swiotlb.c: swiotlb_map',
    fixes: [
      'allocate the buffer where the device reaches it',
      'set the mask that the hardware has, and describe the bus in dma-ranges',
      'align buffers to ARCH_DMA_MINALIGN; leave swiotlb=force out',
    ],
  },
  'bounce-not-synced': {
    what: 'A mapping was bounced by swiotlb, carries SKIP_CPU_SYNC, and was never synced while it was mapped. The events do not show whether its device used it more than once, or at all.',
    why: 'A single transfer to the device is right, as swiotlb copies when it maps; receive buffers that were never filled lose nothing. Everything else arrives stale: then this is bounce-without-sync.',
    source: 'kernel/dma/swiotlb.c: swiotlb_tbl_map_single, swiotlb_tbl_unmap_single',
    fixes: [
      'trace vb2 events too, so that the uses of a buffer show',
      'sync for the device before each transfer, and for the CPU after it',
    ],
  },
} as const satisfies Record<string, Explanation>
