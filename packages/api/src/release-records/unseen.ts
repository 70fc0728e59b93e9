// What changed and no run of the model shows: `kernel diff` prints it, and the page of what is modelled.
import type { ReleaseRecord } from '../release-record.ts'
import { ALL } from './arches.ts'

export const UNSEEN_RECORDS: readonly ReleaseRecord[] = [
  {
    id: 'coherent-memory-cleaned',
    since: '6.6',
    arches: ['arm64'],
    source: 'arch/arm64/mm/dma-mapping.c: arch_dma_prep_coherent',
    proof: 'source',
    before: {},
    after: {},
    seen: 'New coherent memory is cleaned and invalidated in the linear map; now it is cleaned only. Neither leaves dirty lines.',
    touches: [],
  },
  {
    id: 'cma-heap-name',
    since: '6.18',
    arches: ALL,
    source: 'drivers/dma-buf/heaps/cma_heap.c: add_default_cma_heap',
    proof: 'source',
    before: {},
    after: {},
    seen: 'The CMA heap has the name of its area; now there is default_cma_region, and that name beside it where it is configured.',
    touches: [],
  },
]
