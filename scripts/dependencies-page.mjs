// docs/dependencies.md: every package of others that users get or that the workspace names, with its reason and its licence.
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** Why each one is there; a dependency without a line here fails. */
const REASONS = {
  '@arethetypeswrong/core': 'what resolvers of modules make of the types in a package',
  '@changesets/cli': 'changelogs and versions from one file a change',
  '@oclif/core': 'the command line: arguments, flags, help',
  '@oclif/plugin-help': '`--help`',
  '@oclif/plugin-plugins': '`plugins install`, `link` and `uninstall`; brings an npm and a yarn of its own',
  '@oclif/test': 'commands in the process of a test',
  '@preact/signals': 'state of the explorer; part of its page',
  '@stryker-mutator/instrumenter': 'the faults that `npm run mutation` plants',
  '@types/node': 'types of the lowest Node that is supported',
  '@vitest/runner': 'runs test files again for each planted fault',
  ajv: 'holds the output of commands against their JSON schemas',
  ansis: 'colours of a terminal, with NO_COLOR',
  assemblyscript: 'compiles the engine to WebAssembly',
  'axe-core': 'accessibility of the explorer',
  bullmq: 'sweeps over a queue; only in @dmalab/sweep-queue',
  'cli-table3': 'tables on a terminal',
  'fast-check': 'random tests that shrink; at run time in the test kit',
  ioredis: 'the Redis client of that queue; only in @dmalab/sweep-queue',
  knip: 'files, exports and dependencies that nothing uses',
  oxfmt: 'formatter',
  oxlint: 'linter',
  'oxlint-tsgolint': 'rules of the linter that know types',
  peggy: 'makes the parser of pipelines from its grammar',
  piscina: 'threads of sweeps and explorations',
  'playwright-core': 'drives the browser of a test',
  preact: 'the explorer; part of its page',
  publint: 'what is wrong with a package before it is published',
  rolldown: 'bundles the commands, so that they start fast',
  tinybench: 'benchmarks',
  turbo: 'builds packages in their order, and keeps what is built',
  typedoc: 'the library reference of the documentation',
  'typedoc-plugin-markdown': 'the same as pages of the site',
  typescript: 'compiler and checker; 6.0 where its programming interface is needed',
  uplot: 'charts of the explorer; part of its page',
  vite: 'bundles the explorer and the browser tests',
  vitepress: 'the documentation site',
  vitest: 'tests; a peer of the test kit',
  yaml: 'board, scenario, sweep and configuration files, with places for complaints',
  zod: 'one schema for types, checks and JSON schemas of files',
}

const read = (file) => JSON.parse(readFileSync(file, 'utf8'))
const folders = [
  '.',
  ...['packages', 'apps', 'bench', 'tests', 'site'].flatMap((top) =>
    existsSync(join(root, top, 'package.json')) ? [top] : readdirSync(join(root, top)).map((name) => join(top, name)),
  ),
].filter((folder) => existsSync(join(root, folder, 'package.json')))

/** The package.json that a room's dependency resolves to. */
const installed = (folder, name) => {
  const file = join(root, folder, 'node_modules', name, 'package.json')
  return existsSync(file) ? read(realpathSync(file)) : undefined
}

/** The page; everything must be installed. @throws Error for a dependency without a reason or a licence */
export const dependenciesPage = () => {
  const found = new Map()
  for (const folder of folders) {
    const {
      name: room,
      private: isPrivate = false,
      dependencies = {},
      devDependencies = {},
    } = read(join(root, folder, 'package.json'))
    const list = [
      ...Object.keys(dependencies).map((name) => [name, !isPrivate]),
      ...Object.keys(devDependencies).map((name) => [name, false]),
    ]
    for (const [name, shipped] of list) {
      if (name === 'dmalab' || name.startsWith('@dmalab/')) continue
      const { version, license } = installed(folder, name) ?? {}
      if (REASONS[name] === undefined || version === undefined || license === undefined)
        throw new Error(
          `${room} depends on ${name}: ${REASONS[name] === undefined ? 'say why in scripts/dependencies-page.mjs' : 'no licence, or not installed'}`,
        )
      const known = found.get(`${name} ${version}`) ?? { name, version, license, shipped: false, rooms: [] }
      found.set(`${name} ${version}`, { ...known, shipped: known.shipped || shipped, rooms: [...known.rooms, room] })
    }
  }
  const all = [...found.values()].toSorted((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1))
  const rows = (shipped) =>
    all
      .filter((one) => one.shipped === shipped)
      .map(
        ({ name, version, license, rooms }) =>
          `| ${name} | ${version} | ${license} | ${REASONS[name]} | ${rooms.length > 3 ? `${rooms.length} packages` : rooms.join(', ')} |`,
      )
  const head = ['| package | version | licence | why | where |', '| --- | --- | --- | --- | --- |']
  return `# Dependencies

Written by \`npm run pages -- dependencies.md\` from the package.json files and what is installed. A dependency without a reason fails there. Versions are exact, the
lockfile holds a digest of each package, and \`pnpm install --frozen-lockfile\` refuses anything else. No package of dmalab runs a script when it is installed.

## What users get

${[...head, ...rows(true)].join('\n')}

\`dmalab\` bundles some of them; their licences are in \`build/LICENSES.txt\` of the package.

## What builds and tests need

${[...head, ...rows(false)].join('\n')}

Not installed through npm: Debian's \`chromium\` and \`redis-server\` for tests that need them.
`
}
