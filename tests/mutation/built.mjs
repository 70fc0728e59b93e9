// Faults in AssemblyScript: one at a time is compiled into a module of its own, which tests get in place of the real one. No file of the
// room is touched. Stryker knows nothing of it.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { mutantsOf, mutate, shuffled } from './mutants.mjs'

const root = join(import.meta.dirname, '../..')
/** So much longer than without a fault: it runs in circles. */
const TIMES = 10
/** What the compiler needs of a module that is only tried; a full build optimises for twenty seconds. */
const OPTIONS = ['assembly/index.ts', '--target', 'release', '-O1', '--outFile', 'mutant.wasm', '--textFile', '']

/** Compiles the room with `text` in place of `file`; undefined: it does not compile. */
const compilerOf = async (home) => {
  const { default: asc } = await import(join(home, 'node_modules/assemblyscript/dist/asc.js'))
  return async (file, text) => {
    let wasm
    const readFile = (name, folder) => {
      const path = resolve(home, folder, name)
      if (!existsSync(path)) return null
      return (path === file ? text : readFileSync(path, 'utf8')).replaceAll(/^\/\/ inline$/gm, '@inline')
    }
    const writeFile = (name, data) => {
      if (name.endsWith('.wasm')) wasm = data
    }
    const { error } = await asc.main([...OPTIONS, '--baseDir', home], { readFile, writeFile })
    return error ? undefined : wasm
  }
}

/** Runs test files with a module; false: none failed. */
const failsWith = (wasm, tests, limitMs) =>
  new Promise((done) => {
    const env = { ...process.env, DMALAB_MUTATION_WASM: wasm, DMALAB_MUTATION_TESTS: JSON.stringify(tests) }
    const child = spawn(
      join(root, 'node_modules/.bin/vitest'),
      ['run', '--config', 'tests/mutation/built.config.ts', '--bail=1', '--reporter=dot'],
      { cwd: root, detached: true, env, stdio: 'ignore' },
    )
    const stop = () => process.kill(-Number(child.pid), 'SIGKILL')
    const leave = () => {
      stop()
      process.exit(130)
    }
    process.once('SIGINT', leave).once('SIGTERM', leave)
    const timer = setTimeout(stop, limitMs)
    child.once('exit', (code) => {
      clearTimeout(timer)
      process.off('SIGINT', leave).off('SIGTERM', leave)
      done(code !== 0)
    })
  })

/**
 * Tries `sample` faults of `paths`; those that do not compile, or compile to the same module, are none. `testsFor` names groups of test
 * files for a source, in the order in which they are asked. `tell` is given each fault with `noticed`.
 */
export const tryBuilt = async ({ home, paths, testsFor, sample, seed, folder, tell }) => {
  const compile = await compilerOf(home)
  mkdirSync(folder, { recursive: true })
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const real = await compile('', '')
  if (real === undefined) throw new Error('the room does not compile without a fault')
  const keep = (name, wasm) => {
    const path = join(folder, name)
    writeFileSync(path, wasm)
    return path
  }
  const untouched = keep('real.wasm', real)
  const limits = new Map()
  const limitOf = async (tests) => {
    const key = tests.join(' ')
    if (!limits.has(key)) {
      const started = Date.now()
      if (await failsWith(untouched, tests, 600_000)) throw new Error(`tests fail without a fault: ${key}`)
      limits.set(key, (Date.now() - started) * TIMES)
    }
    return limits.get(key)
  }
  const left = shuffled(
    paths.flatMap((file) => mutantsOf(file, readFileSync(file, 'utf8'))),
    seed,
  )
  /** The next that is one. */
  const build = async () => {
    for (let fault = left.shift(); fault !== undefined; fault = left.shift()) {
      const wasm = await compile(fault.file, mutate(readFileSync(fault.file, 'utf8'), fault))
      if (wasm !== undefined && Buffer.compare(Buffer.from(wasm), Buffer.from(real)) !== 0) return { fault, wasm }
    }
    return undefined
  }
  let next = await build()
  for (let tried = 0; next !== undefined && tried < sample; tried += 1) {
    const { fault, wasm } = next
    const path = keep('mutant.wasm', wasm)
    let noticed = false
    for (const tests of testsFor(fault.file)) {
      const limit = await limitOf(tests)
      const failing = failsWith(path, tests, limit)
      // While tests run the compiler is free.
      if (next?.fault === fault) next = tried + 1 < sample ? await build() : undefined
      noticed = await failing
      if (noticed) break
    }
    tell(fault, noticed)
  }
}
