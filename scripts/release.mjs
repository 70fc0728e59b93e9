// `npm run release`: builds, tests, packs, and writes what a release consists of into build/release: tarballs, changelogs, a bill of materials.
//   --dry-run     changes nothing outside build/release: the next version's manifests and changelogs are written there
//   --skip-tests  for trying this script
// Without --dry-run the versions and changelogs of the tree are changed too (changeset version); publishing is `npm publish` of the
// tarballs by a CI that may sign them, in the order that RELEASE.md there lists.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { faultsOf, faultsOfAll, sizesText } from './pack/check-tarballs.mjs'
import { hygieneOf } from './pack/hygiene.mjs'
import { packAll, published, ROOT } from './pack/tarballs.mjs'
import { billOfMaterials } from './release/bill-of-materials.mjs'
import { changelogOf, nextVersion, pendingChanges } from './release/changes.mjs'

const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean' }, 'skip-tests': { type: 'boolean' } } })
const target = join(ROOT, 'build/release')
const tell = (text) => console.log(text)
const run = (program, ...args) => execFileSync(program, args, { cwd: ROOT, stdio: 'inherit' })
const read = (file) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'))

const { version } = read('apps/cli/package.json')
const changes = pendingChanges(join(ROOT, '.changeset'))
if (changes.length === 0) {
  console.error('nothing to release: .changeset has no change')
  process.exit(2)
}
const next = nextVersion(version, changes)
tell(`release ${next} (after ${version}), ${changes.length} changes${values['dry-run'] === true ? ', dry run' : ''}`)

if (values['skip-tests'] !== true) {
  run(process.execPath, 'scripts/go.mjs', 'test')
  run(process.execPath, 'scripts/go.mjs', 'pack')
}

// What changes in the tree, kept so that a dry run can take it back.
const touched = [
  'package.json',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, '.changeset')).map((name) => join('.changeset', name)),
  'apps/cli/oclif.manifest.json',
  ...published().flatMap((folder) => [join(folder, 'package.json'), join(folder, 'CHANGELOG.md')]),
]
const before = new Map(
  touched.map((file) => [file, existsSync(join(ROOT, file)) ? readFileSync(join(ROOT, file)) : undefined]),
)
const takeBack = () => {
  for (const [file, bytes] of before) {
    if (bytes !== undefined) writeFileSync(join(ROOT, file), bytes)
    else rmSync(join(ROOT, file), { force: true })
  }
}

try {
  prepare()
  const tarballs = packAll(join(target, 'packages'))
  const faults = [...tarballs.flatMap(faultsOf), ...faultsOfAll(tarballs)]
  for (const tarball of tarballs) faults.push(...(await hygieneOf(tarball)))
  if (faults.length > 0) throw new Error(faults.join('\n'))
  tell(sizesText(tarballs))
  cpSync(join(ROOT, 'CHANGELOG.md'), join(target, 'CHANGELOG.md'))
  writeFileSync(join(target, 'dmalab.cdx.json'), `${JSON.stringify(billOfMaterials(tarballs, next), null, 2)}\n`)
  writeFileSync(join(target, 'RELEASE.md'), notes(tarballs))
  tell(`build/release: ${tarballs.length} tarballs, CHANGELOG.md, dmalab.cdx.json (bill of materials), RELEASE.md`)
} catch (error) {
  takeBack()
  throw error
}
if (values['dry-run'] === true) takeBack()

/** Versions, changelogs, and no changes left. */
function prepare() {
  for (const folder of published()) {
    const file = join(ROOT, folder, 'package.json')
    writeFileSync(file, readFileSync(file, 'utf8').replace(`"version": "${version}"`, `"version": "${next}"`))
  }
  const log = join(ROOT, 'CHANGELOG.md')
  writeFileSync(log, changelogOf(readFileSync(log, 'utf8'), next, changes))
  cpSync(log, join(ROOT, 'apps/cli/CHANGELOG.md'))
  for (const { file } of changes) rmSync(file)
  // oclif's list of the commands names the version.
  run(process.execPath, 'apps/cli/scripts/manifest.mjs')
}

/** Each after what it depends on, with its digest. */
function notes(tarballs) {
  const names = new Set(tarballs.map(({ manifest }) => manifest.name))
  const done = new Set()
  const order = []
  const visit = (name) => {
    if (done.has(name)) return
    done.add(name)
    const tarball = tarballs.find(({ manifest }) => manifest.name === name)
    for (const other of Object.keys(tarball.manifest.dependencies ?? {})) if (names.has(other)) visit(other)
    order.push(tarball)
  }
  for (const name of names) visit(name)
  const lines = order.map(({ file, manifest }) => {
    const digest = createHash('sha512').update(readFileSync(file)).digest('base64')
    return `    npm publish packages/${file.split('/').at(-1)} --provenance --access public    # ${manifest.name}, sha512-${digest}`
  })
  return `# dmalab ${next}\n\nPublished from CI, in this order:\n\n${lines.join('\n')}\n`
}
