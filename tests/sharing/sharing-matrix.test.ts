// Exporter by importer by kind of pool, as measured on real kernels: what is refused, with which words, and which pictures are stale.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Bench, openBench, type Passed, passFrames, sharingMachine } from './sharing-bench.ts'

/** Buffers that the measuring tool asked for. */
const BUFFERS = 3

interface Row {
  readonly kernel: 'arm@6.12' | 'arm64@6.12'
  readonly exporter: string
  readonly importer: string
  readonly captured: number
  readonly delivered: number
  /** The device's view was looked at, and how many pictures in it were old; undefined where nothing looked. */
  readonly stale: number | undefined
  readonly oops: boolean
  readonly message: string
  /** Booted with swiotlb=force. */
  readonly forced: boolean
  readonly name: string
}

const rows: Row[] = readFileSync(new URL('data/sharing.csv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => /^(?:[^,"]*|"[^"]*")(?:,(?:[^,"]*|"[^"]*"))*$/.exec(line)?.[0].match(/("[^"]*"|[^,]*)(?:,|$)/g) ?? [])
  .map((cells) => cells.map((cell) => cell.replace(/,$/, '').replaceAll('"', '')))
  .map(
    ([
      kernel = '',
      log = '',
      exporter = '',
      importer = '',
      exit = '',
      captured,
      delivered,
      checked,
      stale,
      ,
      message = '',
    ]) => ({
      kernel: kernel === 'a32-6.12' ? ('arm@6.12' as const) : ('arm64@6.12' as const),
      exporter,
      importer,
      captured: Number(captured),
      delivered: Number(delivered),
      stale: Number(checked) > 0 ? Number(stale) : undefined,
      oops: exit.includes('oops'),
      message,
      forced: log.includes('swforce'),
      name: `${log.replace('.dmesg.txt', '')}: ${exporter} to ${importer}`,
    }),
  )

/**
 * The measured machine was emulated and had no caches. Where pictures go through bounce buffers the devices snoop here, so that what is
 * stale is stale because of the copy.
 */
const open = (row: Row): Bench => {
  if (!bounces(row)) return openBench(row.kernel)
  const machine = sharingMachine('arm64')
  const snooping = { ...machine, devices: machine.devices.map((one) => ({ ...one, coherent: true })) }
  if (!row.forced) return openBench(row.kernel, snooping)
  const memory = [{ base: 0x4000_0000, len: 5 * 2 ** 30 }]
  return openBench(row.kernel, { ...snooping, memory }, { swiotlb: 'force' })
}

const run = (row: Row): { passed: Passed; bench: Bench } => {
  const bench = open(row)
  return { bench, passed: passFrames(bench, row.exporter, row.importer, row.captured, BUFFERS) }
}

/** The device gets a copy, made when the buffer is mapped: once. */
const bounces = ({ importer, forced }: Row): boolean => importer === 'e' || (forced && importer !== 'vm')

/** With swiotlb=force the scattering exporter bounces its own buffers; in the measurement the CPU filled them: an artefact. */
const isArtefact = ({ forced, exporter }: Row): boolean => forced && exporter === 'sg'

/** Where nothing looked at the device's view, anything goes. */
const staleAsMeasured = (row: Row, { delivered, stale }: Passed): number => {
  if (row.stale === undefined) return stale
  return bounces(row) ? Math.max(0, delivered - BUFFERS) : row.stale
}

const named = (some: readonly Row[]): [string, Row][] => some.map((row) => [row.name, row])

describe('sharing as measured', () => {
  test('the table is complete', () => {
    expect(rows).toHaveLength(91)
    expect(rows.filter(isArtefact)).toHaveLength(3)
    for (const row of rows.filter((one) => bounces(one) && !isArtefact(one) && one.stale !== undefined))
      expect(row.stale).toBe(Math.max(0, row.delivered - BUFFERS))
  })

  const works = rows.filter((row) => !row.oops && row.message === '' && !isArtefact(row))
  test.each(named(works))('%s works', (_name, row) => {
    const { bench, passed } = run(row)
    expect(passed).toMatchObject({ captured: row.captured, delivered: row.captured, errno: null })
    expect(bench.errors()).toEqual([])
    expect(passed.stale).toBe(staleAsMeasured(row, passed))
    expect(bench.lab.dmaBuf.live()).toEqual([])
  })

  const refusals = rows.filter((row) => !row.oops && row.message !== '')
  test.each(named(refusals))('%s is refused', (_name, row) => {
    const { bench, passed } = run(row)
    expect(passed).toMatchObject({ captured: row.captured, delivered: row.delivered, errno: 'EFAULT' })
    expect(bench.errors()).toEqual([row.message])
    expect(bench.lab.dmaBuf.live()).toEqual([])
  })

  test.each(named(rows.filter((row) => row.oops)))('%s faults in the bounce copy', (_name, row) => {
    const address = /virtual address (?<address>[0-9a-f]+)/.exec(row.message)?.groups?.['address']
    expect(() => run(row)).toThrow(
      expect.objectContaining({
        name: 'SimulatedOops',
        oops: expect.objectContaining({ reason: 'paging request', address: `0x${address}` }),
      }),
    )
  })

  test('on hardware with caches a bounced import shows nothing of the picture: the copy is not cleaned either', () => {
    const { captured, delivered, stale } = passFrames(openBench('arm64@6.12'), 'n', 'e', 4, BUFFERS)
    expect({ captured, delivered, stale }).toEqual({ captured: 4, delivered: 4, stale: 4 })
  })
})
