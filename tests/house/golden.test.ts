// Every golden file in the rooms, through the same path as `dmalab conform`.
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { conform } from '@dmalab/cli'

const PACKAGES = join(import.meta.dirname, '../../packages')
const files = readdirSync(PACKAGES)
  .filter((room) => existsSync(join(PACKAGES, room, 'golden')))
  .flatMap((room) => readdirSync(join(PACKAGES, room, 'golden')).map((file) => join(room, 'golden', file)))
  .filter((file) => file.endsWith('.json'))
  .toSorted()

/** Cases in which the recording itself is broken: two gst-launch lines name factories read from freed memory. */
const BROKEN: Readonly<Record<string, readonly number[]>> = { 'scenario/golden/gst-launch.json': [19, 66] }
const whole = files.filter((file) => BROKEN[file] === undefined)

test.each(Object.entries(BROKEN))('%s passes but for the cases %j that no parser can answer', async (file, broken) => {
  const [report] = await conform([join(PACKAGES, file)])
  expect(report?.failures.map((failure) => failure.index)).toEqual(broken)
})

test.each(whole)('%s passes whole', async (file) => {
  const [report] = await conform([join(PACKAGES, file)])
  expect(report).toMatchObject({ failed: 0, skipped: 0, failures: [] })
  expect(report?.passed).toBe(report?.cases)
  expect(report?.cases).toBeGreaterThan(0)
})

/** A copy of a golden file with one output of one case changed. */
const corrupted = (file: string, field: string): { path: string; index: number } => {
  const document = JSON.parse(readFileSync(join(PACKAGES, file), 'utf8')) as { cases: Record<string, unknown>[] }
  const index = document.cases.findIndex((one) => typeof one[field] === 'number')
  const victim = document.cases[index]
  if (victim === undefined) throw new Error(`no case of ${file} has a number ${field}`)
  victim[field] = (victim[field] as number) + 1
  const path = join(mkdtempSync(join(tmpdir(), 'dmalab-')), 'corrupted.json')
  writeFileSync(path, JSON.stringify(document))
  return { path, index }
}

test('a corrupted case of the RFC vectors fails, and only that', async () => {
  const { path, index } = corrupted('arch-arm/golden/arm-rfc.json', 'r')
  const [report] = await conform([path])
  expect(report?.failures.map((failure) => failure.index)).toEqual([index])
})
