// IOMMUs that are set up wrongly or do not answer: devices that could not be attached, stream ids, tables, invalidations.
//
// Models: Linux v6.1 drivers/iommu/arm/arm-smmu/arm-smmu.c: arm_smmu_attach_dev
// Models: Linux v6.1 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_attach_dev
// Models: Linux v6.12 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_insert_master, arm_smmu_device_hw_probe
// Models: Linux v6.12 drivers/iommu/arm/arm-smmu/arm-smmu.c: arm_smmu_probe_device, arm_smmu_device_cfg_probe
// Models: Linux v6.12 drivers/iommu/arm/arm-smmu/qcom_iommu.c: qcom_iommu_attach_dev
// Models: Linux v6.12 drivers/iommu/ipmmu-vmsa.c: ipmmu_attach_device
// Models: Linux v6.12 drivers/iommu/sun50i-iommu.c: sun50i_iommu_flush_all_tlb, sun50i_iommu_zap_iova
// Models: Linux v6.12 drivers/iommu/mtk_iommu.c: mtk_iommu_tlb_flush_range_sync
// Models: Linux v6.12 drivers/iommu/apple-dart.c: apple_dart_t8020_hw_stream_command
// Models: Linux v6.12 drivers/iommu/rockchip-iommu.c: rk_dte_get_page_table
// Models: Linux v6.12 drivers/iommu/omap-iommu.c: iopte_alloc, omap_iommu_map
// Models: Linux v6.12 drivers/iommu/exynos-iommu.c: lv2set_page, exynos_iommu_map
// Models: Linux v6.1 drivers/iommu/tegra-gart.c: gart_iommu_map
// Models: Linux v6.1 drivers/iommu/iommu.c: iommu_get_def_domain_type, iommu_change_dev_def_domain
// Models: Linux v6.12 drivers/iommu/intel/iommu.c: dmar_fault_dump_ptes, init_dmars, intel_iommu_attach_device
// Models: Linux v6.12 drivers/iommu/intel/dmar.c: qi_check_fault, qi_dump_fault
// Models: Linux v6.12 drivers/iommu/hyperv-iommu.c: hyperv_root_ir_remapping_select
import { entries } from './entry.ts'

