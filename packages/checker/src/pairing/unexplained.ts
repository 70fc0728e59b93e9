// Unmaps and syncs that meet no mapping. An error only where the events prove it: a log may begin after the mapping was made.
import { finding, type CheckerContext, type EventBase, type Finding, type ReportFinding } from '@dmalab/api'

/** Undone mappings a device must have shown before one unknown address counts as wrong rather than as older than the log. */
const WARM_UP = 4
/** Lines of unknown operations that an information names. */
const NAMED = 8
/** Tasks remembered per device. */
const TASKS = 1024

/** What came of one device's unmaps. */
export interface History {
  readonly device: string
  explained: number
  unknown: number
  /** The first unknown operation, while it is the only one and comes after the warm-up. */
  sole: Finding | undefined
  readonly at: number[]
}

/**
 * Judges per device, and coherent memory apart from streaming mappings: a driver keeps coherent memory for long, so a free of what
 * the log does not show is ordinary at unload. Completions of what was in flight when a log began come from interrupts, and mostly in
 * numbers: only a single one, by a task that itself maps for the device and outside of interrupts, counts as a wrong address.
 */
export class Unexplained {
  readonly #report: ReportFinding
  readonly #context: CheckerContext
  readonly #histories = new Map<string, History>()
  /** Tasks that mapped for a device. */
  readonly #mappers = new Map<string, Set<number>>()

  constructor(report: ReportFinding, context: CheckerContext) {
    this.#report = report
    this.#context = context
  }

  #history(device: string, longLived: boolean): History {
    const key = `${longLived ? 'coherent' : 'streaming'} ${device}`
    let history = this.#histories.get(key)
    if (history === undefined)
      this.#histories.set(key, (history = { device, explained: 0, unknown: 0, sole: undefined, at: [] }))
    return history
  }

  /** Of a device's streaming mappings. */
  streaming(device: string): History {
    return this.#history(device, false)
  }

  /** A task mapped or allocated. */
  mapped(device: string, pid: number | undefined): void {
    if (pid === undefined) return
    const pids = this.#mappers.get(device)
    if (pids === undefined) this.#mappers.set(device, new Set([pid]))
    else if (pids.size < TASKS) pids.add(pid)
  }

  /** An unmap found its mapping. */
  explained(device: string, longLived: boolean): void {
    this.#history(device, longLived).explained += 1
  }

  /**
   * `one` says that nothing is mapped there. Where nothing is missing it is proved in a model run, and in a log when its evidence
   * names an earlier event at that address. Everything else waits for the whole log.
   */
  add(one: Finding, longLived: boolean, by: EventBase): void {
    const earlier = (one.evidence ?? []).length > 1
    if (this.#context.complete && (this.#context.session !== undefined || earlier)) {
      this.#report(one)
      return
    }
    const history = this.#history(one.device ?? '', longLived)
    history.unknown += 1
    history.sole =
      history.unknown === 1 && history.explained >= WARM_UP && this.#synchronous(history.device, by) ? one : undefined
    if (history.at.length < NAMED) history.at.push(one.evidence?.at(-1) ?? 0)
  }

  /** The same where events or mappings are missing: it waits for the whole log in any case. */
  unseen(device: string, longLived: boolean, at: number): void {
    const history = this.#history(device, longLived)
    history.unknown += 1
    history.sole = undefined
    if (history.at.length < NAMED) history.at.push(at)
  }

  #synchronous(device: string, { pid, interrupt }: EventBase): boolean {
    return interrupt === false && pid !== undefined && (this.#mappers.get(device)?.has(pid) ?? false)
  }

  /** The log is over: what could be decided only with all of it in view. */
  decide(): void {
    for (const { device, unknown, sole, at } of this.#histories.values()) {
      if (unknown === 0) continue
      if (sole !== undefined && this.#context.complete) this.#report(sole)
      else
        this.#report(
          finding(
            'unmap-before-log',
            `${device}: ${unknown} unmaps, frees or syncs of memory whose mapping the log does not show`,
            {
              device,
              evidence: at,
            },
          ),
        )
    }
  }
}
