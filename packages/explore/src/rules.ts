// What may be done in each state and where it leads, as far as the rules of the API let it be told beforehand. Configurations that differ
// in nothing that decides it share it: each state is worked out once.
import type { ScenarioStep } from '@dmalab/api'
import { after, keyOf, type Protocol } from './protocol.ts'

/** A state, the same object wherever it is met. */
export interface Situation {
  readonly protocol: Protocol
}

export interface Move {
  readonly step: ScenarioStep
  /** The step as JSON: equal steps have equal texts. */
  readonly text: string
  readonly to: Situation
}

export class Rules {
  private readonly steps: (state: Protocol) => readonly ScenarioStep[]
  private readonly byKey = new Map<string, Situation>()
  private readonly made = new Map<Situation, readonly Move[]>()
  readonly first: Situation

  constructor(first: Protocol, steps: (state: Protocol) => readonly ScenarioStep[]) {
    this.steps = steps
    this.first = this.situation(first)
  }

  /** In a fixed order. */
  movesIn(from: Situation): readonly Move[] {
    const known = this.made.get(from)
    if (known !== undefined) return known
    const moves = this.steps(from.protocol).map((step): Move => {
      const to = this.situation(after(from.protocol, step))
      return { step, text: JSON.stringify(step), to }
    })
    this.made.set(from, moves)
    return moves
  }

  private situation(protocol: Protocol): Situation {
    const key = keyOf(protocol)
    const known = this.byKey.get(key)
    if (known !== undefined) return known
    const made: Situation = { protocol }
    this.byKey.set(key, made)
    return made
  }
}
