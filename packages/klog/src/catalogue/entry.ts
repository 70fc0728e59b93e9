// One kind of kernel message, as data: how each release words it, who prints it, what it means and what to do.
import type { FindingCode, KernelMessageKind } from '@dmalab/api'

/** The values of a message by field name; a release that does not print one leaves it out. */
export interface Fields {
  has(name: string): boolean
  /** As printed, without 0x; empty: not printed. */
  text(name: string): string
  /** A decimal field; 0: not printed. */
  num(name: string): number
  /** A hexadecimal field of at most 52 bits; 0: not printed. */
  hex(name: string): number
}

/** What a cause may look at: the message and its neighbours. */
export interface Seen {
  readonly fields: Fields
  /** Driver and device that the line names; empty: none. */
  readonly driver: string
  readonly device: string
  /** A message with this id stood a few records before. */
  readonly near: (id: string) => boolean
  /** Functions of the call trace, innermost first, of a message that has one. */
  readonly trace: readonly string[]
}

export type Say = string | ((seen: Seen) => string)

/** One wording. `more` belongs to a message of the same kind right before it, where that lacks these fields. */
export type Form = readonly [releases: string, text: string, part?: 'more']

export interface Entry {
  /** What `dmalab explain` takes. */
  readonly id: string
  readonly kind: KernelMessageKind | ((seen: Seen) => KernelMessageKind)
  readonly title: string
  readonly forms: readonly Form[]
  /** Kernel file and function that print it. */
  readonly source: string
  readonly cause: Say
  readonly next: Say
  readonly fixes: Fixes
  /** The finding of a run or a trace that is the same mistake. */
  readonly code?: FindingCode
  /** Begins a fault or warning whose call trace decides what it is; see `faults.ts`. */
  readonly splat?: boolean
}

/** What helps may depend on the values, as an errno. */
type Fixes = readonly string[] | ((seen: Seen) => readonly string[])

/** A message in a driver's own words: one word of each group stands in it, and none of `but`. In lower case. */
export interface Phrase {
  readonly id: string
  readonly words: readonly (readonly string[])[]
  readonly but: readonly string[]
}

/** Catalogue files state their entries with this, so that a mistake shows where it is made. */
export const entries = (list: readonly Entry[]): readonly Entry[] => list

/** A fault or warning that its call trace shows to be about DMA memory. */
export interface TraceRule {
  readonly id: string
  readonly kind: KernelMessageKind
  readonly title: string
  /** Ids of the entries that begin such a splat. */
  readonly heads: readonly string[]
  /** Begins of function names, one of which is among the innermost `depth` functions. */
  readonly functions: readonly string[]
  readonly depth: number
  /** Begins of function names, one of which must be anywhere in the trace too; empty: none. */
  readonly below: readonly string[]
  /** Ids of messages, one of which must be a neighbour; empty: none. */
  readonly after: readonly string[]
  readonly source: string
  readonly cause: Say
  readonly next: string
  readonly fixes: readonly string[]
  readonly code?: FindingCode
}
