// What people read keeps to the width of the terminal; commands to copy and lines that a kernel prints stay as they are.
import { afterEach, expect, test } from 'vitest'
import { dmalab } from './dmalab.ts'

const before = process.env['COLUMNS']
afterEach(() => {
  if (before === undefined) delete process.env['COLUMNS']
  else process.env['COLUMNS'] = before
})

const HELP = [[], ['kernel'], ['run'], ['explore'], ['generate'], ['pipeline', 'parse'], ['plugins', 'install']].map(
  (one) => [...one, '--help'],
)

const SHOWN = [
  ['kernel', 'list'],
  ['kernel', 'show', 'arm@4.11+nopage-rfc'],
  ['kernel', 'show', 'arm64@6.12'],
  ['board', 'list'],
  ['board', 'show', 'imx8mp-evk', '--kernel', 'arm64@6.12'],
  ['explain'],
  ['explain', 'stale-read'],
  ['schema'],
  ['pipeline', 'parse', 'v4l2src ! kmssink', '--board', 'imx8mp-evk', '--bind', 'v4l2src=vivid'],
]

const tooWide = (text: string, columns: number): readonly string[] =>
  text.split('\n').filter((line) => line.length > columns && !/(?:^|[ `])dmalab [a-z-]|^ {10}/.test(line))

test.each([
  // Help at the width that folds most.
  [60, 60, [...HELP, ...SHOWN]],
  [80, 80, SHOWN],
  // More than this is not read easily.
  [120, 99, SHOWN],
] as const)('%i columns', async (columns, most, lines) => {
  process.env['COLUMNS'] = String(columns)
  const wide: string[] = []
  for (const line of lines) {
    const { out } = await dmalab(...line)
    if (out === '') wide.push(`${line.join(' ')} printed nothing`)
    wide.push(...tooWide(out, most).map((text) => `${line.join(' ')}: ${text}`))
  }
  expect(wide).toEqual([])
})
