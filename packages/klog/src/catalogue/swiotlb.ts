// Bounce buffers: the software IO TLB, in the words of all releases since 3.0.
//
// Models: Linux v6.12 kernel/dma/swiotlb.c: swiotlb_tbl_map_single, swiotlb_map, swiotlb_bounce, swiotlb_init_remap, swiotlb_print_info
// Models: Linux v4.11 lib/swiotlb.c: swiotlb_full, swiotlb_tbl_map_single, swiotlb_alloc_coherent, swiotlb_print_info
import { bytes } from '@dmalab/api'
import { entries, type Seen } from './entry.ts'

/** The longest mapping swiotlb can bounce: 128 slots of 2 KiB. */
const LONGEST_BOUNCE = 262_144

const full = ({ fields }: Seen): string => {
  const size = fields.num('size')
  const used = fields.num('used')
  const total = fields.num('total')
  if (size > LONGEST_BOUNCE)
    return `one mapping of ${bytes(size)} is longer than the ${bytes(LONGEST_BOUNCE)} that can be bounced at once, however many slots are free`
  if (total === 0)
    return 'the bounce buffer has no room: it is used up (mappings leak, or the load needs more), or fragmented; this kernel prints no totals'
  if (used * 20 >= total * 19) return `${used} of ${total} slots are in use: mappings leak, or the load needs more`
  if (used * 10 < total)
    return `only ${used} of ${total} slots are in use, and ${bytes(size)} fit: fragmentation, an alignment mask, or the slots of other CPUs' areas`
  return `${used} of ${total} slots are in use: no run of ${bytes(size)} was free`
}

const BALANCE =
  'trace the device and run `dmalab trace check FILE`: do its maps and unmaps balance? Why does it bounce at all (mask, bus limit, swiotlb=force)?'
const MORE_SLOTS = 'swiotlb=SLOTS (of 2 KiB) on the command line, or CONFIG_SWIOTLB_DYNAMIC'
const ROOM = [
  'undo mappings in all paths',
  'set the real DMA mask with dma_set_mask_and_coherent()',
  'limit segments to dma_max_mapping_size()',
  MORE_SLOTS,
  'allocate buffers below the limit of the device, or put it behind an IOMMU',
]

