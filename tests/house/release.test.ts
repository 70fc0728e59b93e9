// What a release says of itself: the version from the changes that wait, and the changelog.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ROOT } from './house.ts'

interface Change {
  readonly level: 'patch' | 'minor' | 'major'
  readonly text: string
}
const { changelogOf, nextVersion, pendingChanges } = (await import(join(ROOT, 'scripts/release/changes.mjs'))) as {
  readonly pendingChanges: (folder: string) => readonly Change[]
  readonly nextVersion: (version: string, changes: readonly Change[]) => string
  readonly changelogOf: (text: string, version: string, changes: readonly Change[]) => string
}
const folder = mkdtempSync(join(tmpdir(), 'dmalab-release-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('every change that waits can be read, and says something', () => {
  const changes = pendingChanges(join(ROOT, '.changeset'))
  expect(changes.filter(({ text }) => text.length < 20)).toEqual([])
})

test.each([
  ['0.1.0', ['patch'], '0.1.1'],
  ['0.1.4', ['patch', 'minor'], '0.2.0'],
  ['0.2.0', ['major'], '0.3.0'],
  ['1.2.3', ['minor'], '1.3.0'],
  ['1.2.3', ['major', 'patch'], '2.0.0'],
] as const)('%s with %j is %s', (version, levels, next) => {
  expect(
    nextVersion(
      version,
      levels.map((level) => ({ level, text: '' })),
    ),
  ).toBe(next)
})

test('the new section stands above the old ones, by level', () => {
  writeFileSync(join(folder, 'a.md'), "---\n'dmalab': patch\n---\n\nmended\ntwice\n")
  writeFileSync(join(folder, 'b.md'), "---\n'dmalab': minor\n'@dmalab/api': patch\n---\n\nnew\n")
  const text = changelogOf('# Changelog\n\nWords.\n\n## 0.1.0\n\n- old\n', '0.2.0', pendingChanges(folder))
  expect(text).toBe(
    '# Changelog\n\nWords.\n\n## 0.2.0\n\n### New\n\n- new\n\n### Fixed\n\n- mended\n  twice\n\n## 0.1.0\n\n- old\n',
  )
})

test('a file that is no change is named', () => {
  writeFileSync(join(folder, 'c.md'), 'no head\n')
  expect(() => pendingChanges(folder)).toThrow(/c\.md is not a changeset/)
})
