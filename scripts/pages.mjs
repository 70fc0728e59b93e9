#!/usr/bin/env node
// Writes the pages of docs/ that are made from data, or says which are not as the data are: npm run pages [-- PAGE...] [--check]
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openRegistry } from '../packages/lab/dist/index.js'
import { fidelityPage } from '../packages/lab/dist/golden.js'
import { driversPage } from '../packages/machine/dist/index.js'

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
  'drivers.md': () => driversPage(),
  'sweep-rfc.md': () => sweep('sweeps/rfc.yaml'),
  'sweep-boards.md': () => sweep('sweeps/boards.yaml'),
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { check: { type: 'boolean' } } })
const unknown = positionals.find((page) => !(page in PAGES))
if (unknown !== undefined) {
  console.error(`no page '${unknown}'; there are: ${Object.keys(PAGES).join(', ')}`)
  process.exit(2)
}
for (const page of positionals.length > 0 ? positionals : Object.keys(PAGES)) {
  const text = PAGES[page]()
  if (readFileSync(docs(page), 'utf8') === text) continue
  if (values.check === true) {
    console.error(`docs/${page} is not as its data are: npm run pages -- ${page}`)
    process.exitCode = 1
  } else {
    writeFileSync(docs(page), text)
    console.log(`docs/${page} is written anew`)
  }
}
