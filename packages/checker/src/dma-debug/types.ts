// Which dma-debug type an event has in a dialect.
import { ATTR, has } from '@dmalab/api'
import type { Dialect } from './dialects.ts'
import type { EntryType } from './entry.ts'

/** Page, single and resource mappings: three types at first, later two, then one and an attribute. */
export const pageType = (
  event: { readonly event: string; readonly attrs: number },
  { types, resourceAttr }: Dialect,
): { readonly type: EntryType; readonly attrs: number } => {
  const resource = isResource(event)
  return {
    type: resource ? types.resource : types.page,
    attrs: resource && !has(event.attrs, resourceAttr) ? event.attrs + resourceAttr : event.attrs,
  }
}

/** By the name of the event; dma_map_phys serves both, and says it in its attributes. */
export const isResource = ({ event, attrs }: { readonly event: string; readonly attrs: number }): boolean =>
  event.endsWith('_resource') || (event.endsWith('_phys') && has(attrs, ATTR.MMIO))

export const coherentType = (event: string, { types }: Dialect): EntryType =>
  event.endsWith('_pages') ? types.pages : 'coherent'

/** A failed allocation prints a NULL pointer. */
export const failedAllocation = (virtAddr: string): boolean => /^(0x)?0*$/.test(virtAddr)

export const sumOf = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0)
