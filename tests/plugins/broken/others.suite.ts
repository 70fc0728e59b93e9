// Which tests must fail is said in conformance-broken.test.ts.
import { allocatorOnKit, describeAllocator, describePatch } from '@dmalab/testkit'
import { base, careless, leaky, parts } from './plug-ins.ts'

describeAllocator('vb2-leaky', allocatorOnKit({ parts, kernel: base.name, allocator: leaky.name }))
describePatch(() => ({ parts, kernel: base.name, patch: careless.name }))
