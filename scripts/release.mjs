// `npm run release`: builds, tests, packs, and writes what a release consists of into build/release: tarballs, changelogs, a bill of materials.
//   --dry-run     changes nothing outside build/release: the next version's manifests and changelogs are written there
//   --step NAME   only these steps (build, tests, use, files), for a CI that has one job for each
//   -- ARGS       what `npm test` gets, such as --shard=1/4
// Without --dry-run the versions and changelogs of the tree are changed too; publishing is `npm publish` of the tarballs by a CI that may
// sign them, in the order that RELEASE.md there lists.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argumentsOf } from './arguments.mjs'
import { COMMANDS } from './commands.mjs'
import { faultsOf, faultsOfAll, sizesText } from './pack/check-tarballs.mjs'
import { hygieneOf } from './pack/hygiene.mjs'
import { buildAnew, packAll, published, ROOT } from './pack/tarballs.mjs'
import { billOfMaterials, faultsOfBill } from './release/bill-of-materials.mjs'
import { changelogOf, nextVersion, pendingChanges } from './release/changes.mjs'

const tell = (text) => console.log(text)
const run = (program, ...args) => execFileSync(program, args, { cwd: ROOT, stdio: 'inherit' })
const read = (file) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'))

const { values, words } = argumentsOf(COMMANDS.release)
const dry = values['dry-run'] === true
const target = join(ROOT, 'build/release')
const { version } = read('apps/cli/package.json')
const changes = pendingChanges(join(ROOT, '.changeset'))
if (changes.length === 0) {
  console.error('nothing to release: .changeset has no change')
  process.exit(2)
}
const next = nextVersion(version, changes)

/** In this order; a later one needs what the ones before it made. */
const STEPS = {
  build: ['every package, from empty folders', buildAnew],
  tests: ['every test', () => run(process.execPath, 'scripts/go.mjs', 'test', ...words)],
  use: ['packages, installed and used by plain npm', () => run(process.execPath, 'scripts/go.mjs', 'pack')],
  files: [`version ${next}, changelog, tarballs, bill of materials`, writeFiles],
}
const names = Object.keys(STEPS)
const wanted = values.step ?? names

tell(`release ${next} (after ${version}), ${changes.length} changes${dry ? ', dry run' : ''}`)
for (const [at, name] of names.entries()) {
  const [what, work] = STEPS[name]
  const place = `${at + 1} of ${names.length}  ${name}`
  if (!wanted.includes(name)) tell(`${place}: left out`)
  else {
    tell(`${place}: ${what}`)
    await work()
  }
}
tell(dry ? 'dry run: the tree is as it was' : `the tree has version ${next}: commit it`)

async function writeFiles() {
  const takeBack = remember()
  try {
    prepare()
    const tarballs = packAll(join(target, 'packages'))
    const faults = [...tarballs.flatMap(faultsOf), ...faultsOfAll(tarballs)]
    for (const tarball of tarballs) faults.push(...(await hygieneOf(tarball)))
    const bill = billOfMaterials(tarballs, next)
    faults.push(...faultsOfBill(bill))
    if (faults.length > 0) throw new Error(faults.join('\n'))
    tell(sizesText(tarballs))
    cpSync(join(ROOT, 'CHANGELOG.md'), join(target, 'CHANGELOG.md'))
    writeFileSync(join(target, 'dmalab.cdx.json'), `${JSON.stringify(bill, null, 2)}\n`)
    writeFileSync(join(target, 'RELEASE.md'), notes(tarballs))
    tell(`build/release: ${tarballs.length} tarballs, CHANGELOG.md (${changes.length} changes), RELEASE.md`)
    tell(`build/release/dmalab.cdx.json: CycloneDX ${bill.specVersion}, ${bill.components.length} components`)
  } catch (error) {
    takeBack()
    throw error
  }
  if (dry) takeBack()
}

/** What changes in the tree, kept so that a dry run can take it back. */
function remember() {
  const touched = [
    'CHANGELOG.md',
    ...readdirSync(join(ROOT, '.changeset')).map((name) => join('.changeset', name)),
    'apps/cli/CHANGELOG.md',
    'apps/cli/oclif.manifest.json',
    ...published().map((folder) => join(folder, 'package.json')),
  ]
  const before = touched.map((file) => [
    join(ROOT, file),
    existsSync(join(ROOT, file)) ? readFileSync(join(ROOT, file)) : undefined,
  ])
  return () => {
    for (const [file, bytes] of before) {
      if (bytes === undefined) rmSync(file, { force: true })
      else writeFileSync(file, bytes)
    }
  }
}

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
