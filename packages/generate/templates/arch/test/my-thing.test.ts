// What the op tables of every kernel must do, on this architecture.
import { openLaboratory } from '@dmalab/lab/node'
import { describeBackend } from '@dmalab/testkit'

const parts = await openLaboratory({ given: ['.'] })
describeBackend(() => ({ parts, kernel: 'my-thing@6.12' }))
