// The RFC under exploration: known defects come out, each scenario shows what it states, and nothing depends on who searched.
import { explainDefect, explore, exploreRequest, openLaboratory, openSearcher, planExploration } from '@dmalab/lab'
import { type Defect, newDefects } from '@dmalab/api'
import { defectFiles } from '@dmalab/report'
import { readMachine } from '@dmalab/machine'
import { readScenario } from '@dmalab/scenario'
import { beforeAll, describe, expect, it } from 'vitest'

const WORK = {
  kernel: 'arm@4.11+nopage-rfc',
  bound: { configurations: 'single', states: 30, walks: 0 },
  only: [
    'memory=dumb',
    'pool=over-pages',
    'importer=iommu',
    'importer=offset',
    'importer=narrow',
    'failing call=mapPage@importer:1',
  ],
} as const
const laboratory = await openLaboratory()
let defects: readonly Defect[] = []

beforeAll(async () => {
  defects = newDefects(await explore(WORK, { laboratory }))
}, 240_000)

const found = (code: string, symbol: string, configuration: Readonly<Record<string, string>> = {}): readonly Defect[] =>
  defects.filter(
    (defect) =>
      code.split('|').includes(defect.code) &&
      (symbol === '' || defect.symbols.some((name) => name === symbol)) &&
      Object.entries(configuration).every(([axis, value]) => defect.configuration[axis] === value),
  )

describe('known defects', () => {
  it.each([
    ['RD-07: a page pointer that is an address', 'type-confusion', '', {}],
    ['RD-08: an importer behind an IOMMU', 'type-confusion|kernel-oops', 'arm_iommu_map_sg', { importer: 'iommu' }],
    [
      'RD-11: an importer with another bus view',
      'wrong-bytes|foreign-memory',
      'arm_dma_map_sg',
      { importer: 'offset' },
    ],
    ['RD-13: a list that is synced', 'kernel-oops', 'arm_dma_sync_sg_for_device', {}],
    ['RD-02: lists grow', 'list-grows', 'sg_alloc_table', {}],
    ['RD-03: the next page in an entry inherits the tag', 'field-kept', 'sg_set_page', {}],
    ['RD-04: attributes on ordinary pages', 'attributes-on-pages', 'arm_dma_get_sgtable', {}],
    ['RD-06: a pool over pages that the CPU maps', 'wrong-bytes', 'arm_dma_map_sg', { pool: 'over-pages' }],
    ['RD-09: op tables that were not taught', 'table-not-taught', '', {}],
    ['RD-15: pages that are counted', 'type-confusion', '', {}],
    ['RD-19: an exporter that was not taught', 'kernel-oops', 'drm_gem_map_dma_buf', {}],
    ['RD-25: a bit that is another later', 'attribute-collides', '', {}],
    ['a length that is copied nowhere', 'length-not-set', 'arm_dma_get_sgtable', {}],
    ['a pool of 2 GiB', 'range-overflows', 'dma_check_dev_coherent', { config: 'ARM_LPAE=y' }],
    ['a tag that goes on to other calls', 'attribute-passed-on', 'vb2_dc_mmap', {}],
    ['an unwind that does not ask', 'kernel-oops', 'arm_dma_map_sg', { 'failing call': 'mapPage@importer:1' }],
    ['a device whose mask cuts the address', 'device-address-cut', 'arm_dma_map_sg', { importer: 'narrow' }],
  ] as const)('%s', (_name, code, symbol, configuration) => {
    expect(found(code, symbol, configuration)).not.toEqual([])
  })
})

it('every code is explained', () => {
  expect(defects.filter(({ code }) => explainDefect(code) === undefined)).toEqual([])
})

it('the files of a defect are a scenario and a board that can be read', () => {
  for (const defect of defects.filter((one) => one.scenario !== null)) {
    const [scenario, board] = defectFiles(defect, WORK.kernel)
    expect(readMachine(board?.text ?? '', 'board').name).toBe(defect.scenario?.board['name'])
    expect(readScenario(scenario?.text ?? '', 'scenario').name).toBe(defect.id)
  }
})

it('gives the same report when configurations come in another order', async () => {
  const small = { ...WORK, bound: { configurations: 'single', states: 8, walks: 1 } } as const
  const plan = planExploration(laboratory, exploreRequest(small))
  const backwards = await explore(small, {
    laboratory,
    searchAll: async (groups, done) => {
      const search = openSearcher(laboratory, plan)
      for (const number of groups.flat().toReversed()) done(number, search(number))
    },
  })
  expect(backwards).toEqual(await explore(small, { laboratory }))
})
