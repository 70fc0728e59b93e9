// `dmalab explore` as a user calls it.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExploreReport } from '@dmalab/api'
import { afterAll, describe, expect, test } from 'vitest'
import { dmalabWith } from '../dmalab.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-explore-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})
const dmalab = (...args: readonly string[]) => dmalabWith({ cwd: folder }, ...args)

const SMALL = ['--only', 'user space=calls', '--depth', '3', '--states', '4', '--configurations', 'single']

describe('dmalab explore', async () => {
  const first = await dmalab('explore', '-k', 'arm@4.11+nopage-rfc', ...SMALL, '--out', 'found', '--json')
  const report = JSON.parse(first.out) as ExploreReport
  const journal = join(folder, 'found/journal.jsonl')

  test('writes scenarios that come to what they state', async () => {
    expect(first.code).toBe(3)
    const files = readdirSync(join(folder, 'found')).filter((name) => name.endsWith('.yaml'))
    expect(files.length).toBeGreaterThan(0)
    expect(await dmalab('run', `found/${files[0] ?? ''}`)).toMatchObject({ code: 0 })
  })
  test('goes on from a journal whose last line a kill cut, to the same report', async () => {
    const whole = readFileSync(journal, 'utf8')
    writeFileSync(journal, whole.slice(0, whole.indexOf('\n{"written"') - 20))
    const again = await dmalab('explore', '-k', 'arm@4.11+nopage-rfc', ...SMALL, '--out', 'found', '--resume', '--json')
    expect(JSON.parse(again.out)).toEqual(report)
    const [last = '', written = ''] = readFileSync(journal, 'utf8').trimEnd().split('\n').slice(-2)
    expect(JSON.parse(last)).toMatchObject({ number: expect.any(Number) as number })
    expect(JSON.parse(written)).toHaveProperty('written')
    const third = await dmalab('explore', '-k', 'arm@4.11+nopage-rfc', ...SMALL, '--out', 'found', '--resume', '--json')
    expect(JSON.parse(third.out)).toEqual(report)
  })
  test('files of an exploration before are removed, those that a user changed or made stay', async () => {
    const out = join(folder, 'twice')
    const args = [
      '-k',
      'arm@4.11+nopage-rfc',
      '--only',
      'user space=calls',
      '--states',
      '10',
      '--out',
      'twice',
      '--json',
    ]
    await dmalab('explore', ...args, '--depth', '8')
    const before = readdirSync(out).filter((name) => name.endsWith('.yaml'))
    const changed = before.find((name) => name.startsWith('kernel-oops')) ?? ''
    writeFileSync(join(out, changed), 'name: mine\n')
    writeFileSync(join(out, 'my-own.yaml'), '')
    const { out: json } = await dmalab('explore', ...args, '--depth', '1')
    const found = (JSON.parse(json) as ExploreReport).defects.flatMap(({ scenario }) => scenario?.name ?? [])
    const stay = new Set([...found.map((name) => `${name}.yaml`), changed, 'my-own.yaml'])
    expect(before.some((name) => !stay.has(name))).toBe(true)
    expect(new Set(readdirSync(out).filter((name) => name.endsWith('.yaml')))).toEqual(stay)
  })
  test('a journal of another bound is not gone on with', async () => {
    const args = ['-k', 'arm@4.11+nopage-rfc', '--only', 'user space=calls', '--depth', '2', '--out', 'found']
    const { code, err } = await dmalab('explore', ...args, '--resume')
    expect([code, err]).toEqual([2, expect.stringContaining('it was written by another exploration')])
  })
  test('a patch of a plug-in is explored', async () => {
    writeFileSync(
      join(folder, 'mine.mjs'),
      "export const dmalab = { api: 2 }\nexport default () => ({ name: 'mine', patches: [{ name: 'mine', title: 't', source: 's', hunks: [], facts: {} }] })",
    )
    const { code, out, err } = await dmalab(
      'explore',
      '--plugin',
      'mine.mjs',
      '-k',
      'arm@4.11+mine',
      ...SMALL,
      '--json',
    )
    expect([code, err]).toEqual([0, ''])
    expect(JSON.parse(out)).toMatchObject({ kernel: 'arm@4.11+mine', base: 'arm@4.11' })
  })
  test('on a board, with two of its devices', async () => {
    const args = ['-b', 'odroid-xu4-2017', '--devices', 'codec,converter', '--depth', '5', '--states', '8']
    const { code, out } = await dmalab('explore', '-k', 'arm@4.11+nopage-rfc', ...args, ...SMALL.slice(0, 2), '--json')
    const onBoard = JSON.parse(out) as ExploreReport
    expect([code, onBoard.board]).toEqual([3, 'odroid-xu4-2017'])
    expect(onBoard.devices).toEqual({ exporters: ['codec'], importers: ['converter'], second: null })
    const steps = onBoard.defects.flatMap(({ scenario }) => scenario?.steps ?? [])
    expect(steps).toContainEqual(expect.objectContaining({ do: 'attach', device: 'converter' }))
  })
  test.each([
    [['-b', 'rk3399-rockpro64'], 'board rk3399-rockpro64 has arm64 processors, and arm@4.11 is a kernel for arm'],
    [['-b', 'odroid-xu4-2017', '--devices', 'a,b'], 'board odroid-xu4-2017 has no device "a"'],
    [['--out', 'taken'], 'taken: cannot be written'],
    [['--only', 'nope=1'], "there is no property 'nope'"],
    [['--resume', '--out', 'empty'], 'empty/journal.jsonl: there is nothing to resume'],
  ])('%j is one line, exit code 2', async (args, expected) => {
    writeFileSync(join(folder, 'taken'), '')
    const { code, out, err } = await dmalab('explore', '-k', 'arm@4.11', '--time', '1', ...args)
    expect([code, out]).toEqual([2, ''])
    expect(err.split('\n')[0]).toContain(`error: ${expected}`)
    expect(existsSync(join(folder, 'empty'))).toBe(false)
  })
})
