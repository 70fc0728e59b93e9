import type { Defect, ExploreReport } from '@dmalab/api'
import { expect, it } from 'vitest'
import { exploreJunit, exploreSarif } from '../src/index.ts'

const defect = (id: string, base: Defect['base']): Defect => ({
  id,
  code: 'kernel-oops',
  message: 'it stopped & <fell>',
  step: 'sync',
  symbols: ['arm_dma_sync_sg_for_cpu'],
  configuration: { importer: 'iommu' },
  hunks: [{ file: 'arch/arm/mm/dma-mapping.c', symbol: 'arm_dma_map_sg', what: 'skips' }],
  base,
  ordinary: null,
  scenario: null,
})
const REPORT = {
  kernel: 'arm@4.11+mine',
  base: 'arm@4.11',
  defects: [
    defect('new', { same: false, outcome: 'works' }),
    defect('known', null),
    defect('old', { same: true, outcome: '' }),
  ],
} as unknown as ExploreReport
const OPTIONS = { explain: () => undefined, baseline: new Set(['known']) }

it('SARIF tells what is new from what the base or the baseline has', () => {
  const { runs } = exploreSarif(REPORT, '1', OPTIONS) as { runs: { results: { baselineState: string }[] }[] }
  expect(runs[0]?.results.map(({ baselineState }) => baselineState)).toEqual(['new', 'unchanged', 'unchanged'])
})

it('JUnit fails what is new and skips the rest, with characters that XML can hold', () => {
  const text = exploreJunit(REPORT, OPTIONS)
  expect(text).toContain('tests="3" failures="1" errors="0" skipped="2"')
  expect(text).toContain('it stopped &amp; &lt;fell&gt;')
})
