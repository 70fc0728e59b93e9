// What the build does to functions at the level of a module: the same functions, read later.
import { join } from 'node:path'
import { expect, test } from 'vitest'

const { withLazyFunctions } = (await import(join(import.meta.dirname, '../scripts/lazy-functions.mjs'))) as {
  withLazyFunctions: (code: string) => string
}

test.each([
  ['const f = (a, b = () => a) => { return a; };', 'const f = function (a, b = () => a) { return a; };'],
  ['const f = x => ({ x });', 'const f = function (x) { return ({ x }); };'],
  ['const f = async ({ x }) => await x;', 'const f = async function ({ x }) { return await x; };'],
  [
    'const t = { f: () => [() => 1], g: [(x) => x] };',
    'const t = { f: function () { return [() => 1]; }, g: [function (x) { return x; }] };',
  ],
])('%s', (before, after) => {
  expect(withLazyFunctions(before)).toBe(after)
})

test.each([
  'const f = () => this;',
  'const f = () => () => arguments[0];',
  'const f = () => import.meta.url;',
  'function f() { return () => 1; }',
  'class C { f = () => this; static g = () => 1; }',
])('%s is left', (code) => {
  expect(withLazyFunctions(code)).toBe(code)
})

test('what only its own functions use is no obstacle', () => {
  expect(withLazyFunctions('const f = () => { function g() { return this; } };')).toBe(
    'const f = function () { function g() { return this; } };',
  )
})
