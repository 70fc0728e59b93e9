#!/usr/bin/env node
// Collects the `Models:` lines of all packages into docs/sources.json: which function imitates which source, to be checked against
// a kernel tree.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { argumentsOf } from './arguments.mjs'

const { values } = argumentsOf({
  call: 'node scripts/collect-sources.mjs',
  about: 'Writes docs/sources.json: which function of dmalab imitates which one of a kernel.',
  options: { check: { says: 'writes nothing; exit 1 where the file is out of step' } },
  examples: ['', '--check'],
})
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const target = join(root, 'docs', 'sources.json')

/** Only sources: a walk through node_modules follows links to everything. */
const files = ['packages', 'apps']
  .flatMap((top) =>
    readdirSync(join(root, top)).flatMap((room) => [join(top, room, 'src'), join(top, room, 'assembly')]),
  )
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, file)))
  .filter((file) => file.endsWith('.ts') && !/[\\/](generated|dist|build)[\\/]/.test(file))

/** "Linux v6.12 kernel/dma/direct.h: dma_direct_map_page, dma_direct_unmap_page" as its parts. */
const parse = (text) => {
  const match = /^(\S+) (v?[\d.]+) (\S+): (.+?)\.?$/.exec(text)
  return match === null
    ? { text }
    : { project: match[1], version: match[2], file: match[3], functions: match[4].split(/, */) }
}

const sources = files.toSorted().flatMap((file) =>
  readFileSync(join(root, file), 'utf8')
    .split('\n')
    .flatMap((line, i) => {
      const found = /Models: (.+?)(?: \*\/)?$/.exec(line.trim())
      return found === null ? [] : [{ at: `${relative('.', file).split(sep).join('/')}:${i + 1}`, ...parse(found[1]) }]
    }),
)
const text = `${JSON.stringify(
  sources.map(({ at, ...source }) => ({ in: at.replace(/:\d+$/, ''), ...source })),
  null,
  1,
)}\n`

if (values.check) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error('docs/sources.json is out of step: run node scripts/collect-sources.mjs')
    process.exit(1)
  }
} else writeFileSync(target, text)
console.log(`${sources.length} sources in ${new Set(sources.map(({ at }) => at.replace(/:\d+$/, ''))).size} files`)
