// SMMUv3 events, their data words, and errors of the command queue in words.
//
// Models: Linux v6.12 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.h: EVTQ_0_SID, EVTQ_1_RnW, EVTQ_2_ADDR
// Models: Linux v6.12 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_evtq_thread, arm_smmu_gerror_handler
import { bit, bitsOf, halves, named } from './bits.ts'

interface Event {
  readonly name: string
  readonly says: string
}

/** Event numbers of the Arm SMMU architecture. */
const EVENTS: Readonly<Record<number, Event>> = {
  0x01: { name: 'F_UUT', says: 'an unsupported upstream transaction' },
  0x02: {
    name: 'C_BAD_STREAMID',
    says: 'a stream id beyond the stream table: the device tree or IORT gives the device another one',
  },
  0x03: { name: 'F_STE_FETCH', says: 'the stream table entry could not be read (external abort)' },
  0x04: {
    name: 'C_BAD_STE',
    says: 'an invalid stream table entry: the stream was never set up (device not attached, or iommus/iommu-map missing)',
  },
  0x05: { name: 'F_BAD_ATS_TREQ', says: 'an ATS request that the stream does not allow' },
  0x06: {
    name: 'F_STREAM_DISABLED',
    says: 'a stream that is switched off: traffic without a substream where one is needed',
  },
  0x07: { name: 'F_TRANSL_FORBIDDEN', says: 'a pre-translated (ATS) access that the stream does not allow' },
  0x08: { name: 'C_BAD_SUBSTREAMID', says: 'a substream id (PASID) beyond the table of contexts' },
  0x09: { name: 'F_CD_FETCH', says: 'the context descriptor could not be read (external abort)' },
  0x0a: { name: 'C_BAD_CD', says: 'an invalid context descriptor' },
  0x0b: { name: 'F_WALK_EABT', says: 'an external abort while the page tables were read' },
  0x10: { name: 'F_TRANSLATION', says: 'not mapped: the address has no translation' },
  0x11: { name: 'F_ADDR_SIZE', says: 'an address size fault: the output address is beyond what is configured' },
  0x12: { name: 'F_ACCESS', says: 'the entry has no access flag' },
  0x13: {
    name: 'F_PERMISSION',
    says: 'no permission: mapped, but not for this access (a write to a read-only mapping: the direction of the map is wrong)',
  },
  0x20: { name: 'F_TLB_CONFLICT', says: 'two TLB entries for one address' },
  0x21: { name: 'F_CFG_CONFLICT', says: 'two cached configurations of one stream' },
  0x24: { name: 'E_PAGE_REQUEST', says: 'a page request hint' },
  0x25: { name: 'F_VMS_FETCH', says: 'the VMS could not be read (external abort)' },
}

/** `0x10` or `F_TRANSLATION`; a name may lack the F or C. */
export const smmuV3Event = (id: string): Event & { readonly number: number } => {
  const byName = Object.entries(EVENTS).find(([, { name }]) => id.replace(/_FAULT$/, '') === name)
  const number = byName === undefined ? Number.parseInt(id, 16) : Number(byName[0])
  const known = EVENTS[number]
  return {
    number,
    name: known?.name ?? id,
    says: known?.says ?? `an event that the architecture does not name (${id})`,
  }
}

/** Faults of a translation have an address and an access in their data words. */
export const hasAddress = (number: number): boolean => number >= 0x10 && number <= 0x13

export interface EventWords {
  readonly stream: number
  readonly substream: number | undefined
  readonly access: string
  readonly iova: string
  readonly stage: number
}

/** The first three of the four words that are dumped. */
export const smmuV3Words = (first: string, second: string, third: string): EventWords => {
  const head = halves(first)
  const { high, low } = halves(second)
  const kind = bit(high, 3) ? 'read' : 'write'
  return {
    stream: head.high,
    substream: bit(head.low, 11) ? bitsOf(head.low, 12, 20) : undefined,
    access: `${bit(high, 2) ? 'instruction ' : ''}${kind}${bit(high, 1) ? ' (privileged)' : ''}${bit(low, 31) ? ', stalled' : ''}`,
    iova: `0x${third.replace(/^0+(?=.)/, '')}`,
    stage: bit(high, 7) ? 2 : 1,
  }
}

const GERROR: Readonly<Record<number, string>> = {
  0: 'a command queue error',
  2: 'an event could not be written (EVTQ abort)',
  3: 'a page request could not be written (PRIQ abort)',
  4: 'an MSI write of the command queue was aborted',
  5: 'an MSI write of the event queue was aborted',
  6: 'an MSI write of the page request queue was aborted',
  7: 'an MSI write of the error interrupt was aborted',
  8: 'the SMMU is in service failure mode',
}

export const smmuV3Gerror = (value: number): string => {
  const words = named(value, GERROR)
  return words.length === 0 ? `unknown error 0x${value.toString(16)}` : words.join(', ')
}
