// Golden vectors: what a room hands to the vector engine.
import { type Balance, imbalance } from './balance.ts'
import type { Lab } from './lab.ts'
import type { KernelSpec } from './kernel.ts'
import type { Machine } from './machine.ts'

/** What an adapter may use: the same laboratory that `run` opens. */
export interface GoldenContext {
  openLab(options: { kernel: string | KernelSpec; machine: Machine }): Lab
}

/** One JSON case as it stands in the file. */
export type GoldenCase = Readonly<Record<string, unknown>>

/**
 * Drives public functions with a case's inputs and returns what came out, keyed by the case's own output fields.
 * The engine compares every returned field with the case's field (absent equals undefined), so an adapter holds no expectation.
 */
export interface GoldenAdapter {
  readonly topic: string
  /** `file` is the whole document (meta and side tables), for topics that need it. Throwing counts as a failed case. */
  run(
    input: GoldenCase,
    context: GoldenContext,
    file: Readonly<Record<string, unknown>>,
  ): Readonly<Record<string, unknown>>
}

/** A number of a case, written as one or as a text such as "0x1000"; beyond 2^53 the nearest one. @throws Error: it is none */
export const vectorNumber = (value: unknown): number => {
  const isWritten = typeof value === 'string' ? /^(0x[\da-f]+|\d+)$/i.test(value) : typeof value === 'number'
  if (!isWritten || !Number.isFinite(Number(value))) throw new Error(`expected a number, got ${JSON.stringify(value)}`)
  return Number(value)
}

/**
 * What a case still holds once all that it took was given back: a field that no case has, so that it fails; no field when nothing is
 * missing.
 */
export const unreturned = (before: Balance, after: Balance): { readonly unreturned?: readonly string[] } => {
  const left = imbalance(before, after)
  return left.length === 0 ? {} : { unreturned: left }
}
