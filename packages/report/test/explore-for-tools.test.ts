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
const REPORT: Pick<ExploreReport, 'kernel' | 'base' | 'defects' | 'coverage'> = {
  kernel: 'arm@4.11+mine',
  base: 'arm@4.11',
  defects: [
    defect('new', { same: false, outcome: 'works' }),
    defect('known', null),
    defect('old', { same: true, outcome: '' }),
  ],
  coverage: {
    configurations: 4,
    explored: 3,
    exhausted: 3,
    neverFailed: 0,
    states: 9,
    transitions: 20,
    entered: [],
    notEntered: [],
  },
}
const OPTIONS = { explain: () => undefined, baseline: new Set(['known']) }

it('SARIF tells what is new from what the base or the baseline has', () => {
  const { runs } = exploreSarif(REPORT, '1', OPTIONS) as { runs: { results: { baselineState: string }[] }[] }
  expect(runs[0]?.results.map(({ baselineState }) => baselineState)).toEqual(['new', 'unchanged', 'unchanged'])
})

it('SARIF says when the time was up', () => {
  const whole = { ...REPORT, coverage: { ...REPORT.coverage, explored: 4 } }
  const ends = [REPORT, whole].map((report) => {
    const { runs } = exploreSarif(report, '1', OPTIONS) as {
      runs: { invocations: { executionSuccessful: boolean; toolExecutionNotifications: object[] }[] }[]
    }
    const [end] = runs[0]?.invocations ?? []
    return [end?.executionSuccessful, end?.toolExecutionNotifications.length]
  })
  expect(ends).toEqual([
    [false, 1],
    [true, 0],
  ])
})

it('JUnit fails what is new and skips the rest, with characters that XML can hold', () => {
  const text = exploreJunit(REPORT, OPTIONS)
  expect(text).toContain('tests="3" failures="1" errors="0" skipped="2"')
  expect(text).toContain('it stopped &amp; &lt;fell&gt;')
})
