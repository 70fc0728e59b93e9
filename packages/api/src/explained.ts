// What `explain` answers, as data: a finding code, a code of a board, a kind of kernel message, any other name, or a kernel log.
import type { FindingCode, Severity } from './findings.ts'

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

/** A code of `board lint`, or of a trap that `board facts` lists. */
export interface ExplainedLint {
  readonly code: string
  readonly by: 'board lint' | 'board facts'
  readonly title: string
}

/** Any other name that is printed: a failure or a defect by number, a step, a difference between releases, a patch, a verdict, an errno ... */
export interface ExplainedTerm {
  readonly code: string
  /** What kind of name it is. */
  readonly by: string
  readonly title: string
  readonly source: string | null
  /** As a scenario file has it. */
  readonly example: string | null
  /** What to give next. */
  readonly commands: readonly string[]
}

/** `problem`: something failed. `note`: worth knowing. `harmless`: looks bad and is not. */
export type KernelMessageKind = 'problem' | 'note' | 'harmless'

/** A kind of kernel message, in general. */
export interface ExplainedKernelMessage {
  readonly id: string
  readonly title: string
  /** null: the neighbours of a message decide. */
  readonly kind: KernelMessageKind | null
  /** Wordings as the kernel's format, with the releases that print them. */
  readonly forms: readonly { readonly releases: string; readonly text: string }[]
  /** Functions that a call trace must hold, for what is recognised by its trace. */
  readonly functions: readonly string[]
  readonly source: string
  /** The meaning where it does not depend on values; null: it does. */
  readonly cause: string | null
  readonly next: string | null
  readonly fixes: readonly string[]
  readonly code: FindingCode | null
}

/** What was recognised in a kernel log. */
export interface KlogMessage {
  /** What `dmalab explain` takes. */
  readonly id: string
  readonly kind: KernelMessageKind
  readonly title: string
  readonly cause: string
  readonly next: string
  readonly fixes: readonly string[]
  /** Kernel file and function that print it. */
  readonly source: string
  /** The finding of a run or a trace that is the same mistake; null: none. */
  readonly code: FindingCode | null
  /** As the first such line names them; empty: it does not. */
  readonly driver: string
  readonly device: string
  readonly time: string
  /** Line numbers, the first few. */
  readonly lines: readonly number[]
  readonly count: number
  /** The first such record, without control characters. */
  readonly text: string
}

/** A line of a subsystem that handles DMA memory, in words that the catalogue does not have. */
export interface NotUnderstood {
  readonly subsystem: string
  readonly lines: readonly number[]
  readonly count: number
  readonly text: string
}

export interface KlogReport {
  readonly lines: number
  /** Problems by first line, then notes, then what is harmless. */
  readonly messages: readonly KlogMessage[]
  readonly notUnderstood: readonly NotUnderstood[]
}
