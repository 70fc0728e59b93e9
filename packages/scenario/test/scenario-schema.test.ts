// The page and the JSON schema of scenario files say what scenario files are read by.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { readScenario, scenarioJsonSchema, scenarioPage } from '../src/index.ts'

const ROOT = join(import.meta.dirname, '../../..')

it('docs/scenarios.md is what the schema says (vitest -u writes it)', async () => {
  await expect(scenarioPage()).toMatchFileSnapshot('../../../docs/scenarios.md')
})

it('docs/scenario.schema.json is the schema (vitest -u writes it)', async () => {
  const text = `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`
  await expect(text).toMatchFileSnapshot('../../../docs/scenario.schema.json')
})

it('names every step and allows no other members', () => {
  const text = JSON.stringify(scenarioJsonSchema())
  for (const step of ['alloc', 'map', 'qbuf', 'expbuf', 'expect']) expect(text).toContain(`"const":"${step}"`)
  expect(text).toContain('"additionalProperties":false')
})

describe('every example of the page', () => {
  const examples = [...scenarioPage().matchAll(/```yaml\n- ([^]*?)\n```/g)].map(([, example = '']) => example)
  const BUFFERS = ['frame', 'other', 'list', 'copy'].map(
    (name) => `{ do: alloc, buffer: ${name}, size: 64KiB, from: pages }`,
  )
  test.each(examples)('%s', (example) => {
    const made = /do: (?:alloc|sg-table|expbuf)/.test(example) ? /buffer: (\w+)/.exec(example)?.[1] : undefined
    const before = BUFFERS.filter((step) => made === undefined || !step.includes(`buffer: ${made},`))
    const text = ['name: example', 'steps:', ...[...before, example].map((step) => `  - ${step}`)].join('\n')
    expect(readScenario(text, 'page')).toMatchObject({ kind: 'steps' })
  })
})

test('every scenario of the collection is read', () => {
  const files = readdirSync(join(ROOT, 'scenarios')).filter((file) => file.endsWith('.yaml'))
  expect(files.length).toBeGreaterThan(50)
  for (const file of files) readScenario(readFileSync(join(ROOT, 'scenarios', file), 'utf8'), file)
})
