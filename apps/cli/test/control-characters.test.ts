// A control character in a name, a message or a log is shown on the terminal, never sent to it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { shown } from '../src/shown.ts'
import { dmalabWith } from './dmalab.ts'
import { escapedFields, EVIL, fields, quoted, SENT, sentIn } from './evil.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-esc-'))
afterAll(() => rmSync(folder, { recursive: true }))

const root = join(import.meta.dirname, '../../..')
const data = (path: string): string => readFileSync(join(root, path), 'utf8')

const LOG = data('packages/trace/test/data/a64-6.12-viol-direct.trace.txt').split('\n').slice(0, 60).join('\n')
const DMESG = [
  '[    1.0] DMA-API: dev 0000:00:03.0: device driver frees DMA memory with different size [device address=0x00000000ffff0000] [map size=4096 bytes] [unmap size=8192 bytes]',
  '[    2.0] e1000 0000:00:03.0: swiotlb buffer is full (sz: 4096 bytes), total 32768 (slots), used 32768 (slots)',
].join('\n')
const BOARD = data('scenarios/boards/virt-arm64.yaml')
const SCENARIO = `name: "shared"
title: "a title"
board: ${join(root, 'scenarios/boards/virt-arm64.yaml')}
kernel: arm64@6.12
steps:
  - { do: alloc, buffer: "frame", size: 64KiB, from: pages }
  - { do: map, buffer: "frame", device: "plain", dir: FROM_DEVICE }
`
const VECTORS = JSON.stringify({
  meta: { topic: 'swiotlb', source: 'a source' },
  cases: [{ fn: 'nope', why: 'because' }],
})

const FORMATS: readonly (readonly [
  file: string,
  texts: readonly string[],
  commands: readonly (readonly string[])[],
])[] = [
  [
    'log.trace',
    fields(LOG),
    [
      ['trace', 'check'],
      ['trace', 'check', '--format', 'junit'],
      ['trace', 'check', '--format', 'sarif'],
      ['trace', 'stats'],
      ['trace', 'export'],
      ['diagnose', '--format', 'sarif'],
    ],
  ],
  ['dmesg.log', fields(DMESG), [['explain', '--dmesg'], ['diagnose']]],
  [
    'board.yaml',
    [...fields(BOARD), ...escapedFields(BOARD)],
    [
      ['board', 'show'],
      ['board', 'lint'],
      ['board', 'show', '--json'],
    ],
  ],
  ['scenario.yaml', [...fields(SCENARIO), ...escapedFields(SCENARIO)], [['run'], ['run', '--json']]],
  ['vectors.json', [...fields(VECTORS), ...escapedFields(VECTORS)], [['conform']]],
  ['spec.json', escapedFields('{"version": 1, "board": "nope", "kernels": ["arm@4.11"]}'), [['run', '--spec']]],
]

const PLUGIN = `export const dmalab = { api: 2 }
export default (api) => api.patch({ name: 'odd', title: 'a title', source: 'a source', releases: ['4.11'], attrs: { ODD: 2048 } })
`
const THROWS = `export const dmalab = { api: 2 }
export default () => { throw new Error('because') }
`
test.each([
  ['kernel', 'list', '--plugin'],
  ['kernel', 'show', 'arm@4.11+odd', '--plugin'],
  ['run', 'founding', '--frames', '1', '--kernel', 'arm@4.11+odd', '--plugin'],
])('texts of a plug-in: %s %s', async (...words) => {
  const sent: string[] = []
  const texts = [...quoted(PLUGIN), ...quoted(THROWS)]
  for (const [i, text] of texts.entries()) {
    const file = `plug-in-${words[1]}-${i}.mjs`
    writeFileSync(join(folder, file), text)
    const { out, err } = await dmalabWith({ cwd: folder }, ...words, file)
    sent.push(...sentIn(out, err))
  }
  expect(sent).toEqual([])
})

