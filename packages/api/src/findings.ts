// The catalogue of finding codes: one append-only list. docs/findings.md explains each; `dmalab explain CODE` prints it.

export type Severity = 'info' | 'warning' | 'error'

/** How a finding relates to the run: what happened, and the events that prove it. */
export interface Finding {
  readonly code: FindingCode | (string & {})
  readonly severity: Severity
  /** One sentence: which buffer, which device, hex addresses, decimal lengths. */
  readonly message: string
  readonly device?: string
  /** Steps (model) or line numbers (log) of the events that prove it. */
  readonly evidence?: readonly number[]
}

export const FINDINGS = {
  'wrong-bytes': { severity: 'error', title: 'a reader got other bytes than the writer wrote' },
  'foreign-memory': { severity: 'error', title: 'a device accessed memory that its buffer does not own' },
  'leak-mapping': { severity: 'error', title: 'a DMA mapping was never undone' },
  'leak-coherent': { severity: 'error', title: 'coherent memory was never freed' },
  'leak-dma-buf': { severity: 'error', title: 'a dma-buf still has references at the end' },
  'leak-attachment': { severity: 'error', title: 'a device is still attached to a dma-buf at the end' },
  'kernel-oops': { severity: 'error', title: 'the modelled kernel faulted' },
  'type-confusion': { severity: 'error', title: 'something that is no struct page was read as one' },
  'page-less-export': { severity: 'warning', title: 'a scatterlist names a struct page that does not exist' },
} as const satisfies Record<string, { severity: Severity; title: string }>

export type FindingCode = keyof typeof FINDINGS

export const SEVERITIES: readonly Severity[] = ['info', 'warning', 'error']
export const atLeast = (severity: Severity, floor: Severity): boolean =>
  SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(floor)
