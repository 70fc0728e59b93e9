// What the README prints works as printed.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
/** Inside the CLI's package, where its own name and its dependencies resolve. */
const folder = mkdtempSync(join(ROOT, 'apps/cli/dist/.readme-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The js block whose first line is `// NAME`, written to a file of that name. */
const example = (name: string): string => {
  const block = [...readme.matchAll(/```js\n([\s\S]*?)```/g)]
    .map((match) => match[1] ?? '')
    .find((text) => text.startsWith(`// ${name}\n`))
  if (block === undefined) throw new Error(`the README has no example ${name}`)
  const file = join(folder, name)
  writeFileSync(file, block)
  return file
}
const node = (...args: string[]): string => execFileSync(process.execPath, args, { encoding: 'utf8' })

test('the library example runs the comparison', () => {
  expect(node(example('founding.mjs')).trim().split('\n')).toEqual([
    'arm@4.11: fault',
    'arm@4.11+pfn-valid: refused',
    'arm@4.11+nopage-rfc: works',
    'arm@4.11+pfn-valid+nopage-rfc: works',
  ])
})

test('the patch example is a plug-in that kernel show lists', () => {
  const cli = join(ROOT, 'apps/cli/bin/run.js')
  const shown = node(cli, 'kernel', 'show', 'arm@4.11+nopage-rfc+sync-guard', '--plugin', example('sync-guard.mjs'))
  expect(shown).toContain('2. +sync-guard: dma_sync_sg_* leave tagged entries alone')
})

test('the library example is about twenty lines', () => {
  const lines = readFileSync(example('founding.mjs'), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
  expect(lines.length).toBeLessThanOrEqual(22)
})
