// A software bill of materials, CycloneDX 1.6: our packages with their digests, and every package of others that an installation brings, from
// the lockfile.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../pack/tarballs.mjs'

const purl = (name, version) => `pkg:npm/${name.replace('@', '%40')}@${version}`

export const billOfMaterials = (tarballs, version) => {
  const own = tarballs.map(({ file, manifest }) => ({
    type: 'library',
    'bom-ref': purl(manifest.name, manifest.version),
    name: manifest.name,
    version: manifest.version,
    purl: purl(manifest.name, manifest.version),
    licenses: [{ license: { id: manifest.license } }],
    hashes: [{ alg: 'SHA-512', content: createHash('sha512').update(readFileSync(file)).digest('hex') }],
  }))
  const lock = lockedPackages()
  const reached = reachedFrom(
    lock,
    tarballs.flatMap(({ manifest }) => Object.keys(manifest.dependencies ?? {})),
  )
  const others = [...reached].toSorted(byText).map((key) => {
    const [name, its] = partsOf(key)
    const hex = Buffer.from(lock.integrity.get(key)?.replace('sha512-', '') ?? '', 'base64').toString('hex')
    return {
      type: 'library',
      'bom-ref': purl(name, its),
      name,
      version: its,
      purl: purl(name, its),
      ...licenceIn(lock, key),
      ...(hex === '' ? {} : { hashes: [{ alg: 'SHA-512', content: hex }] }),
    }
  })
  // What stands for all of it: the command's package is a component of it, as the others are.
  const whole = `dmalab-${version}`
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: { type: 'application', 'bom-ref': whole, name: 'dmalab', version, purl: purl('dmalab', version) },
    },
    components: [...own, ...others],
    dependencies: [
      { ref: whole, dependsOn: own.map((one) => one['bom-ref']) },
      ...tarballs.map(({ manifest }) => ({
        ref: purl(manifest.name, manifest.version),
        dependsOn: Object.entries(manifest.dependencies ?? {}).map(([name, exact]) => purl(name, exact)),
      })),
      ...[...reached].toSorted(byText).map((key) => ({
        ref: purl(...partsOf(key)),
        dependsOn: [...(lock.needs.get(key) ?? [])]
          .filter((other) => reached.has(other))
          .map((other) => purl(...partsOf(other)))
          .toSorted(byText),
      })),
    ],
  }
}

/** What is wrong with a bill, one line each: what its schema cannot see as well, such as a name that nothing has. */
export const faultsOfBill = ({ components, dependencies, metadata }) => {
  const refs = [metadata.component, ...components].map((one) => one['bom-ref'])
  const known = new Set(refs)
  return [
    ...refs.filter((ref, at) => refs.indexOf(ref) !== at).map((ref) => `${ref} is there twice`),
    ...components.filter((one) => one.licenses === undefined).map((one) => `${one.name} has no licence`),
    ...components
      .filter(({ hashes }) => hashes?.[0] === undefined || !/^[0-9a-f]{128}$/.test(hashes[0].content))
      .map((one) => `${one.name} has no SHA-512`),
    ...dependencies
      .flatMap(({ ref, dependsOn }) => [ref, ...dependsOn])
      .filter((ref) => !known.has(ref))
      .map((ref) => `depends on ${ref}, which is no component`),
  ].map((fault) => `bill of materials: ${fault}`)
}

const byText = (a, b) => (a < b ? -1 : 1)

/** Of pnpm-lock.yaml: digests by name@version, and what each one depends on. */
const lockedPackages = () => {
  const lock = readFileSync(join(ROOT, 'pnpm-lock.yaml'), 'utf8')
  const integrity = new Map()
  const needs = new Map()
  const [, packages = '', snapshots = ''] = /\npackages:\n([^]*?)\nsnapshots:\n([^]*)$/.exec(lock) ?? []
  for (const [, key, digest] of packages.matchAll(/^ {2}'?([^\s':]+)'?:\n {4}resolution: \{integrity: ([^}]+)\}/gm))
    integrity.set(key, digest)
  for (const part of snapshots.split(/^(?= {2}\S)/m)) {
    const [, key] = /^ {2}'?([^\s'(:]+)/.exec(part) ?? []
    if (key === undefined) continue
    const own = [...part.matchAll(/^ {6}'?([^\s':]+)'?: ([^\s(]+)/gm)].map(([, name, version]) => `${name}@${version}`)
    needs.set(key, new Set([...(needs.get(key) ?? []), ...own]))
  }
  return { integrity, needs }
}

const reachedFrom = ({ integrity, needs }, names) => {
  const wanted = new Set(names)
  const left = [...integrity.keys()].filter((key) => wanted.has(key.slice(0, key.lastIndexOf('@'))))
  const reached = new Set()
  for (let key = left.pop(); key !== undefined; key = left.pop()) {
    if (reached.has(key) || !integrity.has(key)) continue
    reached.add(key)
    left.push(...(needs.get(key) ?? []))
  }
  return reached
}

/** Binaries for other systems are not installed here: they come with the package that needs them, and have its licence. */
const licenceIn = ({ needs }, key) => {
  const own = licenceOf(...partsOf(key))
  if (own.licenses !== undefined) return own
  const parent = [...needs].find(([, needed]) => needed.has(key))?.[0]
  return parent === undefined ? {} : licenceOf(...partsOf(parent))
}

const partsOf = (key) => [key.slice(0, key.lastIndexOf('@')), key.slice(key.lastIndexOf('@') + 1)]

const STORE = join(ROOT, 'node_modules/.pnpm')
const licenceOf = (name, version) => {
  const lead = `${name.replace('/', '+')}@${version}`
  const folder = readdirSync(STORE).find((one) => one === lead || one.startsWith(`${lead}_`))
  const file = folder === undefined ? '' : join(STORE, folder, 'node_modules', name, 'package.json')
  if (!existsSync(file)) return {}
  const { license } = JSON.parse(readFileSync(file, 'utf8'))
  if (typeof license !== 'string') return {}
  return {
    licenses: [
      /[ ()]/.test(license) ? { expression: license.replace(/^\((.*)\)$/, '$1') } : { license: { id: license } },
    ],
  }
}
