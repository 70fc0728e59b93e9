import type { GoldenAdapter, GoldenContext } from '@dmalab/api'
import { expect, test } from 'vitest'
import { parseVectors, runVectors, sameJson } from '../src/index.ts'

const context: GoldenContext = {
  openLab: () => {
    throw new Error('these adapters open no laboratory')
  },
}
const doubling: GoldenAdapter = { topic: 'double', run: (input) => ({ r: Number(input['n']) * 2 }) }
const file = (cases: readonly unknown[], topic = 'double') =>
  parseVectors(JSON.stringify({ meta: { topic }, cases }), 'v.json')

test('a file whose cases all agree passes whole', () => {
  const report = runVectors(
    file([
      { n: 1, r: 2 },
      { n: 4, r: 8 },
    ]),
    [doubling],
    context,
  )
  expect(report).toEqual({ topic: 'double', cases: 2, passed: 2, failed: 0, skipped: 0, failures: [] })
})

test('a corrupted case fails and says what was expected and what came', () => {
  const report = runVectors(
    file([
      { n: 1, r: 2 },
      { n: 4, r: 9 },
    ]),
    [doubling],
    context,
  )
  expect(report.failed).toBe(1)
  expect(report.failures).toEqual([{ index: 1, expected: { r: 9 }, got: { r: 8 } }])
})

test('an adapter that throws or compares nothing fails the case', () => {
  const broken: GoldenAdapter = { topic: 'double', run: (input) => (input['n'] === 1 ? {} : JSON.parse('{')) }
  expect(runVectors(file([{ n: 1 }, { n: 2 }]), [broken], context).failed).toBe(2)
})

test('an output that the case does not have is a failure, unless it is undefined', () => {
  const extra: GoldenAdapter = { topic: 'double', run: (input) => ({ r: 2, more: input['n'] === 1 ? undefined : 5 }) }
  const report = runVectors(
    file([
      { n: 1, r: 2 },
      { n: 2, r: 2 },
    ]),
    [extra],
    context,
  )
  expect(report.failures.map((f) => f.index)).toEqual([1])
})

test('an unknown topic names the known ones', () => {
  expect(() => runVectors(file([], 'triple'), [doubling], context, 'v.json')).toThrow(/v\.json.*topic 'triple'.*double/)
})

test.each(['{', '[]', '{"meta":{}}', '{"meta":{},"cases":[]}', '{"meta":{"topic":"double"},"cases":[3]}'])(
  '%s is refused as input',
  (text) => {
    expect(() => parseVectors(text, 'v.json')).toThrow(/^v\.json/)
  },
)

test('equality of JSON tells strings from numbers and ignores key order', () => {
  expect(sameJson({ a: 1, b: [0x10, null] }, { b: [16, null], a: 1 })).toBe(true)
  expect(sameJson('1', 1)).toBe(false)
  expect(sameJson([1], { 0: 1 })).toBe(false)
  expect(sameJson(undefined, null)).toBe(false)
})
