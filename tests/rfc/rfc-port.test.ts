// The RFC on kernels of today: its hunks where the code went, and its bit, which has another meaning by now.
import type { KernelRun } from '@dmalab/api'
import { run, showKernel } from '@dmalab/lab'
import { openLaboratory } from '@dmalab/lab/node'
import { describe, expect, it } from 'vitest'

const laboratory = await openLaboratory()
const founding = async (kernel: string): Promise<KernelRun | undefined> =>
  (await run({ kernels: [kernel], frames: 1, size: '320x240' }, { laboratory })).runs[0]

describe('+nopage-rfc on a kernel of today', () => {
  it.each(['arm@6.12', 'arm64@7.2'])('is its port on %s, which says what has no place there', (kernel) => {
    const { name, patches } = showKernel(laboratory.registry, `${kernel}+nopage-rfc`)
    expect(name).toBe(`${kernel}+nopage-rfc-port`)
    expect(patches[0]?.leftOut.map(({ symbol }) => symbol)).toContainEqual(expect.stringContaining('arm_dma_map_sg'))
  })
  it('leaves tagged memory alone', async () => {
    expect(await founding('arm@6.12+nopage-rfc')).toMatchObject({
      verdict: 'works',
      cache: { skippedEntries: 4 },
      findings: [],
    })
  })
  it('has a bit that means MMIO from v6.18 on', async () => {
    const told = (await founding('arm@6.18+nopage-rfc'))?.findings.map(({ code, message }) => `${code}: ${message}`)
    expect(told).toContain(
      'attribute-bit-taken: bit 10, DMA_ATTR_DEV_COHERENT_NOPAGE of nopage-rfc-port, is DMA_ATTR_MMIO in Linux 6.18',
    )
  })
})
