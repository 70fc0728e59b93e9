// What `dmalab explain CODE` says about a finding code, as data; docs/findings.md is made from it.

export interface Explanation {
  /** What was seen, and how the checker knows. */
  readonly what: string
  /** What it does to a system. */
  readonly why: string
  /** Where the kernel says or does it: file and function. */
  readonly source: string
  readonly fixes: readonly string[]
}
