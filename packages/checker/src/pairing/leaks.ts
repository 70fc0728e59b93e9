// What is still mapped or allocated: a leak once the driver is gone or the run is over, information when a log merely stops.
import { bytes, finding, type CheckerContext, type ReportFinding } from '@dmalab/api'
import { named } from '../dma-debug/describe.ts'
import { DIALECTS } from '../dma-debug/dialects.ts'
import type { Mapping } from '../dma-debug/entry.ts'
import { unbindText } from '../dma-debug/texts.ts'
import type { Tracker } from '../dma-debug/tracker.ts'

/** Live mappings that an information names by step. */
const NAMED = 8

export class Leaks {
  readonly #report: ReportFinding
  readonly #context: CheckerContext
  /** Devices that did anything since the last marker. */
  #active = new Set<string>()

  constructor(report: ReportFinding, context: CheckerContext) {
    this.#report = report
    this.#context = context
  }

  /** The set is another one after each marker. */
  get devices(): ReadonlySet<string> {
    return this.#active
  }

  active(device: string): void {
    this.#active.add(device)
  }

  /** A marker that is not an unbinding: the next one speaks of what comes from here on. */
  stepBegins(): void {
    this.#active = new Set()
  }

  /** A marker says that a driver let go: of the device it names, else of those that were active in this step. */
  unbound(tracker: Tracker, text: string, at: number): void {
    const known = tracker.devices()
    const namedInText = known.filter((device) => text.includes(device))
    for (const device of namedInText.length > 0 ? namedInText : known.filter((name) => this.#active.has(name)))
      this.gone(tracker, device, at)
  }

  gone(tracker: Tracker, device: string, at: number): void {
    const entries = tracker.table.inHashOrder(device, DIALECTS[this.#context.kernelText])
    const last = entries.at(-1)
    if (last !== undefined)
      this.#report(
        finding('unbind-pending', `${device}: the driver left ${entries.length} entries behind when it was unbound`, {
          device,
          evidence: [...new Set(entries.map(({ mapping }) => mapping.at)), at],
          kernelText: [unbindText(DIALECTS[this.#context.kernelText], entries.length, last)],
        }),
      )
    const live = [...tracker.live(device)]
    for (const mapping of live) this.#leaked(mapping, at)
    for (const mapping of live) tracker.close(mapping, at)
    tracker.table.drop(device)
  }

  /** The run is over: everything live is a leak. After a stop it is a consequence, and reported once a device. */
  end(tracker: Tracker, at: number, stoppedAt?: string): void {
    const live = [...tracker.live()]
    if (stoppedAt !== undefined) this.stillLive(tracker, `when the run stopped at '${stoppedAt}'`)
    else for (const mapping of live) this.#leaked(mapping, at)
    for (const mapping of live) tracker.close(mapping, at)
  }

  #leaked(mapping: Mapping, at: number): void {
    const [code, what] =
      mapping.kind === 'coherent'
        ? (['leak-coherent', 'was never freed'] as const)
        : (['leak-mapping', 'was never unmapped'] as const)
    this.#report(
      finding(code, `${mapping.device}: ${named(mapping)} ${what}`, {
        device: mapping.device,
        evidence: [mapping.at, at],
      }),
    )
  }

  /** A log stops while things are in use, which is what logs do. */
  stillLive(tracker: Tracker, when = 'at the end'): void {
    for (const device of tracker.devices()) {
      const live = [...tracker.live(device)]
      if (live.length === 0) continue
      const total = live.reduce((sum, { size }) => sum + size, 0)
      this.#report(
        finding(
          'live-at-end',
          `${device}: ${live.length === 1 ? '1 mapping' : `${live.length} mappings`} (${bytes(total)}) live ${when}`,
          {
            device,
            evidence: live.slice(0, NAMED).map((mapping) => mapping.at),
          },
        ),
      )
    }
  }
}
