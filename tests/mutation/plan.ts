// What the program that plants faults tells the worker that tries them, and what that one writes down as it goes.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'

export interface Plan {
  /** Sources with all their faults behind switches, by path. */
  readonly files: Readonly<Record<string, string>>
  /** Modules of the engine: one without a fault, which tells of what it comes by, and one for each fault, by its name. */
  readonly engine?: {
    readonly without: string
    readonly everywhere: readonly string[]
    readonly faults: Readonly<Record<string, string>>
  }
  /** Faults to try, as the switches name them. */
  readonly faults: readonly string[]
  /** Test files, from the root of the project, in the order in which they are asked. */
  readonly tests: readonly string[]
  /** Those of the room. */
  readonly own: readonly string[]
  /** A file with a line for each thing that happened. */
  readonly journal: string
}

/**
 * A worker that ends between `trying` and `tried` ended by that fault; `ms`: what the file takes without it. `dirty`: what a fault left
 * behind breaks tests without it.
 */
export type Entry =
  | { readonly trying: string; readonly test: string; readonly ms: number }
  | { readonly tried: string; readonly noticed: boolean }
  | { readonly test: string; readonly done: true }
  | { readonly dirty: string }

export const planOf = (): Plan => JSON.parse(readFileSync(process.env['DMALAB_MUTATION_PLAN'] ?? '', 'utf8')) as Plan

export const journalOf = ({ journal }: Plan): readonly Entry[] =>
  existsSync(journal)
    ? readFileSync(journal, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Entry)
    : []

export const note = ({ journal }: Plan, entry: Entry): void => appendFileSync(journal, `${JSON.stringify(entry)}\n`)

export const noticedIn = (journal: readonly Entry[]): ReadonlySet<string> =>
  new Set(journal.flatMap((entry) => ('tried' in entry && entry.noticed ? [entry.tried] : [])))
