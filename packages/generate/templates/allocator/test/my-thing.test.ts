// What every allocator must hold, and a camera that takes its buffers from this one.
import { openLaboratory, run } from '@dmalab/lab/node'
import { allocatorOnKit, describeAllocator } from '@dmalab/testkit'
import { expect, it } from 'vitest'

const parts = await openLaboratory({ given: ['.'] })
describeAllocator('my-thing', allocatorOnKit({ parts, kernel: 'arm64@6.12', allocator: 'my-thing' }))

it('feeds a display', async () => {
  const request = { board: 'my-thing-board', work: 'v4l2src io-mode=dmabuf ! kmssink', frames: 3 }
  expect((await run({ ...request, assume: ['driver'] }, { laboratory: parts })).runs[0]?.verdict).toBe('works')
})
