// What came of a log whose operations were driven through the model.
import type { Finding } from './findings.ts'

/** What became of mappings, told from the addresses alone, and so the same way for a log and for the model. */
export interface Outcomes {
  /** The device address is the physical one. */
  direct: number
  bounced: number
  /** It is another: an IOMMU, a bus offset, or a list entry without a page. A log does not say which. */
  translated: number
  refused: number
}

export interface DeviceReplay {
  /** Its name in the log, and the device of the board that stood for it. */
  readonly device: string
  readonly as: string
  readonly log: Outcomes
  readonly model: Outcomes
}

/** What one kernel made of a log. */
export interface LogReplay {
  readonly devices: readonly DeviceReplay[]
  /** Buffers that lie where the board has no ordinary memory: the model took other memory for them. */
  readonly moved: number
  /** Unmaps, frees and syncs of what the replay does not have. */
  readonly skipped: number
  /** Line of the log at which the model refused, with the reason: the first few. */
  readonly refusals: readonly { readonly line: number; readonly errno: string; readonly why: string }[]
  /** The modelled kernel faulted here; nothing behind it was replayed. */
  readonly fault: { readonly line: number; readonly function: string; readonly address: string } | null
}

/** The `--json` of `trace replay`. */
export interface ReplayReport extends LogReplay {
  readonly kernel: string
  readonly board: string
  /** How the kernel was chosen, where the log was asked for it. */
  readonly notes: readonly string[]
  readonly findings: readonly Finding[]
}
