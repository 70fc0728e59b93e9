// What the tests of house rules look at: the rooms, their files, and the code of a file without its comments and texts.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stripped } from './stripped.ts'
import { ROOT, walk } from './walk.ts'

export { ROOT } from './walk.ts'

interface PackageJson {
  readonly name: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, { readonly 'dmalab-src': string }>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** A package of the workspace. */
export interface Room {
  readonly name: string
  /** From the root. */
  readonly folder: string
  readonly json: PackageJson
  /** Rooms that its package.json names, whatever for. */
  readonly named: readonly string[]
}

export interface SourceFile {
  /** From the root. */
  readonly path: string
  readonly text: string
  /** Without comments. */
  readonly code: string
  /** Without comments, and without what stands in quotes. */
  readonly bare: string
}

const roomOf = (folder: string): Room => {
  const json = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as PackageJson
  const all = Object.keys({ ...json.dependencies, ...json.devDependencies, ...json.peerDependencies })
  const named = all.filter((name) => name.startsWith('@dmalab/')).map((name) => name.replace('@dmalab/', ''))
  return { name: json.name.replace('@dmalab/', ''), folder, json, named }
}

export const rooms: readonly Room[] = [
  ...['packages', 'apps'].flatMap((top) => readdirSync(join(ROOT, top)).map((name) => join(top, name))),
  'bench',
  'tests',
]
  .filter((folder) => existsSync(join(ROOT, folder, 'package.json')))
  .map(roomOf)

/** Rooms that users get, or that are part of what they get. */
export const products = rooms.filter(({ folder }) => folder !== 'bench' && folder !== 'tests')

const read = new Map<string, SourceFile>()
const sourceFile = (path: string): SourceFile => {
  const text = readFileSync(join(ROOT, path), 'utf8')
  return { path, text, code: stripped(text, true), bare: stripped(text, false) }
}

/** TypeScript files below a folder; none where it does not exist. */
export const filesIn = (folder: string): readonly SourceFile[] =>
  walk(folder)
    .filter((file) => /\.(ts|tsx)$/.test(file))
    .toSorted()
    .map((path) => {
      const known = read.get(path) ?? sourceFile(path)
      read.set(path, known)
      return known
    })

/** What products are made of. */
export const sources: readonly SourceFile[] = products.flatMap(({ folder }) => filesIn(join(folder, 'src')))

/** Files that a file imports by path, from the root. */
export const importsOf = ({ path, code }: SourceFile): readonly string[] =>
  [...code.matchAll(/(?:from|import) ?\(?'(\.{1,2}\/[^']+)'/g)].map(([, target = '']) => join(dirname(path), target))

/** Everything that an entry leads to by path. */
export const reachedFrom = (entry: string, files: ReadonlyMap<string, SourceFile>): ReadonlySet<string> => {
  const reached = new Set<string>()
  const left = [entry]
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    const file = files.get(path)
    if (file === undefined || reached.has(path)) continue
    reached.add(path)
    left.push(...importsOf(file))
  }
  return reached
}
