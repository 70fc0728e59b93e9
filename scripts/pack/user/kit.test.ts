// A user's test: suites of the test kit, beside the plug-in in a folder next to it. The plug-in is the RFC and has its defects, which the kit
// would name; its op tables hold their contract.
import { openLaboratory } from '@dmalab/lab/node'
import { describeBackend, describePatch } from '@dmalab/testkit'

const parts = await openLaboratory({ given: ['./plug-in'] })
describeBackend(() => ({ parts, kernel: 'arm@4.11+my-nopage' }))
describePatch(() => ({ parts, kernel: 'arm@4.11', patch: 'pfn-valid' }))
