// The command that repeats a run: quoted for a shell, and a file where its words do not fit.
import { execFileSync } from 'node:child_process'
import { RUN_DEFAULTS, type RunSpec } from '@dmalab/api'
import { expect, test } from 'vitest'
import { commandOf } from '../src/index.ts'

const spec = (more: Partial<RunSpec> = {}): RunSpec => ({
  version: 1,
  board: 'some-board',
  kernels: ['arm@4.11+x'],
  config: [],
  cmdline: null,
  work: { line: 'v4l2src ! kmssink' },
  options: RUN_DEFAULTS,
  plugins: [],
  ...more,
})

test('what has its usual value is not said', () => {
  expect(commandOf(spec())).toBe("dmalab run 'v4l2src ! kmssink' --board some-board --kernel arm@4.11+x")
})

test('several kernels are a comparison, and everything asked for is said', () => {
  const options = {
    ...RUN_DEFAULTS,
    frames: 3,
    bind: { a: 'b' },
    inject: ['mapSg:1'],
    restart: 2,
    adversarialCache: true,
  }
  const command = commandOf(spec({ kernels: ['a', 'b'], config: ['X=1'], cmdline: '-x y', options }))
  expect(command).toBe(
    "dmalab compare 'v4l2src ! kmssink' --board some-board --kernel a --kernel b --config X=1 '--cmdline=-x y' --frames 3 --bind a=b --inject mapSg:1 --restart 2 --adversarial-cache",
  )
})

test('a shell reads back the very words', () => {
  const line = `filesrc location="it's $HOME \\ 'x'" ! kmssink`
  const command = commandOf(spec({ work: { line } }), { program: 'printf %s\\\\n' })
  const words = execFileSync('sh', ['-c', command], { encoding: 'utf8' }).split('\n')
  expect(words.slice(0, 2)).toEqual(['run', line])
})

test.each([
  ['a board inside', { board: { text: 'name: x', file: 'x.yaml' } }],
  ['a scenario inside', { work: { scenario: 'name: x', file: 'x.yaml' } }],
  ['a log', { work: { log: 'x', file: 'x', devices: {} } }],
  ['a line that looks like a file', { work: { line: 'a.yaml' } }],
  ['a line that looks like a flag', { work: { line: '--help' } }],
  ['an empty command line', { cmdline: '' }],
])('%s needs a file', (_what, more) => {
  expect(commandOf(spec(more), { file: "it's.json" })).toBe(`dmalab run --spec 'it'\\''s.json'`)
})

test('a known line has its short name', () => {
  const lines = { founding: 'v4l2src ! kmssink' }
  expect(commandOf(spec(), { program: 'npm start --', lines })).toMatch(/^npm start -- run founding --board/)
})

test('names the archive that a board lies in: a part of it is no file', () => {
  const board = { text: 'arch: x86_64\n', file: 'pc.tar.gz:memory/iomem' }
  expect(commandOf(spec({ board }), { files: true })).toBe(
    "dmalab run 'v4l2src ! kmssink' --bundle pc.tar.gz --kernel arm@4.11+x",
  )
  expect(commandOf(spec({ board }))).toBe('dmalab run --spec run.json')
})
