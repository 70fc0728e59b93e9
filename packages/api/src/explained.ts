// What `explain` answers, as data: a finding code, a code of board lint, or a message of a kernel log.
import type { Severity } from './findings.ts'

export interface ExplainedCode {
  readonly code: string
  readonly severity: Severity
  readonly title: string
  /** What was seen, and how the checker knows. */
  readonly what: string
  /** What it does to a system. */
  readonly why: string
  /** Where the kernel says or does it: file and function. */
  readonly source: string
  readonly fixes: readonly string[]
}

/** A code of `board lint`. */
export interface ExplainedLint {
  readonly code: string
  readonly title: string
}

export interface ExplainedMessage {
  /** F-01 ... of the failures people post, S4-... further texts, DMA-API for dma-debug. */
  readonly id: string
  /** Problems come first in a report; notes are boot lines worth knowing. */
  readonly kind: 'problem' | 'note'
  readonly title: string
  readonly cause: string
  readonly next: string
  readonly fixes: readonly string[]
  /** Finding code that says more, for dma-debug's messages. */
  readonly code?: string
  /** Line numbers, the first few. */
  readonly lines: readonly number[]
  readonly count: number
  /** The first such line. */
  readonly text: string
}
