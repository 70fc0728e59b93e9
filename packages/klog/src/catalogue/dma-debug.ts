// dma-debug's messages: each is a finding that a run or a trace can have too, and `dmalab explain CODE` says more. The texts of a
// release, as it prints them, are the checker's.
//
// Models: Linux v6.12 kernel/dma/debug.c: check_unmap, check_sync, check_for_stack, check_for_illegal_area, check_sg_segment, add_dma_entry
// Models: Linux v6.12 kernel/dma/debug.c: dma_debug_device_change, dma_entry_alloc, dma_debug_init
// Models: Linux v6.12 include/linux/dma-mapping.h: dma_map_single_attrs
import { FINDINGS, type FindingCode } from '@dmalab/api'
import { entries, type Entry, type Form } from './entry.ts'

const SOURCE = 'kernel/dma/debug.c'

/** The message of a finding; `more`: how other releases word it. */
const finding = (
  code: FindingCode,
  releases: string,
  text: string,
  cause: string,
  more: readonly Form[] = [],
): Entry => ({
  id: `dma-debug-${code}`,
  kind: 'problem',
  title: `dma-debug: ${FINDINGS[code].title}`,
  forms: [[releases, text], ...more],
  source: SOURCE,
  cause,
  next: `\`dmalab explain ${code}\`; the call trace below names the function of the driver`,
  fixes: [],
  code,
})