export const IOMMU_SETUP = entries([
  {
    id: 'iommu-attach-refused',
    kind: 'problem',
    title: 'a device could not be attached to an IOMMU domain',
    forms: [
      ['3.13+', 'cannot attach to SMMU, is it on the same bus?'],
      ['3.13 to 6.x', 'cannot attach to SMMU {here:word} whilst already attached to domain on SMMU {there:word}'],
      ['4.2 to 6.x', 'cannot attach to SMMU {here:word} (upstream of {there:word})'],
      ['5.9 to 6.x', 'cannot attach to incompatible domain ({bits:dec} SSID bits != {other:dec})'],
      ['5.13 to 6.x', 'cannot attach to stall-{what:word} domain'],
      ['5.13 to 6.x', 'cannot attach - SVA enabled'],
      ['4.14+', 'cannot attach to IOMMU, is it on the same bus?'],
      ['4.14 to 6.x', 'cannot attach to IOMMU {here:word} while already attached to domain on IOMMU {there:word}'],
      ['3.16+', 'Cannot attach to IPMMU'],
      ['3.16 to 6.x', "Can't attach IPMMU {here:word} to domain on IPMMU {there:word}"],
      ['3.16+', 'Failed to attach device to VA mapping'],
      ['3.16+', "Can't create IOMMU mapping - DMA-OPS will not work"],
      ['3.x+', 'iommu domain is already attached'],
      ['5.13 to 6.x', "There's already a device attached to this domain."],
      ['5.18 to 6.x', 'iommu driver failed to attach'],
      ['4.x+', 'Unable to initialize IPMMU context'],
      ['any', 'Attaching IOMMU group {group:word} failed'],
    ],
    source: 'the attach_dev of the IOMMU driver, such as drivers/iommu/arm/arm-smmu/arm-smmu.c: arm_smmu_attach_dev',
    cause: ({ fields }) =>
      fields.has('there')
        ? `the domain belongs to ${fields.text('there').replace(/\)$/, '')}, and this device is behind ${fields.text('here')}: a domain cannot be used behind two IOMMUs`
        : 'the device got no domain: it is behind another IOMMU than the domain, has no stream id there (iommus), or the domain is in use in another way. Its driver gets an error, or it runs without translation',
    next: 'which IOMMU does iommus of the device name? `dmalab board facts FILE.dtb`',
    fixes: [
      'one domain for each IOMMU: let the DMA API make them',
      'the right phandle and stream id in iommus',
      'probe the IOMMU before the device',
    ],
  },
  {
    id: 'iommu-stream-wrong',
    kind: 'problem',
    title: 'stream ids that do not fit the IOMMU',
    forms: [
      ['4.9+', 'stream ID {sid:hex} out of range for SMMU ({limit:hex})'],
      ['4.9+', 'SMR mask {sid:hex} out of range for SMMU ({limit:hex})'],
      ['5.13+', 'stream {sid:dec} already in tree from dev {other:word}'],
      ['4.x+', 'Stream ID {sid:hex} repeated; ignoring'],
      ['5.15+', 'Too many streams ({sid:dec} > {limit:dec})'],
      ['4.2+', 'invalid #iommu-cells value ({cells:dec})'],
      ['4.2+', 'missing #iommu-cells property'],
      ['4.6+', 'invalid #iommu-cells({cells:dec}) property for IOMMU'],
      ['5.15+', 'Can only use one larb. Fail@larb{a:dec}-{b:dec}.'],
      ['5.15+', 'mediatek,smi property is not right @larb{a:dec}.'],
      ['4.9+', 'deprecated "mmu-masters" DT property in use'],
      ['4.9+', 'not probing due to mismatched DT properties'],
      ['4.14+', 'incorrect number of iommu params found for {device:word}'],
      ['5.15+', '2-level strtab only covers {covered:dec}/{total:dec} bits of SID'],
      ['4.2+', '2-level strtab only covers'],
      ['4.x+', 'smmu dev has not bound yet'],
    ],
    source: 'drivers/iommu/arm/arm-smmu/arm-smmu.c: arm_smmu_probe_device, and its like',
    cause: ({ fields }) =>
      fields.has('limit')
        ? `the device tree gives stream ids or masks up to 0x${fields.text('sid')}, and this IOMMU has them up to 0x${fields.text('limit')}`
        : fields.has('other')
          ? `two devices have one stream id (the other is ${fields.text('other')}): they cannot be told apart`
          : 'iommus, iommu-map or #iommu-cells do not describe the device as its IOMMU expects: the device is not translated as meant',
    next: 'compare iommus, iommu-map and #iommu-cells with the binding of the IOMMU and the manual of the chip',
    fixes: ['correct the stream id and mask', 'as many cells as #iommu-cells says', 'an id for each device'],
  },
  {
    id: 'iommu-tables-unreachable',
    kind: 'problem',
    title: 'an IOMMU does not reach its own tables',
    forms: [
      ['4.x+', 'failed to set DMA mask for table walker'],
      ['3.19+', 'DMA mapping error while allocating page table'],
      ['3.19+', 'DMA map error for DT'],
      ['4.x+', 'DMA map error for L{level:dec} table'],
      ['4.x+', 'DMA translation error for L2 table'],
      ['5.8+', "Couldn't map L{level:dec} Page Table"],
      ['4.x+', 'Page table does not fit in PTE: {address:word}'],
    ],
    source: 'drivers/iommu/rockchip-iommu.c: rk_dte_get_page_table, and its like',
    cause:
      'the page tables of the IOMMU lie where it cannot read them: above its own mask, or behind dma-ranges or a bounce buffer. A map or attach failed',
    next: 'how far does the IOMMU reach (its mask, dma-ranges of its bus), and where does RAM end?',
    fixes: ['dma-ranges of the bus of the IOMMU', 'tables below 4 GiB (ZONE_DMA32)', 'mem= to see whether that is it'],
  },
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
    next: 'do maps and unmaps of the device balance? `dmalab trace check` on a trace of the iommu and dma events',
    fixes: ['unmap what was mapped, once', 'use the DMA API instead of iommu_map() with addresses of your own'],
  },
  {
    id: 'iommu-page-request',
    kind: 'problem',
    title: 'page requests of a device that nobody serves',
    forms: [
      ['4.2+', 'unexpected PRI request received:'],
      ['4.2+', 'sid {sid:hex}.{ssid:hex}: [{group:text}] {access:text} access at iova {iova:hex}', 'more'],
      ['4.3+', 'PRQ overflow detected'],
      ['4.3+', 'PRQ overflow cleared', 'more'],
      ['4.3+', 'Page request without PASID: {what:text}'],
      ['4.3+', 'Page request in Privilege Mode'],
      ['4.3+', 'Execution request not supported'],
      ['4.3+', 'Address is not canonical'],
      ['3.x to 6.7', 'Unknown PPR request received'],
      ['5.x+', 'no pending PRQ, drop response'],
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
    id: 'iommu-taken-over',
    kind: 'note',
    title: 'an IOMMU that was on before this kernel',
    forms: [
      ['4.2+', 'Translation was enabled for {unit:word} but we are not in kdump mode'],
      ['4.x+', 'Translation was enabled for IOMMU:{unit:dec} but we are not in kdump mode'],
      ['4.2+', 'Translation already enabled - trying to copy translation structures'],
      ['4.x+', 'Translation is already enabled - trying to copy translation structures'],
      ['4.2+', 'Failed to copy translation tables from previous kernel for {unit:word}'],
      ['4.2+', 'Copied translation tables from previous kernel for {unit:word}'],
      ['4.x+', 'Failed to copy DEV table from previous kernel.'],
      ['4.x+', 'Copied DEV table from previous kernel.'],
      ['4.2+', 'SMMU currently enabled! Resetting...'],
      ['5.11+', 'preserved {count:dec} boot mapping'],
    ],
    source:
      'drivers/iommu/intel/iommu.c: init_dmars; drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_device_reset',
    cause:
      'the firmware or the kernel before (kexec, kdump) left the IOMMU on. What devices still access through it may fault when the tables are replaced',
    next: 'do faults of one device follow right behind? Then the firmware left that device running (a frame buffer, USB)',
    fixes: ['describe what the firmware left running (iommu-addresses, RMR)', 'stop devices before kexec'],
  },
  {
    id: 'iommu-coherence-told',
    kind: 'note',
    title: 'whether an SMMU snoops, as the firmware says against the hardware',
    forms: [
      ['4.2+', 'IDR0.COHACC overridden by FW configuration ({says:word})'],
      ['3.13+', '(IDR0.CTTW overridden by FW configuration)'],
    ],
    source: 'drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_device_hw_probe',
    cause:
      'the register of the SMMU and the firmware (dma-coherent of its node, IORT) differ about whether its table walks snoop; the firmware wins. Where it is wrong, the SMMU reads stale tables and faults at random',
    next: 'which is right, by the manual of the chip?',
    fixes: ['dma-coherent on the node of the SMMU only where it is true'],
  },
  {
    id: 'iommu-unsupported',
    kind: 'problem',
    title: 'an IOMMU that the driver does not take',
    forms: [
      ['3.13+', 'no translation support!'],
      ['4.2+', 'unknown/unsupported TT endianness!'],
      ['4.2+', 'AArch64 table format not supported!'],
      ['4.2+', 'embedded implementation not supported'],
      ['4.2+', 'command queue size <= {size:dec} entries not supported'],
      ['3.13+', 'stream-matching supported, but no SMRs present!'],
      ['3.13+', 'impossible number of S2 context banks!'],
      ['5.15+', 'MMIO region too small ({region:text})'],
      ['5.15+', 'DART is locked down until reboot: {bits:hex}'],
      ['4.14+', 'secure init failed: {err:dec}'],
      ['4.14+', 'cannot init secure pg table({err:dec})'],
      ['2.6.x+', 'No supported address widths. Not attempting DMA translation.'],
      ['5.x+', 'IOMMU version({version:dec}) is invalid.'],
      ['2.6.x+', 'Parse DMAR table failure.'],
      ['2.6.x+', 'IVRS invalid checksum'],
      ['2.6.x+', 'IVRS table error: {why:text}'],
      ['3.x+', 'This is a BIOS bug. Please contact your hardware vendor'],
      ['2.6.x+', 'Allocating root entry for {unit:word} failed'],
      ['2.6.x+', 'No free domain ids'],
      ['2.6.x+', 'Domain context map failed'],
    ],
    source: 'drivers/iommu: the probe functions',
    cause:
      'the IOMMU, or what the firmware says of it, is not what the driver can use: it stays off, and devices behind it run without translation (or not at all, where it blocks what is not set up)',
    next: 'the lines before and behind: which unit, and is there a newer firmware?',
    fixes: ['newer firmware', 'intel_iommu=off or amd_iommu=off, to see whether devices work without'],
  },
  {
    id: 'iommu-default-domain',
    kind: 'note',
    title: 'the kind of domain that a device gets',
    forms: [
      [
        '5.8+',
        'Device needs domain type {need:text}, but device {other:word} in the same iommu group requires type {type:text} - using default',
      ],
      ['5.11+', 'Cannot change default domain: Group has more than one device'],
      ['5.11+', 'Cannot change default domain: Device has been changed'],
      ['5.11+', 'Group not assigned to default domain'],
      ['5.11+', 'Device is still bound to driver'],
      ['5.11+', 'Device cannot be in {type:word} domain'],
      ['5.x+', 'Memory encryption detected - Disabling default IOMMU Passthrough'],
      ['5.x+', 'Using strict mode due to virtualization'],
      ['5.x+', 'IOMMU batching disallowed due to virtualization'],
      ['4.x+', 'Failed to build identity map for [{range:text}]'],
      ['6.x+', "V2 page table doesn't support passthrough mode. Fallback to v1."],
      ['6.x+', 'Cannot enable v2 page table for DMA-API. Fallback to v1.'],
    ],
    source: 'drivers/iommu/iommu.c: iommu_get_def_domain_type, iommu_change_dev_def_domain',
    cause:
      'the kernel says which kind of domain (translated, identity) a device or its group gets, or why it does not get another one: all devices of a group share one',
    next: 'cat /sys/kernel/iommu_groups/*/type',
    fixes: [
      'iommu.passthrough=, iommu.strict= on the command line',
      'unbind all drivers of the group before changing its type',
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
