// Whatever a path leads to, reading it ends: with bytes, or with one line.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { checkFile, openPieces, readStart, readStream, readWhole } from '../../src/node.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-read-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)
writeFileSync(at('text'), 'some text')
writeFileSync(at('empty'), '')
mkdirSync(at('folder'))
symlinkSync('loop', at('loop'))
spawnSync('mkfifo', [at('pipe')])
symlinkSync('/dev/zero', at('zero'))
writeFileSync(at('sparse'), '')
truncateSync(at('sparse'), 5 * 2 ** 30)

const MIB = 2 ** 20

describe('a file', () => {
  test('is read whole, from its start, and in pieces', async () => {
    expect(Buffer.from(readWhole(at('text'), MIB)).toString()).toBe('some text')
    expect(readWhole(at('empty'), MIB)).toHaveLength(0)
    expect(Buffer.from(readStart(at('text'), 4)).toString()).toBe('some')
    expect(readStart(at('sparse'), 1000)).toHaveLength(1000)
    const { kind, pieces } = openPieces(at('text'), 4)
    expect([kind, Buffer.from(await readStream(pieces(), 'text', MIB)).toString()]).toEqual(['file', 'some text'])
  })

  test('may be as long as the limit, and not longer', () => {
    expect(readWhole(at('text'), 9)).toHaveLength(9)
    expect(() => readWhole(at('text'), 8)).toThrow('text: is too large')
    expect(() => readWhole(at('sparse'), MIB)).toThrow('sparse: is too large: at most 1 MiB are read')
    expect(() => checkFile(at('sparse'), MIB)).toThrow('is too large')
  })

  test.runIf(process.platform === 'linux')('that states no size is read to its end', () => {
    expect(Buffer.from(readWhole('/proc/self/status', MIB)).toString()).toContain('VmRSS')
    expect(() => readWhole('/proc/self/status', 100)).toThrow('is too large')
  })

  test.runIf(process.platform === 'linux')('whose reading fails is one line', () => {
    expect(() => readWhole('/proc/self/mem', MIB)).toThrow('/proc/self/mem: cannot be read (EIO)')
  })
})

describe.runIf(process.platform !== 'win32')('what is not a file', () => {
  test.each([
    ['absent', 'no such file'],
    ['text/below', 'no such file'],
    ['folder', 'this is a folder, not a file'],
    ['loop', 'links lead round in a circle'],
    ['pipe', 'this is a pipe, not a file'],
    ['zero', 'this is a device, not a file'],
  ])('%s is one line: %s', (name, says) => {
    for (const read of [readWhole, readStart, checkFile])
      expect(() => read(at(name), MIB)).toThrow(`${at(name)}: ${says}`)
  })

  test.runIf(process.getuid?.() !== 0 || process.platform === 'linux')(
    'a file that may not be read is one line',
    () => {
      // Not even root reads a setting of Linux that is there to be written.
      if (process.getuid?.() === 0) symlinkSync('/proc/sys/vm/compact_memory', at('locked'))
      else writeFileSync(at('locked'), '', { mode: 0 })
      expect(() => readWhole(at('locked'), MIB)).toThrow('may not be read')
    },
  )

  test('a pipe that no program writes is not waited for', () => {
    expect(() => openPieces(at('pipe'), 16)).toThrow('this is a pipe, and no program writes it')
    expect(() => openPieces(at('zero'), 16)).toThrow('this is a device')
  })
})

test('a stream without end is given up at the limit', async () => {
  async function* zeros(): AsyncGenerator<Uint8Array> {
    for (;;) yield new Uint8Array(MIB)
  }
  await expect(readStream(zeros(), '-', 3 * MIB)).rejects.toThrow('-: is too large: at most 3 MiB are read')
})