export const DMA_DEBUG = entries([
  finding(
    'unmap-error-cookie',
    '2.6.30+',
    'device driver tries to free an invalid DMA memory address',
    'the address of a failed mapping, or another that no mapping returned, was unmapped',
  ),
  finding(
    'unmap-not-mapped',
    '2.6.30+',
    'device driver tries to free DMA memory it has not allocated',
    'memory was unmapped or freed that is not mapped for this device: unmapped twice, with another address, or by another device',
  ),
  finding(
    'unmap-size',
    '2.6.30+',
    'device driver frees DMA memory with different size',
    'the size of the unmap differs from the size of the mapping: a driver must not unmap with the length that the device reported',
  ),
  finding(
    'unmap-function',
    '2.6.30+',
    'device driver frees DMA memory with wrong function',
    'memory was unmapped with the function of another kind of mapping (single, page, sg, coherent)',
  ),
  finding(
    'free-cpu-address',
    '2.6.30+',
    'device driver frees DMA memory with different CPU address',
    'coherent memory was freed with another CPU address than it was allocated with',
  ),
  finding(
    'unmap-sg-count',
    '2.6.30+',
    'device driver frees DMA sg list with different entry count',
    'a scatterlist was unmapped with another number of entries than it was mapped with: the count that dma_map_sg() was given is wanted, not the one it returned',
  ),
  finding(
    'unmap-direction',
    '2.6.30+',
    'device driver frees DMA memory with different direction',
    'the direction of the unmap differs from that of the mapping',
  ),
  finding(
    'unchecked-mapping-error',
    '3.9+',
    'device driver failed to check map error',
    'a mapping was unmapped that was never asked for an error: dma_mapping_error() is missing',
  ),
  finding(
    'unmap-attributes',
    '6.18+',
    'device driver frees DMA memory with different attributes',
    'the attributes of the unmap differ from those of the mapping',
  ),
  finding(
    'sync-not-mapped',
    '2.6.30+',
    'device driver tries to sync DMA memory it has not allocated',
    'a sync of memory that is not mapped for this device',
  ),
  finding(
    'sync-outside-range',
    '2.6.30+',
    'device driver syncs DMA memory outside allocated range',
    'a sync runs over the end of its mapping',
  ),
  finding(
    'sync-direction',
    '2.6.30+',
    'device driver syncs DMA memory with different direction',
    'the direction of the sync differs from that of the mapping',
  ),
  finding(
    'sync-cpu-read-only',
    '2.6.30+',
    'device driver syncs device read-only DMA memory for cpu',
    'memory that only the device reads was synced for the CPU',
  ),
  finding(
    'sync-device-write-only',
    '2.6.30+',
    'device driver syncs device write-only DMA memory to device',
    'memory that only the device writes was synced for the device',
  ),
  finding(
    'sync-sg-count',
    '2.6.30+',
    'device driver syncs DMA sg list with different entry count',
    'a scatterlist was synced with another number of entries than it was mapped with',
  ),
  finding(
    'map-stack',
    '2.6.30+',
    'device driver maps memory from stack',
    'a buffer on the stack was mapped: it shares cache lines with live variables, and with a mapped stack has no linear address',
    [['2.6.30 to 4.8', 'device driver maps memory fromstack']],
  ),
  finding(
    'map-kernel-text',
    '2.6.31+',
    'device driver maps memory from kernel text or rodata',
    'kernel text or read-only data was mapped',
  ),
  finding(
    'map-invalid-area',
    '4.19+',
    'device driver maps memory from invalid area',
    'an address outside the linear mapping was mapped',
  ),
  finding(
    'map-vmalloc',
    '4.19+',
    'device driver maps memory from vmalloc area',
    'vmalloc memory was mapped as if it were contiguous',
  ),
  finding(
    'sg-segment-too-long',
    '4.18+',
    'mapping sg segment longer than device claims to support',
    'a segment of a scatterlist is longer than the device says it supports (its max_seg_size, 64 KiB where it states none)',
  ),
  finding(
    'sg-segment-boundary',
    '4.18+',
    'mapping sg segment across boundary',
    'a segment crosses the boundary that the device states (4 GiB where it states none)',
  ),
  finding(
    'map-resource-ram',
    '4.16+',
    'dma_map_resource called for RAM',
    'ordinary RAM was given to dma_map_resource(), which is for registers of other devices',
  ),
  finding(
    'cacheline-overlap',
    '5.15+',
    "cacheline tracking EEXIST, overlapping mappings aren't supported",
    'two mappings share a cache line, and a device writes one of them: on a non-coherent machine one write destroys the other',
  ),
  finding(
    'cacheline-overlap-overflow',
    '3.14+',
    'overlapping mappings of cacheline',
    'more mappings of one cache line are live than dma-debug can count',
    [['3.14', 'overlapping mappings of pfn']],
  ),
  finding(
    'unbind-pending',
    '2.6.31+',
    'device driver has pending DMA allocations while released from device',
    'the driver left mappings or coherent memory behind when it was unbound',
  ),
  finding(
    'cpu-access-device-owned',
    '3.14 to 5.9',
    'cpu touching an active dma mapped cacheline',
    'the CPU wrote a buffer that a device owns',
    [['3.14', 'cpu touching an active dma mapped page']],
  ),
  {
    id: 'dma-debug-disabled',
    kind: 'problem',
    title: 'dma-debug has switched itself off',
    forms: [
      ['2.6.30+', 'debugging out of memory - disabling'],
      ['4.x+', 'debugging out of memory error - disabled'],
      ['3.14+', 'cacheline tracking ENOMEM, dma-debug disabled'],
      ['3.14', 'pfn tracking ENOMEM, dma-debug disabled'],
      ['2.6.30+', 'DMA-API: {n:dec} debug entries requested but only {got:dec} allocated'],
    ],
    source: 'kernel/dma/debug.c: dma_entry_alloc',
    cause:
      'dma-debug ran out of entries and disabled itself: from here on nothing is checked, and silence means nothing. A driver that leaks mappings is a usual reason',
    next: 'read /sys/kernel/debug/dma-api/min_free_entries and nr_total_entries; `dmalab trace check FILE` finds leaks',
    fixes: ['dma_debug_entries=NUMBER on the command line', 'undo mappings in all paths'],
  },
  {
    id: 'dma-debug-enabled',
    kind: 'note',
    title: 'dma-debug is on',
    forms: [
      ['2.6.30+', 'DMA-API: debugging enabled by kernel config'],
      ['2.6.30+', 'DMA-API: preallocated {n:dec} debug entries'],
      ['4.20+', 'DMA-API: dma_debug_entry pool grown to {n:dec}'],
      ['2.6.30+', 'DMA-API: enable driver filter for driver [{driver:word}]'],
      ['2.6.30+', 'DMA-API: switching off dma-debug driver filter'],
      ['2.6.30+', 'DMA-API: debugging disabled on kernel command line'],
    ],
    source: 'kernel/dma/debug.c: dma_debug_init',
    cause: 'CONFIG_DMA_API_DEBUG is on: the kernel checks mappings itself',
    next: 'nothing: this line is printed at every boot',
    fixes: [],
  },
  {
    id: 'map-vmalloc-rejected',
    kind: 'problem',
    title: 'vmalloc memory was mapped',
    forms: [['5.4+', 'rejecting DMA map of vmalloc memory']],
    source: 'include/linux/dma-mapping.h: dma_map_single_attrs',
    cause:
      'a buffer from vmalloc, a module or a virtually mapped stack was given to dma_map_single(), and the mapping was refused: such memory is not contiguous',
    next: 'which buffer does the driver in the trace below pass?',
    fixes: ['kmalloc the buffer', 'map page by page'],
    code: 'map-vmalloc',
  },
])
