// Sweeps in this process: expansion, results, reports.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PointResult, SweepReport } from '@dmalab/api'
import { capMachines } from '@dmalab/hot'
import {
  openLaboratory,
  parseShard,
  planOf,
  readSweepReport,
  readSweepSpec,
  type SweepPlan,
  sweep,
  sweepChanges,
  sweepJsonSchema,
} from '@dmalab/lab'
import { sweepFiles } from '@dmalab/lab/node'
import { sweepCsv, sweepJunit, sweepMarkdown, sweepSarif, sweepText } from '@dmalab/report'
import { describe, expect, test } from 'vitest'

const laboratory = await openLaboratory()

const SMALL = 'sweep: 1\nname: small\nframes: 1\nsize: 64x64\n'
const planned = (text: string): SweepPlan => planOf(laboratory, readSweepSpec(`${SMALL}${text}`, 'a.yaml'))
const placesIn = async (plan: SweepPlan) => {
  const places: string[] = []
  for await (const { at } of plan.points()) places.push(`${at.board ?? ''} ${at.seed ?? ''} ${at.kernel ?? ''}`.trim())
  return places
}
const idsOf = async (text: string) => {
  const ids: string[] = []
  for await (const { id } of planned(text).points()) ids.push(id)
  return ids
}

describe('expansion', () => {
  test('the last axis changes first, and an exclusion leaves out what it matches', async () => {
    const plan = planned(
      `seed: [1, 2]\nkernel: [arm@4.11, arm@4.11+nopage-rfc]\nexclude: [{ seed: 2, kernel: '*+nopage*' }]\n`,
    )
    expect(await placesIn(plan)).toEqual(['1 arm@4.11', '1 arm@4.11+nopage-rfc', '2 arm@4.11'])
    expect(plan).toMatchObject({ count: 3, leftOut: [{ why: 'excluded', count: 1 }] })
  })

  test('all boards and all kernels are those that fit one another; a kernel that is named and does not fit is counted', () => {
    const arches = (kernels: string): SweepPlan => planned(`board: all\nkernel: ${kernels}\n`)
    const all = arches('all')
    expect(all.leftOut).toEqual([])
    expect(all.count).toBeGreaterThan(laboratory.registry.boards.names().length)
    expect(arches('[arm@4.11]').leftOut[0]?.why).toMatch(/another architecture/)
    // A 32-bit system on a 64-bit board, where both are asked for by name.
    expect(planned('board: bcm2711-rpi-4-b\nkernel: [arm@6.1, arm64@6.1]\n')).toMatchObject({ count: 2, leftOut: [] })
  })

  test('points are grids of their own, with the values above where they state none', async () => {
    const text = 'kernel: arm@4.11\npoints: [{ seed: [1, 2] }, { seed: 3, kernel: arm@6.12 }]\n'
    expect(await placesIn(planned(text))).toEqual(['1 arm@4.11', '2 arm@4.11', '3 arm@6.12'])
  })

  test('the same run has the same id, another one has not', async () => {
    const [a, b] = await idsOf('seed: [1, 2]\nkernel: arm@4.11\n')
    expect(await idsOf('kernel: [arm@4.11]\nseed: 1\n')).toEqual([a])
    expect(a).not.toBe(b)
    expect(a).toMatch(/^[0-9a-f]{16}$/)
  })

  test.each([
    ['an unknown key', 'boards: all\n', /a\.yaml:5:1: boards: unknown key/],
    ['a board that is not there', 'board: nowhere\n', /there is no board 'nowhere'/],
    ['a kernel that is not there', 'kernel: arm@nothing\n', /there is no kernel 'arm@nothing'/],
    ['a number that is none', 'seed: many\n', /seed many is no whole number/],
    ['a line with a mistake', 'work: v4l2src ! ! kmssink\n', /pipeline/],
    ['nothing left', 'kernel: arm@4.11\nexclude: [{ kernel: arm* }]\n', /no point is left of 1: excluded/],
  ])('%s is bad input', (_what, text, says) => {
    expect(() => planned(text)).toThrow(says)
  })

  test('two names of the same run are two places with one result, which is run once', async () => {
    const spec = readSweepSpec(`${SMALL}kernel: [4.11, arm@4.11]\n`, 'a.yaml')
    const ran: string[] = []
    const { points } = await sweep(spec, { laboratory, onResult: (id) => void ran.push(id) })
    expect(points.map(({ id, at }) => [id, at.kernel])).toEqual([
      [ran[0], '4.11'],
      [ran[0], 'arm@4.11'],
    ])
    expect(points[1]?.result).toEqual(points[0]?.result)
    expect(ran).toHaveLength(1)
  })

  test('a part is i/n, and all parts are the whole', async () => {
    const spec = readSweepSpec(`${SMALL}seed: [1, 2, 3]\nkernel: arm@4.11\n`, 'a.yaml')
    const parts = await Promise.all(['1/2', '2/2'].map((text) => sweep(spec, { laboratory, shard: parseShard(text) })))
    const whole = await sweep(spec, { laboratory })
    expect(
      parts.flatMap(({ points }) => points).toSorted((a, b) => (a.at.seed ?? '').localeCompare(b.at.seed ?? '')),
    ).toEqual(whole.points)
    expect(() => parseShard('3/2')).toThrow('--shard 3/2 is not i/n')
  })

  test('the schema for editors has every axis', () => {
    expect(sweepJsonSchema()).toMatchObject({ properties: { board: {}, 'adversarial-cache': {}, points: {} } })
    expect(JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/sweep.schema.json'), 'utf8'))).toEqual(
      sweepJsonSchema(),
    )
  })
})

