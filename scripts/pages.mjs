#!/usr/bin/env node
// Writes the pages of docs/ that are made from data, or says which are not as the data are: npm run pages [-- PAGE...] [--check]
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openRegistry } from '../packages/lab/dist/index.js'
import { fidelityPage } from '../packages/lab/dist/golden.js'
import { driversPage } from '../packages/machine/dist/index.js'
import { argumentsOf, refuse } from './arguments.mjs'
import { COMMANDS } from './commands.mjs'
import { dependenciesPage } from './dependencies-page.mjs'

const root = join(import.meta.dirname, '..')
const docs = (file) => join(root, 'docs', file)

const sweep = (file) => {
  const words = ['apps/cli/bin/run.js', 'sweep', file, '--report', 'markdown']
  const { status, stdout } = spawnSync(process.execPath, words, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 26,
  })
  if (status !== 0) process.exit(status ?? 1)
  return stdout
}

/** What makes each page. The counts of fidelity.md come from: dmalab conform tests/golden/*.json RECORDS... --page docs/fidelity.md */
const PAGES = {
  'fidelity.md': () => fidelityPage(openRegistry(), JSON.parse(readFileSync(docs('fidelity.json'), 'utf8'))),
  'dependencies.md': () => dependenciesPage(),
  'drivers.md': () => driversPage(),
  'sweep-rfc.md': () => sweep('sweeps/rfc.yaml'),
  'sweep-boards.md': () => sweep('sweeps/boards.yaml'),
}

/** Files that are made together, a folder of them each. */
const FOLDERS = {
  'apps/cli/schemas': async () => (await import('../site/src/command-schemas.mjs')).commandSchemas(),
}

const { values, words } = argumentsOf(COMMANDS.pages)
const known = [...Object.keys(PAGES), ...Object.keys(FOLDERS)]
const unknown = words.find((page) => !known.includes(page))
if (unknown !== undefined) refuse(COMMANDS.pages, `no page '${unknown}'; there are: ${known.join(', ')}`)
const textAt = (path) => {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch {
    return undefined
  }
}

/** Writes a file, or says that it differs; without a text there is to be none. */
const keep = (path, text, page) => {
  if (textAt(path) === text) return
  if (values.check === true) {
    console.error(`${path} is not as its data are: npm run pages -- ${page}`)
    process.exitCode = 1
  } else if (text === undefined) rmSync(join(root, path))
  else {
    writeFileSync(join(root, path), text)
    console.log(`${path} is written anew`)
  }
}

for (const page of words.length > 0 ? words : known) {
  if (page in PAGES) keep(`docs/${page}`, PAGES[page](), page)
  else {
    const files = await FOLDERS[page]()
    mkdirSync(join(root, page), { recursive: true })
    for (const name of new Set([...readdirSync(join(root, page)), ...Object.keys(files)]))
      keep(`${page}/${name}`, files[name], page)
  }
}
