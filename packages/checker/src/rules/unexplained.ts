// Unmaps and syncs that meet no mapping. An error only where the events prove it: a log may begin after the mapping was made.
import { finding, type CheckerContext, type Finding, type ReportFinding } from '@dmalab/api'

/** Undone mappings a device must show before an unknown address counts as wrong rather than as older than the log. */
const WARM_UP = 4
/** At most one operation in so many may be unknown; more means that the device was in use when the log began. */
const RARE = 16
const KEPT = 64

interface DeviceHistory {
  explained: number
  unknown: number
  /** The first operation of the device was already an unknown one. */
  beginsUnknown: boolean
  readonly kept: Finding[]
}

export class Unexplained {
  readonly #context: CheckerContext
  readonly #devices = new Map<string, DeviceHistory>()
  readonly #report: ReportFinding

  constructor(report: ReportFinding, context: CheckerContext) {
    this.#report = report
    this.#context = context
  }

  #history(device: string): DeviceHistory {
    let history = this.#devices.get(device)
    if (history === undefined)
      this.#devices.set(device, (history = { explained: 0, unknown: 0, beginsUnknown: false, kept: [] }))
    return history
  }

  /** An unmap found its mapping. */
  explained(device: string): void {
    this.#history(device).explained += 1
  }

  /**
   * `one` says that nothing is mapped there. It is proved when the evidence names an earlier event at that address, in a history
   * without gaps. `longLived` memory (coherent allocations) is ordinarily older than a log.
   */
  add(one: Finding, longLived: boolean): void {
    const proved = this.#context.session !== undefined || (one.evidence ?? []).length > 1
    if (proved && this.#context.complete) {
      this.#report(one)
      return
    }
    const history = this.#history(one.device ?? '')
    if (history.explained === 0 && history.unknown === 0) history.beginsUnknown = true
    history.unknown += 1
    const early = history.explained < WARM_UP
    if (history.kept.length < KEPT)
      history.kept.push(early || longLived || !this.#context.complete ? asInformation(one) : one)
  }

  /** What could be decided only with the whole log in view. */
  verdict(): readonly Finding[] {
    const findings: Finding[] = []
    for (const [device, history] of this.#devices) {
      if (history.unknown === 0) continue
      const rare = history.unknown * RARE <= history.explained && !history.beginsUnknown
      const few = history.unknown === 1 && history.explained >= WARM_UP && !history.beginsUnknown
      const errors = rare || few ? history.kept.filter(({ severity }) => severity === 'error') : []
      findings.push(...errors)
      const unknown = history.kept.filter((one) => !errors.includes(one))
      const rest = history.unknown - errors.length
      if (rest > 0)
        findings.push(
          finding(
            'unmap-before-log',
            `${device}: ${rest} unmaps or syncs of memory whose mapping the log does not show`,
            {
              device,
              evidence: unknown.slice(0, 8).flatMap(({ evidence }) => evidence?.slice(-1) ?? []),
            },
          ),
        )
    }
    return findings
  }
}

const asInformation = (one: Finding): Finding => ({ ...one, severity: 'info' })
