// `diagnose`, `record` and `run --bundle` as commands: what they print, their exit codes, and that every printed command runs.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Diagnosis, SYMPTOMS } from '@dmalab/api'
import { unpacked } from '@dmalab/report/view'
import { afterAll, describe, expect, test } from 'vitest'
import { dmalabWith, type Ended } from './dmalab.ts'

const ROOT = join(import.meta.dirname, '../../..')
const folder = mkdtempSync(join(tmpdir(), 'dmalab-'))
afterAll(() => rmSync(folder, { recursive: true }))
const VIRT = readFileSync(join(ROOT, 'scenarios/boards/virt-arm64.yaml'), 'utf8')
/** The device of the board that reaches only part of memory. */
const LOG = [
  '[    0.000000] Linux version 6.6.31 (user@host) (gcc) #1 SMP',
  '[    9.000000] cma: cma_alloc: reserved: alloc failed, req-size: 1048576 pages, ret: -12',
  '[    9.000100] vpu plain: dma_alloc_coherent of size 4294967296 failed',
  '',
].join('\n')
const write = (name: string, text: string): void => {
  mkdirSync(join(folder, name, '..'), { recursive: true })
  writeFileSync(join(folder, name), text)
}
write('board.yaml', VIRT)
write('it is a log.txt', LOG)
write(
  'dmalab-record/devicetree/board.yaml',
  readFileSync(join(ROOT, 'packages/machine/boards/rk3399-rockpro64.yaml'), 'utf8'),
)
write('dmalab-record/kernel/dmesg.txt', LOG.replace('plain', 'codec'))
write('dmalab-record/kernel/cmdline', 'console=ttyAMA0 cma=256M root=/dev/vda\n')
write(
  'dmalab-record/trace/command',
  'gst-launch-1.0 filesrc location=a.mp4 num-buffers=2 ! qtdemux ! h264parse ! v4l2slh264dec ! kmssink \n',
)
spawnSync('tar', ['czf', 'bundle.tar.gz', 'dmalab-record'], { cwd: folder })

const dmalab = (...args: readonly string[]): Promise<Ended> => dmalabWith({ cwd: folder }, ...args)

/** A printed command, as a shell would run it: a pipe feeds standard input. */
const given = async (command: string): Promise<Ended> => {
  const [first, second] = command.startsWith('printf ') ? command.split(/ \| (?=dmalab )/) : [undefined, command]
  const input = first === undefined ? '' : spawnSync('sh', ['-c', first], { encoding: 'utf8' }).stdout
  const { stdout } = spawnSync('sh', ['-c', `printf '%s\\0' ${second}`], { cwd: folder, encoding: 'utf8' })
  const [, ...words] = stdout.split('\0').slice(0, -1)
  return dmalabWith({ cwd: folder, input }, ...words)
}
const ran = async (command: string): Promise<string> => {
  const { code, out, err } = await given(command)
  return code === 0 || code === 3 ? 'ran' : `${command}\n${out}${err}`
}
const commandsIn = (text: string): string[] =>
  [...text.matchAll(/^ {4}((?:printf .* \| )?dmalab .*)$/gm)].map(([, line = '']) => line)

