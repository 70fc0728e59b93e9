// Allocations that fail below dma_alloc_coherent(): page allocator, kernel address space, atomic pools; and frees that are wrong.
//
// Models: Linux v6.12 mm/page_alloc.c: warn_alloc
// Models: Linux v6.12 mm/vmalloc.c: alloc_vmap_area, __vmalloc_node_range_noprof
// Models: Linux v6.12 kernel/dma/pool.c: atomic_pool_expand, dma_alloc_from_pool, __dma_atomic_pool_init
// Models: Linux v6.12 kernel/dma/remap.c: dma_common_free_remap
// Models: Linux v6.12 mm/dmapool.c: pool_block_err, pool_check_block, dma_pool_destroy
// Models: Linux v6.1 mm/dmapool.c: dma_pool_free, dma_pool_alloc, dma_pool_destroy
// Models: Linux v6.12 arch/arm64/mm/physaddr.c: __virt_to_phys
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

export const FREE_FIXES: readonly string[] = [
  'free once, with the address, handle and size that the allocation gave',
  'free with the same device',
]

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
    id: 'free-invalid',
    kind: 'problem',
    title: 'memory was freed that dma_alloc_coherent() did not give',
    forms: [
      ['3.x to 6.x', 'Freeing invalid buffer {address:word}'],
      ['3.x+', 'trying to free invalid coherent area: {address:word}'],
      ['3.x to 4.x', 'trying to free a bogus coherent area: {address:word}'],
      ['6.2+', 'unexpected flags in area: {address:word}'],
    ],
    source: 'arch/arm/mm/dma-mapping.c: __arm_dma_free; kernel/dma/remap.c: dma_common_free_remap',
    cause: ({ fields }) =>
      `a driver frees ${fields.text('address')}, which is not a live coherent buffer: freed twice, with another CPU address or size, or never allocated this way`,
    next: 'does `dmalab trace check` find an unmap or free without its allocation?',
    fixes: FREE_FIXES,
    code: 'unmap-not-mapped',
  },
  {
    id: 'dma-pool-free-invalid',
    kind: 'problem',
    title: 'a block of a DMA pool was freed wrongly',
    forms: [
      ['2.6 to 6.2', 'dma_pool_free {pool:word} {vaddr:word} (bad vaddr)/{dma:word}'],
      ['2.6 to 6.2', 'dma_pool_free {pool:word} {vaddr:word} (bad dma)'],
      ['2.6 to 6.2', 'dma_pool_free {pool:word} dma {dma:word} already free'],
      ['2.6 to 6.2', 'dma_pool_alloc {pool:word} {vaddr:word} (corrupted)'],
      ['2.6 to 6.2', 'dma_pool_destroy {pool:word} {vaddr:word} busy'],
      ['6.3+', 'pool_block_err {pool:word} {vaddr:word} (bad dma)'],
      ['6.3+', 'pool_block_err {pool:word} dma {dma:word} already free'],
      ['6.3+', 'pool_check_block {pool:word} {vaddr:word} (corrupted)'],
      ['6.3+', 'dma_pool_destroy {pool:word} busy'],
    ],
    source: 'mm/dmapool.c: dma_pool_free, pool_block_err, pool_check_block, dma_pool_destroy',
    cause: ({ fields }) =>
      `the DMA pool ${fields.text('pool').replace(/,$/, '')} was misused: a block freed twice or with an address that it does not have, one that was written after it was freed (corrupted), or a pool that goes while blocks of it are in use (busy: they are leaked)`,
    next: 'which driver made the pool? The line names its device',
    fixes: FREE_FIXES,
    code: 'unmap-not-mapped',
  },
  {
    id: 'not-linear',
    kind: 'problem',
    title: 'an address outside of the linear mapping was taken for one in it',
    forms: [['4.11+', 'virt_to_phys used for non-linear address: {address:word}']],
    source: 'arch/arm64/mm/physaddr.c: __virt_to_phys; arch/arm/mm/physaddr.c',
    cause: ({ fields }) =>
      `the physical address of ${fields.text('address')} was computed as if it lay in the linear mapping, and it does not (vmalloc, a module, a mapped stack, coherent memory that was remapped): dma_map_single() of such memory is a usual reason, and the device then uses other memory`,
    next: 'which buffer does the driver in the call trace pass?',
    fixes: [
      'kmalloc the buffer',
      'map page by page (vmalloc_to_page)',
      'dma_mmap_attrs() or dma_get_sgtable() for coherent memory',
    ],
    code: 'map-vmalloc',
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
  {
    id: 'vfree-invalid',
    kind: 'problem',
    title: 'a kernel mapping was freed that is none',
    forms: [
      ['2.6+', 'Trying to vfree() bad address ({address:word})'],
      ['2.6+', 'Trying to vfree() nonexistent vm area ({address:word})'],
      ['6.9+', 'Trying to vunmap() nonexistent vm area ({address:word})'],
    ],
    source: 'mm/vmalloc.c: remove_vm_area, vfree',
    cause: ({ fields }) =>
      `${fields.text('address').replace(/\)$/, '')} was to be unmapped and is no mapping of the vmalloc area: freed twice, or never mapped. Remapped coherent buffers lie there`,
    next: 'which driver is in the call trace, and does it free with dma_free_coherent()?',
    fixes: FREE_FIXES,
    code: 'unmap-not-mapped',
  },
  {
    id: 'bad-page-state',
    kind: 'problem',
    title: 'a page was freed in a state that it must not have',
    forms: [
      ['2.6+', 'BUG: Bad page state in process {task:word} pfn:{pfn:hex}'],
      ['2.6+', 'BUG: Bad page map in process {task:word}'],
      ['2.6+', 'BUG: Bad rss-counter state mm:{mm:word}'],
      ['4.x+', 'page 0x{pfn:hex} outside node {node:dec} zone {zone:word}'],
    ],
    source: 'mm/page_alloc.c: bad_page',
    cause: ({ fields }) =>
      `the kernel's record of page ${fields.has('pfn') ? `frame 0x${fields.text('pfn')} ` : ''}does not fit: freed twice, freed while in use, or overwritten. A DMA buffer that is freed while a device or a dma-buf still uses it is one way to it, wrong memory another: the line does not say which`,
    next: 'are dma-debug messages or IOMMU faults near? CONFIG_DMA_API_DEBUG, page_poison=1 and an IOMMU in strict mode show a device that writes freed memory',
    fixes: ['stop the device before its buffers are freed', 'a memory test where nothing points at a driver'],
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
