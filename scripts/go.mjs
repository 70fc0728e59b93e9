#!/usr/bin/env node
// Entry of `npm start`, `npm test`, ... on a machine that has only Node and npm. Uses node:* only.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { argumentsOf, refuse } from './arguments.mjs'
import { COMMANDS } from './commands.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pin = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devEngines.packageManager.version
const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1' }
const shell = process.platform === 'win32'
const sh = (cmd, args, opt = {}) => spawnSync(cmd, args, { cwd: root, stdio: 'inherit', env, shell, ...opt })
const must = (cmd, ...args) => {
  const r = sh(cmd, args)
  if (r.error) throw r.error
  if (r.status !== 0) process.exit(r.status ?? 1)
}
const quiet = (cmd, ...args) => {
  const r = sh(cmd, args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (r.status !== 0) {
    process.stderr.write(`${r.stdout}${r.stderr}`)
    process.exit(r.status ?? 1)
  }
}
/** On standard error: what is read by people, while what a command prints stays its own. */
const progress = (text) => process.stderr.write(`${text}\n`)
const bin = (name) => join(root, 'node_modules', '.bin', name)

/** The patch of the report, and a kernel of today. */
const AFTER = ['arm@4.11+nopage-rfc', 'arm@6.12']

let args = process.argv.slice(2)
if (args.length === 1 && args[0] === 'start')
  progress('dmalab: setting up what is missing (the first time: a minute or two)')
if (args[0] === '--inner') args = args.slice(1)
else {
  const [word = 'build', ...words] = args
  if (Object.hasOwn(COMMANDS, word)) argumentsOf(COMMANDS[word], words)
  const v = sh('pnpm', ['--version'], { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' })
  if (v.status !== 0 || v.stdout.trim() !== pin) {
    // npm exec puts an absolute folder that holds pnpm first in PATH; turbo finds it there.
    const flags = ['exec', '--yes', '--prefer-offline', '--loglevel=error', `--package=pnpm@${pin}`, '--']
    process.exit(sh('npm', [...flags, 'node', 'scripts/go.mjs', '--inner', ...args]).status ?? 1)
  }
}

/** Runs every test and closes with one plain line of counts. */
const test = (rest) => {
  if (rest.some((word) => word.startsWith('-'))) {
    // Options that it does not take are a stack trace of Vitest's.
    const quietly = { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8', env: { ...env, NO_COLOR: '1' } }
    const { stderr } = sh(bin('vitest'), ['list', '--filesOnly', ...rest], quietly)
    const [, problem] = /^\w*Error: (.+)$/m.exec(stderr) ?? []
    if (problem !== undefined) refuse(COMMANDS.test, problem)
  }
  const folder = join(root, 'node_modules', '.dmalab')
  const report = join(folder, 'tests.json')
  mkdirSync(folder, { recursive: true })
  rmSync(report, { force: true })
  const run = sh(bin('vitest'), [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...rest,
  ])
  // Wrong options, or a stop: Vitest has said so itself, and there is nothing to count.
  if (!existsSync(report)) process.exit(run.status ?? 1)
  const counts = JSON.parse(readFileSync(report, 'utf8'))
  const skipped = counts.numPendingTests + counts.numTodoTests
  for (const file of counts.testResults)
    for (const t of file.assertionResults)
      if (t.status === 'pending' || t.status === 'skipped') console.log(`skipped: ${t.fullName}`)
  const failedFiles = counts.testResults.filter((f) => f.status === 'failed' && f.assertionResults.length === 0).length
  const tail = skipped > 0 ? `, ${skipped} skipped` : ''
  const shard = / --shard[= ](\d+\/\d+)/.exec(` ${rest.join(' ')}`)?.[1]
  const part = shard === undefined ? '' : ` (part ${shard} of the files)`
  console.log(`${counts.numPassedTests} passed, ${counts.numFailedTests + failedFiles} failed${tail}${part}`)
  process.exit(run.status ?? 1)
}

/** Other releases of Node that are supported. */
const NODES = ['22', '24']
/** The same command on another release of Node, from the registry's package `node`. */
const onNode = (release, ...words) => {
  const on = ['exec', '--yes', '--loglevel=error', `--package=node@${release}`, '--', 'node', 'scripts/go.mjs']
  const { status } = sh('npm', [...on, ...words])
  if (status === 0) return
  progress(`Node ${release}: ${words[0]} failed`)
  process.exit(status ?? 1)
}
/** Every test, and the packages, on each of them; by hand, before a release. */
const nodes = (rest) => {
  for (const release of NODES) {
    progress(`Node ${release}`)
    onNode(release, 'test', ...rest)
    // What publint and attw say does not depend on Node.
    onNode(release, 'pack', '--no-hygiene')
  }
}

const [what = 'build', ...rest] = args
if (what === 'nodes') {
  nodes(rest)
  process.exit(0)
}
const { node, 'no-hygiene': noHygiene } = what === 'pack' ? argumentsOf(COMMANDS.pack, rest).values : {}
if (node !== undefined) {
  onNode(node, 'pack', ...(noHygiene ? ['--no-hygiene'] : []))
  process.exit(0)
}
if (what === 'start' && rest.length === 0) progress('1 of 3  packages')
quiet('pnpm', 'install', '--frozen-lockfile', '--reporter=append-only')
if (what === 'format') must(bin('oxfmt'), ...rest)
else {
  if (what === 'start' && rest.length === 0) progress('2 of 3  build')
  quiet(bin('turbo'), 'run', 'build', '--output-logs=errors-only')
  if (what === 'lint') {
    must(bin('oxlint'), ...rest)
    must(bin('oxfmt'), '--check', ...rest)
    // Builds check what is shipped; this checks the tests.
    must(bin('tsc'), '-p', 'tsconfig.test.json')
    // Files, exports and dependencies that nothing uses.
    must(bin('knip'))
  }
  if (what === 'test') test(rest)
  if (what === 'pages') must('node', 'scripts/pages.mjs', ...rest)
  if (what === 'pack') must('node', 'scripts/pack/test-pack.mjs', ...rest)
  if (what === 'mutation') must('node', 'tests/mutation/run.mjs', ...rest)
  if (what === 'fuzz') must('node', 'tests/fuzz/run.mjs', ...rest)
  if (what === 'docs') must('node', 'site/src/build.mjs', ...rest)
  if (what === 'release') must('node', 'scripts/release.mjs', ...rest)
  if (what === 'bench') must('node', 'bench/src/run.mjs', ...rest)
  if (what === 'start') {
    // The commands that `compare founding` suggests are as they can be typed here.
    env.DMALAB_PROGRAM = 'npm start --'
    const dmalab = (...words) => must('node', 'apps/cli/bin/run.js', ...words)
    if (rest.length > 0) dmalab(...rest)
    else {
      progress('3 of 3  the founding use case on four kernels\n')
      dmalab('compare', 'founding')
      console.log(`
And what the patch breaks: the map leaves tagged memory alone, the sync does not (rd-13).
Today's kernels have lost the check: arm@6.12 shares such memory again, and faults at that sync.
`)
      dmalab('compare', 'scenarios/rd-13-sync-not-guarded.yaml', ...AFTER.flatMap((kernel) => ['--kernel', kernel]))
      console.log(`
Now yours: your device tree and your line, on a kernel of today:
    npm start -- board show my.dtb
    npm start -- run "v4l2src ! kmssink" --board my.dtb`)
    }
  }
}
