// Flags of AMD IOMMU events in words.
//
// Models: Linux v6.12 drivers/iommu/amd/amd_iommu_types.h: EVENT_FLAG_RW, EVENT_FLAG_I
// Models: Linux v6.12 drivers/iommu/amd/iommu.c: iommu_print_event, amd_iommu_report_page_fault
import { bit } from './bits.ts'

/** Bits of the AMD IOMMU specification: GN 0, NX 1, US 2, I 3, PR 4, RW 5, PE 6, RZ 7, TR 8. */
export const amdFlags = (flags: number): { readonly access: string; readonly why: string } => {
  if (bit(flags, 3))
    return { access: 'interrupt', why: 'an interrupt request without a valid entry in the interrupt table' }
  // RW has a meaning where a translation was present, or for a translation request.
  const access = bit(flags, 5) ? 'write' : bit(flags, 1) ? 'instruction fetch' : 'read'
  if (bit(flags, 7)) return { access, why: 'reserved bits are set in a table entry' }
  if (!bit(flags, 4))
    return { access: bit(flags, 5) ? 'write' : 'read or write', why: 'not mapped: no translation is present' }
  return {
    access,
    why: bit(flags, 6)
      ? 'no permission: mapped, but not for this access'
      : 'a translation is present, and the access was refused',
  }
}
