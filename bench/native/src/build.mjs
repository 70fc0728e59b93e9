// Builds the addon, once for each state of the sources: its name is a hash of all that goes into it.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const HERE = dirname(dirname(fileURLToPath(import.meta.url)))
const ENGINE = join(HERE, '../../packages/hot/assembly')
const BUILD = join(HERE, 'build')
const COMPILER = 'g++'
const OPTIONS = ['-O3', '-march=native', '-std=c++20', '-shared', '-fPIC', '-w']

/** Where node_api.h may lie: beside node, or where a package of the system puts it. */
const HEADERS = [
  join(dirname(dirname(process.execPath)), 'include/node'),
  '/usr/include/node',
  '/usr/local/include/node',
]

/** @returns the addon's file, or a sentence that says what is missing */
export async function build() {
  const headers = HEADERS.find((folder) => existsSync(join(folder, 'node_api.h')))
  if (headers === undefined) return { missing: 'no node_api.h: the headers of Node are not installed' }
  const file = join(BUILD, `${await hashOfAll(headers)}.node`)
  if (existsSync(file)) return { file }
  mkdirSync(BUILD, { recursive: true })
  const folder = mkdtempSync(join(BUILD, 'new-'))
  try {
    const { translate } = await import('./translate.mjs')
    const { source, exports } = translate(ENGINE)
    writeFileSync(join(folder, 'engine.h'), source)
    writeFileSync(join(folder, 'exports.h'), exports)
    const output = join(folder, 'native.node')
    const cpp = join(HERE, 'cpp')
    await promisify(execFile)(COMPILER, [
      ...OPTIONS,
      `-I${cpp}`,
      `-I${folder}`,
      `-I${headers}`,
      join(cpp, 'addon.cpp'),
      '-o',
      output,
    ])
    renameSync(output, file)
    return { file }
  } catch (error) {
    if (error.syscall?.startsWith('spawn') === true) return { missing: `no ${COMPILER}` }
    if (error.stderr === undefined) throw error
    return {
      missing: `${COMPILER} gave up: ${error.stderr.split('\n').find((line) => line.includes('error')) ?? error.message}`,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Of every source, the compiler's version, Node's, and the processor, which -march=native looks at. */
async function hashOfAll(headers) {
  const hash = createHash('sha256')
  for (const folder of [ENGINE, join(HERE, 'cpp'), join(HERE, 'src')])
    for (const name of readdirSync(folder, { recursive: true }).toSorted((a, b) => (a < b ? -1 : 1)))
      if (/\.\w+$/.test(name)) hash.update(`${name}\n`).update(readFileSync(join(folder, name)))
  const { stdout } = await promisify(execFile)(COMPILER, ['--version']).catch(() => ({ stdout: '' }))
  hash.update([stdout, headers, process.version, cpus()[0]?.model, ...OPTIONS].join('\n'))
  return hash.digest('hex').slice(0, 16)
}
