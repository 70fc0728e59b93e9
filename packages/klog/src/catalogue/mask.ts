// What a device reaches: DMA masks, bus limits and dma-ranges.
//
// Models: Linux v6.12 kernel/dma/direct.c: dma_direct_map_resource, dma_direct_set_offset
// Models: Linux v6.12 kernel/dma/direct.h: dma_direct_map_page
// Models: Linux v6.12 drivers/of/device.c: of_dma_configure_id
// Models: Linux v6.12 drivers/of/address.c: of_dma_get_range, of_bus_n_addr_cells
// Models: Linux v6.1 drivers/acpi/arm64/dma.c: acpi_arch_dma_setup
// Models: Linux v4.11 arch/arm/mm/dma-mapping.c: get_coherent_dma_mask, __dma_supported
import { entries, type Phrase, type Seen } from './entry.ts'

const overflow = ({ fields }: Seen): string => {
  const limit = fields.text('limit')
  const bus = limit === '' || /^0*$/.test(limit) ? '' : ` or the bus limit 0x${limit.replace(/^0+/, '')}`
  return `${fields.num('size')} bytes at 0x${fields.text('address').replace(/^0+(?=.)/, '')} end above the DMA mask 0x${fields.text('mask')} of the device${bus}, and bouncing was not possible`
}

const REACH = '`dmalab board facts FILE.dtb`: what do dma-ranges and the mask allow, and where does RAM lie?'
const SET_MASK = 'dma_set_mask_and_coherent() with what the hardware can do'
/** Words of a driver that says that it failed. */
export const FAILED = [
  'failed',
  'fail',
  'failure',
  'unable',
  'cannot',
  'could',
  "can't",
  'no',
  'not',
  'error',
  'unsupported',
  'invalid',
]

