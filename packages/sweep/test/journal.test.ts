// The journal: whatever cut it, it holds whole lines.
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PointResult } from '@dmalab/api'
import { afterAll, expect, test } from 'vitest'
import { openJournal, readJournal } from '../src/node/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-journal-'))

const head = { sweep: 's', build: 'b' }
const result: PointResult = { kind: 'crashed', why: 'its thread ended' }

test('holds what was written, whole lines only, wherever a kill cut it', () => {
  const file = join(folder, 'cut.jsonl')
  const journal = openJournal(file, head)
  for (const id of ['p1', 'p2', 'p3']) journal.append(id, result)
  journal.close()
  const whole = readFileSync(file)
  for (let end = 0; end <= whole.length; end++) {
    writeFileSync(file, whole)
    truncateSync(file, end)
    const again = openJournal(file, head)
    const kept = Math.max(0, whole.subarray(0, end).filter((byte) => byte === 10).length - 1)
    expect([...again.known.keys()]).toEqual(['p1', 'p2', 'p3'].slice(0, kept))
    again.append('p4', result)
    again.close()
    expect([...readJournal(file, head).keys()]).toEqual([...again.known.keys(), 'p4'])
  }
})

test('of another sweep or build, of another kind, or damaged, it is refused and stays as it is', () => {
  const file = join(folder, 'other.jsonl')
  openJournal(file, head).close()
  expect(() => openJournal(file, { ...head, sweep: 't' })).toThrow('is the journal of another sweep')
  expect(() => openJournal(file, { ...head, build: 'c' })).toThrow('another build of dmalab')
  appendFileSync(file, 'x\n')
  expect(() => openJournal(file, head)).toThrow(`${file}:2: is damaged`)
  const board = join(folder, 'board.yaml')
  writeFileSync(board, 'name: mine\n')
  expect(() => openJournal(board, head)).toThrow('is not the journal of a sweep')
  expect(readFileSync(board, 'utf8')).toBe('name: mine\n')
  expect(() => openJournal(folder, head)).toThrow(/this is a folder/)
  expect(() => openJournal(join(folder, 'absent', 'j'), head)).toThrow(/cannot be written/)
})

const disk = join(folder, 'disk')
mkdirSync(disk)
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status === 0
afterAll(() => {
  if (mounted) spawnSync('umount', [disk])
  rmSync(folder, { recursive: true })
})

test.skipIf(!mounted)(
  'a full disk is said, and what was written is whole (skipped where no tmpfs can be mounted)',
  () => {
    const file = join(disk, 'full.jsonl')
    const journal = openJournal(file, head)
    const fill = (): void => {
      for (let i = 0; i < 5000; i++) journal.append(`p${i}`, result)
    }
    expect(fill).toThrow(/cannot be written: ENOSPC/)
    journal.close()
    const kept = readJournal(file, head)
    expect(kept.size).toBeGreaterThan(500)
    expect(readFileSync(file, 'utf8').endsWith('\n')).toBe(true)
    expect([...kept.keys()]).toEqual(Array.from({ length: kept.size }, (_, i) => `p${i}`))
  },
)
