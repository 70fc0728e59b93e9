// Fault reasons of the Intel IOMMU in words.
//
// Models: Linux v6.12 drivers/iommu/intel/dmar.c: dmar_get_fault_reason, dmar_fault_do_one

/** Legacy mode: reasons 1 to 13. */
const LEGACY: Readonly<Record<number, string>> = {
  0x01: 'the bus has no entry in the root table: not mapped, the device was never attached to a domain',
  0x02: 'the device has no context entry: not mapped, it was never attached to a domain (a wrong requester id, or a device that the firmware still drives)',
  0x03: 'an invalid context entry',
  0x04: 'the address is beyond what the IOMMU can translate',
  0x05: 'no permission to write: the address is not mapped, or mapped for reading only (wrong direction)',
  0x06: 'no permission to read: the address is not mapped, or mapped for writing only (wrong direction)',
  0x07: 'a page table pointer is wrong',
  0x08: 'the root table address is wrong',
  0x09: 'the context table pointer is wrong',
  0x0a: 'reserved bits are set in a root entry',
  0x0b: 'reserved bits are set in a context entry',
  0x0c: 'reserved bits are set in a page table entry',
  0x0d: 'translated requests are blocked for this device',
}
/** Interrupt remapping: reasons 0x20 to 0x26. */
const INTERRUPT: Readonly<Record<number, string>> = {
  0x20: 'reserved bits are set in the interrupt request',
  0x21: 'the interrupt index is beyond the table',
  0x22: 'the entry of this interrupt is not present: it was freed while the device still raises it',
  0x23: 'the interrupt table could not be read',
  0x24: 'reserved bits are set in the entry',
  0x25: 'an interrupt in the old format was blocked',
  0x26: 'another device than the entry names raised the interrupt',
}
/** Scalable mode: ranges by the table that failed. */
const SCALABLE: readonly (readonly [from: number, to: number, says: string])[] = [
  [0x30, 0x32, 'the root table or translation mode is wrong'],
  [0x38, 0x3a, 'the root entry is absent or wrong'],
  [0x40, 0x48, 'the context entry is absent or wrong: the device is not attached'],
  [0x50, 0x52, 'the PASID directory entry is absent or wrong'],
  [0x58, 0x5d, 'the PASID table entry is absent or wrong'],
  [0x71, 0x71, 'not mapped: the first-level entry is not present'],
  [0x70, 0x77, 'a first-level page table entry is wrong or not permitted'],
  [0x79, 0x79, 'no permission: the second-level entry is not mapped for this access'],
  [0x78, 0x7c, 'a second-level page table entry is wrong or not permitted'],
  [0x80, 0x84, 'the address is not canonical or beyond the limit'],
  [0x85, 0x85, 'no permission to write: not mapped, or mapped for reading only (wrong direction)'],
  [0x86, 0x86, 'no permission to read: not mapped, or mapped for writing only (wrong direction)'],
  [0x87, 0x90, 'an address in the interrupt range, or an accessed/dirty update that is not allowed'],
]

export const dmarReason = (reason: number): string =>
  LEGACY[reason] ??
  INTERRUPT[reason] ??
  SCALABLE.find(([from, to]) => reason >= from && reason <= to)?.[2] ??
  `reason 0x${reason.toString(16)}, which the kernel does not name`
