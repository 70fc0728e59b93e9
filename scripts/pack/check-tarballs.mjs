// What may be in a package, and how large it may be.
import { join } from 'node:path'

/** Packed kB of a package: the largest are twice as large as the median, and the command carries everything bundled, oclif as well. */
const LIMIT_KB = 220
const LARGER_KB = { dmalab: 1900 }
const ALL_KB = 3500

const ALLOWED =
  /^package\/(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|oclif\.manifest\.json|(?:dist|build|bin|schemas|templates)\/.+)$/
/** Tests, vectors, records and logs stay at home; so does what only a build needs. */
const HOME =
  /\.test\.|(?:^|\/)(?:tests?|fixtures|differential|field)\/.*\.jsonl?$|\.(?:jsonl|trace|dtb|map|tsbuildinfo)$|(?:^|\/)golden\/.+\.json$/
/** npm runs these at the place of whoever installs. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare']
const FIELDS = ['description', 'license', 'repository', 'homepage', 'bugs', 'engines', 'exports', 'publishConfig']

/** What is wrong with a package, one line each. */
export const faultsOf = ({ manifest, entries, packed }) => {
  const { name, scripts = {}, dependencies = {}, peerDependencies = {}, exports = {} } = manifest
  const has = new Set(entries.map(({ path }) => path))
  const limit = LARGER_KB[name] ?? LIMIT_KB
  const targets = Object.values(exports).flatMap((entry) => Object.values(entry))
  const commands = entries.find(({ path }) => path === 'package/oclif.manifest.json')
  const listed = commands === undefined ? manifest.version : JSON.parse(commands.content.toString()).version
  return [
    ...(listed === manifest.version
      ? []
      : [`is version ${manifest.version}, and its oclif.manifest.json says ${listed}`]),
    ...entries.filter(({ path }) => !ALLOWED.test(path) || HOME.test(path)).map(({ path }) => `holds ${path}`),
    ...entries.filter(({ kind }) => kind !== '0').map(({ path, kind }) => `${path} is no file (type ${kind})`),
    ...FIELDS.filter((field) => manifest[field] === undefined).map((field) => `has no ${field}`),
    ...['LICENSE', 'README.md'].filter((file) => !has.has(`package/${file}`)).map((file) => `holds no ${file}`),
    ...targets
      .filter((path) => !has.has(join('package', path)))
      .map((path) => `exports ${path}, which it does not hold`),
    ...INSTALL_SCRIPTS.filter((script) => script in scripts).map((script) => `has the script ${script}`),
    ...Object.entries({ ...dependencies, ...peerDependencies })
      .filter(([, version]) => /^(?:workspace|catalog|file|link|git|https?):/.test(version))
      .map(([other, version]) => `depends on ${other} at ${version}`),
    ...(packed > limit * 1024 ? [`has ${kb(packed)}, of ${limit} kB allowed`] : []),
  ].map((fault) => `${name} ${fault}`)
}

/** The same for all of them together. */
export const faultsOfAll = (tarballs) => {
  const total = tarballs.reduce((sum, { packed }) => sum + packed, 0)
  return total > ALL_KB * 1024 ? [`all packages have ${kb(total)}, of ${ALL_KB} kB allowed`] : []
}

export const sizesText = (tarballs) =>
  [
    ...tarballs.map(({ manifest, entries, packed }) => {
      const unpacked = entries.reduce((sum, { size }) => sum + size, 0)
      return `${manifest.name.padEnd(26)} ${kb(packed).padStart(9)} packed ${kb(unpacked).padStart(9)} in ${entries.length} files`
    }),
    `${'all'.padEnd(26)} ${kb(tarballs.reduce((sum, { packed }) => sum + packed, 0)).padStart(9)} packed`,
  ].join('\n')

const kb = (bytes) => `${(bytes / 1024).toFixed(1)} kB`
