// The patch can be loaded and names its hunks. Then: describePatch of @dmalab/testkit on the kernel that it is for.
import { openLaboratory } from '@dmalab/lab/node'
import { expect, it } from 'vitest'

const parts = await openLaboratory({ given: ['.'] })

it('is there, with its hunks', () => {
  expect(parts.registry.patches.get('my-thing').hunks).not.toEqual([])
})
