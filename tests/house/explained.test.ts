// Every name that dmalab prints can be explained: taken from the tables, from the scenarios, and from what pages and sources name.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ASSUME_WORDS, ERRNO, EXPLORED, FINDINGS, RELEASE_RECORDS, VERDICTS } from '@dmalab/api'
import { everyName, explain } from '@dmalab/lab'
import { openLaboratory } from '@dmalab/lab/node'
import { LINT_CODES, TRAP_CODES } from '@dmalab/machine'
import { scenarioSteps } from '@dmalab/scenario'
import { describe, expect, it, test } from 'vitest'
import { dmalab } from '../../apps/cli/test/dmalab.ts'
import { sources } from './house.ts'

const ROOT = join(import.meta.dirname, '../..')
const scenarios = readdirSync(join(ROOT, 'scenarios'))
const pages = ['README.md', 'scenarios/README.md', ...readdirSync(join(ROOT, 'docs')).map((page) => `docs/${page}`)]
  .filter((page) => page.endsWith('.md'))
  .map((page) => readFileSync(join(ROOT, page), 'utf8'))

const catalogue = [...readFileSync(join(ROOT, 'docs/kernel-messages.md'), 'utf8').matchAll(/^### (.+)$/gm)].map(
  ([, id = '']) => id,
)

const titleOf = (name: string): string => {
  const told = explain(name)
  return told.title
}

describe('every name of', () => {
  it.each([
    ['findings', Object.keys(FINDINGS)],
    ['explorations', Object.keys(EXPLORED)],
    ['board lint', Object.keys(LINT_CODES)],
    ['board facts', Object.keys(TRAP_CODES)],
    ['kernel messages', catalogue],
    ['differences between releases', RELEASE_RECORDS.map(({ id }) => id)],
    ['steps', scenarioSteps().map(({ name }) => name)],
    ['verdicts', VERDICTS],
    ['what diagnose makes of a run', VERDICTS.map((verdict) => `model-${verdict}`)],
    ['assumptions', ASSUME_WORDS.filter((word) => word !== 'all')],
    ['errnos', Object.keys(ERRNO)],
    ['scenarios of a defect', scenarios.flatMap((name) => /^(rd-\d+)/.exec(name)?.[1] ?? [])],
    ['failures and defects in pages and sources', numbered()],
  ])('%s', (_what, names) => {
    expect(names.length).toBeGreaterThan(0)
    expect(names.filter((name) => titleOf(name) === '')).toEqual([])
  })

  it('patches, and rules of the checker', async () => {
    const { registry } = await openLaboratory()
    const names = [...registry.patches.values(), ...registry.rules.values()].map(({ name }) => name)
    expect(names.filter((name) => titleOf(name) === '')).toEqual([])
  })
})

/** `F-07` and `rd-13`, wherever text names one. */
function numbered(): readonly string[] {
  const texts = [...pages, ...sources.map(({ code }) => code)]
  return texts.flatMap((text) => [...text.matchAll(/\b(?:F-\d\d|rd-\d\d)(?![\w-]*=)\b/g)].map(([name]) => name))
}

test('what is to be given next can be given', () => {
  const canBeGiven = (command: string): boolean => {
    const [, verb = '', operand = ''] = command.split(' ')
    return verb === 'explain' ? titleOf(operand) !== '' : verb === 'run' && existsSync(join(ROOT, operand))
  }
  const next = everyName().flatMap((name) => {
    const told = explain(name)
    return 'commands' in told ? told.commands : []
  })
  expect(next.length).toBeGreaterThan(30)
  expect(next.filter((command) => !canBeGiven(command))).toEqual([])
})

test('the case of letters and zeros in front do not matter', () => {
  expect([titleOf('f-7'), titleOf('RD-13'), titleOf('Unmap-Size'), titleOf('einval')]).toEqual([
    titleOf('F-07'),
    titleOf('rd-13'),
    titleOf('unmap-size'),
    titleOf('EINVAL'),
  ])
})

test.each([
  ['unmap-sice', 'unmap-size'],
  ['rd-14', 'rd-13'],
  ['F-99', 'F-09'],
  ['swiotlb-ful', 'swiotlb-full'],
  ['region-overlaps', 'region-overlap'],
])('%s is not known, and %s is near', async (typed, near) => {
  const { code, err } = await dmalab('explain', typed)
  expect({ code, line: err.split('\n')[0] }).toEqual({ code: 2, line: `error: unknown finding code ${typed}` })
  expect(err).toContain(near)
  const json = await dmalab('explain', typed, '--json')
  expect({ code: json.code, error: JSON.parse(json.out) }).toMatchObject({ code: 2, error: { error: {} } })
})
