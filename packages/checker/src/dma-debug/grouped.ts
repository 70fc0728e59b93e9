// dma-debug speaks once per entry of a list; a report wants one finding per operation.
import type { Finding, ReportFinding } from '@dmalab/api'

/** One list operation makes dma-debug speak once an entry: one finding here, with all its texts. */
export class Grouped {
  readonly #report: ReportFinding
  readonly #byCode = new Map<string, Finding>()

  constructor(report: ReportFinding) {
    this.#report = report
  }

  readonly add = (one: Finding): void => {
    const before = this.#byCode.get(one.code)
    this.#byCode.set(
      one.code,
      before === undefined ? one : { ...before, kernelText: [...(before.kernelText ?? []), ...(one.kernelText ?? [])] },
    )
  }

  flush(): void {
    for (const one of this.#byCode.values()) this.#report(one)
  }
}
