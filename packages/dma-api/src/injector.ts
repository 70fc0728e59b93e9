// Failure injection: decides which calls fail, by counting them.
import type { Injection } from '@dmalab/api'

export class Injector {
  private readonly rules: readonly { readonly rule: Injection; seen: number }[]

  constructor(rules: readonly Injection[]) {
    this.rules = rules.map((rule) => ({ rule, seen: 0 }))
  }

  /** Is there a rule that may hit this operation of this device at all? */
  watches(what: string, device: string): boolean {
    return this.rules.some(({ rule }) => matches(rule, what, device))
  }

  /** Counts one call, and tells whether it fails. */
  hits(what: string, device: string): boolean {
    let hit = false
    for (const entry of this.rules)
      if (matches(entry.rule, what, device)) {
        entry.seen += 1
        hit ||= entry.seen === entry.rule.nth
      }
    return hit
  }
}

const matches = (rule: Injection, what: string, device: string): boolean =>
  rule.what === what && (rule.device === undefined || rule.device === device)
