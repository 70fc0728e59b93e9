// Which lines ARM's cache code touches, in which order, against vectors of that code.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { GoldenCase, GoldenContext } from '@dmalab/api'
import { adapters } from '../src/golden.ts'

describe.each(['arm-v7-lines', 'arm-l2-lines'])('%s', (topic) => {
  const file = JSON.parse(readFileSync(new URL(`../../../tests/golden/${topic}.json`, import.meta.url), 'utf8')) as {
    meta: { count: number }
    cases: GoldenCase[]
  }
  const adapter = adapters.find((a) => a.topic === topic)

  it(`agrees in all ${file.meta.count} cases`, () => {
    expect(file.cases).toHaveLength(file.meta.count)
    for (const { log, ...input } of file.cases)
      expect({ ...input, ...adapter?.run(input, {} as GoldenContext, file) }).toEqual({ ...input, log })
  })
})

it.each(['0.1', '64', 0, 24, null])('lines of %s bytes are refused', (line) => {
  const input = { v: 'new', f: 'map', line, s: 4096, n: 18, dir: 1 }
  const adapter = adapters.find(({ topic }) => topic === 'arm-v7-lines')
  expect(() => adapter?.run(input, {} as GoldenContext, { meta: {}, cases: [] })).toThrow('expected a size of a line')
})
