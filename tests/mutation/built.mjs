// Faults in AssemblyScript: each of a seeded sample is compiled into a module of its own, which tests get in place of the real one. No file
// of the room is touched. Stryker knows nothing of it. One more module is without a fault, and tells which of them a test comes by.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { mutantsOf, mutate, shuffled } from './mutants.mjs'

/** What the compiler needs of a module that is only tried; a full build optimises for twenty seconds. */
const OPTIONS = ['assembly/index.ts', '--target', 'release', '-O1', '--outFile', 'mutant.wasm', '--textFile', '']

/** Compiles the room with other texts in place of some files; undefined: it does not compile. */
const compilerOf = async (home) => {
  const { default: asc } = await import(join(home, 'node_modules/assemblyscript/dist/asc.js'))
  return async (texts) => {
    let wasm
    const readFile = (name, folder) => {
      const path = resolve(home, folder, name)
      if (!existsSync(path)) return null
      return (texts.get(path) ?? readFileSync(path, 'utf8')).replaceAll(/^\/\/ inline$/gm, '@inline')
    }
    const writeFile = (name, data) => {
      if (name.endsWith('.wasm')) wasm = data
    }
    const { error } = await asc.main([...OPTIONS, '--baseDir', home], { readFile, writeFile })
    return error ? undefined : wasm
  }
}

/** Where the body of the function around a place begins; undefined: it is outside of all. */
const bodyAround = (text, place) => {
  const heads = [...text.matchAll(/^(?:export )?function [^]*?\{$/gm)]
  const head = heads.findLast(({ index }) => index < place)
  if (head === undefined) return undefined
  const body = head.index + head[0].length
  const end = text.indexOf('\n}', head.index)
  return body <= place && place < end ? body : undefined
}

/** Texts of files in which every function with a fault says so when it is called. A fault outside of functions is everywhere. */
const reporting = (faults) => {
  const texts = new Map()
  const everywhere = []
  // From the end of a file to its start, so that places stay what they are.
  for (const { id, file, from } of faults.toSorted((a, b) => b.from - a.from)) {
    const text = texts.get(file) ?? readFileSync(file, 'utf8')
    const body = bodyAround(text, from)
    if (body === undefined) everywhere.push(id)
    else texts.set(file, `${text.slice(0, body)}\n  cameBy(${id})${text.slice(body)}`)
  }
  for (const [file, text] of texts)
    texts.set(file, `${text}\n@external('planted', 'cameBy')\ndeclare function cameBy(fault: i32): void\n`)
  return { texts, everywhere }
}

/** Compiles `sample` faults of `paths` into `folder`; what does not compile, or compiles to the same module, is none. */
export const builtFaults = async ({ home, paths, sample, seed, folder }) => {
  const compile = await compilerOf(home)
  mkdirSync(folder, { recursive: true })
  const keep = (name, wasm) => {
    const path = join(folder, name)
    writeFileSync(path, wasm)
    return path
  }
  const real = await compile(new Map())
  if (real === undefined) throw new Error('the room does not compile without a fault')
  const faults = []
  const drawn = shuffled(
    paths.flatMap((file) => mutantsOf(file, readFileSync(file, 'utf8'))),
    seed,
  )
  for (const fault of drawn) {
    if (faults.length === sample) break
    const wasm = await compile(new Map([[fault.file, mutate(readFileSync(fault.file, 'utf8'), fault)]]))
    if (wasm === undefined || Buffer.compare(Buffer.from(wasm), Buffer.from(real)) === 0) continue
    const id = String(faults.length)
    faults.push({ ...fault, id, module: keep(`fault-${id}.wasm`, wasm) })
  }
  const { texts, everywhere } = reporting(faults)
  const wasm = await compile(texts)
  if (wasm === undefined) throw new Error('the room does not compile with functions that say that they are called')
  return { faults, engine: { without: keep('without.wasm', wasm), everywhere } }
}