export const MASK = entries([
  {
    id: 'dma-overflow',
    kind: 'problem',
    title: 'an address that the device does not reach',
    forms: [
      ['5.10+', 'DMA addr {address:hex}+{size:dec} overflow (mask {mask:hex}, bus limit {limit:hex}).'],
      ['5.10+', 'swiotlb addr {address:hex}+{size:dec} overflow (mask {mask:hex}, bus limit {limit:hex}).'],
      ['5.5 to 5.9', 'overflow {address:hex}+{size:dec} of DMA mask {mask:hex} bus limit {limit:hex}'],
      ['4.19 to 5.4', 'overflow {address:hex}+{size:dec} of DMA mask {mask:hex} bus mask {limit:hex}'],
      ['4.17+', 'overflow {address:hex}+{size:dec} of DMA mask {mask:hex}'],
      ['2.6 to 4.18', 'overflow {address:hex}+{size:dec} of device mask {mask:hex}'],
    ],
    source: 'kernel/dma/direct.h: dma_direct_map_page',
    cause: overflow,
    next: REACH,
    fixes: [SET_MASK, 'correct dma-ranges', 'swiotlb, or memory below the limit'],
    code: 'mapping-failed',
  },
  {
    id: 'mask-unset',
    kind: 'problem',
    title: 'a device without a DMA mask',
    forms: [
      ['2.6 to 4.20', 'coherent DMA mask is unset'],
      ['4.20 to 5.9', 'DMA map on device without dma_mask'],
      ['4.17+', 'DMA mask not set'],
    ],
    source: 'arch/arm/mm/dma-mapping.c: get_coherent_dma_mask; drivers/of/device.c: of_dma_configure_id',
    cause:
      'the device used for DMA has no mask: a class or character device instead of the bus device, one that software made, or one whose DMA configuration never ran',
    next: 'which struct device does the driver pass to the DMA API?',
    fixes: ['use the parent (bus) device', 'dma_coerce_mask_and_coherent() for devices that software made'],
  },
  {
    id: 'mask-below-zone',
    kind: 'problem',
    title: 'the mask is smaller than the DMA zone',
    forms: [
      ['2.6 to 3.12', 'coherent DMA mask {mask:hex} is smaller than system GFP_DMA mask {zone:hex}'],
      [
        '3.13 to 4.20',
        'Coherent DMA mask {mask:hex} (pfn {range:text}) covers a smaller range of system memory than the DMA zone pfn {zone:text}',
      ],
      ['3.13 to 4.20', 'Coherent DMA mask {mask:hex} is larger than dma_addr_t allows'],
    ],
    source: 'arch/arm/mm/dma-mapping.c: __dma_supported',
    cause: ({ fields }) =>
      `the coherent DMA mask 0x${fields.text('mask')} does not cover the DMA zone, from which coherent memory would come: the allocation is refused`,
    next: REACH,
    fixes: [
      'a DMA zone that fits the device (dma_zone_size of the machine)',
      SET_MASK,
      'a reserved pool of its own below the limit',
    ],
  },
  {
    id: 'mask-refused',
    kind: 'problem',
    title: 'a driver could not set its DMA mask',
    forms: [
      ['any', 'No usable DMA configuration, aborting'],
      ['any', 'No usable DMA configuration'],
      ['any', 'No suitable DMA available'],
      ['any', 'No suitable DMA mask available'],
      ['any', '32-bit PCI DMA addresses not supported by the card, aborting'],
      ['any', 'PCI DMA addresses not supported'],
      ['any', 'No usable DMA, aborting'],
    ],
    source: 'the driver; kernel/dma/mapping.c: dma_set_mask, dma_supported',
    cause:
      'the kernel refused the DMA mask that the driver asked for: the bus (dma-ranges, a bridge window) or the DMA zone leaves the device no memory below that mask, or the platform offers no DMA for it',
    next: REACH,
    fixes: [
      'ask for the mask that the hardware has, and fall back to 32 bits',
      'correct dma-ranges of the parent bus',
      'an IOMMU, or RAM in the window',
    ],
  },
  {
    id: 'dma-ranges-invalid',
    kind: 'problem',
    title: 'dma-ranges that make no sense',
    forms: [
      ['5.5 to 6.x', 'Invalid size {size:hex} for dma-range(s)'],
      ['4.1 to 6.x', 'Adjusted size {size:hex} invalid'],
      ['5.5+', 'translation of DMA address({address:word}) to CPU address failed node({node:text})'],
      ['5.10+', 'attempt to add DMA range to existing map'],
      ['3.x+', 'Bad cell count for {node:word}'],
    ],
    source: 'drivers/of/device.c: of_dma_configure_id; drivers/of/address.c: of_dma_get_range',
    cause: ({ fields }) =>
      fields.has('size')
        ? `dma-ranges of the parent bus have the size 0x${fields.text('size')}, which is not a power of two (or 0): the device keeps no usable window`
        : 'dma-ranges of the parent bus cannot be read: wrong number of cells, or an address that no bus above translates',
    next: '`dmalab board lint FILE.dtb` and `dmalab board facts FILE.dtb` name the node and what the kernel makes of it',
    fixes: ['write dma-ranges with #address-cells and #size-cells of the right nodes', 'a size that is a power of two'],
  },
  {
    id: 'controller-no-memory',
    kind: 'problem',
    title: 'a USB host controller got no memory',
    forms: [
      ['any', "can't setup: -12"],
      ['any', 'fail, -12'],
    ],
    source: 'drivers/usb/core/hcd.c: usb_add_hcd',
    cause:
      'the controller could not be set up: no memory (-ENOMEM). Its rings are coherent DMA memory; on a board where no RAM lies below its mask and the window of its bus (dma-ranges), none can be had however much is free',
    next: REACH,
    fixes: ['a mask that reaches the window', 'dma-ranges that bring RAM below the mask'],
  },
  {
    id: 'gart-full',
    kind: 'problem',
    title: 'the GART IOMMU is full',
    forms: [
      ['2.6+', 'PCI-DMA: Out of IOMMU space for {size:dec} bytes'],
      ['2.6+', 'PCI-DMA: More than 4GB of RAM and no IOMMU'],
      ['2.6+', 'PCI-DMA: Warning: Small IOMMU {size:dec}MB.'],
      ['2.6+', 'dma_map_area overflow {size:dec} bytes'],
      ['2.6+', 'dma_map_sg: overflow on {pages:dec} pages'],
      ['2.6+', 'More than 4GB of memory but GART IOMMU not available.'],
      ['2.6+', 'falling back to iommu=soft.', 'more'],
    ],
    source: 'arch/x86/kernel/amd_gart_64.c: iommu_full',
    cause: 'the aperture through which devices with a small mask reach high memory is missing, too small, or used up',
    next: 'do maps and unmaps of the device balance? How large is the aperture in the firmware setup?',
    fixes: ['a larger aperture', 'iommu=soft (bounce buffers)', 'undo mappings in all paths'],
  },
])

export const MASK_PHRASES: readonly Phrase[] = [
  {
    id: 'mask-refused',
    words: [
      ['dma', 'dma_set_mask', 'dma_set_mask_and_coherent', 'pci_set_dma_mask', 'dma_mask'],
      [
        'mask',
        'dma_mask',
        'addressing',
        'configuration',
        'dma_set_mask',
        'dma_set_mask_and_coherent',
        'pci_set_dma_mask',
      ],
      [...FAILED, 'setting'],
    ],
    but: ['channel', 'walker', 'irq', 'using', 'defaulting', 'trying', 'falling'],
  },
]
