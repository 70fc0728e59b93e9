// Reads a vector file of this package and checks an adapter against it, field by field.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { GoldenCase, GoldenContext } from '@dmalab/api'
import { adapters } from '../src/golden.ts'

const context = {} as GoldenContext

/**
 * outputs  fields that a case expects
 * mixed    fields that hold inputs and results side by side
 */
export function describeVectors(topic: string, outputs: readonly string[], mixed: readonly string[] = []): void {
  const compared = [...outputs, ...mixed]
  const file = JSON.parse(readFileSync(new URL(`../../../tests/golden/${topic}.json`, import.meta.url), 'utf8')) as {
    meta: { count: number }
    cases: GoldenCase[]
  }
  const adapter = adapters.find((a) => a.topic === topic)!
  const run = (c: GoldenCase): unknown => plain(adapter.run(withoutOutputs(c, outputs), context, file))

  describe(`${topic} vectors`, () => {
    it('has all its cases', () => {
      expect(file.cases).toHaveLength(file.meta.count)
    })
    it.each(file.cases.map((c) => [c['id'], c] as const))('case %s', (_id, c) => {
      expect(run(c)).toEqual(expectation(c, compared))
    })
    it('fails where an expectation is damaged', () => {
      const text = JSON.stringify(expectation(file.cases[0]!, compared))
      const damaged = JSON.parse(text.replace(/"0x(.)/, (_, digit) => (digit === '1' ? '"0x2' : '"0x1'))) as unknown
      expect(run(file.cases[0]!)).not.toEqual(damaged)
    })
  })
}

/** What the adapter gets: no expectation to peek at. */
const withoutOutputs = (c: GoldenCase, outputs: readonly string[]): GoldenCase =>
  Object.fromEntries(Object.entries(c).filter(([key]) => !outputs.includes(key)))

const expectation = (c: GoldenCase, outputs: readonly string[]): GoldenCase =>
  Object.fromEntries(Object.entries(c).filter(([key]) => outputs.includes(key)))

/** As JSON sees it: an undefined member is left out. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
