#!/usr/bin/env node
// npm run mutation -- --room R [--sample N] [--seed N] [--tests PATH]...: plants small faults in a room, one at a time, and sees whether a
// test fails: those of the room first, then those that cross rooms. A fault is planted where the file is loaded, so no source changes;
// the engine is AssemblyScript, which is built from files: those are put back.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { mutantsOf, mutate, sampleOf } from './mutants.mjs'

const root = join(import.meta.dirname, '../..')
const { values } = parseArgs({
  options: {
    room: { type: 'string' },
    sample: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    tests: { type: 'string', multiple: true },
  },
})
const folder = join(root, 'packages', values.room ?? '')
const [sample, seed] = [Number(values.sample), Number(values.seed)]
if (values.room === undefined || !existsSync(join(folder, 'src')) || !(sample > 0) || !(seed >= 0)) {
  console.error('usage: npm run mutation -- --room ROOM [--sample 40] [--seed 1] [--tests PATH]...')
  process.exit(2)
}

/** Vectors' adapters and generated tables are tests' and scripts' business. */
const isCode = (path) =>
  path.endsWith('.ts') && !path.endsWith('.d.ts') && !/(^|\/)(golden|generated|shared)\/|index\.ts$/.test(path)
const filesIn = (name) =>
  existsSync(join(folder, name))
    ? readdirSync(join(folder, name), { recursive: true })
        .filter(isCode)
        .toSorted((a, b) => (a < b ? -1 : 1))
        .map((path) => join(folder, name, path))
    : []
const files = [...filesIn('src'), ...filesIn('assembly')]
const mutants = sampleOf(
  files.flatMap((file) => mutantsOf(file, readFileSync(file, 'utf8'))),
  sample,
  seed,
)

/** A test that takes so long runs in circles. */
const LIMIT_MS = 15 * 60_000
const vitest = (paths, mutant) =>
  spawnSync(join(root, 'node_modules/.bin/vitest'), ['run', '--bail=1', '--reporter=dot', ...paths], {
    cwd: root,
    encoding: 'utf8',
    timeout: LIMIT_MS,
    env: { ...process.env, ...(mutant === undefined ? {} : { DMALAB_MUTANT: JSON.stringify(mutant) }) },
  })
const build = () => spawnSync(process.execPath, [join(folder, 'scripts/build.mjs')], { cwd: folder, encoding: 'utf8' })

const isBuilt = ({ file }) => file.startsWith(join(folder, 'assembly'))
/** What tests say of a fault. */
const judge = (mutant) => {
  const before = readFileSync(mutant.file, 'utf8')
  if (!isBuilt(mutant)) return fails(mutant) ? 'killed' : 'survived'
  try {
    writeFileSync(mutant.file, mutate(before, mutant))
    if (build().status !== 0) return 'killed'
    return fails(undefined) ? 'killed' : 'survived'
  } finally {
    writeFileSync(mutant.file, before)
  }
}
const OWN = [`packages/${values.room}/test/`]
const OTHERS = values.tests ?? ['tests/dma', 'tests/sharing', 'tests/runs', 'tests/log', 'tests/house/golden.test.ts']
const fails = (mutant) => [OWN, OTHERS].some((paths) => vitest(paths, mutant).status !== 0)

const untouched = vitest([...OWN, ...OTHERS], undefined)
if (untouched.status !== 0) {
  console.error(`tests fail without a fault:\n${untouched.stdout.slice(-2000)}`)
  process.exit(1)
}
let killed = 0
try {
  for (const [number, mutant] of mutants.entries()) {
    const verdict = judge(mutant)
    if (verdict === 'killed') killed += 1
    const { file, line, found, put } = mutant
    console.log(
      `${number + 1}/${mutants.length} ${verdict} ${relative(root, file)}:${line} ${JSON.stringify(found.trim())} -> ${JSON.stringify(put.trim())}`,
    )
  }
} finally {
  if (mutants.some(isBuilt)) build()
}
console.log(
  `${values.room}: ${killed} of ${mutants.length} faults were noticed (${Math.round((100 * killed) / mutants.length)} %), seed ${seed}`,
)
