// Compiles assembly/ to build/{release,debug}.wasm, lays the release module beside the sources and beside what tsc makes of
// them, and writes the type of its exports, taken from what the compiler says of them.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))))
mkdirSync('build', { recursive: true })
mkdirSync('src/generated', { recursive: true })

for (const target of ['release', 'debug']) {
  const { error, stderr } = await asc.main(['assembly/index.ts', '--target', target])
  if (error) {
    process.stderr.write(stderr.toString())
    process.exit(1)
  }
}

rmSync('src/generated/wasm.ts', { force: true })
for (const folder of ['src/generated', 'dist/src/generated']) {
  mkdirSync(folder, { recursive: true })
  copyFileSync('build/release.wasm', `${folder}/hot.wasm`)
}
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
