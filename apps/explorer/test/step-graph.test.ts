import { openLaboratory, specOf, viewRuns } from '@dmalab/lab'
import { timelineOf } from '@dmalab/report/view'
import { describe, expect, test } from 'vitest'
import { graphOfSteps } from '../src/step-graph.ts'

const parts = await openLaboratory()
const edgesOf = async (kernel: string): Promise<readonly string[]> => {
  const scenario = {
    name: 'share',
    board: 'odroid-xu4-2017',
    steps: [
      { do: 'alloc', buffer: 'frame', size: '8KiB', from: 'coherent', device: 'codec.left' },
      { do: 'export', buffer: 'frame' },
      { do: 'attach', buffer: 'frame', device: 'converter' },
      { do: 'map', buffer: 'frame', device: 'converter', dir: 'FROM_DEVICE' },
    ],
  }
  const spec = specOf(parts.registry, { kernels: [kernel], work: { scenario, file: 'share.yaml' } })
  const [run] = (await viewRuns(parts, spec)).runs
  const { edges } = graphOfSteps(timelineOf(run?.events ?? []))
  return edges.map(({ from, to, state, bytes }) => `${from.name} to ${to.name}: ${state}, ${bytes} bytes`)
}

describe('a scenario of steps as a graph', () => {
  test('breaks between exporter and importer where the kernel faults', async () => {
    expect(await edgesOf('arm@4.11')).toEqual(['codec.left to converter: broken, 8192 bytes'])
  })

  test('passes a buffer without a copy with the patch', async () => {
    expect(await edgesOf('arm@4.11+nopage-rfc')).toEqual(['codec.left to converter: zero-copy, 8192 bytes'])
  })
})
