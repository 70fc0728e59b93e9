// The modelled kernel's call stack: who called whom, so that a fault can show its path.
import type { KernelFacts } from '@dmalab/api'
import { type Fault, makeOops, SimulatedOops } from './oops.ts'

export class KernelStack {
  private readonly frames: string[] = []
  private readonly facts: KernelFacts

  constructor(facts: KernelFacts) {
    this.facts = facts
  }

  /** Runs `body` inside the named kernel functions, outermost first. */
  call<T>(symbols: string | readonly string[], body: () => T): T {
    const depth = this.frames.length
    if (typeof symbols === 'string') this.frames.push(symbols)
    else this.frames.push(...symbols)
    try {
      return body()
    } finally {
      this.frames.length = depth
    }
  }

  /** Functions entered and not left, outermost first. */
  path(): readonly string[] {
    return [...this.frames]
  }

  /** Stops the modelled kernel in `symbol`. @throws SimulatedOops always */
  fault(fault: Fault, symbol?: string | readonly string[]): never {
    const frames = symbol === undefined ? this.frames : [...this.frames, ...[symbol].flat()]
    throw new SimulatedOops(makeOops(fault, frames, this.facts))
  }
}
