// conform --page writes what the files it was given prove, and the counts beside it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { dmalab } from './dmalab.ts'

const ROOT = join(import.meta.dirname, '../../..')
const folder = mkdtempSync(join(tmpdir(), 'dmalab-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('counts steps of records and cases of vectors, by kernel and operation', async () => {
  const page = join(folder, 'proofs.md')
  const files = ['tests/golden/sg-layout.json', 'tests/differential/data/plain.jsonl'].map((file) => join(ROOT, file))
  expect((await dmalab('conform', ...files, '--page', page)).code).toBe(0)
  const counts = JSON.parse(readFileSync(join(folder, 'proofs.json'), 'utf8')) as object
  expect(counts).toMatchObject({ vectors: { 'sg-layout': { cases: 13, passed: 13 } } })
  const text = readFileSync(page, 'utf8')
  expect(text).toContain('Linux v6.12 kernel/dma, arch/arm64/mm; 161 of 161 recorded steps are equal.')
  expect(text).toMatch(/\| scatterlists \| .*13 vectors \|/)
})
