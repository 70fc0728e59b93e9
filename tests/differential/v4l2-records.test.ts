// Records of V4L2 programs through the same path as `dmalab conform`: what real drivers answered and printed, step by step.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RecordsReport } from '@dmalab/runner/differential'
import { conform, type ConformOptions } from 'dmalab'
import { lostBy } from './lost.ts'

const DATA = join(import.meta.dirname, 'data')
/** All records; a fresh clone does not have them. */
const RECORDED = join(import.meta.dirname, '../../../shared/differential/v4l2')

const run = async (
  file: string,
  options: ConformOptions = {},
): Promise<RecordsReport & { readonly lost: readonly string[] }> => {
  const { lost, onEnd } = lostBy()
  const [report] = await conform([file], { onEnd, ...options })
  if (report === undefined || !('differences' in report)) throw new Error(`${file} holds no records`)
  return { ...report, lost }
}

interface Record {
  id: string
  program: string[]
  steps: string[]
  msgs: [number, string][]
}

/** A copy of the data with one record changed. */
const changed = (id: string, change: (record: Record) => void): string => {
  const folder = mkdtempSync(join(tmpdir(), 'dmalab-'))
  cpSync(DATA, folder, { recursive: true })
  const path = join(folder, 'v4l2.jsonl')
  const records = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record)
  for (const record of records) if (record.id === id) change(record)
  writeFileSync(path, records.map((record) => JSON.stringify(record)).join('\n'))
  return path
}

describe('V4L2 records', () => {
  test('agree in every answer and every console line', async () => {
    const report = await run(join(DATA, 'v4l2.jsonl'))
    expect(report).toMatchObject({ programs: 7, agreeing: 7, failed: 0, skipped: 0, notRun: [], lost: [] })
    expect(report.passed).toBe(report.cases)
  })

  test('with one answer corrupted differ there, and only there', async () => {
    const path = changed('share-3', ({ steps }) => (steps[15] = steps[15]?.replace('DONE', 'QUEUED') ?? ''))
    const { failed, differences } = await run(path)
    expect(failed).toBe(1)
    expect(differences).toMatchObject([{ id: 'share-3', step: 15 }])
    expect(differences[0]?.recorded).toContain('flags=QUEUED|TS_COPY')
    expect(differences[0]?.got).toContain('flags=DONE|TS_COPY')
  })

  test('with one console line gone differ there', async () => {
    const path = changed('capM-13', ({ msgs }) => void msgs.splice(-1))
    expect((await run(path)).differences).toHaveLength(1)
  })

  test('pages of a task lie as the record says: a device that needs one piece takes them, or does not', async () => {
    const takes = (answer: string) =>
      changed('m2mdc-0', ({ steps }) => {
        steps[8] = answer
      })
    const [difference] = (await run(takes('EFAULT'))).differences
    // Scattered, the buffer is refused here too, and the console says so.
    expect(difference).toMatchObject({ id: 'm2mdc-0', step: 8, recorded: '' })
    expect(difference?.got).toContain('contiguous mapping is too small')
  })

  test.each([
    ['reqbufs A.c q 2', 'expected a memory type'],
    ['open A cupboard', 'expected a node'],
    ['reqbufs A.k m 2', 'unknown buffer type k'],
    ['dance', 'unknown command dance'],
    ['streamon A.c now', 'unexpected now'],
    ['qbuf A.c 0 m p=-:x:0', 'expected a length, got x'],
  ])('%s is not a command', async (line, message) => {
    const path = changed('cap-21', ({ program }) => (program[2] = line))
    await expect(run(path)).rejects.toThrow(message)
  })
})

describe('all records at hand (../shared/differential/v4l2)', () => {
  const here = existsSync(RECORDED)
  const files = here ? readdirSync(RECORDED).filter((name) => name.endsWith('.jsonl')) : ['none']
  test.skipIf(!here).each(files)('%s agrees in every step', { timeout: 120_000 }, async (name) => {
    const report = await run(join(RECORDED, name))
    expect(report.differences.slice(0, 1)).toEqual([])
    expect(report.agreeing).toBe(report.programs)
    expect(report.lost).toEqual([])
  })
})
