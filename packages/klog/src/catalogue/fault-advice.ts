// What faults of all IOMMUs share: what to ask and to try, and how an address is said.
import type { Entry, Form, Say, Seen } from './entry.ts'

export const FAULT_NEXT =
  'is the faulting address a physical address (wrong address programmed), inside a range unmapped just before (use after unmap), or right behind a mapping (overrun)? A trace tells: `dmalab trace check FILE`'
export const FAULT_FIXES: readonly string[] = [
  'keep the mapping until the device has stopped',
  'program the DMA address, not the physical one',
  'map with the direction of the transfer',
  'map as much as the device reads: stride and padding too',
  'an identity mapping (iommu-addresses) for what firmware left running',
]

/** A fault of one driver: only its words differ. */
export const fault = (id: string, title: string, source: string, forms: readonly Form[], cause: Say): Entry => ({
  id,
  kind: 'problem',
  title,
  forms,
  source,
  cause,
  next: FAULT_NEXT,
  fixes: FAULT_FIXES,
  code: 'iommu-fault',
})

/** Where the access went. */
export const at = ({ fields }: Seen): string =>
  fields.has('iova') ? ` at IOVA 0x${fields.text('iova').replace(/^0+(?=.)/, '')}` : ''
