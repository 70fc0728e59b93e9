// Which dma-debug type an event has, per release.
import { ATTR, type KernelText } from '@dmalab/api'
import type { EntryType } from './entry.ts'

/** DMA_ATTR_MMIO of 6.18 and later: how a resource mapping shows there. */
export const ATTR_MMIO = 1024

/** Page, single and resource mappings: three types in 4.11, two until 6.17, one with an attribute since. */
export const pageType = (
  event: { readonly event: string; readonly attrs: number },
  release: KernelText,
): { readonly type: EntryType; readonly attrs: number } => {
  const resource = event.event.endsWith('_resource') || Math.floor(event.attrs / ATTR_MMIO) % 2 === 1
  if (release === '7.3')
    return { type: 'phy', attrs: resource && !event.event.endsWith('_phys') ? event.attrs + mmio(event) : event.attrs }
  if (event.event.endsWith('_resource') || (event.event.endsWith('_phys') && resource))
    return { type: 'resource', attrs: event.attrs }
  return { type: release === '4.11' ? 'page' : 'single', attrs: event.attrs }
}

const mmio = (event: { readonly attrs: number }): number =>
  Math.floor(event.attrs / ATTR_MMIO) % 2 === 1 ? 0 : ATTR_MMIO

export const coherentType = (event: string, release: KernelText): EntryType => {
  if (!event.endsWith('_pages')) return 'coherent'
  return release === '6.12' || release === '7.3' ? 'noncoherent' : release === '6.1' ? 'single' : 'page'
}

/** A failed allocation prints a NULL pointer. */
export const failedAllocation = (virtAddr: string): boolean => /^(0x)?0*$/.test(virtAddr)

export const sumOf = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0)

export const skipsSync = (attrs: number): boolean => Math.floor(attrs / ATTR.SKIP_CPU_SYNC) % 2 === 1
