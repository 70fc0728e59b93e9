// Names that every object inherits, and data that is nested deeper than the stack.
import { expect, test } from 'vitest'
import { ownValue, pathOfProto } from '../src/index.ts'

test('a table has its own names only', () => {
  expect(['a', 'constructor', 'toString'].map((name) => ownValue({ a: 1 }, name))).toEqual([1, undefined, undefined])
})

test.each([
  ['{"__proto__":1}', ['__proto__']],
  ['{"a":[1,{"b":{"__proto__":null}}]}', ['a', 1, 'b', '__proto__']],
  ['[{"a":1},{"__proto__":{}},{"__proto__":{}}]', [1, '__proto__']],
  ['{"z":{"x":{"__proto__":1}},"a":{"__proto__":1}}', ['z', 'x', '__proto__']],
  ['{"a":{"c":{}},"b":[null,"__proto__"]}', undefined],
  ['7', undefined],
])('%s', (text, path) => {
  expect(pathOfProto(JSON.parse(text))).toEqual(path)
})

test('no depth is too deep', () => {
  const deep = (inner: string): unknown => JSON.parse('['.repeat(100_000) + inner + ']'.repeat(100_000))
  expect(pathOfProto(deep('1'))).toBeUndefined()
  expect(pathOfProto(deep('{"__proto__":1}'))).toHaveLength(100_001)
})