const FOUNDING = readSweepSpec(
  `${SMALL}seed: [1, 2]\nkernel: [arm@4.11, arm@4.11+pfn-valid, arm@4.11+nopage-rfc, arm@4.11+pfn-valid+nopage-rfc]\n`,
  'a.yaml',
)
const founding = await sweep(FOUNDING, { laboratory })
const hostile: SweepReport = {
  ...founding,
  name: '<script>\u001B[31m',
  axes: [{ name: 'board', values: ['=1+1"<i>'] }, ...founding.axes],
  points: founding.points.map(({ id, at }) => ({
    id,
    at: { ...at, board: '=1+1"<i>' },
    result: { kind: 'crashed', why: '\u001B[2J<img>' },
  })),
}

const TEXT = [
  'small: 8 points',
  '  size 64x64',
  '  frames 1',
  '',
  '┌──────┬──────────┬────────────┬─────────────┬─────────────┐',
  '│ seed │ arm@4.11 │ arm@4.11   │ arm@4.11    │ arm@4.11    │',
  '│      │          │ +pfn-valid │ +nopage-rfc │ +pfn-valid  │',
  '│      │          │            │             │ +nopage-rfc │',
  '├──────┼──────────┼────────────┼─────────────┼─────────────┤',
  '│ 1    │ FAULT    │ EINVAL     │ works       │ works       │',
  '│ 2    │          │            │             │             │',
  '└──────┴──────────┴────────────┴─────────────┴─────────────┘',
  '',
  'why',
  '  FAULT (2 points): converter: QBUF dma-buf: paging request, in dma_cache_maint_page',
  expect.stringContaining('dmalab run '),
  '  EINVAL (2 points): codec: EXPBUF: ENXIO: the buffer at 0x51000000 has no struct page (pfn_valid',
  '      is false)',
  expect.stringContaining('dmalab run '),
  '4 of 8 points are as they should be',
]

