// GStreamer's own answers, line by line: tests/golden/gst-launch.json.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { adapters } from '../src/golden.ts'

interface Case {
  readonly line: string
  readonly ok: boolean
}

const file: { cases: readonly (Case & Record<string, unknown>)[] } = JSON.parse(
  readFileSync(new URL('../../../tests/golden/gst-launch.json', import.meta.url), 'utf8'),
)
const [adapter] = adapters
const context = {
  openLab: () => {
    throw new Error('a parser needs no laboratory')
  },
}

const caseAt = (index: number): Case & Record<string, unknown> => {
  const one = file.cases[index]
  if (!one) throw new Error(`no case ${index}`)
  return one
}

const answer = (index: number): Readonly<Record<string, unknown>> => adapter?.run(caseAt(index), context, file) ?? {}

describe('gst-launch lines parse as GStreamer 1.22 parses them', () => {
  it.each(file.cases.map(({ line }, index) => ({ line, index })))('$index: $line', ({ index }) => {
    const got = answer(index)
    expect(got).toEqual(pick(caseAt(index), Object.keys(got)))
  })
})

const pick = (from: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(keys.map((key) => [key, from[key]]))
