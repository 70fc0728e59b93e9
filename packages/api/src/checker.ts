// Checker rules: findings over the event stream, of a modelled run or a real log alike.
import type { Event } from './events.ts'
import type { Finding } from './findings.ts'

/** Takes a rule's findings; the checker adds nothing and loses nothing. */
export type ReportFinding = (finding: Finding) => void

export interface RuleRun {
  onEvent(event: Event): void
  /** `complete` is false for a log that starts in the middle or lost events. */
  onEnd(complete: boolean): void
}

export interface CheckerRule {
  readonly name: string
  /** Every code it can report. */
  readonly codes: readonly string[]
  readonly source: string
  create(report: ReportFinding): RuleRun
}
