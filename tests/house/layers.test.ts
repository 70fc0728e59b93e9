// The rooms and who may import whom: every package.json against the table of the architecture.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

/** Direct imports allowed for each room; `api` is implied, `*` is everything. */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  api: [],
  hot: [],
  iommu: ['hot'],
  machine: [],
  memory: ['hot', 'machine'],
  'dma-api': ['memory', 'iommu'],
  'arch-arm': [],
  'arch-generic': [],
  'arch-iommu': [],
  patches: [],
  'dma-buf': ['dma-api'],
  videobuf2: ['dma-buf'],
  'vb2-dma-contig': [],
  'vb2-dma-sg': [],
  'vb2-vmalloc': [],
  drivers: [],
  scenario: ['machine'],
  checker: [],
  trace: [],
  golden: [],
  runner: ['scenario', 'videobuf2', 'dma-buf', 'dma-api', 'memory', 'checker', 'trace'],
  report: [],
  testkit: ['runner', 'golden'],
  lab: ['*'],
  dmalab: ['*'],
  bench: ['*'],
  tests: ['*'],
}

interface PackageJson {
  readonly name: string
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
}

const folders = [
  ...['packages', 'apps'].flatMap((top) => readdirSync(join(ROOT, top)).map((name) => join(top, name))),
  'bench',
  'tests',
]
const read = (folder: string): PackageJson =>
  JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as PackageJson
const roomOf = (name: string): string => name.replace('@dmalab/', '')
const imported = (json: PackageJson): string[] =>
  Object.keys({ ...json.dependencies, ...json.devDependencies, ...json.peerDependencies })
    .filter((name) => name.startsWith('@dmalab/'))
    .map(roomOf)

test('every room is in the table, and every row of it is a room', () => {
  expect(folders.map((folder) => roomOf(read(folder).name)).toSorted()).toEqual(Object.keys(TABLE).toSorted())
})

test.each(folders)('%s imports only what the table allows', (folder) => {
  const json = read(folder)
  const allowed = TABLE[roomOf(json.name)] ?? []
  if (allowed.includes('*')) return
  expect(imported(json).filter((room) => room !== 'api' && !allowed.includes(room))).toEqual([])
})

test.each(folders.filter((folder) => folder !== 'bench' && folder !== 'tests'))(
  '%s imports no room that its package.json does not name',
  (folder) => {
    const json = read(folder)
    const named = new Set([roomOf(json.name), ...imported(json)])
    const files = (readdirSync(join(ROOT, folder, 'src'), { recursive: true }) as string[]).filter((file) =>
      file.endsWith('.ts'),
    )
    const found = files.flatMap((file) =>
      [...readFileSync(join(ROOT, folder, 'src', file), 'utf8').matchAll(/from '@dmalab\/([a-z0-9-]+)/g)].map(
        (match) => match[1] ?? '',
      ),
    )
    expect(found.filter((room) => !named.has(room))).toEqual([])
  },
)

/** The files of a room, each with those it imports by path. */
const importsWithin = (folder: string): Map<string, readonly string[]> => {
  const src = join(ROOT, folder, 'src')
  const files = (readdirSync(src, { recursive: true }) as string[]).filter((file) => file.endsWith('.ts'))
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(src, file), 'utf8')
      const found = [...text.matchAll(/from '(\.{1,2}\/[^']+)'/g)].map(([, path = '']) => join(dirname(file), path))
      return [file, found]
    }),
  )
}

/** Takes away every file that imports nothing that is left, again and again: what stays is on a cycle, or leads to one. */
const onCycles = (imports: Map<string, readonly string[]>): string[] => {
  const left = new Map(imports)
  for (;;) {
    const free = [...left].filter(([, paths]) => paths.every((path) => !left.has(path)))
    if (free.length === 0) return [...left.keys()].toSorted()
    for (const [file] of free) left.delete(file)
  }
}

test.each(folders.filter((folder) => folder !== 'bench' && folder !== 'tests'))(
  '%s has no import cycle, not even of types',
  (folder) => {
    expect(onCycles(importsWithin(folder))).toEqual([])
  },
)

test('a cycle would be seen', () => {
  const imports = {
    'a.ts': ['b.ts', 'other/x.ts'],
    'b.ts': ['c/d.ts'],
    'c/d.ts': ['a.ts'],
    'free.ts': ['a.ts'],
    'leaf.ts': [],
  }
  expect(onCycles(new Map(Object.entries(imports)))).toEqual(['a.ts', 'b.ts', 'c/d.ts', 'free.ts'])
})
