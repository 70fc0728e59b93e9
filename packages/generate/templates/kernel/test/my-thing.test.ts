// What the op tables of every kernel must do, on this one.
import { openLaboratory } from '@dmalab/lab/node'
import { describeBackend } from '@dmalab/testkit'

const parts = await openLaboratory({ given: ['.'] })
describeBackend(() => ({ parts, kernel: 'arm64@my-thing' }))
