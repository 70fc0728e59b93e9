// Pictures of the camera reach the display, every byte of them.
import { openLaboratory, run } from '@dmalab/lab/node'
import { expect, it } from 'vitest'

const parts = await openLaboratory({ given: ['.'] })

it.each(['v4l2src io-mode=dmabuf ! kmssink', 'v4l2src io-mode=mmap ! fakesink'])('%s works', async (work) => {
  const report = await run({ board: 'my-thing-board', work, frames: 3, assume: ['driver'] }, { laboratory: parts })
  expect(report.runs[0]?.verdict).toBe('works')
})
