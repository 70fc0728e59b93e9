// The test kit's suites over everything that is built in, and over the examples.
import { join } from 'node:path'
import { allocatorOnKit, describeAllocator, describeBackend, describePatch } from '@dmalab/testkit'
import { openLaboratory } from '@dmalab/lab/node'

const EXAMPLES = join(import.meta.dirname, '../../examples/plugins')
const given = ['op-table', 'patch', 'allocator'].map((name) => join(EXAMPLES, name))
const parts = await openLaboratory({ given })
const { kernels, patches } = parts.registry

for (const kernel of kernels.names()) describeBackend(() => ({ parts, kernel }))
describeBackend(() => ({ parts, kernel: 'arm@4.11', device: 'snooping' }))
describeBackend(() => ({ parts, kernel: 'arm64@6.12', device: 'translated', iommu: 'smmu-v3' }))

// The built-in allocators: allocators.test.ts.
for (const kernel of ['arm@4.11', 'arm64@6.12'])
  describeAllocator(`vb2-dma-pages on ${kernel}`, allocatorOnKit({ parts, kernel, allocator: 'vb2-dma-pages' }))

/** What the RFC is known for (tests/explore/rfc.test.ts), its port, and the example that answers as it does. */
const OF_THE_RFC = [
  'attribute-collides',
  'attribute-passed-on',
  'attributes-on-pages',
  'does-not-build',
  'field-in-some-lists',
  'field-kept',
  'first-entry-only',
  'foreign-memory',
  'kernel-oops',
  'length-not-set',
  'list-grows',
  'range-overflows',
  'table-not-taught',
  'type-confusion',
  'wrong-bytes',
]
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  'nopage-rfc': OF_THE_RFC,
  'nopage-rfc-port': OF_THE_RFC,
  'my-nopage': OF_THE_RFC,
}

for (const { name, appliesTo } of patches.values()) {
  const kernel = kernels.values().find((def) => appliesTo?.some((it) => it === def.name || it === def.arch) ?? true)
  if (kernel === undefined) throw new Error(`patch ${name} applies to no kernel`)
  describePatch(() => ({ parts, kernel: kernel.name, patch: name, knownDefects: KNOWN[name] ?? [] }))
}
