// docs/sources.json says which function models which source; it follows the code.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

test('the list of modelled sources is up to date', () => {
  const said = execFileSync(process.execPath, [join(ROOT, 'scripts/collect-sources.mjs'), '--check'], {
    encoding: 'utf8',
  })
  expect(said).toMatch(/^\d+ sources in \d+ files/)
})

test('every source names project, version, file and function', () => {
  const sources = JSON.parse(readFileSync(join(ROOT, 'docs/sources.json'), 'utf8')) as { readonly text?: string }[]
  expect(sources.filter((source) => source.text !== undefined)).toEqual([])
  expect(sources.length).toBeGreaterThan(100)
})
