// The reader that the house rules rest on.
import { expect, test } from 'vitest'
import { reachedFrom, type SourceFile } from './house.ts'
import { stripped } from './stripped.ts'

const words = (text: string, quotes: boolean): string[] => stripped(text, quotes).split(/\s+/).filter(Boolean)

test('comments go, lines stay', () => {
  expect(stripped('a // b\nc /* d\ne */ f', true)).toBe('a     \nc     \n     f')
})

test('a slash in quotes or in a regular expression opens no comment', () => {
  expect(words("x = 'http://a' // b", true)).toEqual(['x', '=', "'http://a'"])
  expect(words('x = /[/]\\/*/ // b', true)).toEqual(['x', '=', '/[/]\\/*/'])
  expect(words('x = a / b // c\ny = d / e', true)).toEqual(['x', '=', 'a', '/', 'b', 'y', '=', 'd', '/', 'e'])
})

test('what stands in quotes goes too, but for what a template computes', () => {
  expect(words('f(\'any\') + "any"', false).join('')).not.toContain('any')
  expect(stripped('`any ${one(`two ${three}`, { four })} any`', false).replace(/ +/g, ' ')).toBe(
    '` {one(` {three}`, { four })} `',
  )
})

test('a quote in a regular expression opens no text', () => {
  expect(words("a = /'/; b = any", false)).toContain('any')
})

test('an entry reaches what it imports, and what that imports', () => {
  const file = (path: string, code: string): [string, SourceFile] => [path, { path, code, text: code, bare: code }]
  const files = new Map([
    file('p/src/index.ts', "export { a } from './a/a.ts'"),
    file('p/src/a/a.ts', "import type { B } from '../b.ts'"),
    file('p/src/b.ts', "import { x } from 'other/x'\nimport { a } from './a/a.ts'"),
    file('p/src/node.ts', "import { a } from './a/a.ts'"),
  ])
  expect([...reachedFrom('p/src/index.ts', files)].toSorted()).toEqual(['p/src/a/a.ts', 'p/src/b.ts', 'p/src/index.ts'])
})
