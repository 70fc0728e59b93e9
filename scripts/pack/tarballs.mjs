// Packs every package that is published, as a release does it: with the versions of workspace packages and of the catalogue in its package.json.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readTarball } from './read-tarball.mjs'

export const ROOT = join(import.meta.dirname, '../..')

/** Folders of the packages that users get, from the root. */
export const published = () =>
  ['packages', 'apps']
    .flatMap((top) => readdirSync(join(ROOT, top)).map((name) => join(top, name)))
    .filter((folder) => manifestOf(folder) !== undefined && manifestOf(folder).private !== true)

const manifestOf = (folder) => {
  try {
    return JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'))
  } catch {
    return undefined
  }
}

/** Files that an earlier build left in these folders would be packed with the ones of today; turbo does not remove them. */
export const buildAnew = () => {
  for (const folder of published())
    for (const output of ['dist', 'build']) rmSync(join(ROOT, folder, output), { recursive: true, force: true })
  execFileSync('pnpm', ['exec', 'turbo', 'run', 'build', '--output-logs=errors-only'], { cwd: ROOT, stdio: 'pipe' })
}

/** Everything must be built. Returns a tarball for each package: its file, its package.json and its entries. */
export const packAll = (target) => {
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  for (const folder of published())
    execFileSync('pnpm', ['pack', '--pack-destination', target], { cwd: join(ROOT, folder), stdio: 'pipe' })
  return readdirSync(target)
    .filter((name) => name.endsWith('.tgz'))
    .toSorted()
    .map((name) => tarballAt(join(target, name)))
}

const tarballAt = (file) => {
  const entries = readTarball(readFileSync(file))
  const manifest = JSON.parse(entries.find(({ path }) => path === 'package/package.json').content.toString())
  return { file, manifest, entries, packed: statSync(file).size }
}
