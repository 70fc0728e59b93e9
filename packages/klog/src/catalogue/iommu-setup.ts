// IOMMUs that are set up wrongly: devices that could not be attached, stream ids, tables out of reach, what firmware left on.
//
// Models: Linux v6.1 drivers/iommu/arm/arm-smmu/arm-smmu.c: arm_smmu_attach_dev
// Models: Linux v6.1 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_attach_dev
// Models: Linux v6.12 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_insert_master, arm_smmu_device_hw_probe
// Models: Linux v6.12 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_init_one_queue, arm_smmu_device_reset
// Models: Linux v6.12 drivers/iommu/arm/arm-smmu/arm-smmu.c: arm_smmu_probe_device, arm_smmu_device_cfg_probe
// Models: Linux v6.12 drivers/iommu/arm/arm-smmu/qcom_iommu.c: qcom_iommu_attach_dev
// Models: Linux v6.12 drivers/iommu/ipmmu-vmsa.c: ipmmu_attach_device
// Models: Linux v6.12 drivers/iommu/rockchip-iommu.c: rk_dte_get_page_table
// Models: Linux v6.1 drivers/iommu/iommu.c: iommu_get_def_domain_type, iommu_change_dev_def_domain
// Models: Linux v6.12 drivers/iommu/hyperv-iommu.c: hyperv_root_ir_remapping_select
import { entries } from './entry.ts'

export const IOMMU_SETUP = entries([
  {
    id: 'iommu-attach-refused',
    kind: 'problem',
    title: 'a device could not be attached to an IOMMU domain',
    forms: [
      ['3.13 to 6.x', 'cannot attach to SMMU, is it on the same bus?'],
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
    id: 'iommu-start-failed',
    kind: 'problem',
    title: 'an IOMMU could not be started',
    forms: [
      ['any', 'failed to allocate queue ({room:hex} bytes)'],
      ['any', 'failed to allocate queue ({room:hex} bytes) for {queue:word}'],
      ['any', 'failed to allocate l1 stream table ({size:dec} bytes)'],
      ['any', 'failed to allocate linear stream table ({size:dec} bytes)'],
      ['any', 'failed to allocate l2 stream table for SID {sid:dec}'],
      ['any', 'failed to enable command queue'],
      ['any', 'failed to enable event queue'],
      ['any', 'failed to enable PRI queue'],
      ['any', 'failed to enable SMMU interface'],
      ['any', 'found only {irqs:dec} context irq(s) but {needed:dec} required'],
      ['any', 'failed to allocate arm_smmu_device'],
      ['any', 'Failed to register iommu'],
      ['any', 'Failed to register iommu in sysfs'],
      ['any', 'Failed to populate iommu contexts'],
      ['any', 'failed to get iommu secure pgtable size ({err:dec})'],
      ['any', 'failed to init iommu pgtable ({err:dec})'],
      ['any', 'failed to allocate pagetable ops'],
      ['5.x+', 'memory controller probe failed for {master:word}: {err:dec}'],
      ['any', 'Failed to enable iommu bclk({err:dec})'],
      ['any', 'Failed to alloc io pgtable'],
      ['any', "can't get omap iommu: {err:dec}"],
    ],
    source:
      'drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_init_one_queue, arm_smmu_device_reset, and its like in the other drivers',
    cause: ({ fields }) =>
      `${
        fields.has('size') || fields.has('room')
          ? `no ${fields.has('room') ? `0x${fields.text('room')}` : fields.text('size')} contiguous bytes for a queue or table of the IOMMU: it needs coherent memory that it reaches itself`
          : fields.has('needed')
            ? `the device tree gives it ${fields.text('irqs')} interrupts for its contexts, and it has ${fields.text('needed')}`
            : 'it does not answer, or lacks what it needs: its clock or power domain, an interrupt, memory, or the firmware’s leave'
      }. Devices behind it are not probed (they wait for it), or work without translation where the kernel lets them`,
    next: 'what stands right before it about clocks, power domains and memory? `dmalab board facts FILE.dtb`: which devices lie behind it',
    fixes: [
      'clocks, power-domains and interrupts of its node, as its binding asks for them',
      'memory that it reaches: dma-ranges of its bus, a CMA area of that size',
      'firmware that leaves it to the kernel',
      'take iommus from one device to see what else is wrong; not in a product',
    ],
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
      ['2.6.x to 6.x', 'Domain context map failed'],
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
        '5.8 to 6.x',
        'Device needs domain type {need:text}, but device {other:word} in the same iommu group requires type {type:text} - using default',
      ],
      ['5.11 to 6.x', 'Cannot change default domain: Group has more than one device'],
      ['5.11 to 6.x', 'Cannot change default domain: Device has been changed'],
      ['5.11 to 6.x', 'Group not assigned to default domain'],
      ['5.11 to 6.x', 'Device is still bound to driver'],
      ['5.11 to 6.x', 'Device cannot be in {type:word} domain'],
      ['5.x+', 'Memory encryption detected - Disabling default IOMMU Passthrough'],
      ['5.x+', 'Using strict mode due to virtualization'],
      ['5.x+', 'IOMMU batching disallowed due to virtualization'],
      ['4.x to 6.x', 'Failed to build identity map for [{range:text}]'],
      ['6.0 to 6.x', "V2 page table doesn't support passthrough mode. Fallback to v1."],
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
])
