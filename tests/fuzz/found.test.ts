// What campaigns found is read from then on; and what no seed grows to: deep, many, huge. All of it ends in a moment.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { wrongWith } from './campaign.ts'
import { mutated, picker } from './mutate.ts'
import { READERS } from './readers.ts'

const FOUND = join(import.meta.dirname, 'found')
const found = READERS.flatMap((reader) => {
  const folder = join(FOUND, reader.name)
  return existsSync(folder) ? readdirSync(folder).map((name) => [reader.name, name, reader] as const) : []
})
/** No time limit but the test's: other tests run meanwhile. */
const wrong = async (reader: (typeof READERS)[number], input: Uint8Array): Promise<unknown> => {
  const said = await wrongWith(reader, input, Infinity)
  return said === 'refused' ? undefined : said
}

test.each(found)('%s/%s', async (_name, name, reader) => {
  expect(await wrong(reader, readFileSync(join(FOUND, reader.name, name)))).toBeUndefined()
})

test.each(READERS.map((reader) => [reader.name, reader] as const))('%s takes its seeds', async (_name, reader) => {
  for (const seed of reader.seeds.slice(0, 3)) expect(await wrongWith(reader, seed, Infinity)).toBeUndefined()
})

test.each(['"x"', '"0x1000000000000000"', '-1', '1e300', 'null'])(
  '%s for every number of a vector file',
  async (odd) => {
    const reader = READERS.find(({ name }) => name === 'vectors')
    for (const seed of reader?.seeds ?? []) {
      const changed = new TextDecoder().decode(seed).replaceAll(/"0x[\da-f]+"|(?<=[[,])\d+(?=[\],])/g, odd)
      expect(reader === undefined ? 'no reader' : await wrong(reader, text(changed))).toBeUndefined()
    }
  },
)

test('a seed gives the same inputs', () => {
  const inputs = (): readonly string[] =>
    READERS.map(({ kind, seeds }) =>
      Buffer.from(mutated(kind, seeds[0] ?? new Uint8Array(), { pick: picker(7), others: seeds })).toString('hex'),
    )
  expect(inputs()).toEqual(inputs())
})

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const DEEP = 1500
const MANY = 30_000
const SHAPES: Readonly<Record<string, (seed: string) => string>> = {
  '1,500 square brackets': () => '['.repeat(DEEP) + ']'.repeat(DEEP),
  '1,500 braces': () => '{"a":'.repeat(DEEP) + '1' + '}'.repeat(DEEP),
  '1,500 brackets that stay open': () => '['.repeat(DEEP),
  '1,500 brackets in a line': (seed) => seed.replace(/ ! |: /, (mark) => mark + '('.repeat(DEEP)),
  'brackets without end': () => 'a: ' + '{'.repeat(20_000),
  'a list in a list, twenty thousand times': () => '- '.repeat(20_000),
  '20,000 braces that are closed': () => '{"a":'.repeat(20_000) + '1' + '}'.repeat(20_000),
  '20,000 square brackets that are closed': () => '['.repeat(20_000) + ']'.repeat(20_000),
  '30,000 elements': () => `[${'0,'.repeat(MANY)}0]`,
  '30,000 lines': () => 'a: b\n'.repeat(MANY),
  '30,000 keys': () => Array.from({ length: MANY }, (_, i) => `a${i}: b`).join('\n'),
  '30,000 elements of a line': () => `fakesrc${' ! identity'.repeat(MANY)} ! fakesink`,
  'one word of a megabyte': () => 'x'.repeat(2 ** 20),
  'one line of a megabyte of blanks': () => ' '.repeat(2 ** 20),
  'sizes that are no numbers': (seed) => seed.replaceAll(/(?<=[:,[ =])\d+/g, 'NaN'),
  'sizes beyond every machine': (seed) => seed.replaceAll(/(?<=[:,[ =])\d+/g, '1e300'),
  'sizes of 2^53': (seed) => seed.replaceAll(/(?<=[:,[ =])\d+/g, '9007199254740992'),
  'texts that are no numbers': (seed) => seed.replaceAll(/"0x[\da-f]+"/g, '"x"'),
  'texts of numbers beyond every machine': (seed) => seed.replaceAll(/"0x[\da-f]+"/g, '"0x1000000000000000"'),
  'sizes below nothing': (seed) => seed.replaceAll(/(?<=[:,[ =])\d+/g, '-1'),
}

/** What stands for a plug-in's object or a command's words is read by this project's tests alone. */
const OF_TEXTS = READERS.filter(({ name }) => name !== 'plug-in' && name !== 'argv')

describe.each(Object.entries(SHAPES))('%s', (_shape, shaped) => {
  test.each(OF_TEXTS.map((reader) => [reader.name, reader] as const))('%s', async (_name, reader) => {
    const [seed = new Uint8Array()] = reader.seeds
    expect(await wrong(reader, text(shaped(new TextDecoder().decode(seed))))).toBeUndefined()
  })
})

test.each([
  ['alloc', '{ do: alloc, buffer: b, size: 900TiB, from: pages }'],
  ['alloc', '{ do: alloc, buffer: b, size: 15GiB, from: coherent, device: converter }'],
  ['alloc', '{ do: alloc, buffer: b, size: 9007199254740991, from: system-heap }'],
  ['alloc', '{ do: alloc, buffer: b, size: 1TiB, from: udmabuf }'],
  ['alloc', '{ do: alloc, buffer: b, size: 1TiB, from: dumb }'],
])('%s: memory that no machine has is refused before any is touched: %s', async (_do, step) => {
  const scenario = READERS.find(({ name }) => name === 'scenario')
  const before = process.memoryUsage.rss()
  const input = text(`name: huge\nboard: odroid-xu4-nopool\nkernel: arm@6.12\nsteps:\n  - ${step}\n`)
  expect(scenario === undefined ? 'no reader' : await wrong(scenario, input)).toBeUndefined()
  expect(process.memoryUsage.rss() - before).toBeLessThan(256 * 2 ** 20)
})
