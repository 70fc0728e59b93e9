// Findings about accesses of devices, and about what a log does not show.
import type { Explanation } from './explanation.ts'

export const ACCESS = {
  'device-access-unmapped': {
    what: 'A device accessed an address that is in none of its mappings.',
    why: 'Without an IOMMU it reaches whatever is there. With one the access is stopped.',
    source: 'no kernel checks it; drivers/iommu reports a fault',
    fixes: [
      'give the device the address that the DMA API returned for this device',
      'an importer must map the dma-buf; sg_phys() of it is not a DMA address',
    ],
  },
  'device-access-after-unmap': {
    what: 'A device accessed a mapping that was undone before.',
    why: 'The memory may have another owner: silent corruption without an IOMMU, a fault with one, a dead bounce slot with swiotlb.',
    source: 'no kernel checks it; drivers/iommu reports a fault',
    fixes: ['stop the device, or wait for its completion, before unmapping'],
  },
  'device-access-overrun': {
    what: 'A device ran over the end of its mapping.',
    why: 'An IOMMU notices only at the end of the page. Bytes within the page are read or overwritten silently.',
    source: 'no kernel checks it; drivers/iommu reports a fault at a page border',
    fixes: [
      'check the length programmed into the device',
      'allocate what the consumer needs: stride and tile padding, read-ahead',
    ],
  },
  'device-access-direction': {
    what: 'A device wrote a mapping that says TO_DEVICE, or read one that says FROM_DEVICE.',
    why: 'An IOMMU refuses it. Without one the write may be overwritten by the CPU’s cache, and is not copied back from a bounce buffer.',
    source: 'no kernel checks it; drivers/iommu reports a permission fault',
    fixes: ['map with the direction of the transfer, or BIDIRECTIONAL'],
  },
  'device-address-cut': {
    what: 'A device was given an address with more bits than its mask has, and used the low ones. The finding names the mask, the address, and where the access went.',
    why: 'The device reads or overwrites other memory, or nothing answers. A kernel that does not compare addresses with the mask of a device (32-bit ARM until dma-direct) hands them out.',
    source: 'the model; no kernel checks it',
    fixes: [
      'set the mask that the hardware has: dma_set_mask_and_coherent()',
      'give the device memory below its mask: its own pool, CMA or ZONE_DMA',
      'put the device behind an IOMMU',
    ],
  },
  'iommu-fault': {
    what: 'The IOMMU stopped an access. The finding says what the address was: undone before, the physical address of a buffer, right behind a mapping.',
    why: 'The transfer did not happen; many faults slow the machine down.',
    source: 'drivers/iommu/iommu.c: report_iommu_fault',
    fixes: [
      'keep the mapping until the device stops',
      'program dma_addr_t, not phys_addr_t',
      'check length and direction',
    ],
  },
  'unmap-before-log': {
    what: 'Unmaps, frees or syncs of memory whose mapping is not in the log. It is not an error: the mapping may be older than the log, or its event was lost.',
    why: 'What happened before cannot be checked.',
    source: 'the log',
    fixes: [
      'start tracing before the driver is loaded',
      'make the buffer larger: `echo 65536 > /sys/kernel/tracing/buffer_size_kb`',
    ],
  },
  'log-incomplete': {
    what: 'The log says that events are missing, or holds lines that cannot be read.',
    why: 'Findings about pairs are made only from events after the last gap; errors may have gone unseen.',
    source: 'the header line entries-in-buffer/entries-written, and LOST lines of trace_pipe',
    fixes: ['enable only the events that are needed', 'make the buffer larger, or read trace_pipe while tracing'],
  },
  'tracking-limit': {
    what: 'More mappings were live at once than the checker keeps in memory, so it forgot them all and went on with what came after.',
    why: 'So many live mappings are rarely meant: a device leaks, or its unmaps are not in the log. Unmaps of what was forgotten count as older than the log.',
    source: 'the checker; `dmalab trace stats FILE` counts live mappings per device over time',
    fixes: [
      'look at what the device maps and never unmaps: `dmalab trace stats FILE`',
      'enable the unmap events too, or trace one device only',
    ],
  },
} as const satisfies Record<string, Explanation>
