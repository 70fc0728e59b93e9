// How a mapping ended, told from the addresses alone, and so the same way for a log and for the model.
import type { Outcomes } from '@dmalab/api'

export const outcomeOf = (bounced: boolean, dmaAddr: number, physAddr: number): keyof Outcomes =>
  bounced ? 'bounced' : dmaAddr === physAddr ? 'direct' : 'translated'
export const outcomes = (): Outcomes => ({ direct: 0, bounced: 0, translated: 0, refused: 0 })
export const tally = (of: Outcomes, what: keyof Outcomes): void => {
  of[what] += 1
}
export const failed = (dmaAddr: number): boolean => dmaAddr >= 2 ** 64 - 2048 || dmaAddr === 2 ** 32 - 1
