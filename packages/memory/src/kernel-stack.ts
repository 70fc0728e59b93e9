// The modelled kernel's call stack: who called whom, so that a fault can show its path. It costs nothing to speak of until a fault
// asks: functions are entered by noting a reference, and left by a number.
import type { KernelFacts } from '@dmalab/api'
import { type Fault, makeOops, SimulatedOops } from './oops.ts'

export class KernelStack {
  /** What was entered, outermost first; the first `depth` count. */
  private readonly entered: (string | readonly string[])[] = []
  private depth = 0
  /** Depth inside the innermost call(): whoever catches a fault stands no deeper. */
  private guarded = 0
  private readonly facts: KernelFacts

  constructor(facts: KernelFacts) {
    this.facts = facts
  }

  /** Enters kernel functions, outermost first. Returns what leave() takes; a fault in between leaves them by itself. */
  enter(symbols: string | readonly string[]): number {
    const mark = this.depth
    this.entered[mark] = symbols
    this.depth = mark + 1
    return mark
  }

  leave(mark: number): void {
    this.depth = mark
  }

  /** Runs `body` inside the named kernel functions, outermost first; however it ends, they are left. */
  call<T>(symbols: string | readonly string[], body: () => T): T {
    const mark = this.enter(symbols)
    const { guarded } = this
    this.guarded = this.depth
    try {
      return body()
    } finally {
      this.depth = mark
      this.guarded = guarded
    }
  }

  /** Functions entered and not left, outermost first. */
  path(): readonly string[] {
    return this.entered.slice(0, this.depth).flat()
  }

  /** Stops the modelled kernel in `symbol`. @throws SimulatedOops always */
  fault(fault: Fault, symbol: string | readonly string[] = []): never {
    const frames = [...this.path(), ...[symbol].flat()]
    this.depth = this.guarded
    throw new SimulatedOops(makeOops(fault, frames, this.facts))
  }
}
