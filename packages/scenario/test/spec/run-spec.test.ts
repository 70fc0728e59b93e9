// RunSpecs as they are written: what is left out gets its usual value, what cannot be meant is refused with its path.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RUN_DEFAULTS } from '@dmalab/api'
import { expect, test } from 'vitest'
import { checkRunSpec, readRunSpec, runSpecJsonSchema, scenarioOfSpec } from '../../src/index.ts'

const SMALL = { version: 1, board: 'some-board', kernels: ['arm@4.11'], work: { line: 'v4l2src ! kmssink' } }

test('what is left out gets its usual value', () => {
  expect(checkRunSpec(SMALL)).toEqual({ ...SMALL, config: [], cmdline: null, options: RUN_DEFAULTS, plugins: [] })
})

test('a whole spec is read as it stands, and again from what was read', () => {
  const spec = checkRunSpec({
    ...SMALL,
    board: { dtb: '0A3+7Q==', memory: ['2GiB'] },
    options: { frames: 3, bind: { kmssink: 'display' }, inject: ['mapSg@converter:2'], restart: 2 },
    plugins: [{ path: './mine.mjs' }],
  })
  expect(spec.board).toEqual({ dtb: '0A3+7Q==', file: 'board.dtb', overlays: [], memory: ['2GiB'], arch: null })
  expect(readRunSpec(JSON.stringify(spec), 'run.json')).toEqual(spec)
})

const refused: readonly (readonly [what: string, spec: object, says: RegExp])[] = [
  [
    'an unknown key',
    { ...SMALL, kernel: 'arm@4.11' },
    /^run\.json: kernel: unknown key \(did you mean kernels\?\); expected version, board, kernels/,
  ],
  [
    'an unknown option',
    { ...SMALL, options: { frame: 1 } },
    /options\.frame: unknown key \(did you mean frames\?\); expected frames, size/,
  ],
  [
    'an unknown key of a board',
    { ...SMALL, board: { text: 'a', tex: 1 } },
    /board\.tex: unknown key \(did you mean text\?\); expected text, file/,
  ],
  ['an unknown key of work', { ...SMALL, work: { line: 'a', bind: {} } }, /work\.bind: unknown key; expected line/],
  [
    'a board of no shape',
    { ...SMALL, board: {} },
    /board: expected a board: its name, \{text\}, \{machine\} or \{dtb\}/,
  ],
  ['work of no shape', { ...SMALL, work: 'a ! b' }, /work: expected work: \{line\}, \{scenario\} or \{log\}/],
  ['another version', { ...SMALL, version: 2 }, /version: this dmalab reads version 1/],
  ['no kernel', { ...SMALL, kernels: [] }, /kernels: expected at least one kernel/],
  [
    'a number out of range',
    { ...SMALL, options: { frames: 0 } },
    /options\.frames: frames is 0; it must be .* 1 to 1000000/,
  ],
  ['what is not a size', { ...SMALL, options: { size: '1920' } }, /options\.size: expected WIDTHxHEIGHT/],
  ['a call that cannot fail', { ...SMALL, options: { inject: ['x'] } }, /options\.inject\.0: expected operation/],
  ['what is not a digest', { ...SMALL, plugins: [{ path: 'a', hash: 'b' }] }, /plugins\.0\.hash: expected sha256:/],
]
test.each(refused)('%s is refused with its path and what was expected, in one line', (_what, spec, says) => {
  let message = ''
  try {
    readRunSpec(JSON.stringify(spec), 'run.json')
  } catch (e) {
    message = e instanceof Error ? e.message : ''
  }
  expect(message).toMatch(says)
  expect(message).not.toContain('\n')
})

test('text that is not JSON names the file', () => {
  expect(() => readRunSpec('{', 'run.json')).toThrow(/^run\.json: is not JSON/)
})

test('a scenario as data is read like its text, and complains with its path', () => {
  const steps = [{ do: 'alloc', buffer: 'a', size: '4KiB', from: 'pages' }]
  const scenario = { name: 'small', steps }
  expect(scenarioOfSpec({ scenario, file: 'x' })).toEqual(
    scenarioOfSpec({ scenario: JSON.stringify(scenario), file: 'x' }),
  )
  expect(() => scenarioOfSpec({ scenario: { name: 'small', steps: [{ do: 'free' }] }, file: 'x' })).toThrow(
    /^x: steps\.0\.buffer: missing/,
  )
})

test('the published JSON schema is the one that is read by', () => {
  const file = join(import.meta.dirname, '../../../../docs/run-spec.schema.json')
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(runSpecJsonSchema())))
})
