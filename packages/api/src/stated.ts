// What a case rests on that its input does not say, and what its input says that the model does not look at.

/**
 * What may have been assumed:
 * - `driver`: which kernel driver a device has; only its class is known
 * - `mask`: how many address bits a device drives
 * - `memory`: how much memory there is, and where; the size of a cache line
 * - `element`: what an element does with the buffers that pass it
 * - `release`: that a kernel release which is not modelled does as a modelled one near it
 * - `format`: size, pixel format or layout of pictures
 */
export type AssumptionKind = 'driver' | 'mask' | 'memory' | 'element' | 'release' | 'format'

/** What `--assume` takes: a kind, or all of them. The format is shown with every report, and needs no word. */
export const ASSUME_WORDS = ['driver', 'mask', 'memory', 'element', 'release', 'all'] as const
export type AssumeWord = (typeof ASSUME_WORDS)[number]

/** Something that may decide a case and that nothing stated. */
export interface Assumption {
  readonly kind: AssumptionKind
  /** What was taken to be so. */
  readonly what: string
  readonly why: string
  /** What to write where, so that it is stated. */
  readonly howToState: string
}

/** Something that was written and makes no difference to the run. */
export interface Ignored {
  /** As it was written. */
  readonly what: string
  readonly why: string
}
