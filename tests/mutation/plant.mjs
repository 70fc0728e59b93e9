// Faults in TypeScript: Stryker's instrumenter puts every one of them behind a switch, and one Vitest worker throws the switches of a
// seeded sample, one after the other (planting-runner.ts). Faults in AssemblyScript are modules of their own (built.mjs).
import { spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Instrumenter } from '@stryker-mutator/instrumenter'
import { builtFaults } from './built.mjs'
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

/** A worker that says nothing for so long, or for so many times what a file takes without a fault, runs in circles. */
const SILENT_MS = 90_000
const CIRCLING = { ms: 15_000, times: 10 }

const entriesOf = (journal) =>
  readFileSync(journal, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

const patienceWith = (journal) => {
  const last = entriesOf(journal).at(-1)
  return last?.trying === undefined ? SILENT_MS : Math.max(CIRCLING.ms, CIRCLING.times * last.ms)
}

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
      if (Date.now() - news > patienceWith(journal)) stop()
    }, 1000)
    child.once('exit', (code) => {
      clearInterval(watch)
      process.off('SIGINT', leave).off('SIGTERM', leave)
      resolve({ code, text })
    })
  })

/**
 * Tries faults with `tests`, of which `own` are the room's, until none is left or all are asked; gives those that no test noticed.
 * `files` have faults behind switches, `engine` names modules with one; `folder` keeps what is written meanwhile.
 */
const survivorsOf = async ({ faults, files = [], engine, tests, own, folder }) => {
  const journal = join(folder, 'journal.jsonl')
  mkdirSync(folder, { recursive: true })
  rmSync(journal, { force: true })
  writeFileSync(journal, '')
  process.env.DMALAB_MUTATION_PLAN = join(folder, 'plan.json')
  let left = tests
  while (left.length > 0) {
    writeFileSync(
      process.env.DMALAB_MUTATION_PLAN,
      JSON.stringify({
        files: Object.fromEntries(files.map(({ name, content }) => [name, content])),
        engine,
        faults: faults.map(({ id }) => id),
        tests: left,
        own,
        journal,
      }),
    )
    const before = entriesOf(journal).length
    const { code, text } = await work(journal)
    const after = entriesOf(journal)
    const last = after.at(-1)
    // What a fault did to its worker is noticed, whatever it was.
    if (last !== undefined && 'trying' in last)
      appendFileSync(journal, `${JSON.stringify({ tried: last.trying, noticed: true })}\n`)
    const done = new Set(after.flatMap((entry) => ('done' in entry ? [entry.test] : [])))
    left = left.filter((test) => !done.has(test))
    if (left.length > 0 && after.length === before)
      throw new Error(`tests fail without a fault (${code}):\n${text.slice(-3000)}`)
  }
  const noticed = new Set(entriesOf(journal).flatMap((entry) => (entry.noticed === true ? [entry.tried] : [])))
  return faults.filter(({ id }) => !noticed.has(id))
}

/** Tries a sample of the faults of `paths`, or those of the places `only`. */
export const tryFaults = async ({ paths, tests, own = tests, sample, seed, folder, only }) => {
  const { files, faults } = await planted(paths)
  const chosen =
    only === undefined ? sampleOf(faults, sample, seed) : faults.filter((fault) => only.includes(placeOf(fault)))
  return { all: faults.length, chosen, survivors: await survivorsOf({ faults: chosen, files, tests, own, folder }) }
}

/** Tries a sample of the faults of a room in AssemblyScript. */
export const tryBuilt = async ({ home, paths, tests, sample, seed, folder }) => {
  const { faults, engine } = await builtFaults({ home, paths, sample, seed, folder })
  const modules = Object.fromEntries(faults.map(({ id, module }) => [id, module]))
  const plan = { faults, engine: { ...engine, faults: modules }, tests, own: tests, folder }
  return { chosen: faults, survivors: await survivorsOf(plan) }
}

/** What tells a fault from all others, and where it is. */
export const placeOf = ({ fileName, location: { start, end }, mutatorName, replacement }) =>
  `${relative(root, fileName)}:${start.line + 1}:${start.column + 1}-${end.line + 1}:${end.column + 1} ${mutatorName} ${JSON.stringify(replacement)}`

export const placeOfBuilt = ({ file, line, column, found, put }) =>
  `${relative(root, file)}:${line}:${column} ${JSON.stringify(found.trim())} -> ${JSON.stringify(put.trim())}`
