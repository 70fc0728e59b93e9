// Walks beyond the bound of the search: each step is the one that was seen least after the step before it.
import type { Edge, State } from './state-graph.ts'

/** What makes two steps the same to a walk. */
const kindOf = ({ step }: Edge): string => ('dir' in step ? `${step.do} ${step.dir ?? ''}` : step.do)

export class Wanderer {
  /** Two steps, one after the other -> how often they were seen. */
  private readonly pairs = new Map<string, number>()
  private random: number

  constructor(seed: number) {
    this.random = (seed % 0x7fff_fffe) + 1
  }

  /** Where a walk that came by `before` goes from here; undefined where nothing may be done. */
  next(edges: readonly Edge[], before: Edge | null): Edge | undefined {
    const open = edges.filter(({ dead }) => !dead)
    const counts = open.map((edge) => this.pairs.get(pairOf(before, edge)) ?? 0)
    const least = Math.min(...counts)
    const rarest = open.filter((_edge, i) => counts[i] === least)
    const chosen = rarest[this.below(rarest.length)]
    if (chosen !== undefined) this.pairs.set(pairOf(before, chosen), least + 1)
    return chosen
  }

  /** The generator of Park and Miller. */
  private below(count: number): number {
    this.random = (this.random * 48_271) % 0x7fff_ffff
    return count === 0 ? 0 : this.random % count
  }
}

const pairOf = (before: Edge | null, edge: Edge): string => `${before === null ? '' : kindOf(before)}>${kindOf(edge)}`

/** Where a step leads. */
export const through = ({ dead, from, to }: Edge): State => (dead ? from : to)
