// Allocations that fail below dma_alloc_coherent(): page allocator, kernel address space, atomic pools.
//
// Models: Linux v6.12 mm/page_alloc.c: warn_alloc
// Models: Linux v6.12 mm/vmalloc.c: alloc_vmap_area, __vmalloc_node_range_noprof
// Models: Linux v6.12 kernel/dma/pool.c: atomic_pool_expand, dma_alloc_from_pool, __dma_atomic_pool_init
// Models: Linux v6.12 kernel/dma/direct.c: dma_direct_alloc
// Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __alloc_from_pool, atomic_pool_init, __free_from_contiguous, __arm_iommu_free_attrs
// Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-contig.c: vb2_dc_alloc
import { bytes } from '@dmalab/api'
import { entries, type Phrase, type Seen } from './entry.ts'
import { FAILED } from './mask.ts'

const whoRefused = ({ near, trace }: Seen): string => {
  if (near('cma-alloc-failed') || near('cma-pages-busy')) return 'CMA had no run of that size (see its line before)'
  if (near('page-alloc-failure') || near('page-alloc-warning') || trace.length > 0)
    return 'the page allocator had no contiguous run of that size (see the call trace before)'
  if (near('swiotlb-full') || near('swiotlb-coherent-failed'))
    return 'the bounce buffer had no room (see its line before)'
  if (near('atomic-pool-small')) return 'the atomic pool was empty (see its line before)'
  return 'no line before says which allocator refused: without CMA the page allocator gives at most one block of its largest order (4 MiB class); with it, the area is too small or fragmented'
}

const pagesFailed = ({ fields, trace }: Seen): string => {
  const order = fields.num('order')
  const size = bytes(2 ** order * 4096)
  const dma = trace.find((name) => /^(?:__)?(?:dma_|iommu_dma_|swiotlb_|arm_dma_|arm_iommu_|vb2_)/.test(name))
  const whose =
    dma === undefined
      ? trace.length === 0
        ? 'the line itself does not say for whom; its call trace would'
        : `for ${trace.find((name) => !/^(?:dump_|show_|warn_alloc|__alloc_|alloc_|__kmalloc|kmalloc|new_slab)/.test(name)) ?? 'the caller in the trace'}`
      : `below ${dma}`
  return `the page allocator had no contiguous block of order ${order} (${size}), ${whose}: memory is fragmented or used up${order > 3 ? '; blocks of this order cannot be counted on once the machine has run for a while' : ''}`
}

