// How a mapping ended, told from the addresses alone, and so the same way for a log and for the model.

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
