// The translator of the compiled comparator; compiling is left to the benchmark.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { translate } from '../native/src/translate.mjs'

const folder = mkdtempSync(join(tmpdir(), 'translate-'))
afterAll(() => rmSync(folder, { recursive: true }))
const put = (name: string, text: string): void => writeFileSync(join(folder, name), text)

it('keeps what a statement does, and puts constants before their use', () => {
  mkdirSync(join(folder, 'shared'))
  put('index.ts', `export { twice } from './a.ts'\n`)
  put(
    'a.ts',
    `import * as L from './shared/layout.ts'\nimport { ALL } from './b.ts'\nexport function twice(x: u32): u64 {\n  const y = ((<u64>1) << x) & ALL\n  return load<u64>(L.AT) + y\n}\n`,
  )
  put('b.ts', `export const ALL: u64 = (1 << 40) - 1\nexport let count: u32 = 0\n`)
  put('shared/layout.ts', `export const AT = 0x10_000\n`)
  const { source, exports } = translate(folder)
  expect(exports).toBe('EXPORT(as_a, twice)\n')
  expect(source).toContain('static const u64 ALL = (1ULL << 40) - 1ULL;')
  expect(source).toContain('static u32 count = 0;')
  expect(source).toContain(
    'static u64 twice(u32 x) {\n  const auto y = (((u64)1ULL) << x) & ALL;\n  return load<u64>(L::AT) + y;\n}',
  )
  expect(source.indexOf('ALL =')).toBeLessThan(source.indexOf('& ALL'))
})

it('says once what a parameter is without an argument', () => {
  put('b.ts', `export const ALL: u64 = 1\nexport function f(x: u32, y: u64 = 0): void {\n  return\n}\n`)
  const { source } = translate(folder)
  expect(source).toContain('static void f(u32 x, u64 y = 0);')
  expect(source).toContain('static void f(u32 x, u64 y) {')
})

it('stops at what it does not know', () => {
  put('b.ts', 'export class Unknown {}\n')
  expect(() => translate(folder)).toThrow(/b\.ts: export class Unknown/)
})

it('knows all of the engine', () => {
  const { source } = translate(join(import.meta.dirname, '../../packages/hot/assembly'))
  expect(source).toContain('static f64 iovaAlloc(')
})
