// Every command that dmalab suggests can be given as it stands: in reports, in messages about bad input, in texts and in documents.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { sources } from './house.ts'

// Each process takes a second or more on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const ROOT = join(import.meta.dirname, '../..')
const CLI = join(ROOT, 'apps/cli/bin/run.js')
/** Device trees that a fresh clone does not have. */
const TREES = join(ROOT, '../shared/boards')
const folder = mkdtempSync(join(tmpdir(), 'dmalab-'))
afterAll(() => rmSync(folder, { recursive: true }))
for (const part of ['examples', 'scenarios', 'tests']) symlinkSync(join(ROOT, part), join(folder, part))

interface Ended {
  readonly code: number | null
  readonly text: string
}
/** As a shell takes it; what `dmalab` or `npm start --` starts is this build. */
const shell = (command: string, input = ''): Ended => {
  const line = command.replace(/^(dmalab|npm start --) /, `"${process.execPath}" "${CLI}" `)
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { cwd: folder, encoding: 'utf8', input })
  return { code: status, text: `${stdout}${stderr}` }
}
/** `ran`, whatever came of it: the input was fine; else what the command said. */
const outcome = (command: string, input = ''): string => {
  const { code, text } = shell(command, input)
  return code === 0 || code === 3 ? 'ran' : `${command}\n${text}`
}

describe('board show gives a line to try', () => {
  const suggested = (text: string): string => /^ {2}(dmalab .*)$/m.exec(text)?.[1] ?? `nothing in\n${text}`
  const own = 'scenarios/boards/virt-arm64.yaml'

  test.each(['odroid-xu4-2017', 'rk3399-rockpro64', 'apm-mustang', 'k3-am625-sk', own])('for %s', (board) => {
    const command = suggested(shell(`dmalab board show ${board}`).text)
    expect(command).toContain(`--board ${board}`)
    expect(outcome(command)).toBe('ran')
  })

  test('for a board from standard input', () => {
    const text = readFileSync(join(folder, own), 'utf8')
    expect(outcome(suggested(shell('dmalab board show -', text).text), text)).toBe('ran')
  })

  test('or says why there is none', () => {
    const { code, text } = shell('dmalab board show jh7110-visionfive-2 2>&1')
    expect(code === 0 ? text : '').not.toContain('dmalab run')
  })
})

describe('a line that a board cannot run is answered with one that it can', () => {
  test.each([
    'dmalab run "v4l2h264dec ! kmssink" --board apm-mustang',
    'dmalab run "v4l2h264dec ! kmssink" --board scenarios/boards/virt-arm64.yaml --frames 2',
    'dmalab compare "v4l2h264dec ! kmssink" --board apm-mustang',
    'dmalab run "playbin uri=file:///a.mp4" --board rk3399-rockpro64 --kernel arm64@6.12 --cmdline swiotlb=force',
    'dmalab pipeline parse "v4l2h264dec ! kmssink" --board apm-mustang',
  ])('%s', (command) => {
    const { code, text } = shell(command)
    expect(code).toBe(2)
    const next = /a line for this board: (dmalab .*)$/m.exec(text)?.[1] ?? `nothing in\n${text}`
    for (const word of command.matchAll(/--(?:board|frames|kernel|cmdline) \S+/g)) expect(next).toContain(word[0])
    expect(outcome(next)).toBe('ran')
  })
})

test('the founding comparison ends with the next step', () => {
  const next = /^Next: (npm start -- .*?) {4}/m.exec(shell('dmalab compare founding').text)?.[1]
  expect(outcome(next ?? 'nothing')).toBe('ran')
})

describe('documents', () => {
  const needsTree = !existsSync(TREES)
  if (!needsTree) copyFileSync(join(TREES, 'imx8mp-evk.dtb'), join(folder, 'my.dtb'))
  shell('dmalab run founding --kernel arm@4.11+nopage-rfc --frames 1 --ftrace my.trace')
  const pages = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((page) => join('docs', page))]
  const commands = pages
    .filter((page) => page.endsWith('.md'))
    .flatMap((page) => [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^ {4}((?:dmalab|npm start --) .*)$/gm)])
    .map(([, text = '']) => text.replace(/ {2,}#.*/, '').trim())
    // The tree of the computer that runs this.
    .filter((command) => !command.includes('/sys/'))

  test.each(commands.filter((command) => !needsTree || !command.includes('my.dtb')))('%s', (command) => {
    expect(outcome(command)).toBe('ran')
  })

  test('there are some', () => {
    expect(commands.length).toBeGreaterThan(15)
  })
})

test('commands that texts and messages name exist', () => {
  const known = (words: readonly string[]): boolean =>
    existsSync(join(ROOT, 'apps/cli/src/commands', `${words.join('/')}.ts`))
  const named = sources.flatMap(({ path, code }) =>
    [...code.matchAll(/`?dmalab ((?:board|kernel|trace|pipeline|bench) [a-z]+|run|compare|explain|conform)\b/g)]
      .map(([, words = '']) => words.split(' '))
      .filter((words) => !known(words))
      .map((words) => `${path}: dmalab ${words.join(' ')}`),
  )
  expect(named).toEqual([])
})
