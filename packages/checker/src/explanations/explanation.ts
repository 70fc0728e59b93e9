// What `dmalab explain CODE` says about a finding code, beside what the catalogue says; docs/findings.md is made from it.
import type { ExplainedCode } from '@dmalab/api'

export type Explanation = Pick<ExplainedCode, 'what' | 'why' | 'source' | 'fixes'>
