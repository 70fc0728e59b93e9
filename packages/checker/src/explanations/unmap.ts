// Findings about unmapping and freeing: dma-debug's check_unmap.
import type { Explanation } from './explanation.ts'

const CHECK_UNMAP = 'kernel/dma/debug.c: check_unmap'

export const UNMAP = {
  'unmap-error-cookie': {
    what: 'The address of a failed mapping (all ones) was unmapped.',
    why: 'The driver went on after a mapping failed: the device was probably given that address too.',
    source: CHECK_UNMAP,
    fixes: [
      'ask dma_mapping_error() after each map and leave the path when it says so',
      'unmap only what was mapped in the error path',
    ],
  },
  'unmap-not-mapped': {
    what: 'Memory was unmapped or freed that is not mapped: unmapped twice, never mapped, or at another address than it was mapped at. dma-debug also says this when several mappings of one address exist and none fits.',
    why: 'Behind an IOMMU the mapping of another buffer may go away, behind swiotlb a slot that is in use again; a freed coherent block goes into the page allocator twice.',
    source: CHECK_UNMAP,
    fixes: [
      'clear the stored address when it is unmapped; look at error and remove paths',
      'unmap with the device that mapped, not with a parent or child device',
      'keep the address that map returned; do not compute it from the physical address',
    ],
  },
  'unmap-size': {
    what: 'The size given to unmap or free is not the size of the mapping.',
    why: 'Too small leaves pages mapped in the IOMMU or slots in swiotlb; too large takes away those of others. Without either it works by accident.',
    source: CHECK_UNMAP,
    fixes: ['store the mapped length beside the address', 'do not unmap with the length that the device reported'],
  },
  'unmap-function': {
    what: 'The memory was unmapped or freed with the function of another kind of mapping.',
    why: 'Coherent memory that is only unmapped is never freed; a resource unmapped as memory gets cache maintenance on MMIO.',
    source: CHECK_UNMAP,
    fixes: ['use the counterpart of the function that mapped: page/single, sg, resource, coherent'],
  },
  'free-cpu-address': {
    what: 'Coherent memory was freed with another CPU address than the one it was allocated with.',
    why: 'The wrong pages are freed: two buffers swap, or memory in use returns to the allocator.',
    source: CHECK_UNMAP,
    fixes: ['keep CPU address and DMA handle of a buffer in one structure'],
  },
  'unmap-sg-count': {
    what: 'A scatterlist was unmapped with another number of entries than it was mapped with.',
    why: 'Too few entries leave the rest mapped for ever. The usual mistake is to pass the number that dma_map_sg returned.',
    source: CHECK_UNMAP,
    fixes: [
      'pass nents of the map call to dma_unmap_sg, not its return value',
      'use dma_map_sgtable / dma_unmap_sgtable: they keep the count',
    ],
  },
  'unmap-direction': {
    what: 'The direction given to unmap is not the one it was mapped with.',
    why: 'Cache maintenance and the copy back from a bounce buffer follow the direction: received data may never reach the CPU.',
    source: CHECK_UNMAP,
    fixes: ['store the direction with the mapping'],
  },
  'unchecked-mapping-error': {
    what: 'The driver never asked dma_mapping_error() about this address. A log cannot show it; a model run does.',
    why: 'When the mapping fails one day, the device gets the error value as an address.',
    source: CHECK_UNMAP,
    fixes: ['check every dma_map_single, dma_map_page and dma_map_resource'],
  },
  'unmap-attributes': {
    what: 'Attributes that must match between map and unmap differ (since 6.18: among them MMIO, which replaced the resource functions’ own type).',
    why: 'The unmap takes another path than the map did.',
    source: CHECK_UNMAP,
    fixes: ['store the attributes with the mapping', 'unmap what dma_map_resource mapped with dma_unmap_resource'],
  },
} as const satisfies Record<string, Explanation>
