// Every command that takes a file, with everything that a path can lead to and that is not one: one line, exit code 2, and no waiting.
// Arguments and flags are those of oclif's manifest: a new one without a row below fails.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { dmalabWith } from './dmalab.ts'
import { writeTree } from './tree-folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-odd-'))
chmodSync(folder, 0o755)
afterAll(() => rmSync(folder, { recursive: true }))

const root = join(import.meta.dirname, '../../..')
const board = join(root, 'scenarios/boards/virt-arm64.yaml')
const tree = join(folder, 'tree')
writeTree(tree, {
  compatible: 'test,board',
  '#address-cells': 1,
  '#size-cells': 1,
  cpus: {
    '#address-cells': 1,
    '#size-cells': 0,
    'cpu@0': { device_type: 'cpu', compatible: 'arm,cortex-a53', reg: 0 },
  },
})
const vectors = join(root, 'tests/golden/sg-layout.json')
const log = join(root, 'packages/trace/test/data/a64-6.12-vb2m-labe.trace.txt')
const iomem = join(folder, 'iomem.txt')
writeFileSync(iomem, '00001000-0009ffff : System RAM\n00100000-7fffffff : System RAM\n')

/** Not even root reads a setting that is there to be written. */
const WRITE_ONLY = '/proc/sys/vm/compact_memory'

/** What lies where a file belongs, by how it is made. */
const ODD: Readonly<Record<string, (path: string) => void>> = {
  nothing: () => undefined,
  'an empty file': (path) => writeFileSync(path, ''),
  'a folder': (path) => mkdirSync(path),
  'a loop of links': (path) => symlinkSync(path, path),
  'a pipe that no program writes': (path) => void spawnSync('mkfifo', [path]),
  'a device': (path) => symlinkSync('/dev/zero', path),
  'a file whose reading fails': (path) => symlinkSync('/proc/self/mem', path),
  'a file that may not be read': (path) =>
    process.getuid?.() === 0 ? symlinkSync(WRITE_ONLY, path) : writeFileSync(path, 'text', { mode: 0 }),
  '5 GiB of zeros': (path) => {
    writeFileSync(path, '')
    truncateSync(path, 5 * 2 ** 30)
  },
}

/** Where a file is named: the words before it, its suffix, and the words behind it. */
interface Place {
  readonly words: readonly string[]
  readonly suffix: string
  readonly after: readonly string[]
  /** What is named is a folder, and the odd thing is this file in it. */
  readonly inner?: string
  /** What is as good as a file here. */
  readonly fine?: readonly string[]
}
const at = (words: readonly string[], suffix: string, ...after: string[]): Place => ({ words, suffix, after })

const line = 'v4l2src ! fakesink'
const anyBoard = ['--board', board]
/** Boards, and what is laid over them, of a command that has one. */
const boardsOf = (...words: string[]): Readonly<Record<string, readonly Place[]>> => ({
  board: [at([...words, '--board'], 'yaml'), at([...words, '--board'], 'dtb')],
  overlay: [at([...words, '--board', tree, '--overlay'], 'dtbo')],
})
const pluginOf = (...words: string[]): Readonly<Record<string, readonly Place[]>> => ({
  plugin: [at([...words, '--plugin'], 'mjs')],
})
const runs = (command: string): Readonly<Record<string, readonly Place[]>> => ({
  scenario: [at([command], 'yaml')],
  ...boardsOf(command, line),
  ...pluginOf(command, 'founding'),
  bundle: [at([command, line, '--bundle'], 'tar.gz')],
  spec: [at([command, '--spec'], 'json')],
})
const logs = (command: string): Readonly<Record<string, readonly Place[]>> => ({
  file: [at(['trace', command], 'trace')],
})
const overTree = (command: string, ...words: string[]): Readonly<Record<string, readonly Place[]>> => ({
  overlay: [at(['board', command, ...words, tree, '--overlay'], 'dtbo')],
})

