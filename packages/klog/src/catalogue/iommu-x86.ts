// Intel and AMD IOMMUs.
//
// Models: Linux v6.12 drivers/iommu/intel/dmar.c: dmar_fault_do_one, dmar_fault, qi_dump_fault
// Models: Linux v6.12 drivers/iommu/intel/iommu.c: __domain_mapping
// Models: Linux v4.11 drivers/iommu/dmar.c: dmar_fault_do_one
// Models: Linux v6.12 drivers/iommu/amd/iommu.c: iommu_print_event, amd_iommu_report_page_fault, wait_on_sem, iommu_completion_wait
// Models: Linux v4.11 drivers/iommu/amd_iommu.c: iommu_print_event
import { ownValue } from '@dmalab/api'
import { amdFlags } from '../codes/amd.ts'
import { dmarReason } from '../codes/dmar.ts'
import { entries, type Fields, type Seen } from './entry.ts'
import { FAULT_FIXES, FAULT_NEXT } from './fault-advice.ts'

/** Reasons are decimal until 5.10, with 0x since. */
const reasonOf = ({ fields }: Seen): string | undefined => {
  if (fields.has('reason')) return dmarReason(fields.hex('reason'))
  return fields.has('decimal') ? dmarReason(fields.num('decimal')) : undefined
}

const dmar = (seen: Seen): string => {
  const { fields } = seen
  const reason = reasonOf(seen)
  return (
    dmarWho(fields) +
    (reason === undefined ? ': not mapped, or no permission; the next line has the reason' : `: ${reason}`)
  )
}
const dmarWho = (fields: Fields): string => {
  const pasid = fields.text('pasid')
  const process = pasid === '' || /^f{5,8}$/.test(pasid) ? '' : ` with PASID 0x${pasid}`
  const where = fields.has('address') ? ` at 0x${fields.text('address')}` : ''
  return fields.has('bdf')
    ? `device ${fields.text('bdf')}${process} tried a ${fields.text('access').toLowerCase()}${where}`
    : 'a device was stopped (the line before names it)'
}

const amd = ({ fields, device }: Seen): string => {
  const who = fields.has('bdf') ? fields.text('bdf') : device
  const { access, why } = amdFlags(fields.hex('flags'))
  return `${who === '' ? 'a device' : `device ${who}`} tried a ${access} at 0x${fields.text('address')}${fields.has('domain') ? ` (domain 0x${fields.text('domain')})` : ''}: ${why}`
}

/** Other events of the AMD IOMMU by their name. */
const AMD_EVENTS: Readonly<Record<string, string>> = {
  ILLEGAL_DEV_TABLE_ENTRY:
    'an invalid entry in the device table: the device was not set up, or the table was not flushed',
  DEV_TAB_HARDWARE_ERROR: 'a hardware error while the device table was read',
  DEV_TAB_HARDWARE_: 'a hardware error while the device table was read',
  PAGE_TAB_HARDWARE_ERROR: 'a hardware error while page tables were read',
  ILLEGAL_COMMAND_ERROR:
    'an invalid command in the command buffer: a bug of the driver, or memory that was overwritten',
  COMMAND_HARDWARE_ERROR: 'a hardware error while commands were read',
  IOTLB_INV_TIMEOUT:
    'timeout: the device does not answer an invalidation of its own TLB (ATS). It hangs, was removed, or its ATS is broken',
  INVALID_DEVICE_REQUEST:
    'a request that the device may not make (an address in a reserved range, or an ATS or interrupt request without permission)',
  IO_PAGE_FAULT: 'a page fault: the address is not mapped for the device, or not for this access',
  INVALID_PPR_REQUEST: 'a page request that is not allowed',
  RMP_HW_ERROR: 'SEV-SNP: a hardware error while the RMP was read',
  RMP_PAGE_FAULT: 'SEV-SNP: the device accessed memory of a guest that the RMP keeps from it',
}

const amdEvent = ({ fields }: Seen): string => {
  // A mail program may have taken the blank behind the name.
  const printed = fields.text('event')
  const name = Object.keys(AMD_EVENTS).find((event) => printed.startsWith(event)) ?? printed
  const says = ownValue(AMD_EVENTS, name) ?? `an event that the kernel does not decode (${name})`
  const who = (fields.has('who') ? fields.text('who') : /device=(\S+)/.exec(printed)?.[1])?.replace(/,$/, '')
  return `${name}: ${says}${who === undefined ? '' : `; device ${who}`}`
}

const REQUEST = '] Request device [{bdf:word}]'

