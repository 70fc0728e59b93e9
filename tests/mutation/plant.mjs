// Faults in TypeScript: Stryker's instrumenter puts every one of them behind a switch, and one Vitest worker throws the switches of a
// seeded sample, one after the other (planting-runner.ts).
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Instrumenter } from '@stryker-mutator/instrumenter'
import { sampleOf } from './mutants.mjs'

const root = join(import.meta.dirname, '../..')

/** Texts are for people: another one is no fault of a room. */
const excludedMutations = ['StringLiteral']
const QUIET = { debug() {}, info() {}, warn() {}, isDebugEnabled: () => false }

/** Sources with all faults behind switches, and the faults. */
const planted = async (paths) => {
  const { files, mutants } = await new Instrumenter(QUIET).instrument(
    paths.map((name) => ({ name, mutate: true, content: readFileSync(name, 'utf8') })),
    { plugins: null, excludedMutations, ignorers: [] },
  )
  return { files, faults: mutants.filter(({ status }) => status === undefined) }
}

/** A worker that says nothing for so long runs in circles. */
const SILENT_MS = 90_000

/** One worker to its end. */
const work = (journal) =>
  new Promise((resolve) => {
    let text = ''
    const child = spawn(
      join(root, 'node_modules/.bin/vitest'),
      ['run', '--config', 'tests/mutation/vitest.config.ts', '--reporter=dot'],
      { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => void (text += data))
    // It is a group of its own, which a signal to this program does not reach.
    const stop = () => process.kill(-Number(child.pid), 'SIGKILL')
    const leave = () => {
      stop()
      process.exit(130)
    }
    process.once('SIGINT', leave).once('SIGTERM', leave)
    const started = Date.now()
    const watch = setInterval(() => {
      const news = Math.max(started, statSync(journal).mtimeMs)
      if (Date.now() - news > SILENT_MS) stop()
    }, 1000)
    child.once('exit', (code) => {
      clearInterval(watch)
      process.off('SIGINT', leave).off('SIGTERM', leave)
      resolve({ code, text })
    })
  })

/** Tries a sample of the faults of `paths`, or those of the places `only`, with `tests`, of which `own` are the room's; `folder` keeps what is written meanwhile. */
export const tryFaults = async ({ paths, tests, own = tests, sample, seed, folder, only }) => {
  const { files, faults } = await planted(paths)
  const chosen =
    only === undefined ? sampleOf(faults, sample, seed) : faults.filter((fault) => only.includes(placeOf(fault)))
  const journal = join(folder, 'journal.jsonl')
  mkdirSync(folder, { recursive: true })
  rmSync(journal, { force: true })
  writeFileSync(journal, '')
  process.env.DMALAB_MUTATION_PLAN = join(folder, 'plan.json')
  const entries = () =>
    readFileSync(journal, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  let left = tests
  while (left.length > 0) {
    writeFileSync(
      process.env.DMALAB_MUTATION_PLAN,
      JSON.stringify({
        files: Object.fromEntries(files.map(({ name, content }) => [name, content])),
        faults: chosen.map(({ id }) => id),
        tests: left,
        own,
        journal,
      }),
    )
    const before = entries().length
    const { code, text } = await work(journal)
    const after = entries()
    const last = after.at(-1)
    // What a fault did to its worker is noticed, whatever it was.
    if (last !== undefined && 'trying' in last)
      writeFileSync(
        journal,
        `${readFileSync(journal, 'utf8')}${JSON.stringify({ tried: last.trying, noticed: true })}\n`,
      )
    const done = new Set(after.flatMap((entry) => ('done' in entry ? [entry.test] : [])))
    left = left.filter((test) => !done.has(test))
    if (left.length > 0 && after.length === before)
      throw new Error(`tests fail without a fault (${code}):\n${text.slice(-3000)}`)
  }
  const noticed = new Set(entries().flatMap((entry) => (entry.noticed === true ? [entry.tried] : [])))
  return { all: faults.length, chosen, survivors: chosen.filter(({ id }) => !noticed.has(id)) }
}

/** What tells a fault from all others, and where it is. */
export const placeOf = ({ fileName, location: { start, end }, mutatorName, replacement }) =>
  `${relative(root, fileName)}:${start.line + 1}:${start.column + 1}-${end.line + 1}:${end.column + 1} ${mutatorName} ${JSON.stringify(replacement)}`