export const SWIOTLB = entries([
  {
    id: 'swiotlb-full',
    kind: 'problem',
    title: 'the bounce buffer is full',
    forms: [
      ['5.4+', 'swiotlb buffer is full (sz: {size:dec} bytes), total {total:dec} (slots), used {used:dec} (slots)'],
      ['5.3', 'swiotlb buffer is full (sz: {size:dec} bytes), total {total:dec}, used {used:dec}'],
      ['3.8 to 5.2', 'swiotlb buffer is full (sz: {size:dec} bytes)'],
      ['3.0+', 'swiotlb buffer is full'],
    ],
    source: 'kernel/dma/swiotlb.c: swiotlb_tbl_map_single',
    cause: full,
    next: BALANCE,
    fixes: ROOM,
  },
  {
    id: 'swiotlb-out-of-space',
    kind: 'problem',
    title: 'a mapping found no bounce buffer',
    forms: [
      ['2.6.28 to 4.20', 'DMA: Out of SW-IOMMU space for {size:dec} bytes at device {name:word}'],
      ['4.15 to 4.20', 'DMA: Out of SW-IOMMU space for {size:dec} bytes'],
    ],
    source: 'lib/swiotlb.c: swiotlb_full',
    cause: ({ fields, near }) =>
      fields.num('size') > LONGEST_BOUNCE
        ? `the bounce buffer could not serve ${bytes(fields.num('size'))}: more than the ${bytes(LONGEST_BOUNCE)} that can be bounced at once`
        : `the bounce buffer could not serve ${bytes(fields.num('size'))}: its slots are in use (mappings leak, or the load needs more) or fragmented${near('swiotlb-full') ? '; the line before says the same' : ''}. Drivers of that time that do not ask dma_mapping_error() go on with a wrong address`,
    next: BALANCE,
    fixes: ROOM,
    code: 'mapping-failed',
  },
  {
    id: 'swiotlb-panic',
    kind: 'problem',
    title: 'the kernel stopped: no bounce buffer for a large mapping',
    forms: [
      ['2.6 to 4.14', 'DMA: Memory would be corrupted'],
      ['2.6 to 4.14', 'DMA: Random memory would be DMAed'],
      ['3.x to 4.20', 'DMA: Random memory could be DMA {how:word}'],
    ],
    source: 'lib/swiotlb.c: swiotlb_full',
    cause:
      'the bounce buffer was full for a mapping larger than the overflow buffer, and the kernel rather stopped than let the device touch other memory',
    next: BALANCE,
    fixes: ROOM,
  },
  {
    id: 'swiotlb-coherent-failed',
    kind: 'problem',
    title: 'no coherent memory from the bounce buffer',
    forms: [
      ['3.x to 4.15', 'coherent allocation failed for device {name:word} size={size:dec}'],
      ['4.16 to 4.18', 'coherent allocation failed, size={size:dec}'],
      ['2.6 to 4.18', 'hwdev DMA mask = {mask:hex}, dev_addr = {address:hex}'],
    ],
    source: 'lib/swiotlb.c: swiotlb_alloc_coherent',
    cause: ({ fields }) =>
      fields.has('mask')
        ? `coherent memory lies at 0x${fields.text('address')}, above the mask 0x${fields.text('mask')} of the device`
        : `neither the page allocator nor the bounce buffer had ${bytes(fields.num('size'))} of contiguous memory that the device reaches`,
    next: 'how large are the buffers, and what is the coherent mask of the device?',
    fixes: ['set the coherent mask that the hardware really has', 'a CMA area (cma=SIZE)', 'ask for smaller buffers'],
    code: 'mapping-failed',
  },
  {
    id: 'swiotlb-missing',
    kind: 'problem',
    title: 'there is no bounce buffer, or less than asked for',
    forms: [
      ['3.x+', 'software IO TLB: Cannot allocate buffer'],
      ['2.6+', 'Cannot allocate SWIOTLB buffer'],
      ['3.8+', "Can not allocate SWIOTLB buffer earlier and can't now provide you with the DMA bounce buffer"],
      ['3.8+', 'software IO TLB: No low mem'],
      ['3.x+', 'only able to allocate {got:dec} MB'],
      ['5.10+', 'Failed to allocate {size:dec} bytes tlb structure'],
      ['5.10+', 'software IO TLB: {fn:word}: Failed to allocate {size:dec} bytes align={align:hex}'],
      ['5.17+', 'software IO TLB: {fn:word}: Failed to remap {size:dec} bytes'],
      ['6.1+', 'Failed to allocate mem->areas.'],
      ['6.6+', 'software IO TLB: Failed to allocate new pool'],
    ],
    source: 'kernel/dma/swiotlb.c: swiotlb_init_remap, swiotlb_init_late, swiotlb_tbl_map_single',
    cause:
      'swiotlb got no memory, or less than asked for: a device that reaches only part of RAM has nothing to bounce through, and its mappings fail',
    next: 'how much memory lies below 4 GiB (or below the DMA zone), and what is reserved there? `dmalab board facts FILE.dtb`',
    fixes: [
      'swiotlb=SLOTS that fit',
      'reserve less low memory elsewhere',
      'swiotlb=any where devices reach all RAM (confidential guests)',
    ],
  },
  {
    id: 'swiotlb-overflow',
    kind: 'problem',
    title: 'a sync runs over the end of a bounced mapping',
    forms: [
      ['6.1', 'Buffer overflow detected. Allocation size: {alloc:dec}. Mapping size: {size:dec}+{offset:dec}.'],
      ['5.12+', 'Buffer overflow detected. Allocation size: {alloc:dec}. Mapping size: {size:dec}.'],
      ['5.15 to 6.x', 'Invalid sizes (mapping: {size:dec} bytes, alloc: {alloc:dec} bytes)'],
    ],
    source: 'kernel/dma/swiotlb.c: swiotlb_bounce',
    cause: ({ fields }) =>
      `${bytes(fields.num('size'))} are to be copied of a slot that holds ${bytes(fields.num('alloc'))}: the sync or unmap runs over the end of its mapping`,
    next: 'compare offset and size of the sync with the mapping; the call trace below names the driver',
    fixes: ['sync at most what was mapped'],
    code: 'sync-outside-range',
  },
  {
    id: 'swiotlb-alignment',
    kind: 'problem',
    title: 'alignment and length exclude each other',
    forms: [
      ['6.6+', 'Alloc alignment may prevent fulfilling requests with max mapping_size'],
      ['6.8+', 'Cannot allocate pages from non page-aligned swiotlb addr {address:word}.'],
    ],
    source: 'kernel/dma/swiotlb.c: swiotlb_tbl_map_single, swiotlb_alloc',
    cause: 'the device asks for more alignment (min_align_mask) than bounce slots of that length can have',
    next: 'which dma_set_min_align_mask() does the driver state?',
    fixes: ['limit mappings to dma_max_mapping_size()', 'state the alignment that the hardware needs, not more'],
  },
  {
    id: 'swiotlb-mapped',
    kind: 'note',
    title: 'where bounce buffers lie',
    forms: [
      ['5.0+', 'software IO TLB: mapped [mem {start:hex}-{end:hex}] ({size:dec}MB)'],
      ['3.x to 4.20', 'software IO TLB [mem {start:hex}-{end:hex}] ({size:dec}MB) mapped at'],
      ['2.6 to 3.6', 'Placing {size:dec}MB software IO TLB between {start:hex} - {end:hex}'],
      ['2.6 to 3.6', 'software IO TLB at phys {start:hex} - {end:hex}', 'more'],
      ['5.4+', 'SWIOTLB bounce buffer size adjusted to {size:dec}MB'],
      ['6.0+', 'SWIOTLB bounce buffer size roundup to {size:dec}MB'],
      ['6.0+', 'software IO TLB: area num {areas:dec}.'],
      ['5.19+', 'tearing down default memory pool'],
      ['2.6+', 'PCI-DMA: Using software bounce buffering for IO (SWIOTLB)'],
    ],
    source: 'kernel/dma/swiotlb.c: swiotlb_print_info',
    cause: ({ fields }) =>
      fields.has('start')
        ? `bounce slots lie at 0x${fields.text('start')}-0x${fields.text('end')}${fields.has('size') ? ` (${fields.text('size')} MiB)` : ''}: a DMA address in there was bounced`
        : 'bounce buffers are on: what a device does not reach is copied',
    next: 'nothing: this line is printed at every boot',
    fixes: [],
    code: 'bounced',
  },
  {
    id: 'swiotlb-encrypted',
    kind: 'note',
    title: 'everything bounces',
    forms: [['5.x+', 'Memory encryption is active and system is using DMA bounce buffers']],
    source: 'kernel/dma/swiotlb.c: swiotlb_tbl_map_single',
    cause: 'a confidential guest: every mapping is bounced, because devices see only memory that is shared',
    next: 'nothing, unless transfers fail or are slow: then the size of the bounce buffer counts',
    fixes: [MORE_SLOTS],
    code: 'bounced',
  },
  {
    id: 'swiotlb-sync-before',
    kind: 'problem',
    title: 'a sync that begins before its mapping',
    forms: [
      ['5.12 to 6.x', 'Access before mapping start detected. orig offset {from:dec}, requested offset {to:dec}.'],
    ],
    source: 'kernel/dma/swiotlb.c: swiotlb_bounce',
    cause: ({ fields }) =>
      `a sync begins at offset ${fields.text('to')}, before the mapping does (${fields.text('from')})`,
    next: 'which driver syncs part of a mapping (dma_sync_single_range_for_cpu), and with which offset and size?',
    fixes: ['sync within the mapping'],
    code: 'sync-outside-range',
  },
  {
    id: 'memory-not-decrypted',
    kind: 'problem',
    title: 'memory that could not change between encrypted and shared',
    forms: [
      ['5.18+', "leaking DMA memory that can't be re-encrypted"],
      ['5.x to 6.1', 'Failed to map the unencrypted memory {start:word} size {size:hex}.'],
    ],
    source: 'kernel/dma/direct.c: dma_set_encrypted',
    cause:
      'a confidential guest could not make memory private again, or map what it shares: the memory is kept and lost, so that nothing secret gets out',
    next: 'what did the hypervisor refuse? (its log)',
    fixes: [],
  },
])
