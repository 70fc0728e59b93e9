// Findings about mapping: kind of memory, segments, shared cache lines, overlaps.
import type { Explanation } from './explanation.ts'

const STACK = 'kernel/dma/debug.c: check_for_stack'

export const MAP = {
  'map-stack': {
    what: 'Memory of the running task’s stack was mapped. A log cannot show it; a model run does.',
    why: 'The stack shares its cache lines with return addresses and is gone when the function returns; with virtually mapped stacks it is not even contiguous.',
    source: STACK,
    fixes: ['allocate the buffer with kmalloc'],
  },
  'map-kernel-text': {
    what: 'Kernel text or read-only data was mapped.',
    why: 'A device that writes there corrupts the kernel, and maintenance of read-only lines may fault. dma-debug sees it only where the linear address is the image’s own: not on arm64.',
    source: 'kernel/dma/debug.c: check_for_illegal_area',
    fixes: ['copy constant data into a kmalloc buffer first'],
  },
  'map-invalid-area': {
    what: 'An address outside the linear mapping was given to dma_map_single.',
    why: 'Its physical address is computed from nothing: the device reaches some other memory.',
    source: 'kernel/dma/debug.c: debug_dma_map_single',
    fixes: ['map memory of the page allocator or kmalloc', 'for other memory map page by page with its struct pages'],
  },
  'map-vmalloc': {
    what: 'vmalloc memory was given to dma_map_single. Newer kernels refuse it before dma-debug looks.',
    why: 'It is not physically contiguous: the device would run into foreign pages.',
    source: 'include/linux/dma-mapping.h: dma_map_single_attrs',
    fixes: ['use kmalloc, or build a scatterlist of vmalloc_to_page()'],
  },
  'map-zone-device': {
    what: 'ZONE_DEVICE memory was mapped like RAM.',
    why: 'Peer-to-peer memory needs its own mapping path; its physical address may mean nothing to this device.',
    source: 'kernel/dma/mapping.c: dma_map_page_attrs (7.x)',
    fixes: ['use the P2PDMA functions'],
  },
  'map-resource-ram': {
    what: 'Ordinary RAM was mapped as an MMIO resource.',
    why: 'No cache maintenance and no bouncing is done for it: a non-coherent device sees stale memory.',
    source: 'kernel/dma/debug.c: debug_dma_map_phys (6.18 and later)',
    fixes: ['use dma_map_page for memory that has a struct page'],
  },
  'map-zero-length': {
    what: 'A mapping of length 0.',
    why: 'Nothing is mapped, yet the device gets an address. Under swiotlb it is a BUG in swiotlb_find_slots, behind an IOMMU a warning at unmap, in direct mode it goes unnoticed.',
    source: 'kernel/dma/swiotlb.c: swiotlb_find_slots',
    fixes: ['skip empty transfers before mapping'],
  },
  'mapping-failed': {
    what: 'A mapping or allocation was refused. In a log a failed dma_map_sg usually leaves no event at all.',
    why: 'It is not an error in itself: the driver must cope. Many in a row mean that a pool is full or a mask is too small.',
    source: 'kernel/dma/mapping.c',
    fixes: ['look at the kernel log for the reason: `dmalab explain --dmesg FILE`'],
  },
  'sg-segment-too-long': {
    what: 'A mapped segment is longer than the device claims to support.',
    why: 'A device with a 16-bit length field moves too little, or wraps. Often only the claim is missing: the default is 64 KiB.',
    source: 'kernel/dma/debug.c: check_sg_segment',
    fixes: ['set the real limit with dma_set_max_seg_size()', 'split longer segments before mapping'],
  },
  'sg-segment-boundary': {
    what: 'A mapped segment crosses the boundary that the device names.',
    why: 'Such devices count addresses with too few bits and wrap at the boundary.',
    source: 'kernel/dma/debug.c: check_sg_segment',
    fixes: ['set the real boundary with dma_set_seg_boundary()', 'allocate buffers that do not cross it'],
  },
  'cacheline-overlap': {
    what: 'Two live mappings that a device may write begin in one cache line. dma-debug is silent about it where small unaligned buffers may be bounced (arm64 with swiotlb).',
    why: 'On a non-coherent machine the maintenance of one destroys the data of the other.',
    source: 'kernel/dma/debug.c: active_cacheline_insert',
    fixes: [
      'align DMA buffers and their size to ARCH_DMA_MINALIGN (`__dma_from_device_group_begin()` in structures)',
      'do not map the same memory twice',
    ],
  },
  'cacheline-overlap-overflow': {
    what: 'More than seven mappings that the device may write begin in one cache line.',
    why: 'dma-debug’s own counter is full: from here on it misses overlaps. The memory is mapped far more often than sensible.',
    source: 'kernel/dma/debug.c: active_cacheline_inc_overlap',
    fixes: ['look for a mapping that is repeated without unmap'],
  },
  'overlapping-mappings': {
    what: 'Two live mappings of one device that it may write share bytes, though they begin in different cache lines: dma-debug compares only the first line of each.',
    why: 'Whichever is unmapped or synced last wins; with bounce buffers the later copy overwrites the earlier one.',
    source: 'kernel/dma/debug.c: to_cacheline_number (what it compares)',
    fixes: ['map a buffer once and sync parts of it', 'check offsets of sub-buffers'],
  },
  'conflicting-directions': {
    what: 'Two devices hold the same memory as FROM_DEVICE at the same time.',
    why: 'Both believe that they fill it. What a reader gets is undefined.',
    source: 'no kernel checks it',
    fixes: ['one producer a buffer', 'unmap, or use fences, before the next producer gets it'],
  },
} as const satisfies Record<string, Explanation>
