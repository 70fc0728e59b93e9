// Differential records through the same path as `dmalab conform`: what real kernels answered, step by step.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RecordsReport } from '@dmalab/runner/differential'
import { conform, type ConformOptions } from 'dmalab'
import { lostBy } from './lost.ts'

const DATA = join(import.meta.dirname, 'data')
/** All records; a fresh clone does not have them. */
const RECORDED = join(import.meta.dirname, '../../../shared/differential')
/** Kernels whose records agree in every step. */
const WHOLE =
  /^(a64-(510d|61d|612[cd]|72[cd])-.*|a32-(61|612|72)d-arm(iommu)?(-g2|-dir)?|rv-612(d|dn|c|cn)-.*|x64-(612|72)d-.*)\.jsonl$/
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
  kernel: string
  id: number
  program: string[]
  steps: string[]
  left: number
  used: { [name: string]: number }
}

/** A copy of the data with its records changed. */
const changed = (change: (records: Record[]) => void): string => {
  const folder = mkdtempSync(join(tmpdir(), 'dmalab-'))
  cpSync(DATA, folder, { recursive: true })
  const path = join(folder, 'plain.jsonl')
  const records = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record)
  change(records)
  writeFileSync(path, records.map((record) => JSON.stringify(record)).join('\n'))
  return path
}
const program = (records: readonly Record[], id: number): Record => {
  const record = records.find((one) => one.id === id)
  if (record === undefined) throw new Error(`no program ${id}`)
  return record
}

describe('records', () => {
  test('of the real kernel agree in every step, in the ends of programs and in what the boot showed', async () => {
    const report = await run(join(DATA, 'plain.jsonl'))
    expect(report).toMatchObject({
      kernels: ['a64-612d'],
      programs: 10,
      agreeing: 10,
      failed: 0,
      skipped: 0,
      notRun: [],
    })
    // 121 commands, three observations an end, nine devices and the size of the bounce pool.
    expect(report).toMatchObject({ cases: 161, passed: 161 })
    expect(report.lost).toEqual([])
  })

  test('with one answer corrupted differ there, and only there', async () => {
    const path = changed((records) => {
      program(records, 3).steps[3] = 'dread 00000000'
    })
    const { failed, differences } = await run(path)
    expect(failed).toBe(1)
    expect(differences).toMatchObject([{ id: 3, step: 3, recorded: 'dread 00000000' }])
    expect(differences[0]?.got).toMatch(/^dread [0-9a-f]{8}$/)
  })

  test('with another number of slots or objects at the end differ there', async () => {
    const path = changed((records) => {
      program(records, 5).left++
      program(records, 6).used['used.default'] = 7
    })
    expect((await run(path)).differences).toMatchObject([
      { id: 5, step: null, what: 'end: objects left' },
      { id: 6, step: null, what: 'end: slots in use', recorded: '7', got: '0' },
    ])
  })

  test('of a crash that the model does not have differ at that step', async () => {
    const path = changed((records) => {
      const record = program(records, 9)
      record.steps = record.steps.slice(0, 4)
    })
    expect((await run(path)).differences).toMatchObject([{ id: 9, step: 4, recorded: null, got: 'dread dc3bc504' }])
  })

  test('of a kernel that is not modelled are counted as not run, by name', async () => {
    const path = changed((records) => {
      for (const record of records.slice(0, 2)) record.kernel = 'a64-419d'
    })
    const { notRun, skipped, programs } = await run(path)
    expect(notRun).toEqual([{ kernel: 'a64-419d', programs: 2, why: 'kernel arm64@4.19 is not modelled' }])
    expect({ skipped, programs }).toEqual({ skipped: 28, programs: 10 })
  })

  test('can be asked for one program: what ran before it on its boot runs first', async () => {
    const seen: string[] = []
    const report = await run(join(DATA, 'plain.jsonl'), { only: '2', onStep: (_record, { what }) => seen.push(what) })
    expect(report).toMatchObject({ programs: 1, failed: 0 })
    expect(seen.slice(0, 2)).toEqual(['pages b1 4096 dma32 1', 'map m2 p2 b1 0 4096 t 0'])
    await expect(run(join(DATA, 'plain.jsonl'), { only: '99' })).rejects.toThrow('no program has the id 99')
  })

  test.each([
    ['frobnicate b1', "unknown command 'frobnicate'"],
    ['map m1 d0 b1 0 4096 x 0', "word 7: expected a direction (t, f or b), but there is 'x'"],
    ['map m1 d0', 'word 4: expected a name, but the line ends'],
    ['free b1 b2', "word 3: 'b2' is one too many"],
  ])('with the command %j are bad input, with its place', async (command, complaint) => {
    const path = changed((records) => {
      program(records, 2).program[1] = command
    })
    await expect(run(path)).rejects.toThrow(
      `plain.jsonl:3: program.1: ${complaint}`.replace('3: program.1: unknown', '3: program.1: word 1: unknown'),
    )
  })

  test('find their setups one folder up, and say when there are none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dmalab-'))
    const nested = join(folder, 'nested')
    mkdirSync(nested)
    cpSync(join(DATA, 'plain.jsonl'), join(nested, 'plain.jsonl'))
    await expect(run(join(nested, 'plain.jsonl'))).rejects.toThrow('kernels.json is missing')
    for (const name of ['kernels.json', 'machines.json']) cpSync(join(DATA, name), join(folder, name))
    expect((await run(join(nested, 'plain.jsonl'))).failed).toBe(0)
  })
})

describe('all records at hand (../shared/differential)', () => {
  const files = existsSync(RECORDED) ? readdirSync(RECORDED).filter((file) => WHOLE.test(file)) : ['none']
  test.skipIf(!existsSync(RECORDED)).each(files)('%s agrees in every step', async (file) => {
    const report = await run(join(RECORDED, file))
    expect(report.differences).toEqual([])
    expect(report).toMatchObject({ failed: 0, skipped: 0, lost: [] })
  })
})
