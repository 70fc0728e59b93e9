// Which tests must fail is said in conformance-broken.test.ts.
import { describeBackend } from '@dmalab/testkit'
import { forgetful, liar, parts } from './plug-ins.ts'

describeBackend(() => ({ parts, kernel: liar.name }))
describeBackend(() => ({ parts, kernel: forgetful.name }))
