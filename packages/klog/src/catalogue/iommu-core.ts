// The IOMMU layer itself: page tables, alignment, domains, and the IOVA allocator.
//
// Models: Linux v6.12 drivers/iommu/iommu.c: __iommu_map, __iommu_unmap, iommu_probe_device, iommu_create_device_direct_mappings
// Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_init_domain, iova_reserve_pci_windows, iommu_dma_map_swiotlb, __iommu_dma_unmap
// Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: __arm_lpae_alloc_pages
// Models: Linux v6.12 arch/arm/mm/dma-mapping.c: arm_setup_iommu_dma_ops
import { entries } from './entry.ts'

export const IOMMU_CORE = entries([
  {
    id: 'iommu-unaligned',
    kind: 'problem',
    title: 'a mapping that the IOMMU has no page size for',
    forms: [
      ['3.3+', 'unaligned: iova {iova:hex} pa {pa:word} size {size:hex} min_pagesz {page:hex}'],
      ['3.3+', 'unaligned: iova {iova:hex} size {size:hex} min_pagesz {page:hex}'],
    ],
    source: 'drivers/iommu/iommu.c: __iommu_map',
    cause: ({ fields }) =>
      `IOVA 0x${fields.text('iova')}, address or size 0x${fields.text('size')} are not aligned to the smallest page of the IOMMU (0x${fields.text('page')}): the map or unmap was refused`,
    next: 'is the page of the IOMMU larger than that of the CPU? Who calls iommu_map() itself?',
    fixes: ['align address and size to the page of the IOMMU', 'use the DMA API, which does so'],
  },
  {
    id: 'iommu-bounce-inactive',
    kind: 'problem',
    title: 'a small mapping could not be bounced',
    forms: [['5.5+', 'DMA bounce buffers are inactive, unable to map unaligned transaction.']],
    source: 'drivers/iommu/dma-iommu.c: iommu_dma_map_swiotlb',
    cause:
      'the device is not trusted (Thunderbolt, external), its buffer shares a page with other data and must be bounced, and swiotlb is off',
    next: 'is swiotlb switched off on the command line (swiotlb=noforce)?',
    fixes: ['leave swiotlb on for untrusted devices'],
    code: 'mapping-failed',
  },
  {
    id: 'iommu-late-probe',
    kind: 'problem',
    title: 'a driver was bound before its IOMMU',
    forms: [['6.13+', 'late IOMMU probe at driver bind, something fishy here!']],
    source: 'drivers/iommu/iommu.c: __iommu_probe_device',
    cause:
      'the driver of the device is bound and only now its IOMMU appears: mappings made before do not pass the IOMMU',
    next: 'in which order do the drivers load?',
    fixes: ['build the IOMMU driver in, or load it first (fw_devlink)'],
  },
  {
    id: 'iommu-setup-failed',
    kind: 'problem',
    title: 'a device got no IOMMU domain',
    forms: [
      ['4.x+', 'Failed to set up IOMMU for device {name:word} retaining platform DMA ops'],
      ['3.x+', 'Failed to create {size:dec}-byte IOMMU mapping for device {name:word}'],
      ['3.x+', 'Failed to attached device {name:word} to IOMMU_mapping'],
      ['3.x+', 'Failed to add to iommu group {group:dec}: {err:dec}'],
      ['4.x+', 'specified DMA range outside IOMMU capability'],
      ['5.x+', 'Incompatible range for DMA domain'],
      ['5.x+', 'Failed to reserve IOVA [{from:word}-{to:word}]'],
      ['4.x+', 'Cannot accommodate DMA translation for IOMMU page tables'],
      ['5.x+', 'iova flush queue initialization failed'],
      ['4.x+', 'Failed to allocate default IOMMU domain of type {type:dec}'],
      ['6.x+', 'IOMMU driver error, requesting conflicting def_domain_type'],
      ['5.x+', 'IOMMU width ({bits:dec}) is not sufficient for the mapped address'],
    ],
    source: 'drivers/iommu/dma-iommu.c: iommu_setup_dma_ops; drivers/iommu/iommu.c: iommu_group_alloc_default_domain',
    cause:
      'the IOMMU could not be set up for the device as asked: dma-ranges or aperture do not fit, another device of the group wants something else, or its tables lie beyond its own mask. The device works without translation, or not at all',
    next: '`dmalab board facts FILE.dtb`: dma-ranges of the bus, and the IOMMU of the device',
    fixes: [
      'dma-ranges that lie inside what the IOMMU can translate',
      'devices that exclude each other in different groups',
    ],
  },
  {
    id: 'iommu-dma-bits',
    kind: 'note',
    title: 'IOVAs above 4 GiB',
    forms: [['6.2+', 'Using {bits:dec}-bit DMA addresses']],
    source: 'drivers/iommu/dma-iommu.c: iommu_dma_alloc_iova',
    cause: ({ fields }) =>
      `the 32-bit IOVA space of this device is full, and from now on it gets addresses of ${fields.text('bits')} bits: where the hardware or driver cuts them, faults begin here`,
    next: 'do faults follow? Then the mask is wider than the hardware',
    fixes: ['set the mask that the hardware really has', 'undo mappings: a full IOVA space is often a leak'],
  },
])
