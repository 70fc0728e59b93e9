// Failure injection: decides which calls fail, by counting them.
import { INJECTABLE, InputError, type Injection, type InjectionCalls, type Machine } from '@dmalab/api'

export class Injector {
  private readonly rules: readonly { readonly rule: Injection; seen: number }[]

  /** @throws InputError for an operation that cannot fail, or a device the machine lacks */
  constructor(rules: readonly Injection[], { name: machine, devices }: Machine) {
    for (const { what, device } of rules) {
      if (!INJECTABLE.includes(what))
        throw new InputError(`no failure can be injected into '${what}'`, {}, `it can be ${INJECTABLE.join(', ')}`)
      if (device !== undefined && !devices.some((one) => device === one.name || device.startsWith(`${one.name}.`)))
        throw new InputError(
          `a failure is to be injected for ${device}, which board ${machine} does not have`,
          {},
          `it has ${devices.map((one) => one.name).join(', ')}`,
        )
    }
    this.rules = rules.map((rule) => ({ rule, seen: 0 }))
  }

  /** What was asked for, and how many calls there were. */
  get calls(): readonly InjectionCalls[] {
    return this.rules.map(({ rule, seen }) => ({ ...rule, calls: seen }))
  }

  /** Is there a rule that may hit this operation of this device at all? */
  watches(what: string, device: string): boolean {
    return this.rules.some(({ rule }) => matches(rule, what, device))
  }

  /** Counts one call, and tells whether it fails. */
  hits(what: string, device: string): boolean {
    if (this.rules.length === 0) return false
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
