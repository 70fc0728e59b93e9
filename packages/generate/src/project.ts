// A plug-in project of each kind: files by path, ready to be built, tested, packed and installed.
import { InputError, PLUGIN_API } from '@dmalab/api'
import { TEMPLATES } from './generated/templates.ts'
import type { ProjectKind } from './kinds.ts'
import { readmeOf } from './readme.ts'

export interface ProjectFile {
  /** Below the folder of the project. */
  readonly path: string
  readonly text: string
}

/** A name of a package, of a plug-in, and a part of a kernel's name. */
const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/
const LONGEST = 40

/** Packages that the project needs: npm does not install one into a package of its name. */
const NEEDED: readonly string[] = ['dmalab', 'typescript', 'vitest']

/** Modules of Node, which no package can be; names that every object has; devices of Windows, whose shares WSL writes to. */
const RESERVED =
  /^(?:assert|buffer|cluster|console|constants|crypto|dgram|dns|domain|events|fs|http|http2|https|inspector|module|net|os|path|process|punycode|querystring|readline|repl|stream|sys|timers|tls|tty|url|util|v8|vm|wasi|zlib|constructor|con|prn|aux|nul|com\d|lpt\d)$/

/** @throws InputError for a name that cannot be one of a package */
const checkName = (name: string): void => {
  if (RESERVED.test(name))
    throw new InputError(
      `${name} is a name that Node or a file system keeps for itself`,
      {},
      `another one, such as my-${name}`,
    )
  if (NEEDED.includes(name))
    throw new InputError(
      `${name} is the name of a package that the project needs`,
      {},
      `another one, such as my-${name}`,
    )
  if (!NAME.test(name) || name.length > LONGEST)
    throw new InputError(
      `'${name.slice(0, 80)}' is not a name for a plug-in`,
      {},
      `small letters, digits and single dashes, a letter first, at most ${LONGEST}: my-${'patch'}`,
    )
}

/** `version`: of dmalab, which the project is tested with. @throws InputError for a name that cannot be one */
export const projectFiles = (kind: ProjectKind, name: string, version: string): readonly ProjectFile[] => {
  checkName(name)
  const code = (path: string): string => fromTemplate(`${kind}/${path}`, name)
  return [
    { path: 'README.md', text: readmeOf(kind, name) },
    { path: 'package.json', text: json(manifestOf(kind, name, version)) },
    { path: 'tsconfig.json', text: json(TSCONFIG) },
    { path: '.gitignore', text: 'node_modules/\ndist/\n*.tgz\n' },
    { path: 'src/index.ts', text: code('src/index.ts') },
    { path: `test/${name}.test.ts`, text: code('test/my-thing.test.ts') },
  ]
}

/** @throws Error for a path that is no template */
export const fromTemplate = (path: string, name: string): string => {
  const text = TEMPLATES[path]
  if (text === undefined) throw new Error(`no template ${path}`)
  return text.replaceAll('my-thing', name).replaceAll('my_thing', name.replaceAll('-', '_'))
}

const json = (data: object): string => `${JSON.stringify(data, null, 2)}\n`

const manifestOf = (kind: ProjectKind, name: string, version: string): object => ({
  name,
  version: '0.1.0',
  description: `${kind} ${name} for dmalab`,
  license: 'Apache-2.0',
  type: 'module',
  files: ['dist'],
  scripts: { build: 'tsc', test: 'tsc && vitest run', prepack: 'tsc' },
  // Lets `dmalab plugins install` take it.
  oclif: {},
  dmalab: { api: PLUGIN_API, entry: './dist/index.js' },
  devDependencies: {
    '@dmalab/api': `^${version}`,
    '@dmalab/lab': `^${version}`,
    '@dmalab/testkit': `^${version}`,
    '@types/node': '^20.19.0',
    typescript: '^5.9.3',
    vitest: '^4.1.12',
  },
})

const TSCONFIG = {
  compilerOptions: {
    target: 'ES2023',
    lib: ['ES2023', 'DOM'],
    module: 'nodenext',
    strict: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    skipLibCheck: true,
    types: ['node'],
    rootDir: 'src',
    outDir: 'dist',
  },
  include: ['src'],
}
