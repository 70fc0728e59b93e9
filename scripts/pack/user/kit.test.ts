// A user's test: the suites of the test kit on a plug-in in a folder beside it.
import { openLaboratory } from '@dmalab/lab/node'
import { describePatch } from '@dmalab/testkit'

const parts = await openLaboratory({ given: ['./plug-in'] })
describePatch(() => ({ parts, kernel: 'arm@4.11', patch: 'my-nopage' }))
