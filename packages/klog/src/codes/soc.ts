// Fault codes of the IOMMUs in systems on chip, in words.
//
// Models: Linux v6.12 drivers/iommu/mtk_iommu.c: mtk_iommu_isr, mtk_iommu_hw_init
// Models: Linux v6.12 drivers/iommu/ipmmu-vmsa.c: ipmmu_domain_irq
// Models: Linux v6.12 drivers/iommu/omap-iommu.c: omap_iommu_fault_handler, iommu_report_fault
// Models: Linux v6.12 drivers/iommu/msm_iommu.c: print_ctx_regs
import { named } from './bits.ts'

/** Interrupts of one MediaTek MMU: 7 bits for each of two. */
const MTK: Readonly<Record<number, string>> = {
  0: 'not mapped (translation fault)',
  1: 'the main TLB has two entries for one address',
  2: 'an invalid physical address',
  3: 'the TLB entry was replaced',
  4: 'a TLB miss fault',
  5: 'the queue of misses overflowed',
  6: 'the queue of prefetches overflowed',
}
const MTK_BITS = 7

/** `int_state` of mtk_iommu: which of the two MMUs does not matter. */
export const mtkFault = (state: number): string => {
  const first = named(state % 2 ** MTK_BITS, MTK)
  const words = first.length > 0 ? first : named(Math.floor(state / 2 ** MTK_BITS), MTK)
  return words[0] ?? `fault 0x${state.toString(16)}`
}

/** IMSTR of ipmmu-vmsa. */
export const ipmmuFault = (status: number): string => {
  const words = named(status, {
    0: 'not mapped (translation fault)',
    1: 'no permission (page fault)',
    2: 'the table walk was aborted',
    4: 'two TLB entries for one address',
  })
  return words.length === 0 ? `status 0x${status.toString(16)}` : words.join(', ')
}

/** IRQSTATUS of omap-iommu. */
export const omapFault = (errors: number): string => {
  const words = named(errors, {
    0: 'no TLB entry, and the table walker is off',
    1: 'not mapped (translation fault)',
    2: 'an emulated TLB miss',
    3: 'the table walk was refused by the bus',
    4: 'two TLB entries for one address',
  })
  return words.length === 0 ? `errors 0x${errors.toString(16)}` : words.join(', ')
}

/** Names of dart faults as the driver prints them. */
export const dartFault = (name: string): { readonly access: string; readonly says: string } => {
  if (name.startsWith('WRITE')) return { access: 'write', says: 'no permission to write' }
  if (name.startsWith('READ')) return { access: 'read', says: 'no permission to read' }
  if (name.startsWith('NO TTBR'))
    return { access: 'access', says: 'not mapped: the stream has no page table (not attached, or another stream id)' }
  return { access: 'access', says: 'not mapped' }
}
