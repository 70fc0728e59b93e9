// Compiles assembly/ to build/{release,debug}.wasm. The release module becomes text in a source file, so that it is loaded in the
// same way everywhere; the type of its exports is taken from what the compiler says of them.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))))
mkdirSync('build', { recursive: true })
mkdirSync('src/generated', { recursive: true })

/** A function under a line `// inline` becomes part of its callers. The decorator for that is not TypeScript, so formatters refuse it. */
const readFile = (name, folder) => {
  const path = resolve(folder, name)
  return existsSync(path) ? readFileSync(path, 'utf8').replaceAll(/^\/\/ inline$/gm, '@inline') : null
}

for (const target of ['release', 'debug']) {
  const { error, stderr } = await asc.main(['assembly/index.ts', '--target', target], { readFile })
  if (error) {
    process.stderr.write(stderr.toString())
    process.exit(1)
  }
}

writeFileSync(
  'src/generated/wasm.ts',
  `/** The release module in base64. */\nexport const wasmText: string =\n  '${readFileSync('build/release.wasm').toString('base64')}'\n`,
)
writeFileSync('src/generated/exports.ts', exportsSource(readFileSync('build/release.d.ts', 'utf8')))

/**
 * The compiler's declarations as an interface, and the names of the functions whose u32 result needs its sign fixed.
 * 64-bit integers would arrive as bigint: an exported signature that has one is refused.
 */
function exportsSource(declarations) {
  const found = declarations.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\s+export function (\w+)(\([^)]*\)): (\w+);/g)
  const functions = [...found].map(([, doc, name, parameters, result]) => ({ doc, name, parameters, result }))
  const count = declarations.match(/export function /g)?.length ?? 0
  if (functions.length !== count) throw new Error(`read ${functions.length} of ${count} exported functions`)
  for (const f of functions)
    if (/bigint/.test(f.parameters + f.result)) throw new Error(`${f.name}: 64-bit integers do not cross the boundary`)
  const methods = functions.map((f) => `  ${f.name}${f.parameters}: ${f.result}\n`)
  const unsigned = functions.filter((f) => /@returns `(u32|usize)`/.test(f.doc)).map((f) => `  '${f.name}',\n`)
  return [
    `export interface Exports {\n  readonly memory: WebAssembly.Memory\n${methods.join('')}}\n`,
    `/** Functions that return u32: WebAssembly hands it out as a signed number. */\n`,
    `export const unsigned: readonly (keyof Exports)[] = [\n${unsigned.join('')}]\n`,
  ].join('')
}
