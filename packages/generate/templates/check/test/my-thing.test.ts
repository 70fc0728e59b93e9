// One run in which it must speak, and one in which it must not.
import { openLaboratory, run } from '@dmalab/lab/node'
import { expect, it } from 'vitest'

const parts = await openLaboratory({ given: ['.'] })
const codesOf = async (size: string): Promise<readonly string[]> => {
  const request = { kernels: ['arm@4.11+nopage-rfc'], board: 'odroid-u3', size, frames: 2 }
  const report = await run(
    { ...request, work: 'v4l2src ! v4l2convert output-io-mode=dmabuf-import ! fakesink', bind: { v4l2src: 'vivid' } },
    { laboratory: parts },
  )
  return report.runs.flatMap(({ findings }) => findings.map(({ code }) => code))
}

it('speaks of large pictures', async () => {
  expect(await codesOf('1920x1080')).toContain('my-thing')
})

it('is silent about small ones', async () => {
  expect(await codesOf('320x240')).not.toContain('my-thing')
})