describe('reports', () => {
  const commandOf = (id: string): string => `dmalab run ${id}`

  test('rows that say the same are one, and each cause has its command', () => {
    expect(sweepText(founding, { commandOf }).split('\n')).toEqual(TEXT)
  })

  test('what cannot be run is skipped in JUnit, what works passes, the rest fails', () => {
    const xml = sweepJunit(founding)
    expect(xml).toContain('tests="8" failures="4" errors="0" skipped="0"')
    expect(xml).toContain('<failure type="FAULT"')
  })

  test('CSV and SARIF have each point', () => {
    expect(sweepCsv(founding).split('\r\n')).toHaveLength(9)
    const sarif = sweepSarif(founding, { version: '1', explain: () => undefined, uri: 'a.yaml' }) as {
      runs: { results: { ruleId: string }[] }[]
    }
    const rules = sarif.runs[0]?.results.map(({ ruleId }) => ruleId) ?? []
    expect(rules.filter((rule) => rule.startsWith('verdict-'))).toHaveLength(4)
  })

  test('hostile texts are texts everywhere', () => {
    const formats = [
      sweepText(hostile, { commandOf }),
      sweepJunit(hostile),
      JSON.stringify(sweepSarif(hostile, { version: '1', explain: () => undefined, uri: null })),
      sweepCsv(hostile),
      sweepMarkdown(hostile, commandOf),
    ]
    for (const text of formats) expect(text).not.toContain('\u001B')
    expect(formats[4]).not.toMatch(/(?<!\\)<(script|img|b>)/)
    expect(formats[3]).not.toMatch(/(^|[,"\n])=1\+1/)
  })

  test('a report held against itself has not changed; a worse verdict is named so', () => {
    expect(sweepChanges(founding, founding)).toEqual([])
    const [first, ...others] = founding.points
    if (first === undefined) throw new Error('no point')
    const before: SweepReport = { ...founding, points: [{ ...first, result: worksOf(founding) }, ...others.slice(1)] }
    const changes = sweepChanges(before, founding)
    expect(changes.map(({ worse }) => worse)).toEqual([true, true])
    expect(changes[1]?.before).toBeNull()
    expect(sweepText(founding, { commandOf, changes })).toContain('works -> FAULT worse')
  })

  test('a report is read back; what is none is bad input', () => {
    expect(readSweepReport(JSON.stringify(founding), 'a.json')).toEqual(founding)
    expect(() => readSweepReport('{"schema":1}', 'a.json')).toThrow(/a\.json: .*is no report of a sweep/)
    expect(() => readSweepReport('nothing', 'a.json')).toThrow('a.json: is not JSON')
  })
})

const worksOf = ({ points }: SweepReport): PointResult => {
  const works = points.find(({ result }) => result.kind === 'ran' && result.verdict === 'works')
  if (works === undefined) throw new Error('nothing works')
  return works.result
}

test('known points are not run again, and the report is the same', async () => {
  const known = new Map(founding.points.slice(0, 5).map(({ id, result: got }) => [id, got]))
  const ran: string[] = []
  const report = await sweep(FOUNDING, { laboratory, known, onResult: (id) => void ran.push(id) })
  expect(report).toEqual(founding)
  expect(ran).toEqual(founding.points.slice(5).map(({ id }) => id))
})

test('boards, scenarios and lines by name come from files beside the sweep', async () => {
  const files = sweepFiles(laboratory.registry, join(import.meta.dirname, '../../scenarios'))
  const spec = readSweepSpec(
    `sweep: 1\nwork: [rd-13-sync-not-guarded.yaml, mine]\nlines: { mine: v4l2src ! kmssink }\nframes: 1\nassume: [all]\n`,
    'a.yaml',
  )
  const report = await sweep(spec, { laboratory, files })
  expect(report.points.map(({ at }) => at.work)).toEqual(['rd-13-sync-not-guarded.yaml', 'mine'])
  expect(report.points[0]?.result).toMatchObject({ kind: 'ran', met: true })
})

test('a machine that would hold more than it may is a result of its point', async () => {
  const small = await openLaboratory()
  capMachines(small.module, 64 * 2 ** 20)
  const spec = readSweepSpec('sweep: 1\nboard: rk3399-rockpro64\nframes: 1\nsize: [64x64, 3840x2160]\n', 'a.yaml')
  const { points } = await sweep(spec, { laboratory: small })
  expect(points.map(({ result }) => result.kind)).toEqual(['ran', 'memory-limit'])
})
