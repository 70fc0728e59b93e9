// Sweeps as commands: threads that end, kills, a queue with workers that end. `dmalab` is the built one.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SweepReport } from '@dmalab/api'
import { Queue } from 'bullmq'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildHash } from '../../apps/cli/src/sweep/build-hash.ts'

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

interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

const start = (...args: string[]): Started => {
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

const undisturbed = start('sweep', MANY, '--workers', '0', '--json').ended

const faulty = (...patches: string[]): string => {
  const kernels = patches.map((patch) => `arm@4.11+${patch}`)
  return sweepFile(`${patches[0]}.yaml`, `work: founding\nkernel: [${kernels.join(', ')}]\nplugins: [${BAD}]\n`)
}
const resultsIn = ({ stdout }: Ended): readonly (readonly [string, string | null])[] =>
  (JSON.parse(stdout) as SweepReport).points.map(({ result }) => [result.kind, 'why' in result ? result.why : ''])

test('a point that ends its thread, takes all memory or throws is a result of that point', async () => {
  const file = faulty('exits', 'eats', 'throws', 'nopage-rfc')
  const ended = await start('sweep', file, '--json', '--fail-on', 'error', '--point-memory', '96').ended
  expect(resultsIn(ended)).toEqual([
    ['crashed', 'its thread ended'],
    ['memory-limit', 'it took more than 96 MiB'],
    ['crashed', 'a mistake in the plug-in'],
    ['ran', null],
  ])
  expect(ended.status).toBe(3)
})

test('so is a point that hangs', async () => {
  const file = faulty('hangs', 'nopage-rfc')
  const sweepWith = async (seconds: number): Promise<Ended> =>
    start('sweep', file, '--json', '--fail-on', 'error', '--workers', '1', '--point-time', String(seconds)).ended
  // Where programs wait for a core, two seconds may be too few for the point that ends by itself.
  let seconds = 2
  let ended = await sweepWith(seconds)
  if (resultsIn(ended)[1]?.[0] === 'time-limit') ended = await sweepWith((seconds = 12))
  expect(resultsIn(ended)).toEqual([
    ['time-limit', `it took longer than ${seconds} s`],
    ['ran', null],
  ])
  expect(ended.status).toBe(3)
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

describe.skipIf(!redisServer)('a queue on Redis (skipped where there is no redis-server)', () => {
  describe('a sweep of which a worker holds a point', () => {
    let port: number
    let url: string
    let server: ChildProcess
    let first: Started
    let sweep: Started
    const worker = (): Started => start('worker', '--queue', url, '--workers', '1')
    beforeAll(async () => {
      port = await freePort()
      url = `redis://:${PASSWORD}@127.0.0.1:${port}`
      server = await startRedis(port)
      first = worker()
      sweep = start('sweep', MANY, '--queue', url, '--json')
      const taken = (): number => Number(cli(port, 'eval', "return #redis.call('keys', 'bull:*:p-*:lock')", '0'))
      while (taken() === 0) await pause(20)
    })

    test('workers that are killed and a server that forgets change nothing in the report', async () => {
      first.child.kill('SIGKILL')
      await first.ended
      // It comes back without what it held.
      server.kill('SIGKILL')
      await new Promise((resolve) => server.on('close', resolve))
      server = await startRedis(port)
      const others = [worker(), worker()]
      const ended = await sweep.ended
      expect(ended.stdout).toBe((await undisturbed).stdout)
      expect(ended.stderr).toContain('the connection is lost; trying again')
      for (const { child } of others) child.kill('SIGTERM')
      for (const { status } of await Promise.all(others.map((one) => one.ended))) expect(status).toBe(0)
      server.kill('SIGKILL')
    })
  })

  test('what is no point, or one of another build, is refused or left, and said', async () => {
    const port = await freePort()
    const url = `redis://:${PASSWORD}@127.0.0.1:${port}`
    const server = await startRedis(port)
    const connection = { port, password: PASSWORD }
    const add = async (build: string, data: object): Promise<void> => {
      const queue = new Queue(`dmalab-sweep-${build}`, { connection })
      await queue.add('point', data)
      await queue.close()
    }
    await add('other', {})
    cli(port, 'hset', 'dmalab:sweep-builds', 'other', '1')
    const build = buildHash(join(CLI, '../..'), {}, [])
    await add(build, { build, id: 'x', spec: { version: 1 }, timeLimit: 1, memoryLimit: 1 })
    // It ends once it is idle and nothing waits, however long its first job takes to come.
    const { status, stderr } = await start('worker', '--queue', url, '--workers', '1', '--until-idle', '1').ended
    expect(stderr).toContain(`build ${build},`)
    expect(stderr).toContain('a job was refused: the job holds no run')
    expect(stderr).toContain('1 points wait for a worker of build other')
    expect(status).toBe(0)
    server.kill('SIGKILL')
  })

  const refused = (why: string): RegExp => new RegExp(String.raw`^error: .*${why}.*\nhint: [^\n]+\n$`)
  test.for([
    ['is not there', 'redis://127.0.0.1:1', 'ECONNREFUSED'],
    ['is no Redis server', 'http://127.0.0.1', 'is no address'],
  ] as const)('a server that %s is one line and exit code 2', async ([, url, why]) => {
    const { status, stderr } = await start('sweep', MANY, '--queue', url).ended
    expect(status).toBe(2)
    expect(stderr).toMatch(refused(why))
  })

  test('so is one that wants another password', async () => {
    const port = await freePort()
    const server = await startRedis(port)
    const { status, stderr } = await start('sweep', MANY, '--queue', `redis://:wrong@127.0.0.1:${port}`).ended
    expect(status).toBe(2)
    expect(stderr).toMatch(refused('WRONGPASS'))
    server.kill('SIGKILL')
  })
})
