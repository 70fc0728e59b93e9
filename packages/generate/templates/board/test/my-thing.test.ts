// The board can be read, has nothing that board lint calls an error, and runs a pipeline.
import { lintMachine, specOf } from '@dmalab/lab'
import { openLaboratory, run } from '@dmalab/lab/node'
import { expect, it } from 'vitest'

const parts = await openLaboratory({ given: ['.'] })
const board = parts.registry.boards.get('my-thing')

it('has no error', () => {
  expect(lintMachine(board).filter(({ severity }) => severity === 'error')).toEqual([])
})

it('gets a kernel of its architecture', () => {
  expect(specOf(parts.registry, { board: 'my-thing', work: 'v4l2src ! kmssink' }).kernels).toEqual(['arm64@6.12'])
})

it('runs its camera', async () => {
  const report = await run({ board: 'my-thing', work: 'v4l2src ! fakesink', frames: 1 }, { laboratory: parts })
  expect(report.runs[0]?.verdict).toBe('works')
})
