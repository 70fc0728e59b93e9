// The contiguous memory allocator: areas that were not made, and requests that they could not serve.
//
// Models: Linux v6.12 mm/cma.c: __cma_alloc, cma_declare_contiguous_nid, cma_activate_area, cma_debug_show_areas
// Models: Linux v6.12 kernel/dma/contiguous.c: dma_contiguous_reserve, dma_numa_cma_reserve
// Models: Linux v6.12 mm/page_alloc.c: __alloc_contig_range
// Models: Linux v4.11 mm/cma.c: cma_alloc, cma_init_reserved_areas
import { bytes } from '@dmalab/api'
import { entries, type Seen } from './entry.ts'

const EBUSY = '-16'

const area = ({ fields }: Seen): string => {
  const name = fields.text('area').replace(/:$/, '')
  return name === '' || name.includes('cma_alloc') ? 'the CMA area' : `the CMA area ${name}`
}

const failed = (seen: Seen): string => {
  const size = bytes(seen.fields.num('pages') * 4096)
  const free = seen.fields.has('free')
    ? ` (${seen.fields.text('free')} of ${seen.fields.text('total')} pages are free)`
    : ''
  if (seen.fields.text('err') === EBUSY)
    return `a run of ${size} was found in ${area(seen)}, but pages in it are pinned or under I/O and cannot be moved away (-EBUSY)${free}`
  return `${area(seen)} has no free run of ${size} (${seen.fields.text('err')}): too small, fragmented, or shared by several users${free}`
}

const LARGER = [
  'cma=SIZE, or a larger linux,cma node',
  'a reserved pool of its own for the device',
  'fewer or smaller buffers',
  'an IOMMU and dma-sg',
]
const MOVABLE = [
  'find what pins memory for long in there: get_user_pages without FOLL_LONGTERM, a file system under write-back, another driver',
  'a reserved pool (no-map) of its own for the device: movable pages never lie in it',
  'try again: pages under I/O come free',
  'allocate early, before the page cache fills the area',
]

export const CMA = entries([
  {
    id: 'cma-alloc-failed',
    kind: 'problem',
    title: 'CMA could not serve an allocation',
    forms: [
      ['4.9+', '{area:word}: alloc failed, req-size: {pages:dec} pages, ret: {err:dec}'],
      ['4.9+', 'alloc failed, req-size: {pages:dec} pages, ret: {err:dec}'],
      ['4.9+', '=> {free:dec} free of {total:dec} total pages', 'more'],
    ],
    source: 'mm/cma.c: __cma_alloc',
    cause: (seen) =>
      seen.fields.has('pages')
        ? failed(seen)
        : `CMA: ${seen.fields.text('free')} of ${seen.fields.text('total')} pages are free after an allocation failed: fragmented, too small, or pinned`,
    next: ({ fields }) =>
      fields.text('err') === EBUSY
        ? 'CONFIG_CMA_DEBUGFS and the tracepoint cma_alloc_busy_retry show which pages are busy'
        : 'read CmaFree in /proc/meminfo: if it is larger than the request, alignment (CONFIG_CMA_ALIGNMENT) or fragmentation is to blame',
    fixes: ({ fields }) => (fields.text('err') === EBUSY ? MOVABLE : LARGER),
    code: 'mapping-failed',
  },
  {
    id: 'cma-pages-busy',
    kind: 'problem',
    title: 'pages of the CMA area could not be moved',
    forms: [
      ['3.5 to 5.x', '[{start:hex}, {end:hex}) PFNs busy'],
      ['3.5 to 4.3', 'test_pages_isolated({start:hex}, {end:hex}) failed'],
      ['3.5+', 'memory range at {page:word} is busy, retrying'],
    ],
    source: 'mm/page_alloc.c: __alloc_contig_range',
    cause: ({ fields }) =>
      `pages ${fields.has('start') ? `of the page frames 0x${fields.text('start')}-0x${fields.text('end')} ` : ''}are pinned or in use and did not move away (-EBUSY). CMA tries the next run; only where an allocation fails behind it did this cost anything`,
    next: 'does an allocation fail in the lines behind? Then the area is too crowded: pinned pages or fragmentation',
    fixes: MOVABLE,
  },
  {
    id: 'cma-reserve-failed',
    kind: 'problem',
    title: 'a CMA area could not be reserved',
    forms: [
      ['6.2+', 'cma: Failed to reserve {mib:dec} MiB on node {node:dec}'],
      ['3.17+', 'cma: Failed to reserve {mib:dec} MiB'],
      ['3.5 to 3.16', 'CMA: failed to reserve {mib:dec} MiB'],
      ['5.10+', 'reservation failed: err {err:dec}, node {node:dec}'],
      ['3.17+', 'Not enough slots for CMA reserved regions!'],
      ['3.5+', 'Config string not provided'],
      ['6.1+', 'invalid node {node:dec} specified'],
      ['5.1+', 'Region at {base:word} must be aligned to {align:word} bytes'],
      ['5.1+', 'Region at {base:word} defined on low/high memory boundary ({edge:word})'],
      ['5.1+', 'Size ({size:word}) of region at {base:word} exceeds limit ({limit:word})'],
    ],
    source: 'mm/cma.c: cma_declare_contiguous_nid',
    cause: ({ fields }) =>
      fields.has('mib')
        ? `${fields.text('mib')} MiB could not be reserved in one piece below the limit of the area (low memory, the DMA zone, or cma=SIZE@LIMIT), beside the kernel and what else is reserved: there is no CMA area, and large allocations will fail`
        : 'the area could not be reserved: too many areas, misaligned, or across the end of low memory. Large allocations will fail',
    next: '`dmalab board facts FILE.dtb`: where does RAM lie, and what else is reserved?',
    fixes: [
      'a smaller size',
      'a reserved-memory node (shared-dma-pool, reusable, linux,cma-default) with alloc-ranges that fit',
      'CONFIG_CMA_AREAS where there are too many',
    ],
  },
  {
    id: 'cma-not-activated',
    kind: 'problem',
    title: 'a CMA area was given up',
    forms: [
      ['3.17+', 'CMA area {area:word} could not be activated'],
      ['3.5+', 'CMA area could not be activated'],
    ],
    source: 'mm/cma.c: cma_activate_area',
    cause: ({ fields }) =>
      `the area ${fields.has('area') ? `${fields.text('area').replace(/,$/, '')} ` : ''}was reserved and could not be activated: it lies in more than one zone, or in pages that do not exist. Its memory is not used for CMA`,
    next: 'where does the area lie, and where do zones end (`dmesg`: Zone ranges)?',
    fixes: ['move the area so that it lies in one zone (alloc-ranges, cma=SIZE@START-LIMIT)'],
  },
  {
    id: 'cma-reserved',
    kind: 'note',
    title: 'a CMA area',
    forms: [
      ['6.2+', 'cma: Reserved {mib:dec} MiB at {base:hex} on node {node:dec}'],
      ['3.17+', 'cma: Reserved {mib:dec} MiB at {base:hex}'],
      ['3.5 to 3.16', 'CMA: reserved {mib:dec} MiB at {base:hex}'],
      ['3.15+', 'created CMA memory pool at {base:hex}, size {mib:dec} MiB'],
    ],
    source: 'mm/cma.c: cma_declare_contiguous_nid',
    cause: ({ fields }) => `a CMA area of ${fields.text('mib')} MiB at 0x${fields.text('base')}`,
    next: 'nothing: this line is printed at every boot',
    fixes: [],
  },
])
