// `dmalab explore` as a user calls it.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExploreReport } from '@dmalab/api'
import { afterAll, describe, expect, test } from 'vitest'

const CLI = join(import.meta.dirname, '../../bin/run.js')
const folder = mkdtempSync(join(tmpdir(), 'dmalab-explore-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})
const dmalab = (...args: readonly string[]) =>
  spawnSync(process.execPath, [CLI, ...args], { cwd: folder, encoding: 'utf8' })

const SMALL = ['--only', 'user space=calls', '--depth', '3', '--states', '4', '--configurations', 'single']

describe('dmalab explore', () => {
  const first = dmalab('explore', '-k', 'arm@4.11+nopage-rfc', ...SMALL, '--out', 'found', '--json')
  const report = JSON.parse(first.stdout) as ExploreReport
  const journal = join(folder, 'found/journal.jsonl')

  test('writes scenarios that come to what they state', () => {
    expect(first.status).toBe(3)
    const files = readdirSync(join(folder, 'found')).filter((name) => name.endsWith('.yaml'))
    expect(files.length).toBeGreaterThan(0)
    expect(dmalab('run', `found/${files[0] ?? ''}`)).toMatchObject({ status: 0 })
  })
  test('goes on from a journal whose last line a kill cut, to the same report', () => {
    const whole = readFileSync(journal, 'utf8')
    writeFileSync(journal, whole.slice(0, Math.floor(whole.length / 2)))
    const again = dmalab('explore', '-k', 'arm@4.11+nopage-rfc', ...SMALL, '--out', 'found', '--resume', '--json')
    expect(JSON.parse(again.stdout)).toEqual(report)
    const last = readFileSync(journal, 'utf8').trimEnd().split('\n').at(-1) ?? ''
    expect(JSON.parse(last)).toMatchObject({ number: expect.any(Number) as number })
    const third = dmalab('explore', '-k', 'arm@4.11+nopage-rfc', ...SMALL, '--out', 'found', '--resume', '--json')
    expect(JSON.parse(third.stdout)).toEqual(report)
  })
  test('a journal of another bound is not gone on with', () => {
    const args = ['-k', 'arm@4.11+nopage-rfc', '--only', 'user space=calls', '--depth', '2', '--out', 'found']
    const { status, stderr } = dmalab('explore', ...args, '--resume')
    expect([status, stderr]).toEqual([2, expect.stringContaining('it was written by another exploration')])
  })
  test('a patch of a plug-in is explored', () => {
    writeFileSync(
      join(folder, 'mine.mjs'),
      "export const dmalab = { api: 2 }\nexport default () => ({ name: 'mine', patches: [{ name: 'mine', title: 't', source: 's', hunks: [], facts: {} }] })",
    )
    const { status, stdout, stderr } = dmalab(
      'explore',
      '--plugin',
      'mine.mjs',
      '-k',
      'arm@4.11+mine',
      ...SMALL,
      '--json',
    )
    expect([status, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toMatchObject({ kernel: 'arm@4.11+mine', base: 'arm@4.11' })
  })
  test.each([
    [['--out', 'taken'], 'taken/journal.jsonl: cannot be written'],
    [['--only', 'nope=1'], "there is no property 'nope'"],
    [['--resume', '--out', 'empty'], 'empty/journal.jsonl: there is nothing to resume'],
  ])('%j is one line, exit code 2', (args, expected) => {
    writeFileSync(join(folder, 'taken'), '')
    const { status, stdout, stderr } = dmalab('explore', '-k', 'arm@4.11', '--time', '1', ...args)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr.split('\n')[0]).toContain(`error: ${expected}`)
    expect(existsSync(join(folder, 'empty'))).toBe(false)
  })
})