export const IOMMU_X86 = entries([
  {
    id: 'dmar-fault',
    kind: 'problem',
    title: 'the Intel IOMMU stopped an access',
    forms: [
      ['5.17+', `[DMA {access:word} NO_PASID${REQUEST} fault addr {address:hex} [fault reason 0x{reason:hex}]`],
      ['5.17+', `[DMA {access:word} NO_PASID${REQUEST} fault addr {address:hex} [fault reason {decimal:dec}]`],
      [
        '5.17+',
        `[DMA {access:word} PASID {pasid:hex}${REQUEST} fault addr {address:hex} [fault reason 0x{reason:hex}]`,
      ],
      ['5.17+', `[DMA {access:word} PASID {pasid:hex}${REQUEST} fault addr {address:hex} [fault reason {decimal:dec}]`],
      ['5.13 to 5.16', `[DMA {access:word} NO_PASID${REQUEST} fault addr {address:hex} [fault reason 0x{reason:hex}]`],
      ['5.13 to 5.16', `[DMA {access:word} NO_PASID${REQUEST} fault addr {address:hex} [fault reason {decimal:dec}]`],
      [
        '4.18 to 5.12',
        `[DMA {access:word}${REQUEST} PASID {pasid:hex} fault addr {address:hex} [fault reason 0x{reason:hex}]`,
      ],
      [
        '4.18 to 5.12',
        `[DMA {access:word}${REQUEST} PASID {pasid:hex} fault addr {address:hex} [fault reason {decimal:dec}]`,
      ],
      ['4.5 to 4.17', `[DMA {access:word}${REQUEST} fault addr {address:hex} [fault reason 0x{reason:hex}]`],
      ['4.5 to 4.17', `[DMA {access:word}${REQUEST} fault addr {address:hex} [fault reason {decimal:dec}]`],
      ['2.6 to 4.4', `[DMA {access:word}${REQUEST} fault addr {address:hex} DMAR:[fault reason 0x{reason:hex}]`],
      ['2.6 to 4.4', `[DMA {access:word}${REQUEST} fault addr {address:hex} DMAR:[fault reason {decimal:dec}]`],
      ['2.6 to 4.4', `[DMA {access:word}${REQUEST} fault addr {address:hex}`],
      ['any', 'DMAR:[fault reason 0x{reason:hex}]', 'more'],
      ['any', 'DMAR:[fault reason {decimal:dec}]', 'more'],
    ],
    source: 'drivers/iommu/intel/dmar.c: dmar_fault_do_one',
    cause: dmar,
    next: FAULT_NEXT,
    fixes: [...FAULT_FIXES, 'a quirk, or intel_iommu=igfx_off, where the graphics device or firmware is at fault'],
    code: 'iommu-fault',
  },
  {
    id: 'dmar-interrupt-fault',
    kind: 'problem',
    title: 'the Intel IOMMU stopped an interrupt',
    forms: [
      ['2.6+', '[INTR-REMAP] Request device [{bdf:word}] fault index {index:hex} [fault reason 0x{reason:hex}]'],
      ['2.6+', '[INTR-REMAP] Request device [{bdf:word}] fault index {index:hex} [fault reason {decimal:dec}]'],
      ['2.6 to 4.4', 'INTR-REMAP: Request device [[{bdf:word}] fault index {index:hex}'],
      ['2.6 to 4.4', 'INTR-REMAP:[fault reason 0x{reason:hex}]'],
      ['2.6 to 4.4', 'INTR-REMAP:[fault reason {decimal:dec}]'],
    ],
    source: 'drivers/iommu/intel/dmar.c: dmar_fault_do_one',
    cause: (seen) => {
      const who = seen.fields.has('bdf')
        ? `device ${seen.fields.text('bdf')} raised an interrupt that was blocked`
        : 'an interrupt was blocked'
      return `${who}: ${reasonOf(seen) ?? 'the next line has the reason'}. No memory was touched`
    },
    next: 'was the interrupt freed while the device was still active?',
    fixes: ['stop the device before freeing its interrupts', 'a firmware update where the source id is wrong'],
  },
  {
    id: 'dmar-fault-status',
    kind: 'note',
    title: 'the Intel IOMMU reports a fault',
    forms: [
      ['4.5+', 'DRHD: handling fault status reg {status:hex}'],
      ['2.6+', 'DRHD: handling fault status reg {status:hex}'],
      ['5.16+', 'Dump dmar{unit:dec} table entries for IOVA {address:hex}'],
    ],
    source: 'drivers/iommu/intel/dmar.c: dmar_fault',
    cause: 'a fault interrupt of the IOMMU: the next line has device, address and reason',
    next: 'read the next DMAR line; without one, the fault was not a DMA fault or was rate limited',
    fixes: [],
  },
  {
    id: 'dmar-queue-error',
    kind: 'problem',
    title: 'an invalidation of the Intel IOMMU failed',
    forms: [
      ['5.18+', 'VT-d detected Invalidation Queue Error: Reason {reason:hex}'],
      ['5.18+', 'VT-d detected Invalidation Time-out Error: SID {sid:hex}'],
      ['5.18+', 'VT-d detected Invalidation Completion Error: SID {sid:hex}'],
      ['5.18+', 'VT-d detected Invalidation Time-out Error'],
    ],
    source: 'drivers/iommu/intel/dmar.c: qi_dump_fault',
    cause: ({ fields }) =>
      fields.has('reason')
        ? 'the invalidation queue has a bad descriptor: a bug of the driver, or memory that was overwritten'
        : `timeout: a device${fields.hex('sid') === 0 ? '' : ` (source id 0x${fields.text('sid')})`} does not answer an invalidation of its own TLB (ATS). It hangs, was removed, or its ATS is broken`,
    next: 'which device uses ATS (lspci -vv)?',
    fixes: ['pci=noats to see whether ATS is the matter', 'reset the device that hangs'],
  },
  {
    id: 'dmar-pte-set',
    kind: 'problem',
    title: 'an IOVA was mapped twice',
    forms: [
      ['2.6+', 'ERROR: DMA PTE for vPFN {pfn:hex} already set (to {old:hex} not {now:hex})'],
      ['2.6+', 'ERROR: DMA PTE for vPFN {pfn:hex} already set'],
    ],
    source: 'drivers/iommu/intel/iommu.c: __domain_mapping',
    cause: ({ fields }) =>
      `the page 0x${fields.text('pfn')} of the IOVA space is already mapped (to 0x${fields.text('old')}): an unmap of it was lost or had the wrong size, or two allocators share the domain`,
    next: '`dmalab trace check FILE`: which unmap has another size than its map?',
    fixes: ['unmap with the size of the mapping', 'one owner of IOVAs in a domain'],
    code: 'unmap-size',
  },
  {
    id: 'dmar-firmware',
    kind: 'problem',
    title: 'the firmware describes the Intel IOMMU wrongly',
    forms: [
      ['2.6+', 'Your BIOS is broken; bad RMRR [{range:text}]'],
      ['5.6+', 'No firmware reserved region can cover this RMRR [{range:text}]'],
      ['2.6+', 'Your BIOS is broken; DMAR reported at address {address:hex}'],
      ['2.6+', 'Your BIOS is broken; RHSA refers to non-existent DMAR unit'],
      ['4.x+', 'Firmware Bug]: RMRR entry for device {bdf:word} is broken'],
      ['2.6+', 'No DRHD structure found in DMAR table'],
      ['2.6+', 'Unable to map DMAR'],
      ['5.x+', 'RMRR entry for device {bdf:word} is broken - applying workaround'],
    ],
    source: 'drivers/iommu/intel/iommu.c: dmar_parse_one_rmrr; drivers/iommu/intel/dmar.c: warn_invalid_dmar',
    cause:
      'the DMAR table of the firmware is wrong: units or reserved ranges (RMRR) lie where they cannot. The kernel works around it, and devices of that range may fault',
    next: 'is there a newer firmware?',
    fixes: ['update the firmware', 'switch off the feature that the range belongs to'],
  },
  {
    id: 'amd-io-page-fault',
    kind: 'problem',
    title: 'the AMD IOMMU stopped an access',
    forms: [
      ['4.20+', 'IO_PAGE_FAULT domain={domain:hex} address={address:hex} flags={flags:hex}]'],
      ['3.x+', 'IO_PAGE_FAULT device={bdf:word} domain={domain:hex} address={address:hex} flags={flags:hex}]'],
    ],
    source: 'drivers/iommu/amd/iommu.c: amd_iommu_report_page_fault',
    cause: amd,
    next: FAULT_NEXT,
    fixes: [...FAULT_FIXES, 'iommu=pt to see whether translation is the matter'],
    code: 'iommu-fault',
  },
  {
    id: 'amd-event',
    kind: 'problem',
    title: 'an event of the AMD IOMMU',
    forms: [
      ['3.x+', 'Event logged [{event:word} device={who:word} {rest:text}]'],
      ['3.x+', 'Event logged [{event:word} address={rest:text}]'],
      ['6.x+', 'Event logged [{event:word} vmg_tag={rest:text}]'],
      ['5.x+', 'Event logged [{event:word} event[0]={rest:text}]'],
      ['3.x+', 'Event logged [{event:word} {rest:text}]'],
      ['6.x+', 'Event logged [Device not attached to domain properly]'],
      ['6.x+', 'AMD-Vi: device={bdf:word} domain={domain:hex}'],
    ],
    source: 'drivers/iommu/amd/iommu.c: iommu_print_event',
    cause: (seen) =>
      seen.fields.has('event')
        ? amdEvent(seen)
        : `a device${seen.fields.has('bdf') ? ` (${seen.fields.text('bdf')})` : ''} does DMA and is attached to no domain: its driver is gone, or never attached`,
    next: FAULT_NEXT,
    fixes: FAULT_FIXES,
    code: 'iommu-fault',
  },
  {
    id: 'amd-timeout',
    kind: 'problem',
    title: 'the AMD IOMMU does not answer',
    forms: [
      ['3.x+', 'AMD-Vi: Completion-Wait loop timed out'],
      ['3.x+', 'AMD-Vi: Command buffer timeout'],
      ['5.x+', 'AMD-Vi: No event written to event log'],
      ['3.x to 6.x', 'IOMMU event log overflow'],
    ],
    source: 'drivers/iommu/amd/iommu.c: wait_on_sem, __iommu_queue_command_sync',
    cause:
      'timeout: the IOMMU did not finish a command, mostly because a device with ATS does not answer the invalidation of its TLB; it hangs, was removed or is in a reset',
    next: 'do IOTLB_INV_TIMEOUT events name the device?',
    fixes: ['reset that device', 'pci=noats to see whether ATS is the matter', 'amd_iommu=off, or iommu=pt, to go on'],
  },
])
