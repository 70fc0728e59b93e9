// How a mapping ended, told from the addresses alone, and so the same way for a log and for the model.
import { type Event, PAGE_SIZE } from '@dmalab/api'

/** What became of mappings. */
export interface Outcomes {
  /** The device address is the physical one. */
  direct: number
  bounced: number
  /** It is another: an IOMMU, a bus offset, or a list entry whose page is none. A log does not say which. */
  translated: number
  refused: number
}

export const outcomeOf = (bounced: boolean, dmaAddr: number, physAddr: number): keyof Outcomes =>
  bounced ? 'bounced' : dmaAddr === physAddr ? 'direct' : 'translated'
export const outcomes = (): Outcomes => ({ direct: 0, bounced: 0, translated: 0, refused: 0 })
export const tally = (of: Outcomes, what: keyof Outcomes): void => {
  of[what] += 1
}
export const failed = (dmaAddr: number): boolean => dmaAddr >= 2 ** 64 - 2048 || dmaAddr === 2 ** 32 - 1

/**
 * Entries of a list. The sizes that a log prints belong to the device's side: where an IOMMU joined entries, each is taken for a page
 * and the last for what remains.
 */
export const lengthsOf = (event: Extract<Event, { event: 'dma_map_sg' }>): readonly (readonly [number, number])[] => {
  const { physAddrs, sizes } = event
  if (physAddrs.length === sizes.length) return physAddrs.map((at, index) => [at, sizes[index] ?? 0])
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const last = Math.max(1, total - (physAddrs.length - 1) * PAGE_SIZE)
  return physAddrs.map((at, index) => [at, index === physAddrs.length - 1 ? last : PAGE_SIZE])
}
