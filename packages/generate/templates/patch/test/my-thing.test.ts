// What every patch must hold, and what this one is for.
import { openLaboratory, run } from '@dmalab/lab/node'
import { describePatch } from '@dmalab/testkit'
import { expect, it } from 'vitest'

const parts = await openLaboratory({ given: ['.'] })
describePatch(() => ({ parts, kernel: 'arm@4.11', patch: 'my-thing' }))

it('refuses the export that stops a kernel without it', async () => {
  const verdictOn = async (kernel: string): Promise<string | undefined> =>
    (await run({ kernels: [kernel], frames: 1 }, { laboratory: parts })).runs[0]?.verdict
  expect(await verdictOn('arm@4.11')).toBe('fault')
  expect(await verdictOn('arm@4.11+my-thing')).toBe('refused')
})
