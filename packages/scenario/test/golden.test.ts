// GStreamer's own answers for 123 lines: golden/gst-launch.json.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { adapters } from '../src/golden.ts'

interface Case {
  readonly line: string
  readonly ok: boolean
  readonly elements?: readonly { readonly factory: string; readonly props: object }[]
}

const file: { cases: readonly (Case & Record<string, unknown>)[] } = JSON.parse(
  readFileSync(new URL('../golden/gst-launch.json', import.meta.url), 'utf8'),
)
const [adapter] = adapters
const context = {
  openLab: () => {
    throw new Error('a parser needs no laboratory')
  },
}

/** Lines in which the recorder read factory names from freed memory, while the first caps filter of a session loaded core elements. */
const FREED = new Set([19, 66])

const caseAt = (index: number): Case & Record<string, unknown> => {
  const one = file.cases[index]
  if (!one) throw new Error(`no case ${index}`)
  return one
}

const answer = (index: number): Readonly<Record<string, unknown>> => adapter?.run(caseAt(index), context, file) ?? {}

describe('gst-launch lines parse as GStreamer 1.22 parses them', () => {
  it.each(file.cases.map(({ line }, index) => ({ line, index })).filter(({ index }) => !FREED.has(index)))(
    '$index: $line',
    ({ index }) => {
      const got = answer(index)
      expect(got).toEqual(pick(caseAt(index), Object.keys(got)))
    },
  )

  it.each([...FREED])('case %i names a factory that its line does not have', (index) => {
    const { line, elements = [] } = caseAt(index)
    const strange = elements.filter(({ factory }) => factory !== 'capsfilter' && !line.split(/[ !]+/).includes(factory))
    expect(strange.length).toBeGreaterThan(0)
  })
})

const pick = (from: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(keys.map((key) => [key, from[key]]))