describe('diagnose', () => {
  test('a log and its board: evidence, what the model says, a command that runs', async () => {
    const { code, out } = await dmalab('diagnose', 'it is a log.txt', 'board.yaml')
    expect(code).toBe(3)
    expect(out).toContain('it is a log.txt:2: cma: cma_alloc: reserved: alloc failed')
    expect(out).toMatch(/the same request on the model of this board, arm64@6\.6: refused/)
    const commands = commandsIn(out)
    expect(commands).toHaveLength(1)
    expect(await ran(commands[0] ?? '')).toBe('ran')
  })
  test('an archive, and the same unpacked', async () => {
    const { code, out } = await dmalab('diagnose', 'bundle.tar.gz')
    expect(code).toBe(3)
    const commands = commandsIn(out)
    expect(commands.join('\n')).toContain('--bundle bundle.tar.gz')
    for (const command of commands) expect(await ran(command)).toBe('ran')
    const unpacked = await dmalab('diagnose', 'dmalab-record')
    expect(unpacked.out).toContain('dmalab-record/kernel/dmesg.txt:2')
  })
  test('--json, --format sarif and --html hold the same answer', async () => {
    const diagnosis = JSON.parse((await dmalab('diagnose', 'it is a log.txt', '--json')).out) as Diagnosis
    const ids = diagnosis.answers.map(({ id }) => id)
    expect(ids).toEqual(['cma-alloc-failed'])
    const sarif = JSON.parse(
      (await dmalab('diagnose', 'it is a log.txt', '--format', 'sarif', '--html', 'page.html')).out,
    ) as {
      runs: { results: { ruleId: string }[] }[]
    }
    expect(sarif.runs[0]?.results.map(({ ruleId }) => ruleId)).toEqual(ids)
    const page = readFileSync(join(folder, 'page.html'), 'utf8')
    const [, data = ''] = /id="dmalab-data">([\w-]+)</.exec(page) ?? []
    expect(JSON.parse(await unpacked(data))).toMatchObject({ kind: 'diagnosis', diagnosis })
  })
  test('exit codes: 2 where nothing was examined or nothing was given, 0 where nothing is wrong', async () => {
    write('letter.txt', 'Dear all\n')
    write('fine.txt', '[    1.0] usb 1-1: new high-speed USB device\n')
    expect(await dmalab('diagnose', 'letter.txt')).toMatchObject({ code: 2 })
    expect(await dmalab('diagnose', 'fine.txt')).toMatchObject({ code: 0 })
    expect(await dmalab('diagnose')).toMatchObject({
      code: 2,
      err: expect.stringContaining('give files, or --symptom'),
    })
    expect(await dmalab('diagnose', 'none.txt')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no such file'),
    })
  })
  test('standard input', async () => {
    const { code, out } = await dmalabWith({ cwd: folder, input: LOG }, 'diagnose', '-')
    expect(code).toBe(3)
    expect(out).toContain('-:2: cma: cma_alloc')
  })
})

describe('a symptom', () => {
  test.each(SYMPTOMS)('%s: questions, and experiments', async (symptom) => {
    const { code, out } = await dmalab('diagnose', '--symptom', symptom, '--board', 'rk3399-rockpro64')
    expect(code).toBe(0)
    expect(out).toContain(`Questions about ${symptom}`)
    const commands = commandsIn(out)
    expect(commands.length).toBeGreaterThan(1)
    // Each was run for the report.
    expect(out.match(/\(on\s+the\s+model:/g)).toHaveLength(commands.length)
  })
  test('an experiment is a whole command', async () => {
    const { out } = await dmalab('diagnose', '--symptom', 'enomem', '--board', 'board.yaml')
    for (const command of commandsIn(out)) expect(await ran(command)).toBe('ran')
  })
  test('without a board it asks for one', async () => {
    expect((await dmalab('diagnose', '--symptom', 'slow')).out).toContain('Name a board for experiments')
  })
})

describe('run --bundle', () => {
  test('takes board, kernel, options and pipeline from the archive', async () => {
    const { code, out } = await dmalab('run', '--bundle', 'bundle.tar.gz')
    expect(code).toBe(0)
    expect(out).toMatch(/^gst-launch-1.0 filesrc location=a.mp4/m)
    expect(out).toMatch(/^arm64@6\.6/m)
  })
  test('says what it takes, and what is no archive', async () => {
    expect((await dmalab('run', 'v4l2slh264dec ! kmssink', '--bundle', 'board.yaml')).err).toContain(
      'not an archive of the recording script',
    )
    expect((await dmalab('run', '--bundle', 'bundle.tar.gz', '--board', 'board.yaml')).code).toBe(2)
    expect(
      (await dmalab('compare', '--bundle', 'bundle.tar.gz', '--kernel', 'arm64@6.12', '--kernel', 'arm64@7.2')).code,
    ).toBe(0)
  })
})

describe('record', () => {
  test('prints the script; --no-redact changes what it does by itself', async () => {
    const { out } = await dmalab('record', '--script')
    expect(out).toMatch(/^#!\/bin\/sh\n[^]*^REDACT=yes$/m)
    expect((await dmalab('record', '--script', '--no-redact')).out).toMatch(/^REDACT=no$/m)
    expect(await dmalab('record')).toMatchObject({ code: 2 })
  })
})
