// `dmalab generate`: what it writes, and what it leaves alone. That projects build, pass their tests and can be installed is in `npm run test:pack`.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { dmalabWith } from './dmalab.ts'

const cwd = mkdtempSync(join(tmpdir(), 'dmalab-generate-'))
afterAll(() => rmSync(cwd, { recursive: true }))

test('writes a project, and says how to see it work', async () => {
  const { code, out } = await dmalabWith({ cwd }, 'generate', 'driver', 'my-camera')
  expect(code).toBe(0)
  expect(readdirSync(join(cwd, 'my-camera')).toSorted()).toEqual([
    '.gitignore',
    'README.md',
    'package.json',
    'src',
    'test',
    'tsconfig.json',
  ])
  expect(out).toContain('--board my-camera-board')
})

test.each([
  ['a folder that holds something', 'full', (path: string) => (mkdirSync(path), writeFileSync(join(path, 'x'), ''))],
  ['a file', 'file', (path: string) => writeFileSync(path, '')],
  ['a link to a folder that holds something', 'link', (path: string) => symlinkSync(join(cwd, 'my-camera'), path)],
])('%s is left alone', async (_what, name, make) => {
  make(join(cwd, name))
  const { code, err } = await dmalabWith({ cwd }, 'generate', 'patch', 'my-patch', '--folder', name)
  expect([code, err.split('\n')[0]]).toEqual([2, expect.stringMatching(/^error: .*(not empty|a file of that name)/)])
})

test.each([
  [['generate', 'pach', 'x'], 'did you mean patch'],
  [['generate', 'patch', '../x'], "'../x' is not a name for a plug-in"],
  [['generate', 'patch', 'pfn-valid'], 'there is a patch pfn-valid already'],
  [['generate', 'arch', 'arm'], 'there is an arch arm already'],
  [['generate', 'board', 'odroid-u3'], 'there is a board odroid-u3 already'],
  [['generate', 'check', 'leak-mapping'], 'there is a check leak-mapping already'],
  [['generate', 'patch', 'vitest'], 'vitest is the name of a package that the project needs'],
  [['generate', 'board', 'x', '--from', 'y'], '--from is for patches'],
  [['generate', 'patch', 'x', '--from', 'nowhere.diff'], 'nowhere.diff: no such file'],
])('%j is refused', async (words, says) => {
  const { code, err } = await dmalabWith({ cwd }, ...words)
  expect([code, err]).toEqual([2, expect.stringContaining(says)])
})
