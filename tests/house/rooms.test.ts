// Every room has what a room needs, and names every other room that it imports.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { filesIn, importsOf, products, type Room, ROOT, rooms } from './house.ts'

const byName = (list: readonly Room[]) => list.map((room) => [room.name, room] as const)
const README_LINES = 40

test.each(byName(products))('%s has a README of at most 40 lines with an example', (_name, { folder }) => {
  const file = join(ROOT, folder, 'README.md')
  expect(existsSync(file)).toBe(true)
  const text = readFileSync(file, 'utf8')
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(README_LINES)
  expect(text).toMatch(/^(```| {4}\S)/m)
})

test.each(byName(products))('%s has tests beside its code', (_name, { folder }) => {
  expect(filesIn(join(folder, 'test')).filter(({ path }) => path.endsWith('.test.ts'))).not.toEqual([])
})

test.each(byName(products.filter(({ json }) => json.exports !== undefined)))(
  '%s offers sources to tests, and types and code to users',
  (_name, { folder, json }) => {
    for (const entry of Object.values(json.exports ?? {})) {
      expect(Object.keys(entry)).toEqual(['dmalab-src', 'types', 'default'])
      expect(existsSync(join(ROOT, folder, entry['dmalab-src']))).toBe(true)
    }
  },
)

test.each(byName(rooms))('%s imports no room that its package.json does not name', (name, { folder, named }) => {
  const folders = folder === 'tests' ? [folder] : ['src', 'test'].map((part) => join(folder, part))
  const found = folders
    .flatMap(filesIn)
    .flatMap(({ code }) =>
      [...code.matchAll(/(?:from|import\() ?'@dmalab\/([a-z0-9-]+)/g)].map((match) => match[1] ?? ''),
    )
  expect([...new Set(found)].filter((room) => room !== name && !named.includes(room))).toEqual([])
})

test('no room imports from another by path', () => {
  const across = products.flatMap(({ folder }) =>
    filesIn(folder).flatMap((file) =>
      importsOf(file)
        .filter((target) => !target.startsWith(`${folder}/`) && !target.startsWith('vitest.'))
        .map((target) => `${file.path} imports ${target}`),
    ),
  )
  expect(across).toEqual([])
})