const DIFF = '--- a/kernel/dma/mapping.c\n+++ b/kernel/dma/mapping.c\n@@ -1 +1,2 @@ int f(int a)\n {\n+x\n'
const own = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** By command, then by argument or flag: everything that reads a file. */
const READ: Readonly<Record<string, Readonly<Record<string, readonly Place[]>>>> = {
  run: runs('run'),
  compare: runs('compare'),
  conform: { file: [at(['conform'], 'json'), at(['conform'], 'jsonl')] },
  // Nothing was examined, says its report.
  diagnose: {
    file: [{ ...at(['diagnose'], 'log'), fine: ['an empty file'] }],
    board: [at(['diagnose', '--symptom', 'slow', '--board'], 'dtb')],
  },
  generate: {
    from: [at(['generate', 'patch', 'from-odd', '--from'], 'diff')],
    ...pluginOf('generate', 'patch', 'with-odd', '--from', own('a.diff', DIFF)),
  },
  version: pluginOf('version'),
  view: {
    // As diagnose.
    file: [{ ...at(['view', '--no-open', '--html', 'shown.html'], 'yaml'), fine: ['an empty file'] }],
    ...pluginOf('view', '--no-open', '--html', 'shown.html', board),
  },
  explain: { dmesg: [at(['explain', '--dmesg'], 'log')] },
  explore: {
    ...boardsOf('explore', '--kernel', 'arm@4.11'),
    ...pluginOf('explore', '--kernel', 'arm@4.11'),
    baseline: [at(['explore', '--kernel', 'arm@4.11', '--baseline'], 'json')],
    out: [{ ...at(['explore', '--kernel', 'arm@4.11', '--resume', '--out'], 'd'), inner: 'journal.jsonl' }],
  },
  sweep: {
    spec: [at(['sweep'], 'yaml'), at(['sweep', line, '--kernel', 'arm@4.11'], 'yaml')],
    board: [at(['sweep', line, '--board'], 'dtb')],
    ...pluginOf('sweep', line),
    journal: [
      {
        ...at(['sweep', 'founding', '--workers', '0', '--frames', '1', '--journal'], 'jsonl'),
        fine: ['nothing', 'an empty file'],
      },
    ],
    join: [
      { ...at(['sweep', 'founding', '--workers', '0', '--frames', '1', '--join'], 'jsonl'), fine: ['an empty file'] },
    ],
    baseline: [at(['sweep', 'founding', '--workers', '0', '--frames', '1', '--baseline'], 'json')],
  },
  worker: pluginOf('worker', '--queue', 'redis://127.0.0.1:1'),
  'bench:map': { ...boardsOf('bench', 'map'), ...pluginOf('bench', 'map', ...anyBoard) },
  'board:facts': { file: [at(['board', 'facts'], 'dtb')], ...overTree('facts') },
  'board:import': {
    file: [at(['board', 'import'], 'dtb')],
    lspci: [at(['board', 'import', iomem, '--lspci'], 'txt')],
    ...overTree('import'),
  },
  'board:lint': { file: [at(['board', 'lint'], 'yaml')], ...pluginOf('board', 'lint', board), ...overTree('lint') },
  'board:list': pluginOf('board', 'list'),
  'board:show': {
    board: [at(['board', 'show'], 'dtb'), at(['board', 'show'], 'yaml')],
    ...pluginOf('board', 'show', board),
    ...overTree('show'),
  },
  'kernel:diff': pluginOf('kernel', 'diff', 'arm@4.11', 'arm@6.12'),
  'kernel:list': pluginOf('kernel', 'list'),
  'kernel:show': pluginOf('kernel', 'show', 'arm@4.11'),
  'pipeline:parse': {
    board: [at(['pipeline', 'parse', line, '--board'], 'yaml')],
    ...pluginOf('pipeline', 'parse', line),
  },
  // As it does.
  'trace:check': { file: [{ ...at(['trace', 'check'], 'trace'), fine: ['an empty file'] }] },
  'trace:stats': logs('stats'),
  'trace:export': logs('export'),
  'trace:replay': {
    file: [at(['trace', 'replay'], 'trace', '--kernel', 'arm64@6.12', '--board', 'imx8mp-evk')],
    ...boardsOf('trace', 'replay', log, '--kernel', 'arm64@6.12'),
    ...pluginOf('trace', 'replay', log, '--kernel', 'arm64@6.12', ...anyBoard),
  },
}

/** Everything that is written: what becomes of a place where no file can be. */
const WRITTEN: Readonly<Record<string, Readonly<Record<string, readonly Place[]>>>> = {
  run: {
    ftrace: [at(['run', 'founding', '--frames', '1', '--ftrace'], 'trace')],
    html: [at(['run', 'founding', '--frames', '1', '--html'], 'html')],
  },
  compare: { html: [at(['compare', 'founding', '--frames', '1', '--html'], 'html')] },
  view: { html: [at(['view', '--no-open', '--html'], 'html')] },
  conform: { page: [at(['conform', vectors, '--page'], 'md')] },
  diagnose: { html: [at(['diagnose', log, '--html'], 'html')] },
  explore: {
    out: [at(['explore', '--kernel', 'arm@4.11', '--states', '1', '--configurations', 'single', '--out'], 'd')],
    html: [at(['explore', '--kernel', 'arm@4.11', '--states', '1', '--configurations', 'single', '--html'], 'html')],
  },
  sweep: {
    journal: [at(['sweep', 'founding', '--workers', '0', '--frames', '1', '--journal'], 'jsonl')],
    html: [at(['sweep', 'founding', '--workers', '0', '--frames', '1', '--html'], 'html')],
  },
  'board:import': { output: [at(['board', 'import', tree, '--memory', '1GiB@0x4000_0000', '--output'], 'yaml')] },
  // For all commands that have no --output of their own.
  'kernel:list': { output: [at(['kernel', 'list', '--output'], 'txt')] },
  'trace:export': { output: [at(['trace', 'export', log, '--output'], 'json')] },
}

