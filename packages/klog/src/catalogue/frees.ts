// Memory that was freed wrongly, or is not what it was taken for.
//
// Models: Linux v6.12 kernel/dma/remap.c: dma_common_free_remap
// Models: Linux v6.12 mm/dmapool.c: pool_block_err, pool_check_block, dma_pool_destroy
// Models: Linux v6.1 mm/dmapool.c: dma_pool_free, dma_pool_alloc, dma_pool_destroy
// Models: Linux v6.12 arch/arm64/mm/physaddr.c: __virt_to_phys
// Models: Linux v6.12 mm/vmalloc.c: remove_vm_area, vfree
// Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __arm_dma_free
import { entries } from './entry.ts'

export const FREE_FIXES: readonly string[] = [
  'free once, with the address, handle and size that the allocation gave',
  'free with the same device',
]

export const FREES = entries([
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
    next: 'does `dmalab trace check FILE` find an unmap or free without its allocation?',
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
