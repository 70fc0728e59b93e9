// What changed and no run of the model shows: `kernel diff` prints it, and the page of what is modelled.
import type { ReleaseRecord } from '../release-record.ts'
import { ALL } from './arches.ts'

export const UNSEEN_RECORDS: readonly ReleaseRecord[] = [
  {
    id: 'iommu-list-overflow',
    since: '6.18',
    arches: ALL,
    source: 'drivers/iommu/dma-iommu.c: iommu_dma_map_sg',
    proof: 'source',
    before: {},
    after: {},
    seen: '6.12.117 refuses a list with -EOVERFLOW where an entry and its padding pass 4 GiB; in 6.18.35 and 7.2.13 there is no such check. The model has none: no buffer of it is that large.',
    touches: [],
  },
]
