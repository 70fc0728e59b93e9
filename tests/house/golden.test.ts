// Every golden file, through the same path as `dmalab conform`; and the adapters that drive the rooms with them.
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { conform } from 'dmalab'
import { importsOf, sources } from './house.ts'

const ROOT = join(import.meta.dirname, '../..')
const GOLDEN = join(ROOT, 'tests/golden')
/** The recordings that ours are copies of; a fresh clone does not have them. */
const RECORDED = join(ROOT, '../shared/golden')
const files = readdirSync(GOLDEN).filter((file) => file.endsWith('.json'))

test.each(files)('%s passes whole', async (file) => {
  const [report] = await conform([join(GOLDEN, file)])
  expect(report).toMatchObject({ failed: 0, skipped: 0, failures: [] })
  expect(report?.passed).toBe(report?.cases)
  expect(report?.cases).toBeGreaterThan(0)
})

/** A copy of a golden file with one output of one case changed. */
const corrupted = (file: string, field: string): { path: string; index: number } => {
  const document = JSON.parse(readFileSync(join(GOLDEN, file), 'utf8')) as { cases: Record<string, unknown>[] }
  const index = document.cases.findIndex((one) => typeof one[field] === 'number')
  const victim = document.cases[index]
  if (victim === undefined) throw new Error(`no case of ${file} has a number ${field}`)
  victim[field] = (victim[field] as number) + 1
  const path = join(mkdtempSync(join(tmpdir(), 'dmalab-')), 'corrupted.json')
  writeFileSync(path, JSON.stringify(document))
  return { path, index }
}

test('a corrupted case of the RFC vectors fails, and only that', async () => {
  const { path, index } = corrupted('arm-rfc.json', 'r')
  const [report] = await conform([path])
  expect(report).toMatchObject({ failures: [{ index }] })
  expect(report?.failed).toBe(1)
})

test.each([
  ['sg-ops.json', 'a length', '"e":[[256,434,-1]]', /"e":\[\[256,434,298\].*?\]\]/],
  ['dma-iommu-seq.json', 'a mask', '"mask":"-1"', /"mask":"[^"]*"/],
  ['dma-iommu-seq.json', 'a count', '"fqs":-1', /"fqs":\d+/],
])('%s: %s below nothing fails its case at once, with the reason', async (file, _what, odd, number) => {
  const document = JSON.parse(readFileSync(join(GOLDEN, file), 'utf8')) as { cases: unknown[] }
  const text = JSON.stringify(document.cases.slice(0, 1))
  expect(text).toMatch(number)
  const path = join(mkdtempSync(join(tmpdir(), 'dmalab-')), 'below.json')
  writeFileSync(path, JSON.stringify({ ...document, cases: JSON.parse(text.replace(number, odd)) as unknown }))
  const [report] = await conform([path])
  expect(report?.failed).toBe(1)
  expect(JSON.stringify(report)).toMatch(/the adapter threw: [^"]*-1/)
})

describe('recordings', () => {
  test.skipIf(!existsSync(RECORDED)).each(files)(
    '%s is the recording itself, byte for byte (../shared/golden)',
    (file) => {
      expect(readFileSync(join(GOLDEN, file)).equals(readFileSync(join(RECORDED, file)))).toBe(true)
    },
  )

  test('no package carries vector data', () => {
    const rooms = readdirSync(join(ROOT, 'packages'))
    expect(rooms.filter((room) => existsSync(join(ROOT, 'packages', room, 'golden')))).toEqual([])
  })
})

describe('adapters drive what their room exports', () => {
  /** `api` and `lab` have no adapters of their own. */
  const adapters = sources.filter(({ path }) => /^packages\/(?!api|lab)[^/]+\/src\/golden(\.ts$|\/)/.test(path))

  test.each(adapters.map((file) => [file.path, file] as const))('%s', (path, file) => {
    const room = path.replace(/\/src\/.*/, '/src/')
    const own = new RegExp(`^${room}(index\\.ts|golden/.*)$`)
    expect(importsOf(file).filter((target) => !own.test(target))).toEqual([])
  })
})
