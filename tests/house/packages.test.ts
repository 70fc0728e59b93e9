// Packages that users get say the same of themselves, and are ready to be published.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { products, ROOT } from './house.ts'

interface Manifest {
  readonly version: string
  readonly description?: string
  readonly private?: boolean
  readonly license?: string
  readonly homepage?: string
  readonly bugs?: string
  readonly repository?: { readonly type: string; readonly url: string; readonly directory?: string }
  readonly engines?: { readonly node: string }
  readonly files?: readonly string[]
  readonly exports?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly publishConfig?: object
  readonly scripts?: Readonly<Record<string, string>>
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest

const root = manifestOf('.')
const published = products
  .map(({ name, folder }) => ({ name, folder, manifest: manifestOf(folder) }))
  .filter(({ manifest }) => manifest.private !== true)

test.each(published.map((one) => [one.name, one] as const))('%s is ready to be published', (_name, one) => {
  const { folder, manifest } = one
  const { license, homepage, bugs, engines } = root
  expect(manifest).toMatchObject({ license, homepage, bugs, engines })
  expect(manifest.repository).toEqual({ ...root.repository, directory: folder })
  expect(manifest.description?.length ?? 0).toBeGreaterThan(15)
  expect(manifest.files).toContain('!**/*.map')
})

test.each(published.map((one) => [one.name, one] as const))('%s offers users what is built', (_name, { manifest }) => {
  const exports = Object.entries(manifest.exports ?? {}).map(([entry, { 'dmalab-src': _source, ...rest }]) => [
    entry,
    rest,
  ])
  expect(manifest.publishConfig).toEqual({ access: 'public', provenance: true, exports: Object.fromEntries(exports) })
})

test('all have one version', () => {
  expect(new Set(published.map(({ manifest }) => manifest.version)).size).toBe(1)
})

test('none runs anything where it is installed', () => {
  const scripts = published.flatMap(({ manifest }) => Object.keys(manifest.scripts ?? {}))
  expect(scripts.filter((script) => /install|prepare/.test(script))).toEqual([])
})

test('the command exports what the library does', () => {
  const exportsOf = (folder: string): readonly string[] =>
    [
      ...readFileSync(join(ROOT, folder, 'src/index.ts'), 'utf8').matchAll(
        /export (?:type )?\{([^}]*)\}|export const (\w+)/g,
      ),
    ]
      .flatMap(([, names, name]) => (names ?? name ?? '').split(','))
      .map((name) => name.replace('type ', '').trim())
      .filter((name) => name !== '')
  const here = exportsOf('apps/cli')
  expect(exportsOf('packages/lab').filter((name) => !here.includes(name))).toEqual([])
})

test('the lockfile has a digest for every package that it names, and takes none from elsewhere than a registry', () => {
  const lock = readFileSync(join(ROOT, 'pnpm-lock.yaml'), 'utf8')
  const packages = /\npackages:\n([^]*?)\n(?:snapshots:|$)/.exec(lock)?.[1] ?? ''
  const resolutions = [...packages.matchAll(/^ {4}resolution: (.*)$/gm)].map(([, text = '']) => text)
  expect(resolutions.length).toBeGreaterThan(200)
  expect(resolutions.filter((text) => !/^\{integrity: sha512-[\w+/]+=*\}$/.test(text))).toEqual([])
})
