// What devices reach, and what memory has: what releases changed.
import type { ReleaseRecord } from '../release-record.ts'
import { ALL } from './arches.ts'

export const REACH_RECORDS: readonly ReleaseRecord[] = [
  {
    id: 'zone-dma-limit',
    since: '6.12',
    arches: ['arm64'],
    source: 'arch/arm64/mm/init.c: zone_sizes_init; kernel/dma/direct.c: dma_direct_supported',
    proof: 'measured',
    before: { zoneDmaEnd: 'dma-range-bits' },
    after: { zoneDmaEnd: 'dma-ranges' },
    seen: 'The DMA zone ends at a power of two: a mask of 31 bits is refused where a window ends below 2 GiB, and the bounce pool may lie outside that window, so what bounces fails.',
    touches: ['narrow-device', 'windows'],
  },
  {
    id: 'windows-limit-mappings',
    since: '6.7',
    arches: ALL,
    source: 'kernel/dma/mapping.c: dma_addressing_limited; kernel/dma/direct.c: dma_direct_all_ram_mapped',
    proof: 'source',
    before: { windowsLimit: false },
    after: { windowsLimit: true },
    seen: 'A device whose windows leave out some RAM has no limit on the size of a mapping, though large ones cannot bounce; now dma_max_mapping_size() says 256 KiB.',
    touches: ['windows'],
  },
  {
    id: 'coherent-memory-cleaned',
    since: '6.6',
    arches: ['arm64'],
    source: 'arch/arm64/mm/dma-mapping.c: arch_dma_prep_coherent',
    proof: 'source',
    before: {},
    after: {},
    seen: 'New coherent memory is cleaned and invalidated in the linear map; now it is cleaned only, and clean lines of it may stay in the cache.',
    touches: ['cache'],
  },
  {
    id: 'no-map-pages',
    since: '5.14',
    arches: ['arm64'],
    source: 'arch/arm64/mm/init.c: pfn_valid, later include/linux/mmzone.h: pfn_valid',
    proof: 'measured',
    before: {},
    after: {},
    seen: 'pfn_valid() says no for no-map memory; now it says yes for all of a memory section, whether it is mapped or not.',
    touches: ['no-map'],
  },
]
