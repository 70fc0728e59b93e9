// docs/fidelity.md says what the counts beside it say, of every kernel and vector file there is. `dmalab conform ... --page` writes both.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openRegistry } from '@dmalab/lab'
import { type FidelityCounts, fidelityPage } from '@dmalab/lab/golden'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')
const counts = JSON.parse(read('docs/fidelity.json')) as FidelityCounts
const registry = openRegistry()

it('the page is made of its counts and of the kernels that run (npm run pages writes it)', () => {
  expect(read('docs/fidelity.md')).toBe(fidelityPage(registry, counts))
})

it('counts every vector file, with all its cases', () => {
  const files = readdirSync(join(ROOT, 'tests/golden')).filter((file) => file.endsWith('.json'))
  const there = files.map((file) => {
    const { meta, cases } = JSON.parse(read(`tests/golden/${file}`)) as { meta: { topic: string }; cases: unknown[] }
    return [meta.topic, cases.length] as const
  })
  const counted = Object.entries(counts.vectors).map(([topic, { cases }]) => [topic, cases] as const)
  expect(Object.fromEntries(counted)).toEqual(Object.fromEntries(there))
})

it('counts records of kernels that run', () => {
  expect(Object.keys(counts.records).filter((kernel) => !registry.kernels.has(kernel))).toEqual([])
})
