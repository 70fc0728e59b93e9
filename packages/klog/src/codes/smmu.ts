// Fault registers of SMMUv1 and v2 in words.
//
// Models: Linux v6.12 drivers/iommu/arm/arm-smmu/arm-smmu.h: ARM_SMMU_CB_FSR, ARM_SMMU_CB_FSYNR0
// Models: Linux v6.12 drivers/iommu/arm/arm-smmu/arm-smmu.c: arm_smmu_print_context_fault_info, arm_smmu_global_fault
import { bit, named } from './bits.ts'

const FSR: Readonly<Record<number, string>> = {
  1: 'not mapped (translation fault)',
  2: 'the entry has no access flag',
  3: 'no permission for this access',
  4: 'an external abort while the tables were read',
  5: 'two TLB entries for one address',
  6: 'a TLB lock fault',
  7: 'an address size fault',
  8: 'an unsupported upstream transaction',
}

/** What FSR says. */
export const smmuFault = (fsr: number): string => {
  const words = named(fsr, FSR)
  const more = bit(fsr, 31) ? '; more faults came before it was read' : ''
  const stalled = bit(fsr, 30) ? '; the transaction is stalled' : ''
  return `${words.length === 0 ? `unknown fault 0x${fsr.toString(16)}` : words.join(', ')}${stalled}${more}`
}

/** Read or write, and by whom, from FSYNR0. */
export const smmuAccess = (fsynr: number): string => {
  const kind = bit(fsynr, 4) ? 'write' : bit(fsynr, 6) ? 'instruction fetch' : 'read'
  return `${kind}${bit(fsynr, 5) ? ' (privileged)' : ''}${bit(fsynr, 10) ? ', while walking the tables' : ''}`
}

const GFSR: Readonly<Record<number, string>> = {
  0: 'invalid context: the stream has no context bank',
  1: 'unknown stream: no stream match entry for it',
  2: 'several stream match entries for one stream',
  3: 'an unimplemented context bank',
  4: 'an unimplemented context interrupt',
  5: 'a configuration access fault',
  6: 'an external fault',
  7: 'a permission fault (secure state)',
  8: 'an unsupported upstream transaction',
}

export const smmuGlobalFault = (gfsr: number): string => {
  const words = named(gfsr, GFSR)
  return words.length === 0 ? `unknown fault 0x${gfsr.toString(16)}` : words.join(', ')
}
