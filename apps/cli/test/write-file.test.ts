// Files are written whole or not at all, and never over what is read.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { checkTarget, openWriter, writeInFolder, writeText } from '../src/write-file.ts'
import { dmalabWith } from './dmalab.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-write-'))
const at = (name: string): string => join(folder, name)
const text = (name: string): string => readFileSync(at(name), 'utf8')

test('a new file, and an old one that keeps its mode', () => {
  writeText(at('new'), 'one')
  chmodSync(at('new'), 0o600)
  writeText(at('new'), 'two')
  expect([text('new'), statSync(at('new')).mode % 0o1000]).toEqual(['two', 0o600])
})

test('a link stays a link', () => {
  writeText(at('led-to'), 'old')
  symlinkSync('led-to', at('link'))
  writeText(at('link'), 'new')
  expect([text('led-to'), text('link')]).toEqual(['new', 'new'])
})

test('what was begun and given up leaves the old file, and nothing beside it', () => {
  mkdirSync(at('given-up'))
  writeText(at('given-up/file'), 'old')
  const writer = openWriter(at('given-up/file'))
  writer.write('new'.repeat(100_000))
  expect(text('given-up/file')).toBe('old')
  writer.abandon()
  writer.abandon()
  expect([readdirSync(at('given-up')), text('given-up/file')]).toEqual([['file'], 'old'])
})

test('a device is written, not replaced', () => {
  writeText('/dev/null', 'text')
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
})

test.each([
  ['no/such/folder', 'cannot be written: there is no such folder'],
  ['.', 'cannot be written: it is a folder'],
])('%s is one line', (name, says) => {
  expect(() => writeText(at(name), '')).toThrow(says)
})

test('a folder is made where there is none, and not where there is a file', () => {
  writeInFolder(at('made/for'), 'it', 'text')
  expect(text('made/for/it')).toBe('text')
  expect(() => writeInFolder(at('made/for/it'), 'not', 'text')).toThrow('cannot be written: there is')
})

test.each(['file.yaml', 'boards/file.yaml'])('no link leads out of a folder: %s', (path) => {
  mkdirSync(at(`outside/${path}`), { recursive: true })
  const within = mkdtempSync(at('within-'))
  symlinkSync(at('outside/boards'), join(within, 'boards'))
  symlinkSync(at('outside/new'), join(within, 'file.yaml'))
  expect(() => writeInFolder(within, path, 'text')).toThrow('is a link, and would lead out of the folder')
  expect(readdirSync(at('outside')).filter((name) => name === 'new')).toEqual([])
})

test('a link that lies where a file is written before it gets its name is not followed', () => {
  symlinkSync(at('trap'), at(`.safe.${process.pid}.part`))
  writeText(at('safe'), 'text')
  expect([text('safe'), readdirSync(folder).includes('trap')]).toEqual(['text', false])
})

describe('what a command reads is not written over', () => {
  const board = new URL('../../../scenarios/boards/virt-arm64.yaml', import.meta.url)
  const tree = join(import.meta.dirname, '../../../../shared/boards/juno.dtb')

  test('by whatever name', () => {
    writeFileSync(at('input'), 'old')
    linkSync(at('input'), at('hard'))
    symlinkSync('input', at('soft'))
    for (const name of ['input', 'hard', 'soft', './input'])
      expect(() => checkTarget(at(name), [{ flag: [at('input')] }])).toThrow(
        'is read by this command, and would be lost',
      )
    expect(text('input')).toBe('old')
  })

  test.each([
    [
      'board.yaml',
      ['run', 'v4l2src ! fakesink', '--board', 'board.yaml', '--bind', 'v4l2src=vivid', '--ftrace', './board.yaml'],
    ],
    ['log.trace', ['trace', 'export', 'log.trace', '--output', 'log.trace']],
    ['line.yaml', ['run', 'line.yaml', '--ftrace', 'line.yaml']],
    ['board.yaml', ['run', 'line.yaml', '--ftrace', 'board.yaml']],
    ['log.trace', ['run', 'filesrc location=log.trace ! fakesink', '--ftrace', 'log.trace']],
    ['log.trace', ['diagnose', 'board.yaml', 'log.trace', '--html', 'log.trace']],
    ['line.yaml', ['sweep', 'line.yaml', '--html', 'line.yaml']],
    ['board.yaml', ['sweep', 'founding', '--board', 'board.yaml', '--html', 'board.yaml']],
    ['vectors.json', ['conform', 'vectors.json', '--page', 'vectors.json']],
    ['vectors.json', ['conform', 'vectors.json', '--page', 'vectors.md']],
  ])('%s by %j', async (name, args) => {
    writeFileSync(at('board.yaml'), readFileSync(board))
    writeFileSync(
      at('line.yaml'),
      'name: l\nboard: board.yaml\nkernel: arm64@6.12\nsteps:\n  - { do: alloc, buffer: b, size: 4KiB, from: pages }\n',
    )
    const log = new URL('../../../packages/trace/test/data/a64-6.12-vb2m-labe.trace.txt', import.meta.url)
    writeFileSync(at('log.trace'), readFileSync(log))
    writeFileSync(at('vectors.json'), '{ "meta": { "topic": "sg-layout" }, "cases": [] }')
    const before = text(name)
    const { code, out, err } = await dmalabWith({ cwd: folder }, ...args)
    expect([code, out, err]).toEqual([2, '', expect.stringContaining('is read by this command, and would be lost')])
    expect(text(name)).toBe(before)
  })

  test.skipIf(!statSync(tree, { throwIfNoEntry: false }))(
    'nor the tree of board import (../shared/boards)',
    async () => {
      writeFileSync(at('my.dtb'), readFileSync(tree))
      const { code } = await dmalabWith({ cwd: folder }, 'board', 'import', 'my.dtb', '-o', 'my.dtb')
      expect([code, readFileSync(at('my.dtb')).equals(readFileSync(tree))]).toEqual([2, true])
    },
  )
})

/** A disk of 1 MiB; undefined where it may not be mounted: not Linux, not root, or a container. */
const smallDisk = (): string | undefined => {
  mkdirSync(at('disk'))
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', at('disk')])
  return status === 0 ? at('disk') : undefined
}
const disk = smallDisk()
afterAll(() => {
  if (disk !== undefined) spawnSync('umount', [disk])
  rmSync(folder, { recursive: true })
})

test.skipIf(disk === undefined)(
  'on a full disk the old file stays whole, and nothing beside it (needs root: it mounts 1 MiB)',
  () => {
    const file = join(disk ?? '', 'file')
    writeText(file, 'old')
    expect(() => writeText(file, 'x'.repeat(2 ** 21))).toThrow('cannot be written: no space is left')
    expect([readdirSync(disk ?? ''), readFileSync(file, 'utf8')]).toEqual([['file'], 'old'])
  },
)

test.each(['SIGKILL', 'SIGINT'] as const)('%s while it is written leaves the old file whole', async (signal) => {
  const [place, program] = [at(`killed-${signal}`), at(`kill-${signal}.mjs`)]
  writeFileSync(place, 'old')
  const bundle = new URL('../dist/write-file.js', import.meta.url).href
  writeFileSync(
    program,
    `import { openWriter } from ${JSON.stringify(bundle)}
const writer = openWriter(${JSON.stringify(place)})
writer.write('x'.repeat(2 ** 20))
process.stdout.write('begun')
setInterval(() => writer.write('x'), 10)`,
  )
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill(signal)
  expect(await once(child, 'exit')).toEqual([null, signal])
  expect(readFileSync(place, 'utf8')).toBe('old')
})
