// Writes the templates, and the functions of the kernel that are modelled, into source files: a bundled command has no others.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const templates = join(root, 'templates')
const files = readdirSync(templates, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .toSorted((a, b) => (a < b ? -1 : 1))
  .map((file) => [file, readFileSync(join(templates, file), 'utf8')])
mkdirSync(join(root, 'src/generated'), { recursive: true })
writeFileSync(
  join(root, 'src/generated/templates.ts'),
  `/** templates/, by path. */\nexport const TEMPLATES: Readonly<Record<string, string>> = ${JSON.stringify(Object.fromEntries(files))}\n`,
)

/** By C name the kernel file; catalogues of messages name functions that they do not model. */
const sources = JSON.parse(readFileSync(join(root, '../../docs/sources.json'), 'utf8'))
const modelled = sources
  .filter(({ in: where, project }) => project === 'Linux' && !/^packages\/(?:klog|trace)\//.test(where))
  .flatMap(({ file, functions }) => functions.map((text) => [/^\w+/.exec(text)?.[0] ?? '', file]))
  .filter(([name]) => name !== '')
  .toSorted(([a], [b]) => (a < b ? -1 : 1))
writeFileSync(
  join(root, 'src/generated/modelled.ts'),
  `/** docs/sources.json: functions of the kernel and the file they were read in. */\nexport const MODELLED: Readonly<Record<string, string>> = ${JSON.stringify(Object.fromEntries(modelled))}\n`,
)
