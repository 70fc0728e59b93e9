// Writes build/: the commands with everything that they use, in a few files. A call loads 1,000 files less than from dist/, which
// is what programs import. Plug-ins are not concerned: their contract is the object that they are given, never a module of ours.
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { withLazyFunctions } from './lazy-functions.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const target = join(root, 'build')

/** What oclif, the program and worker threads load by name. */
const entries = [
  'commands',
  'hooks',
  'help.ts',
  'program.ts',
  'last-error.ts',
  'explore/worker.ts',
  'sweep/worker.ts',
].flatMap((part) =>
  part.endsWith('.ts')
    ? [part]
    : readdirSync(join(root, 'src', part), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => join(part, file)),
)

/** One character beyond Latin-1 makes V8 keep all of a file in twice the memory, and read it so. Strings, templates and patterns take escapes. */
const inAscii = (code) =>
  code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

rmSync(target, { recursive: true, force: true })
const bundle = await rolldown({
  cwd: root,
  platform: 'node',
  input: Object.fromEntries(entries.map((file) => [file.replace(/\.ts$/, ''), join(root, 'src', file)])),
  // piscina looks for its own modules by name, the queue is loaded by those who ask for it, and of oclif's the two are for source trees and old Nodes.
  external: [/^node:/, 'typescript', 'semver', 'piscina', '@dmalab/sweep-queue'],
  // What oclif is written in has them.
  transform: { define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' } },
  // No module does anything when it is loaded that another waits for: what a command does not use, it does not load.
  treeshake: { moduleSideEffects: false },
  resolve: { conditionNames: ['dmalab-src', 'import', 'node', 'default'] },
})
const { output } = await bundle.write({
  dir: target,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'shared/[name]-[hash].js',
  comments: { legal: true, annotation: false, jsdoc: false },
})
await bundle.close()
for (const { type, fileName, code } of output)
  if (type === 'chunk') writeFileSync(join(target, fileName), inAscii(withLazyFunctions(code)))

/** Folders of the packages of others that became part of it. */
const packageOf = (file) => {
  const folder = dirname(file)
  return existsSync(join(folder, 'package.json')) && readJson(folder).name !== undefined ? folder : packageOf(folder)
}
const readJson = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
const others = new Set(
  output
    .flatMap(({ moduleIds = [] }) => moduleIds)
    .filter((file) => file.includes('/node_modules/'))
    .map((file) => packageOf(file)),
)
const licence = (folder) => {
  const { name, version, license } = readJson(folder)
  const [file] = readdirSync(folder).filter((one) => /^licen[cs]e/i.test(one))
  if (file === undefined) throw new Error(`${name} has no licence file: it cannot be part of the bundle`)
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
}
writeFileSync(
  join(target, 'LICENSES.txt'),
  [...others]
    .map(licence)
    .toSorted()
    .join(`\n${'-'.repeat(80)}\n\n`),
)

// The page that --html fills.
const explorer = dirname(fileURLToPath(import.meta.resolve('@dmalab/explorer/package.json')))
copyFileSync(join(explorer, 'dist/index.html'), join(target, 'explorer.html'))
