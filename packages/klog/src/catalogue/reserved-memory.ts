// Reserved memory of the device tree: nodes that cannot be read, do not fit, or overlap, and pools that did not come up.
//
// Models: Linux v6.12 drivers/of/of_reserved_mem.c: __reserved_mem_alloc_size, __reserved_mem_reserve_reg, fdt_scan_reserved_mem_reg_nodes
// Models: Linux v6.12 drivers/of/of_reserved_mem.c: __reserved_mem_check_root, __rmem_check_for_overlap, fdt_init_reserved_mem_node
// Models: Linux v6.12 kernel/dma/coherent.c: rmem_dma_setup, rmem_dma_device_init, dma_init_coherent_memory
// Models: Linux v6.12 kernel/dma/contiguous.c: rmem_cma_setup
// Models: Linux v6.12 kernel/dma/swiotlb.c: rmem_swiotlb_setup, rmem_swiotlb_device_init
import { entries, type Phrase } from './entry.ts'
import { FAILED } from './mask.ts'

const LINT = '`dmalab board lint FILE.dtb` names the node and the rule'
const BOOT = 'nothing: this line is printed at every boot'

export const RESERVED_MEMORY = entries([
  {
    id: 'rmem-no-room',
    kind: 'problem',
    title: 'a reserved region found no room',
    forms: [
      ['3.15+', "failed to allocate memory for node '{node:text}': size {mib:dec} MiB"],
      ['3.15+', "failed to allocate memory for node '{node:text}'"],
    ],
    source: 'drivers/of/of_reserved_mem.c: __reserved_mem_alloc_size',
    cause: ({ fields }) =>
      `no room for ${fields.has('mib') ? `${fields.text('mib')} MiB of ` : ''}the node ${fields.text('node')}: the size does not fit into its alloc-ranges (or, without them, RAM) in one piece beside what is already reserved, or the ranges lie outside RAM. The region was not reserved, and devices that name it get none`,
    next: `${LINT}; where does RAM lie, and what is reserved before it?`,
    fixes: ['a smaller size', 'alloc-ranges that hold it', 'a fixed reg instead'],
  },
  {
    id: 'rmem-reserve-failed',
    kind: 'problem',
    title: 'a reserved region could not be reserved',
    forms: [
      ['3.15+', "failed to reserve memory for node '{node:text}': base {base:word}, size {mib:dec} {unit:word}"],
      ['3.15+', "failed to reserve memory for node '{node:text}'"],
    ],
    source: 'drivers/of/of_reserved_mem.c: __reserved_mem_reserve_reg',
    cause: ({ fields }) =>
      `the region ${fields.text('node')}${fields.has('base') ? ` at ${fields.text('base').replace(/,$/, '')}` : ''} is already reserved (by the firmware, /memreserve/, the kernel image or another node), or not all of it is RAM. Since 6.4 a no-map region fails so. Where the memory is the firmware's own, this is harmless`,
    next: LINT,
    fixes: [
      'drop the /memreserve/ or the node: one of both is enough',
      'correct reg',
      'move the region away from the kernel image',
    ],
  },
  {
    id: 'rmem-format',
    kind: 'problem',
    title: 'a reserved-memory node cannot be read',
    forms: [
      ['3.15+', "invalid reg property in '{node:text}', skipping node."],
      ['3.15+', 'unsupported node format, ignoring'],
      ['3.15+', "invalid size property in '{node:text}' node."],
      ['3.15+', "invalid alignment property in '{node:text}' node."],
      ['3.15+', "invalid alloc-ranges property in '{node:text}', skipping node."],
      ['6.10+', "ignores {count:dec} regions in node '{node:text}'"],
    ],
    source: 'drivers/of/of_reserved_mem.c: __reserved_mem_reserve_reg, __reserved_mem_check_root',
    cause: ({ fields }) =>
      `${fields.has('node') ? `the node ${fields.text('node')}` : '/reserved-memory'} does not have the cells that are expected: #address-cells and #size-cells of /reserved-memory must equal those of the root and ranges must be empty, and reg, size and alloc-ranges must have whole entries of that many cells. Nothing was reserved for it`,
    next: LINT,
    fixes: ['the same #address-cells and #size-cells as the root, and `ranges;`', 'reg with that many cells'],
  },
  {
    id: 'rmem-table-full',
    kind: 'problem',
    title: 'more reserved regions than the kernel keeps',
    forms: [
      ['5.11+', 'not enough space for all defined regions.'],
      ['3.15 to 5.10', 'not enough space all defined regions.'],
      ['6.10+', "too many defined dynamic regions, skip '{node:text}'"],
      ['6.12+', 'Failed to allocate memory for reserved_mem array'],
    ],
    source: 'drivers/of/of_reserved_mem.c: fdt_reserved_mem_save_node',
    cause:
      'the table of reserved regions has no space left (16 in old kernels, 64 since 5.13, dynamic ones only since 6.12): the regions behind are reserved, and no device can get them',
    next: 'how many nodes does /reserved-memory have?',
    fixes: ['merge or remove nodes', 'a newer kernel'],
  },
  {
    id: 'rmem-overlap',
    kind: 'problem',
    title: 'two reserved regions overlap',
    forms: [
      ['4.0+', 'OVERLAP DETECTED! {a:word} ({from:text}) overlaps with {b:word} ({to:text})'],
      ['4.0+', 'OVERLAP DETECTED!'],
      ['4.0+', '{a:word} ({from:text}) overlaps with {b:word} ({to:text})'],
    ],
    source: 'drivers/of/of_reserved_mem.c: __rmem_check_for_overlap',
    cause: ({ fields }) =>
      fields.has('a')
        ? `the reserved regions ${fields.text('a')} (${fields.text('from')}) and ${fields.text('b')} (${fields.text('to')}) overlap: two users write the same memory`
        : 'two reserved regions overlap: two users write the same memory; the next line names them',
    next: LINT,
    fixes: ['correct reg of one of them'],
  },
  {
    id: 'rmem-bypassed',
    kind: 'harmless',
    title: 'cma= replaces the node of the device tree',
    forms: [['5.4+', 'bypass {node:word} node, using cmdline CMA params instead']],
    source: 'kernel/dma/contiguous.c: rmem_cma_setup',
    cause: ({ fields }) =>
      `harmless: cma= on the command line replaces the node ${fields.text('node')} of the device tree; its memory is ordinary memory again`,
    next: 'does the size of cma= suit?',
    fixes: ['drop cma= from the command line where the node is wanted'],
  },
  {
    id: 'rmem-no-driver',
    kind: ({ near }) => (near('rmem-bypassed') ? 'harmless' : 'problem'),
    title: 'no pool was made of a reserved region',
    forms: [['3.15+', 'node {node:word} compatible matching fail']],
    source: 'drivers/of/of_reserved_mem.c: fdt_init_reserved_mem_node',
    cause: ({ fields, near }) =>
      near('rmem-bypassed')
        ? `harmless: cma= on the command line replaced the node ${fields.text('node')} (see the line before)`
        : `no pool code of this kernel took ${fields.text('node')}: reusable without CONFIG_DMA_CMA, shared-dma-pool on ARM without no-map or reusable, a compatible that nothing handles. Devices that name it get no pool`,
    next: LINT,
    fixes: ['no-map or reusable, as the architecture wants', 'enable CONFIG_DMA_CMA'],
  },
  {
    id: 'rmem-pool-failed',
    kind: 'problem',
    title: 'a pool of reserved memory did not come up',
    forms: [
      ['3.15+', 'failed to init DMA memory pool at {base:word}, size {size:dec} {unit:word}'],
      ['3.15+', 'failed to init DMA memory pool'],
      ['4.x+', 'region for default DMA coherent area is redefined'],
      ['3.15+', 'regions without no-map are not yet supported'],
      ['3.15+', 'incorrect alignment of CMA region'],
      ['3.15+', 'unable to setup CMA region'],
      ['5.15+', 'failed to initialise "restricted-dma-pool" memory node'],
      ['5.15+', 'Restricted DMA pool must be accessible within the linear mapping.'],
    ],
    source:
      'kernel/dma/coherent.c: rmem_dma_device_init; kernel/dma/contiguous.c: rmem_cma_setup; kernel/dma/swiotlb.c: rmem_swiotlb_device_init',
    cause: ({ fields }) =>
      fields.has('base')
        ? `the pool at ${fields.text('base').replace(/,$/, '')} could not be mapped (memremap): it is RAM that the kernel uses, without no-map, or the vmalloc area has no room for it`
        : 'the pool does not have what its kind needs: no-map for a pool on ARM, 4 MiB alignment (a page block) for CMA, the linear mapping for restricted DMA',
    next: LINT,
    fixes: [
      'no-map on a pool that is not CMA',
      'align CMA regions to 4 MiB',
      'no no-map on a restricted-dma-pool',
      'vmalloc=SIZE on 32-bit kernels',
    ],
  },
  {
    id: 'rmem-beyond-mask',
    kind: 'problem',
    title: 'a pool above what its device reaches',
    forms: [['4.x+', "reserved memory is beyond device's set DMA address range"]],
    source: 'kernel/dma/coherent.c: rmem_dma_device_init',
    cause: 'the reserved pool of this device ends above its DMA mask: allocations from it are refused',
    next: '`dmalab board lint FILE.dtb` (pool-beyond-mask)',
    fixes: [
      'move the pool below the mask',
      'dma_set_mask_and_coherent() with what the hardware can do, before the pool is assigned',
    ],
    code: 'mapping-failed',
  },
  {
    id: 'rmem-driver-refused',
    kind: 'problem',
    title: 'a driver did not get its reserved memory',
    forms: [['any', 'of_reserved_mem_device_init failed. return={err:dec}']],
    source: 'the driver; drivers/of/of_reserved_mem.c: of_reserved_mem_device_init_by_idx',
    cause: ({ fields }) =>
      `the memory-region of the device was not assigned${fields.has('err') ? ` (${fields.text('err')})` : ''}: -22 where the node has no pool (it was not reserved, or nothing handles its compatible), -19 where the device has no memory-region, -12 where the pool could not be mapped`,
    next: 'look at the boot lines of reserved memory: was the region reserved, and a pool made of it?',
    fixes: ['correct the node as those lines say', 'a memory-region that names it'],
  },
  {
    id: 'rmem-none',
    kind: 'harmless',
    title: 'a device tree without reserved memory',
    forms: [['6.12+', 'No reserved-memory node in the DT']],
    source: 'drivers/of/of_reserved_mem.c: fdt_scan_reserved_mem_reg_nodes',
    cause: 'harmless: the device tree has no /reserved-memory',
    next: BOOT,
    fixes: [],
  },
  {
    id: 'rmem-pool',
    kind: 'note',
    title: 'a pool of reserved memory',
    forms: [
      ['3.15+', 'created DMA memory pool at {base:hex}, size {size:dec} {unit:word}'],
      ['5.15+', 'created restricted DMA pool at {base:hex}, size {size:dec} {unit:word}'],
      ['4.x+', 'DMA: default coherent area is set'],
      ['3.15+', 'assigned reserved memory node {node:word}'],
      ['3.15+', 'initialized node {node:word}, compatible id {id:word}'],
      ['6.4+', 'KiB) nomap non-reusable {node:word}'],
      ['6.4+', 'KiB) map reusable {node:word}'],
      ['6.4+', 'KiB) map non-reusable {node:word}'],
      ['6.4+', 'KiB) nomap reusable {node:word}'],
    ],
    source: 'drivers/of/of_reserved_mem.c: fdt_init_reserved_mem_node',
    cause: ({ fields }) =>
      fields.has('base')
        ? `a pool of ${fields.text('size')} ${fields.text('unit')} at 0x${fields.text('base')}: its devices get coherent memory from there, or bounce through it`
        : `reserved memory: ${fields.has('node') ? fields.text('node') : 'devices without a pool of their own use the default pool'}`,
    next: BOOT,
    fixes: [],
  },
])

export const RESERVED_PHRASES: readonly Phrase[] = [
  {
    id: 'rmem-driver-refused',
    words: [
      ['reserved', 'of_reserved_mem_device_init', 'of_reserved_mem_device_init_by_idx', 'carveout'],
      ['memory', 'mem', 'region', 'of_reserved_mem_device_init', 'of_reserved_mem_device_init_by_idx'],
      [...FAILED, 'missing'],
    ],
    but: ['of', 'regions', 'node', 'nodes', 'bar', 'ecam', 'crashkernel', 'bios', 'acpi', 'e820', 'efi'],
  },
]
