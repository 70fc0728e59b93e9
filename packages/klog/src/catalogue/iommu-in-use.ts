// IOMMUs in use that go wrong beside faults: flushes that do not end, mappings that clash, page requests, tables at a fault.
//
// Models: Linux v6.12 drivers/iommu/sun50i-iommu.c: sun50i_iommu_flush_all_tlb, sun50i_iommu_zap_iova
// Models: Linux v6.12 drivers/iommu/mtk_iommu.c: mtk_iommu_tlb_flush_range_sync
// Models: Linux v6.12 drivers/iommu/apple-dart.c: apple_dart_t8020_hw_stream_command
// Models: Linux v6.12 drivers/iommu/omap-iommu.c: iopte_alloc, omap_iommu_map
// Models: Linux v6.12 drivers/iommu/exynos-iommu.c: lv2set_page, exynos_iommu_map
// Models: Linux v6.1 drivers/iommu/tegra-gart.c: gart_iommu_map
// Models: Linux v6.12 drivers/iommu/intel/iommu.c: dmar_fault_dump_ptes, init_dmars, intel_iommu_attach_device
// Models: Linux v6.12 drivers/iommu/intel/dmar.c: qi_check_fault, qi_dump_fault
import { entries } from './entry.ts'

export const IOMMU_IN_USE = entries([
  {
    id: 'iommu-flush-timeout',
    kind: 'problem',
    title: 'an IOMMU does not finish an invalidation',
    forms: [
      ['5.8+', 'TLB invalidation timed out!'],
      ['5.8+', 'PTW cache invalidation timed out!'],
      ['5.8+', 'TLB Flush timed out!'],
      ['4.6+', 'Partial TLB flush timed out, falling back to full flush'],
      ['5.15+', 'busy bit did not clear after command {command:hex} for streams {streams:hex}'],
      ['3.13+', 'iova to phys timed out on {iova:word}'],
      ['2.6.30+', 'Invalidation Time-out Error (ITE) cleared'],
      ['2.6.30+', 'Invalidation Queue Error (IQE) cleared'],
      ['2.6.30+', 'Invalidation Completion Error (ICE) cleared'],
      ['5.14+', 'VT-d detected {what:text}'],
      ['3.x+', 'Flush IOTLB failed'],
      ['4.x+', 'Failed to turn off SAFE logic'],
      ['4.2+', 'GBPA not responding to update'],
      ['4.2+', 'failed to clear cr0'],
    ],
    source:
      'drivers/iommu: the flush functions of sun50i-iommu.c, mtk_iommu.c, apple-dart.c, intel/dmar.c: qi_check_fault',
    cause:
      'an invalidation did not end in time: the IOMMU has no clock or power, a device behind it hangs, or (ATS) a PCIe device does not answer. Until it does, devices may use translations that are gone',
    next: 'which device was stopped or removed before? Are clocks and power domains of the IOMMU on?',
    fixes: [
      'clocks and power domains of the IOMMU',
      'stop the device before unmapping',
      'pci=noats where ATS is in use',
    ],
  },
  {
    id: 'iommu-map-conflict',
    kind: 'problem',
    title: 'a mapping that the tables have already',
    forms: [
      ['3.x+', 'Trying mapping on {iova:hex} mapped with 1MiB page'],
      ['3.x+', 'Trying mapping on 1MiB@{iova:hex} that is mapped'],
      ['3.x+', 'Failed({err:dec}) to map {size:hex} bytes @ {iova:hex}'],
      ['3.x+', 'Failed: size({size:hex}) @ {iova:hex} is smaller than page size {page:hex}'],
      ['3.x to 6.1', 'Page entry is in-use'],
      ['3.x to 6.1', 'Page entry is invalid'],
      ['3.x+', 'invalid size to map: {size:dec}'],
      ['3.x+', 'bogus pte {pte:hex}, da {iova:hex}'],
      ['3.x+', 'bogus pgd {pte:hex}, da {iova:hex}'],
      ['5.x+', 'IOMMU pte changed since we read it'],
      ['6.x+', 'map hypercall failed, status {status:dec}'],
      ['3.x+', 'iommu width ({bits:dec}) is not sufficient for the mapped address ({iova:hex})'],
    ],
    source: 'drivers/iommu/exynos-iommu.c: exynos_iommu_map, and its like',
    cause: ({ fields }) =>
      `the IOMMU driver refused a map or unmap${fields.has('iova') ? ` at IOVA 0x${fields.text('iova')}` : ''}: something is mapped there already, nothing is where something should be, or the address does not fit its tables`,
    next: 'do maps and unmaps of the device balance? `dmalab trace check FILE` on a trace of the iommu and dma events',
    fixes: ['unmap what was mapped, once', 'use the DMA API instead of iommu_map() with addresses of your own'],
  },
  {
    id: 'iommu-page-request',
    kind: 'problem',
    title: 'page requests that no driver serves',
    forms: [
      ['4.2+', 'unexpected PRI request received:'],
      ['4.2+', 'sid {sid:hex}.{ssid:hex}: [{group:text}] {access:text} access at iova {iova:hex}', 'more'],
      ['4.3+', 'PRQ overflow detected'],
      ['4.3+', 'PRQ overflow cleared', 'more'],
      ['4.3+', 'Page request without PASID: {what:text}'],
      ['4.3+', 'Page request in Privilege Mode'],
      ['4.3+', 'Execution request not supported'],
      ['4.3+', 'Address is not canonical'],
      ['3.x+', 'Unknown PPR request received'],
      ['5.x to 6.x', 'no pending PRQ, drop response'],
    ],
    source:
      'drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_handle_ppr; drivers/iommu/intel/prq.c: prq_event_thread',
    cause: ({ fields }) =>
      `a device asked its IOMMU for a page (PRI)${fields.has('iova') ? ` at 0x${fields.text('iova')}` : ''}, and no address space of a process is bound to it, or more came than the queue holds`,
    next: 'which device uses shared virtual addressing (SVA)?',
    fixes: [
      'bind the process before the device uses its addresses',
      'switch PRI off for the device where SVA is not meant',
    ],
  },
  {
    id: 'iommu-table-dump',
    kind: 'note',
    title: 'the tables of the IOMMU at a fault',
    forms: [
      ['5.14+', 'Dump {unit:word} table entries for IOVA {iova:hex}'],
      ['5.14+', 'pte level: {level:dec}, pte value: {value:hex}', 'more'],
      ['5.14+', 'page table not present at level {missing:dec}', 'more'],
      ['5.14+', 'root entry: {root:hex}', 'more'],
      ['5.14+', 'scalable mode root entry: hi {high:hex}, low {low:hex}', 'more'],
      ['5.14+', 'context entry: hi {contextHigh:hex}, low {contextLow:hex}', 'more'],
      ['5.14+', 'pasid dir entry: {dir:hex}', 'more'],
      ['5.14+', 'pasid table entry[{index:dec}]: {pasid:hex}', 'more'],
      ['5.14+', 'legacy mode page table is not present', 'more'],
      ['5.14+', 'scalable mode page table is not present', 'more'],
      ['5.14+', 'root table is not present', 'more'],
      ['5.14+', 'context table is not present', 'more'],
    ],
    source: 'drivers/iommu/intel/iommu.c: dmar_fault_dump_ptes',
    cause: ({ fields }) =>
      `the tables for IOVA 0x${fields.text('iova')}: ${fields.has('missing') ? `nothing is there at level ${fields.text('missing')}, so it is not mapped` : fields.has('value') ? 'the last value shows what is mapped there (0: nothing)' : 'the lines behind'}`,
    next: 'see the fault before',
    fixes: [],
  },
])
