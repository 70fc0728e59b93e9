// What only a process shows: that the bin file works, its exit codes, its streams.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const CLI = join(import.meta.dirname, '../bin/run.js')

const dmalab = (args: readonly string[], more: { readonly env?: NodeJS.ProcessEnv; readonly input?: string } = {}) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', ...more })
  return { status, stdout, stderr }
}

test('a report goes to standard output, and its verdict is the exit code', () => {
  const { status, stdout, stderr } = dmalab(['run', 'founding', '--kernel', 'arm@4.11', '--frames', '1'])
  expect([status, stderr]).toEqual([3, ''])
  expect(stdout).toContain('(dma_cache_maint_page) from (__dma_page_cpu_to_dev)')
})

test('standard input is read, and bad input goes to standard error', () => {
  expect(dmalab(['board', 'show', '-'], { input: 'name: x\nmemroy: []\n' })).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining('error: -:2:1: memroy: unknown key memroy') as string,
  })
})

test('a command that is not there', () => {
  expect(dmalab(['nonsense', '--json'])).toMatchObject({ status: 2, stderr: '' })
})

test('a pipe gets no escape sequence, not even on a CI machine, unless it asks for them', () => {
  const { NO_COLOR: _, ...env } = process.env
  const run = (more: object) => dmalab(['run', 'founding', '--frames', '1'], { env: { ...env, ...more } }).stdout
  expect(run({ CI: 'true', GITHUB_ACTIONS: 'true' })).not.toContain('\u001B')
  expect(run({ FORCE_COLOR: '1' })).toContain('\u001B')
})

test('whoever reads the output may stop reading', async () => {
  const log = join(import.meta.dirname, '../../../packages/trace/test/data/a64-6.12-blk-direct-nvme.trace.txt')
  const child = spawn(process.execPath, [CLI, 'trace', 'export', log], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk))
  child.stdout.destroy()
  await once(child, 'close')
  expect(Buffer.concat(said).toString()).toBe('')
})

test("errors of oclif's own commands are JSON of the one shape, too", () => {
  const { status, stdout } = spawnSync(process.execPath, [CLI, 'plugins', 'install', '--nope', '--json'], {
    encoding: 'utf8',
  })
  expect(JSON.parse(stdout)).toEqual({ error: { message: 'Nonexistent flag: --nope' } })
  expect(status).toBe(2)
})
