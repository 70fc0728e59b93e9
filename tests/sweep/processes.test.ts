// Sweeps as commands: threads that end, kills, a queue with workers that end. `dmalab` is the built one.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SweepReport } from '@dmalab/api'
import { afterAll, describe, expect, test } from 'vitest'

const CLI = join(import.meta.dirname, '../../apps/cli/bin/run.js')
const BAD = join(import.meta.dirname, 'bad-patches.mjs')
const folder = mkdtempSync(join(tmpdir(), 'dmalab-sweeps-'))
const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

const sweepFile = (name: string, text: string): string => {
  const file = join(folder, name)
  writeFileSync(file, `sweep: 1\nframes: 1\nsize: 64x64\n${text}`)
  return file
}
const SCENARIO = join(import.meta.dirname, '../../scenarios/rd-13-sync-not-guarded.yaml')
/** Each kind of work. */
const MANY = sweepFile(
  'many.yaml',
  `work: [founding, v4l2src io-mode=dmabuf ! kmssink, ${SCENARIO}]\nkernel: [arm@4.11, arm@4.11+nopage-rfc]\nseed: [0, 1]\n`,
)

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

const start = (...args: string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } => {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (text) => (stdout += String(text)))
  child.stderr.on('data', (text) => (stderr += String(text)))
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (status) => resolve({ status, stdout, stderr }))
  })
  return { child, ended }
}

/** Seconds for a point that ends by itself: twice as many on a machine on which programs wait for a core. */
const POINT_TIME = (loadavg()[0] ?? 0) > availableParallelism() ? 6 : 2

const undisturbed = start('sweep', MANY, '--workers', '0', '--json').ended

test('a point that hangs, ends its thread, takes all memory or throws is a result of that point', async () => {
  const kernels = ['hangs', 'exits', 'eats', 'throws', 'nopage-rfc'].map((patch) => `arm@4.11+${patch}`)
  const limits = ['--point-time', String(POINT_TIME), '--point-memory', '96']
  const file = sweepFile('bad.yaml', `work: founding\nkernel: [${kernels.join(', ')}]\nplugins: [${BAD}]\n`)
  const { status, stdout } = await start('sweep', file, '--json', '--fail-on', 'error', ...limits).ended
  const { points } = JSON.parse(stdout) as SweepReport
  expect(points.map(({ result }) => [result.kind, 'why' in result ? result.why : ''])).toEqual([
    ['time-limit', `it took longer than ${POINT_TIME} s`],
    ['crashed', 'its thread ended'],
    ['memory-limit', 'it took more than 96 MiB'],
    ['crashed', 'a mistake in the plug-in'],
    ['ran', null],
  ])
  expect(status).toBe(3)
})

const pause = (time: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, time)
  })

test('killed at any moment, the same command ends with the same report, and no point that was written is run twice', async () => {
  const journal = join(folder, 'killed.jsonl')
  const written = (): number => statSync(journal, { throwIfNoEntry: false })?.size ?? 0
  for (const size of [1, 3000, 6000]) {
    const { child, ended } = start('sweep', MANY, '--journal', journal, '--workers', '1')
    while (written() < size && child.exitCode === null) await pause(5)
    child.kill('SIGKILL')
    await ended
  }
  const { stdout } = await start('sweep', MANY, '--journal', journal, '--json').ended
  expect(stdout).toBe((await undisturbed).stdout)
  const ids = readFileSync(journal, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => (JSON.parse(line) as { id: string }).id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toHaveLength(12)
})

const redisServer = spawnSync('redis-server', ['--version']).status === 0
const PASSWORD = 'only-here'

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

const startRedis = async (port: number): Promise<ChildProcess> => {
  const options = ['--save', '', '--appendonly', 'no', '--requirepass', PASSWORD, '--bind', '127.0.0.1']
  const server = spawn('redis-server', ['--port', String(port), ...options], { stdio: ['ignore', 'pipe', 'ignore'] })
  children.push(server)
  await new Promise<void>((resolve) => {
    server.stdout.on('data', (text) => {
      if (String(text).includes('Ready to accept')) resolve()
    })
  })
  return server
}

const cli = (port: number, ...args: string[]): string =>
  execFileSync('redis-cli', ['-p', String(port), ...args], {
    encoding: 'utf8',
    env: { ...process.env, REDISCLI_AUTH: PASSWORD },
  })

describe.skipIf(!redisServer)('a queue on Redis (skipped where there is no redis-server)', { concurrent: true }, () => {
  test('workers that are killed and a server that forgets change nothing in the report', async () => {
    const port = await freePort()
    const url = `redis://:${PASSWORD}@127.0.0.1:${port}`
    let server = await startRedis(port)
    const worker = () => start('worker', '--queue', url, '--workers', '1')
    const first = worker()
    const sweep = start('sweep', MANY, '--queue', url, '--json')
    const taken = (): number => Number(cli(port, 'eval', "return #redis.call('keys', 'bull:*:p-*:lock')", '0'))
    while (taken() === 0) await pause(20)
    first.child.kill('SIGKILL')
    await first.ended
    // It comes back without what it held.
    server.kill('SIGKILL')
    await new Promise((resolve) => server.on('close', resolve))
    server = await startRedis(port)
    const others = [worker(), worker()]
    const { stdout, stderr } = await sweep.ended
    expect(stdout).toBe((await undisturbed).stdout)
    expect(stderr).toContain('the connection is lost; trying again')
    for (const { child } of others) child.kill('SIGTERM')
    for (const { status } of await Promise.all(others.map(({ ended }) => ended))) expect(status).toBe(0)
    server.kill('SIGKILL')
  })

  test('what is no point, or one of another build, is refused or left, and said', async () => {
    const port = await freePort()
    const url = `redis://:${PASSWORD}@127.0.0.1:${port}`
    const server = await startRedis(port)
    const worker = start('worker', '--queue', url, '--workers', '1', '--until-idle', '3')
    let said = ''
    worker.child.stderr?.on('data', (text) => (said += String(text)))
    while (!/build (\S+),/.test(said)) await pause(20)
    const [, build = ''] = /build (\S+),/.exec(said) ?? []
    const { Queue } = await import('bullmq')
    const connection = { port, password: PASSWORD }
    for (const [name, data] of [
      [`dmalab-sweep-${build}`, { build, id: 'x', spec: { version: 1 }, timeLimit: 1, memoryLimit: 1 }],
      ['dmalab-sweep-other', {}],
    ] as const) {
      const queue = new Queue(name, { connection })
      await queue.add('point', data)
      await queue.close()
    }
    cli(port, 'hset', 'dmalab:sweep-builds', 'other', '1')
    const { status } = await worker.ended
    expect(said).toContain('a job was refused: the job holds no run')
    expect(said).toContain('1 points wait for a worker of build other')
    expect(status).toBe(0)
    server.kill('SIGKILL')
  })

  test('a server that is not there, or wants another password, is one line and exit code 2', async () => {
    const port = await freePort()
    const server = await startRedis(port)
    const asked = [`redis://:wrong@127.0.0.1:${port}`, 'redis://127.0.0.1:1', 'http://127.0.0.1'].map(
      (url) => start('sweep', MANY, '--queue', url).ended,
    )
    for (const { status, stderr } of await Promise.all(asked)) {
      expect(status).toBe(2)
      expect(stderr).toMatch(/^error: .*(WRONGPASS|ECONNREFUSED|is no address).*\nhint: [^\n]+\n$/)
    }
    server.kill('SIGKILL')
  })
})
