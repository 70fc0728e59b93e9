// The documents are true: links lead somewhere, commands print what they say, programs run.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { dmalabWith } from '../../apps/cli/test/dmalab.ts'

const ROOT = join(import.meta.dirname, '../..')
// Programs of the pages import what this package may import.
const scratch = mkdtempSync(join(ROOT, 'tests/.docs-'))
afterAll(() => rmSync(scratch, { recursive: true }))

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'tests/README.md',
  'examples/README.md',
  ...(readdirSync(join(ROOT, 'docs'), { recursive: true }) as string[])
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file))
    .toSorted(),
]
const text = (page: string): string => readFileSync(join(ROOT, page), 'utf8')

test.each(pages)('every link of %s leads to a file', (page) => {
  const links = [...text(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '')
  const local = links.filter((link) => !/^[a-z]+:/.test(link))
  const broken = local.filter((link) => !existsSync(join(ROOT, dirname(page), link)))
  expect(broken).toEqual([])
})

test('architecture.md leads through the code, and every decision is in its list', () => {
  const page = text('docs/architecture.md')
  expect([...page.matchAll(/\]\(\.\.\/packages\//g)].length).toBeGreaterThan(20)
  const decisions = readdirSync(join(ROOT, 'docs/decisions'))
  expect(decisions.filter((file) => !page.includes(`decisions/${file}`))).toEqual([])
})

/** `$ command` lines with the lines that it must print. */
const sessions = [...text('docs/composition.md').matchAll(/```console\n([^]*?)```/g)].flatMap(([, block = '']) =>
  block
    .split(/^\$ dmalab /m)
    .slice(1)
    .map((one) => {
      const [command = '', ...lines] = one.trim().split('\n')
      return { command, lines }
    }),
)
/** As a shell splits it; double quotes only. */
const words = (command: string): string[] =>
  [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')

describe('composition.md', () => {
  test.each(sessions)('$command', async ({ command, lines }) => {
    const { out, err } = await dmalabWith({ cwd: ROOT }, ...words(command))
    // Lines that are folded for a terminal stand in the page as they are.
    const told = `${out}${err}`.replaceAll(/\n {4,}/g, ' ')
    const isTold = (line: string): boolean => told.includes(line) || `${out}${err}`.includes(line)
    expect(lines.filter((line) => !isTold(line.trim()))).toEqual([])
    expect(lines.length).toBeGreaterThan(0)
  })

  test('its program prints what the page says', () => {
    const [, source = ''] = /```js\n(\/\/ compose\.mjs[^]*?)```/.exec(text('docs/composition.md')) ?? []
    const file = join(scratch, 'compose.mjs')
    writeFileSync(file, source)
    const printed = execFileSync(process.execPath, [file], { encoding: 'utf8' })
    expect(printed).toBe('arm@4.11+nopage-rfc 20 bytes a scatterlist entry\nvaddr\n')
  })
})

test('the RFC as a patch of a user is under 80 lines', () => {
  const file = join(ROOT, 'examples/plugins/patch/index.mjs')
  expect(readFileSync(file, 'utf8').split('\n').length).toBeLessThan(80)
})
