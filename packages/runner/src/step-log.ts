// The steps of user space: which ran, how each ended, and where the run stopped.
import type { Errno, KResult, Lab, Oops, StepOutcome, StepReport } from '@dmalab/api'
import { isSimulatedOops } from '@dmalab/memory'

/** How a run ended before its plan did. */
export interface Halt {
  readonly step: string
  readonly errno: Errno | null
  readonly why: string | null
  readonly oops: Oops | null
}

/** Thrown by `StepLog` only, and caught by `StepLog.walk` only: user space gives up, as a program does when an ioctl fails. */
class GaveUp extends Error {
  override readonly name = 'GaveUp'
}

export class StepLog {
  private readonly lab: Lab
  private readonly rows: { step: string; outcome: StepOutcome; detail: string }[]
  private current: { step: string; outcome: StepOutcome; detail: string } | undefined
  halt: Halt | undefined

  /** @param plan all steps in order, so that every kernel shows the same rows */
  constructor(lab: Lab, plan: readonly string[]) {
    this.lab = lab
    this.rows = plan.map((step) => ({ step, outcome: 'not reached', detail: '' }))
  }

  /** Runs `body` as user space; returns whether it came to its end. An oops of the modelled kernel ends it too. */
  walk(body: () => void): boolean {
    try {
      body()
      return true
    } catch (e) {
      return this.endedBy(e)
    }
  }

  /** As walk, for work that whoever drives it may leave between two pieces. */
  *walkInPieces(body: Iterable<void>): Generator<void, boolean> {
    try {
      yield* body
      return true
    } catch (e) {
      return this.endedBy(e)
    }
  }

  /** Enters a step of the plan (again); what follows belongs to it. */
  enter(step: string, device?: string): void {
    this.current = this.rows.find((row) => row.step === step)
    if (this.current === undefined) throw new Error(`step '${step}' is not in the plan`)
    if (this.current.outcome === 'not reached') {
      this.current.outcome = 'ok'
      this.lab.step(step, device)
    }
  }

  detail(text: string): void {
    if (this.current !== undefined) this.current.detail = text
  }

  /** The value, or the end of the run: `errno` is what user space got. */
  must<T>(result: KResult<T>): T {
    if (result.ok) return result.value
    this.end('refused', { errno: result.errno, why: result.why, oops: null }, `${result.errno}: ${result.why}`)
    throw new GaveUp(result.why)
  }

  /** Marks the current step as done with wrong data. */
  wrong(text: string): void {
    if (this.current === undefined) return
    this.current.outcome = 'wrong'
    this.current.detail = text
  }

  report(): readonly StepReport[] {
    return this.rows
  }

  private endedBy(e: unknown): false {
    if (isSimulatedOops(e)) this.oops(e.oops)
    else if (!(e instanceof GaveUp)) throw e
    return false
  }

  private oops(oops: Oops): void {
    const outcome = oops.reason === 'stall' ? 'stalled' : 'fault'
    this.end(outcome, { errno: null, why: oops.text[0] ?? null, oops }, `${oops.reason} in ${oops.function}`)
  }

  private end(outcome: StepOutcome, halt: Omit<Halt, 'step'>, detail: string): void {
    if (this.current === undefined) throw new Error('no step was entered')
    this.current.outcome = outcome
    this.current.detail = detail
    this.halt = { step: this.current.step, ...halt }
  }
}
