// The plug-in contract has a number: what a plug-in written for it meets is there, with the same declaration.
// DMALAB_RECORD=1 renews the record after an addition that keeps the number (docs/plugin-api.md).
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PLUGIN_API, pluginApi } from '@dmalab/api'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const RECORD = join(ROOT, `docs/plugin-api-${PLUGIN_API}.json`)

/** Values a plug-in is given, and interface -> member -> declaration. */
interface Contract {
  readonly values: readonly string[]
  readonly interfaces: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** What a plug-in gives: a new member of these must be optional. Of all others it is the receiver. */
const GIVEN_BY_PLUGINS =
  `Plugin PluginManifest KernelDef KernelFacts Patch PatchHunk ConfigOption DmaOpsDef DmaOps DmaOpsCaps AllocatorDef AllocatorCaps
  Vb2MemOps DmaBufOps DmaBufExport DriverDef Driver DisplayPort QueueSetup CheckerRule RuleRun Finding`.split(/\s+/)

/** Not met by plug-ins: what runs, reports and vectors are made of. */
const OTHER_FILES = [
  'board-report.ts',
  'explained.ts',
  'map-benchmark.ts',
  'golden.ts',
  'lab.ts',
  'run.ts',
  'scenario.ts',
  'index.ts',
  'values.ts',
]

const interfacesOf = (source: string): [name: string, members: Record<string, string>][] => {
  const text = source.replace(/\/\*[^]*?\*\//g, '').replace(/\/\/.*$/gm, '')
  return [...text.matchAll(/^export interface (\w+)[^{]*\{\n([^]*?)^\}/gm)].map(([, name = '', body = '']) => [
    name,
    membersOf(body),
  ])
}

/** Members start two spaces in; what is deeper belongs to the one before. */
const membersOf = (body: string): Record<string, string> => {
  const members: Record<string, string> = {}
  let last = ''
  for (const line of body.split('\n').filter((one) => one.trim() !== '')) {
    const start = /^ {2}(?:readonly )?(\w+)\??[(:<]/.exec(line)
    if (start !== null) last = start[1] ?? ''
    members[last] = `${members[last] ?? ''} ${line.trim()}`.trim()
  }
  return members
}

const current = (): Contract => {
  const folder = join(ROOT, 'packages/api/src')
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !OTHER_FILES.includes(file))
  const found = files.flatMap((file) => interfacesOf(readFileSync(join(folder, file), 'utf8')))
  const interfaces = Object.fromEntries(found.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return { values: Object.keys(pluginApi).toSorted(), interfaces }
}

const now = current()
if (process.env['DMALAB_RECORD'] === '1') writeFileSync(RECORD, `${JSON.stringify(now, null, 2)}\n`)
const recorded = JSON.parse(readFileSync(RECORD, 'utf8')) as Contract

test('every value that plug-ins were promised is there', () => {
  expect(recorded.values.filter((name) => !now.values.includes(name))).toEqual([])
})

test.each(Object.entries(recorded.interfaces))('%s keeps its members and their types', (name, members) => {
  expect(now.interfaces[name]).toMatchObject(members)
})

test.each(GIVEN_BY_PLUGINS)('%s asks no more of a plug-in than it did', (name) => {
  const asked = recorded.interfaces[name]
  if (asked === undefined) throw new Error(`${name} is not in the record`)
  const added = Object.entries(now.interfaces[name] ?? {}).filter(([member]) => !Object.hasOwn(asked, member))
  expect(added.filter(([, declaration]) => !/^(readonly )?\w+\?/.test(declaration))).toEqual([])
})

test('the record holds what a plug-in meets first', () => {
  expect(Object.keys(recorded.interfaces)).toEqual(
    expect.arrayContaining(['Plugin', 'Host', 'AllocatorHost', 'DriverHost']),
  )
  expect(Object.keys(recorded.interfaces['DmaOps'] ?? {})).toHaveLength(18)
})