/** Flags and arguments whose words are no files; --output is one flag for all commands. */
const WORDS: readonly string[] =
  `output shell kind command breaks folder adversarial-cache arch assume bind buffers cmdline code config configurations count depth device devices dir fail-on
format frames from granule inject join kernel kernel-text line memory name only point-memory point-time queue
report restart seed shard show size states symptom time to unbind-marker until-idle why workers`.split(/\s/)

test('every argument and flag has its row', () => {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../oclif.manifest.json'), 'utf8')) as {
    readonly commands: Readonly<
      Record<string, { readonly args: object; readonly flags: Readonly<Record<string, { readonly type: string }>> }>
    >
  }
  const missing = Object.entries(manifest.commands).flatMap(([command, { args, flags }]) =>
    [...Object.keys(args), ...Object.keys(flags).filter((name) => flags[name]?.type === 'option')]
      .filter(
        (name) =>
          ![...Object.keys(READ[command] ?? {}), ...Object.keys(WRITTEN[command] ?? {}), ...WORDS].includes(name),
      )
      .map((name) => `${command} ${name}`),
  )
  expect(missing).toEqual([])
})

interface Said {
  readonly code: number
  readonly out: string
  readonly line: string
  /** Behind the first line; hints stay out. */
  readonly more: readonly string[]
}
const said = async ({ words, after }: Place, path: string): Promise<Said> => {
  const { code, out, err } = await dmalabWith({ cwd: folder }, ...words, path, ...after)
  const [line = '', ...more] = err.trimEnd().split('\n')
  const hint = more.findIndex((other) => other.startsWith('hint: '))
  const before = hint === -1 ? more : more.slice(0, hint)
  return { code, out: out.slice(0, 200), line, more: before.filter((other) => !other.startsWith('  ')) }
}
const refusal = (named: RegExp): Said => ({ code: 2, out: '', line: expect.stringMatching(named) as string, more: [] })

const rowsOf = (table: typeof READ): readonly (readonly [what: string, suffix: string, place: Place])[] =>
  Object.values(table).flatMap((places) =>
    Object.values(places).flatMap((rows) => rows.map((place) => [place.words.join(' '), place.suffix, place] as const)),
  )

describe.runIf(process.platform === 'linux').each(Object.entries(ODD))('where %s is read', (what, make) => {
  const kind = what.replaceAll(' ', '-')

  test.each(rowsOf(READ).filter(([, , { fine = [] }]) => !fine.includes(what)))(
    '%s FILE.%s',
    async (_words, suffix, place) => {
      const name = `${kind}.${suffix}`
      const file = place.inner === undefined ? name : `${name}/${place.inner}`
      rmSync(join(folder, name), { recursive: true, force: true })
      if (place.inner !== undefined) mkdirSync(join(folder, name))
      make(join(folder, file))
      expect(await said(place, `./${name}`)).toEqual(
        refusal(new RegExp(`^error: .*${file}(/package\\.json)?(:\\d+:\\d+)?: `)),
      )
    },
  )
})

const NO_PLACE: Readonly<Record<string, (path: string) => void>> = {
  'a folder': (path) => mkdirSync(path),
  'a loop of links': (path) => symlinkSync(path, path),
  'a pipe that no program reads': (path) => void spawnSync('mkfifo', [path]),
  'a full device': (path) => symlinkSync('/dev/full', path),
  'a link into a folder that is not there': (path) => symlinkSync('no/such/folder/file', path),
}

describe.runIf(process.platform === 'linux').each(Object.entries(NO_PLACE))('where %s is written', (what, make) => {
  const kind = what.replaceAll(' ', '-')

  test.each(rowsOf(WRITTEN))('%s FILE.%s', async (_words, suffix, place) => {
    const name = `${kind}.${suffix}`
    rmSync(join(folder, name), { recursive: true, force: true })
    make(join(folder, name))
    if (suffix === 'd' && what === 'a folder') return
    const ended = await said(place, `./${name}`)
    // A report may stand above what only writing tells.
    expect({ ...ended, ...(what === 'a full device' ? { out: '' } : {}) }).toEqual(
      refusal(new RegExp(`^error: .*${name}.*: `)),
    )
  })
})