test.each([
  ['log', LOG, ['trace', 'check']],
  ['log', LOG, ['trace', 'check', '--format', 'junit']],
  ['log', LOG, ['trace', 'check', '--format', 'sarif']],
  ['log', LOG, ['trace', 'check', '--json']],
  ['log', LOG, ['trace', 'stats']],
  ['log', LOG, ['trace', 'export']],
  ['log', LOG, ['diagnose', '--html', 'page.html']],
  ['log', LOG, ['diagnose', '--format', 'sarif']],
  ['log', DMESG, ['diagnose', '--html', 'page.html']],
  ['log', DMESG, ['explain', '--dmesg']],
  ['yaml', BOARD, ['board', 'show']],
  ['yaml', BOARD, ['board', 'lint']],
  ['yaml', SCENARIO, ['run']],
  ['yaml', SCENARIO, ['run', '--json']],
  ['json', VECTORS, ['conform']],
  ['mjs', PLUGIN, ['kernel', 'list', '--plugin']],
  ['yaml', 'sweep: 1\nname: s\nwork: founding', ['sweep', '--workers', '0', '--report', 'sarif']],
] as const)('the name of a file: x.%s by %#', async (suffix, text, words) => {
  const name = `name ${EVIL.replaceAll('/', '')}.${suffix}`
  writeFileSync(join(folder, name), text)
  const { out, err } = await dmalabWith({ cwd: folder }, ...words, name)
  const page = words.some((word) => word === 'page.html') ? readFileSync(join(folder, 'page.html'), 'utf8') : ''
  expect(sentIn(out, err, page)).toEqual([])
})

describe.each(FORMATS)('every field of %s', (file, texts, commands) => {
  test.each(commands.map((words) => [words.join(' '), words] as const))('%s', async (_what, words) => {
    const sent: string[] = []
    for (const text of texts) {
      writeFileSync(join(folder, file), text)
      const { out, err } = await dmalabWith({ cwd: folder }, ...words, file)
      sent.push(...sentIn(out, err))
    }
    expect(sent).toEqual([])
  })
})

test.each([
  [`run`, `${EVIL}.yaml`],
  ['run', 'founding', '--board', EVIL],
  ['run', 'founding', '--kernel', `arm@${EVIL}`],
  ['run', 'founding', '--bind', `${EVIL}=codec`],
  ['run', 'founding', `--${EVIL}`],
  ['explain', EVIL],
  ['pipeline', 'parse', `fakesrc ! ${EVIL}`],
  [`x${EVIL}`],
])('a word on the command line: %j', async (...words) => {
  const { code, out, err } = await dmalabWith({ cwd: folder }, ...words)
  expect([code === 0, SENT.test(`${out}${err}`)]).toEqual([false, false])
})

test('a colour is a control character where there are none, and stays where a report brings it', () => {
  const red = '\u001B[31mred\u001B[0m'
  expect(shown(red)).toBe(String.raw`\x1b[31mred\x1b[0m`)
  const before = process.env['NO_COLOR']
  delete process.env['NO_COLOR']
  try {
    expect(shown(`${red}\u001B]0;x\u0007\tcell`)).toBe(`${red}${String.raw`\x1b]0;x\x07`}\tcell`)
  } finally {
    process.env['NO_COLOR'] = before
  }
})

describe('names that every object has are unknown names', () => {
  test.each([
    ['run', 'founding', '--kernel', '__proto__@4.11'],
    ['kernel', 'show', 'constructor'],
    ['kernel', 'show', 'arm@4.11+__proto__'],
    ['board', 'show', '__proto__'],
    ['explain', 'constructor'],
    ['run', 'founding', '--bind', '__proto__=codec'],
    ['run', 'founding', '--bind', 'constructor=codec'],
    ['run', 'founding', '--cmdline', '__proto__=1'],
    ['run', 'founding', '--cmdline', 'constructor=1'],
    ['run', 'founding', '--config', 'CONSTRUCTOR'],
    ['run', 'founding', '--inject', 'toString:1'],
    ['trace', 'check', 'constructor'],
  ])('%j', async (...words) => {
    const { code, err } = await dmalabWith({ cwd: folder }, ...words)
    expect([code, err]).toEqual([2, expect.not.stringMatching(/object Object|native code/)])
  })
})
