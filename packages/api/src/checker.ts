// Checker rules: findings over the event stream, of a modelled run or a real log alike.
import type { Event } from './events.ts'
import type { LabEvent } from './lab-events.ts'
import { FINDINGS, type Finding, type FindingCode, type Severity } from './findings.ts'
import type { KernelText } from './kernel-logs.ts'

/** Takes a rule's findings; the checker adds nothing and loses nothing. */
export type ReportFinding = (finding: Finding) => void

export interface RuleRun {
  onEvent(event: Event): void
  /** `complete` is false for a log that lost events; `at` is the step or line of the last event. */
  onEnd(complete: boolean, at: number): void
}

/** The event that opens a model run. */
export type Session = Extract<LabEvent, { readonly event: 'session' }>

/** What a rule may ask while it runs; the values change as events go by. */
export interface CheckerContext {
  /** Of a model run; undefined for a log. */
  readonly session: Session | undefined
  /** False once events are known to be missing: then "never seen" proves nothing. */
  readonly complete: boolean
  /** What `at` counts: steps of a run, or lines of a log. */
  readonly unit: 'step' | 'line'
  /** Release whose wording and types dma-debug messages take. */
  readonly kernelText: KernelText
}

export interface CheckerRule {
  readonly name: string
  /** Every code it can report; one outside the catalogue belongs to the plug-in that brings the rule. */
  readonly codes: readonly string[]
  readonly source: string
  create(report: ReportFinding, context: CheckerContext): RuleRun
}

/** A finding of the catalogue, with the severity that the catalogue gives it unless `rest` says otherwise. */
export const finding = (
  code: FindingCode,
  message: string,
  rest: Omit<Finding, 'code' | 'severity' | 'message'> & { readonly severity?: Severity } = {},
): Finding => ({ code, severity: FINDINGS[code].severity, message, ...rest })