export const ALLOCATION = entries([
  {
    id: 'page-alloc-failure',
    kind: 'problem',
    title: 'the page allocator had no contiguous block',
    splat: true,
    forms: [
      ['3.0+', 'page allocation failure: order:{order:dec}, mode:{mode:text}'],
      ['2.6', 'page allocation failure. order:{order:dec}, mode:{mode:text}'],
    ],
    source: 'mm/page_alloc.c: warn_alloc',
    cause: pagesFailed,
    next: 'is CONFIG_DMA_CMA on, and does the device have an area? Which function of the call trace asks?',
    fixes: [
      'CMA or a reserved pool for large DMA buffers',
      'an IOMMU, which needs no contiguous memory',
      'allocate once, early',
      'more min_free_kbytes for small orders in atomic context',
    ],
    code: 'mapping-failed',
  },
  {
    id: 'vmap-failed',
    kind: 'problem',
    title: 'no kernel address space for a mapping',
    forms: [
      ['3.x to 6.8', 'vmap allocation for size {size:dec} failed: use vmalloc=<size> to increase size'],
      ['3.x to 6.8', 'vmap allocation for size {size:dec} failed'],
      ['6.9+', 'vmalloc_node_range for size {size:dec} failed: Address range restricted to {range:text}'],
      ['any', 'Remapping memory failed, error: {err:dec}'],
      ['3.x+', 'Remapping memory failed: {err:dec}'],
      ['3.x to 5.11', 'vmalloc: allocation failure: {size:dec} bytes'],
      ['5.12+', 'vmalloc error: size {size:dec}'],
    ],
    source: 'mm/vmalloc.c: alloc_vmap_area',
    cause: ({ fields }) =>
      `the vmalloc area has no room to map ${fields.has('size') ? bytes(fields.num('size')) : 'the buffer'} into the kernel (vmap). On 32-bit kernels it is a few hundred MiB, and every coherent buffer that is remapped takes some`,
    next: 'read VmallocTotal and VmallocUsed in /proc/meminfo, and /proc/vmallocinfo for who holds it',
    fixes: [
      'vmalloc=SIZE on the command line',
      'DMA_ATTR_NO_KERNEL_MAPPING where the CPU does not touch the buffer',
      'fewer buffers',
    ],
  },
  {
    id: 'driver-alloc-failed',
    kind: 'problem',
    title: 'a driver got no DMA memory',
    forms: [
      ['5.7+', 'dma alloc of size {size:dec} failed'],
      ['2.6 to 5.6', 'dma_alloc_coherent of size {size:dec} failed'],
      ['any', 'dma_alloc_coherent() failed. return({err:dec})'],
      ['any', 'dma_alloc_coherent() failed. return={err:dec}'],
      ['any', 'dma_alloc_attrs() failed. return={err:dec}'],
    ],
    source: 'the driver; drivers/media/common/videobuf2/videobuf2-dma-contig.c: vb2_dc_alloc',
    cause: (seen) =>
      `the allocation of ${seen.fields.has('size') ? bytes(seen.fields.num('size')) : 'contiguous DMA memory (CMA or pool)'} failed: ${whoRefused(seen)}`,
    next: 'one line up: CMA, a warning of the page allocator, or a pool',
    fixes: [
      'enlarge the area of that allocator (cma=SIZE, the reserved-memory node)',
      'ask for less: fewer buffers, smaller frames',
      'an IOMMU',
    ],
    code: 'mapping-failed',
  },
  {
    id: 'atomic-pool-small',
    kind: 'problem',
    title: 'the atomic pool is empty',
    forms: [
      ['3.x to 5.19', 'ERROR: {kib:dec} KiB atomic DMA coherent pool is too small!'],
      ['3.x to 5.19', 'Please increase it with coherent_pool= kernel parameter!', 'more'],
      ['5.8+', 'DMA pool exhausted for {name:word}'],
      ['5.8+', 'Failed to get suitable pool for {name:word}'],
      ['3.x+', 'coherent pool not initialised!'],
    ],
    source: 'arch/arm/mm/dma-mapping.c: __alloc_from_pool; kernel/dma/pool.c: dma_alloc_from_pool',
    cause: ({ fields }) =>
      `coherent memory was asked for in atomic context, and the atomic pool${fields.has('kib') ? ` of ${fields.text('kib')} KiB` : ''} has none left${fields.has('name') ? ` that ${fields.text('name')} reaches` : ''}`,
    next: 'which driver allocates with GFP_ATOMIC? USB, WiFi and UAS are the usual ones',
    fixes: ['coherent_pool=4M on the command line', 'allocate with GFP_KERNEL where the driver may sleep'],
    code: 'mapping-failed',
  },
  {
    id: 'atomic-pool-failed',
    kind: 'problem',
    title: 'an atomic pool could not be made at boot',
    forms: [
      ['5.8+', 'DMA: failed to allocate {kib:dec} KiB {gfp:word} pool for atomic allocation'],
      ['3.x to 5.7, ARM: all', 'DMA: failed to allocate {kib:dec} KiB pool for atomic coherent allocation'],
    ],
    source: 'kernel/dma/pool.c: __dma_atomic_pool_init',
    cause: ({ fields }) =>
      `${fields.text('kib')} KiB for coherent allocations in atomic context were not free at boot${fields.has('gfp') ? ` (${fields.text('gfp')})` : ''}: such allocations will fail. A kdump kernel, or one whose DMA zone is full, prints it too`,
    next: 'how much memory does that zone have? (`dmesg`: Zone ranges, Memory:)',
    fixes: [
      'a smaller coherent_pool=',
      'reserve less of that zone elsewhere',
      'crashkernel=SIZE,low in a kdump kernel',
    ],
  },
  {
    id: 'atomic-pool',
    kind: 'note',
    title: 'the atomic pool',
    forms: [
      ['5.8+', 'DMA: preallocated {kib:dec} KiB {gfp:word} pool for atomic allocations'],
      ['3.x to 5.7, ARM: all', 'DMA: preallocated {kib:dec} KiB pool for atomic coherent allocations'],
    ],
    source: 'kernel/dma/pool.c: __dma_atomic_pool_init',
    cause: ({ fields }) => `${fields.text('kib')} KiB for atomic coherent allocations ${fields.text('gfp')}`.trim(),
    next: 'nothing: this line is printed at every boot',
    fixes: [],
  },
  {
    id: 'coherent-too-big',
    kind: 'problem',
    title: 'a coherent buffer larger than its mask',
    forms: [['2.6+', 'coherent allocation too big (requested {size:hex} mask {mask:hex})']],
    source: 'arch/arm/mm/dma-mapping.c: __dma_alloc',
    cause: ({ fields }) => `0x${fields.text('size')} bytes do not fit below the coherent mask 0x${fields.text('mask')}`,
    next: 'which size does the driver ask for? A negative number read as unsigned is a usual reason',
    fixes: ['ask for less', 'dma_set_coherent_mask() with what the hardware can do'],
  },
  {
    id: 'coherent-unsupported',
    kind: 'problem',
    title: 'coherent memory is not supported here',
    forms: [
      ['6.2+', 'coherent DMA allocations not supported on this platform.'],
      ['4.x+', 'memremap attempted on ram {address:word} size: {size:word}'],
    ],
    source: 'kernel/dma/direct.c: dma_direct_alloc; kernel/iomem.c: memremap',
    cause: 'the platform cannot map memory uncached, or the pool lies in RAM without no-map',
    next: '`dmalab board show FILE.dtb`: which region does the device get, and does it say no-map?',
    fixes: ['no-map, or reusable, on the region', 'a global pool (linux,dma-default)'],
  },
])

export const ALLOCATION_PHRASES: readonly Phrase[] = [
  {
    id: 'driver-alloc-failed',
    words: [
      [
        'dma',
        'dmam',
        'coherent',
        'cma',
        'contiguous',
        'dma_alloc_coherent',
        'dmam_alloc_coherent',
        'dma_alloc_attrs',
        'dma_alloc_wc',
        'dma_alloc_noncoherent',
      ],
      [
        'alloc',
        'allocate',
        'allocation',
        'allocating',
        'dma_alloc_coherent',
        'dmam_alloc_coherent',
        'dma_alloc_attrs',
        'dma_alloc_wc',
        'dma_alloc_noncoherent',
      ],
      [...FAILED, 'enomem'],
      [
        'memory',
        'buffer',
        'buffers',
        'mem',
        'ring',
        'size',
        'bytes',
        'dma_alloc_coherent',
        'dmam_alloc_coherent',
        'dma_alloc_attrs',
        'dma_alloc_wc',
        'dma_alloc_noncoherent',
      ],
    ],
    but: ['channel', 'chan', 'irq', 'mask', 'engine', 'descriptor', 'iommu', 'domain', 'supported', 'debug'],
  },
]
