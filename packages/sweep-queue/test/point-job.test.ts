// What lies in a queue may have been written by anyone.
import { RUN_DEFAULTS, type RunSpec } from '@dmalab/api'
import { idOf } from '@dmalab/sweep'
import { expect, test } from 'vitest'
import { checkJob, isRefusal } from '../src/point-job.ts'

const spec: RunSpec = {
  version: 1,
  board: 'odroid-u3',
  kernels: ['arm@4.11'],
  config: [],
  cmdline: null,
  work: { line: 'v4l2src ! kmssink' },
  options: RUN_DEFAULTS,
  plugins: [],
}
const job = { build: 'b', id: await idOf(spec), spec, timeLimit: 1000, memoryLimit: 64 }
const HASH = `sha256:${'0'.repeat(64)}`

test('a job that is whole is taken as it is', async () => {
  expect(await checkJob(JSON.parse(JSON.stringify(job)), 'b', [])).toEqual(job)
})

test('a plug-in is the one of this worker, wherever it lies there', async () => {
  const named = { ...spec, plugins: [{ path: '/there/a.mjs', hash: HASH }] }
  const here = { path: '/here/a.mjs', hash: HASH }
  const taken = await checkJob({ ...job, id: await idOf(named), spec: named }, 'b', [here])
  expect(taken).toMatchObject({ spec: { plugins: [here] } })
})

test.each([
  ['no object', 'text', 'the job is no object'],
  ['another build', { ...job, build: 'c' }, 'the job is for build c'],
  ['no limits', { ...job, timeLimit: 0 }, 'the job has no limits'],
  ['no run', { ...job, spec: { version: 1 } }, 'the job holds no run'],
  ['another run under its name', { ...job, spec: { ...spec, kernels: ['arm@6.12'] } }, 'and its run is'],
])('%s is refused', async (_what, data, says) => {
  const said = await checkJob(data, 'b', [])
  expect(said).toContain(says)
  expect(typeof said === 'string' && isRefusal(said)).toBe(true)
})

test('a plug-in that this worker was not started with is refused', async () => {
  const named = { ...spec, plugins: [{ path: '/there/a.mjs', hash: HASH }] }
  const taken = await checkJob({ ...job, id: await idOf(named), spec: named }, 'b', [])
  expect(taken).toBe('the job names a plug-in that this worker was not started with')
})
